/* SPDX-License-Identifier: MIT
 *
 * labctl-robot: the lab's own firmware for robots on an Arduino Uno or Nano.
 */
#include <avr/interrupt.h>
#include <avr/sleep.h>

#include "analog.h"
#include "clock.h"
#include "digital.h"
#include "encoders.h"
#include "firmata.h"
#include "lab.h"
#include "pins.h"
#include "uart.h"
#include "ultrasonic.h"
#include "wake.h"

#define BYTES_A_PASS 32 /* so that a full line does not keep reports waiting */

volatile bool awake;

static void sleep_until_wake(void)
{
    cli();
    if (!awake) {
        sleep_enable();
        sei(); /* takes effect after the next instruction: nothing can come between */
        sleep_cpu();
        sleep_disable();
    }
    sei();
}

int main(void)
{
    uint8_t byte;

    set_sleep_mode(SLEEP_MODE_IDLE);
    pins_begin();
    clock_begin();
    analog_begin();
    uart_begin();
    sei();
    firmata_greet();
    for (;;) {
        awake = false;
        for (uint8_t taken = 0; taken < BYTES_A_PASS && uart_read(&byte); taken++) {
            firmata_byte(byte);
            wake();
        }
        lab_poll();
        digital_poll();
        analog_poll();
        ultrasonic_poll();
        encoders_poll();
        sleep_until_wake();
    }
}
