/* SPDX-License-Identifier: MIT */
#include "ultrasonic.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <stdbool.h>
#include <util/atomic.h>
#include <util/delay.h>

#include "board.h"
#include "clock.h"
#include "lab.h"
#include "pins.h"
#include "reply.h"
#include "wake.h"

#define SHORTEST_INTERVAL_MS 30
#define TRIGGER_US 10       /* HC-SR04 data sheet */
#define LONGEST_ECHO_US 30000 /* 5 m; without an echo the sensor holds its pin high for 38 ms or more */

static uint8_t trigger_pin, echo_pin;
static uint16_t interval_ms, last_ms;
static bool measuring;

static volatile uint32_t rose_us;
static volatile uint32_t width_us;
static volatile enum { NOTHING, ROSE, FELL } echo;

static void on_change(void)
{
    if (*pin_input(echo_pin) & pin_bit(echo_pin)) {
        if (echo == NOTHING) {
            rose_us = clock_us_locked();
            echo = ROSE;
        }
    } else if (echo == ROSE) {
        width_us = clock_us_locked() - rose_us;
        echo = FELL;
        wake();
    }
}

ISR(PCINT0_vect)
{
    on_change();
}
ISR(PCINT1_vect, ISR_ALIASOF(PCINT0_vect));
ISR(PCINT2_vect, ISR_ALIASOF(PCINT0_vect));

static void listen(void)
{
    uint8_t bit = pin_bit(echo_pin);

    PCMSK0 = PCMSK1 = PCMSK2 = 0;
    if (pin_input(echo_pin) == &PINB)
        PCMSK0 = bit;
    else if (pin_input(echo_pin) == &PINC)
        PCMSK1 = bit;
    else
        PCMSK2 = bit;
    PCIFR = _BV(PCIF0) | _BV(PCIF1) | _BV(PCIF2);
    PCICR = _BV(PCIE0) | _BV(PCIE1) | _BV(PCIE2);
}

void ultrasonic_every(uint8_t trigger, uint8_t echo_in, uint16_t ms)
{
    if (!ms) {
        ultrasonic_reset();
        return;
    }
    if (!pin_is_digital(trigger) || !pin_is_digital(echo_in) || trigger == echo_in)
        return;
    ultrasonic_reset();
    pins_set_mode(trigger, MODE_OUTPUT);
    pins_write(trigger, false);
    pins_set_mode(echo_in, MODE_INPUT);
    trigger_pin = trigger;
    echo_pin = echo_in;
    interval_ms = ms < SHORTEST_INTERVAL_MS ? SHORTEST_INTERVAL_MS : ms;
    last_ms = clock_ms() - interval_ms; /* the first at once */
    listen();
}

void ultrasonic_reset(void)
{
    PCICR = 0;
    interval_ms = 0;
    measuring = false;
}

static void report(uint32_t us)
{
    measuring = false;
    lab_begin(LAB_ULTRASONIC);
    reply_number(us > LONGEST_ECHO_US ? 0 : us, 3);
    reply_end();
}

static void fire(void)
{
    measuring = true;
    echo = NOTHING;
    if (*pin_input(echo_pin) & pin_bit(echo_pin))
        return; /* still high from the last time, or stuck: reported as no echo */
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        pins_write(trigger_pin, true);
        _delay_us(TRIGGER_US);
        pins_write(trigger_pin, false);
    }
}

void ultrasonic_poll(void)
{
    uint16_t now = clock_ms();

    if (!interval_ms || !reply_has_room())
        return;
    if (pins_mode(trigger_pin) != MODE_OUTPUT) {
        ultrasonic_reset(); /* the pin was given another use */
        return;
    }
    if (measuring && echo == FELL)
        report(width_us);
    if ((uint16_t)(now - last_ms) < interval_ms)
        return;
    last_ms = now;
    if (measuring)
        report(0);
    fire();
}
