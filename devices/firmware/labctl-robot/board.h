/* SPDX-License-Identifier: MIT
 *
 * The pins of an Arduino Uno or Nano: an ATmega328P at 16 MHz, numbered as the board prints them.
 *
 *   0-7  port D      8-13  port B      14-19  port C, printed A0-A5
 */
#pragma once

#include <avr/io.h>
#include <stdbool.h>
#include <stdint.h>

#define PIN_COUNT 20
#define PORT_COUNT 3       /* Firmata's ports: pins 0-7, 8-15, 16-23 */
#define FIRST_ANALOG_PIN 14
#define ANALOG_COUNT 6

static inline bool pin_is_digital(uint8_t pin)
{
    return pin >= 2 && pin < PIN_COUNT; /* 0 and 1 are the serial line */
}

static inline bool pin_is_analog(uint8_t pin)
{
    return pin >= FIRST_ANALOG_PIN && pin < PIN_COUNT;
}

static inline bool pin_is_pwm(uint8_t pin)
{
    return pin == 3 || pin == 5 || pin == 6 || pin == 9 || pin == 10 || pin == 11;
}

static inline uint8_t pin_bit(uint8_t pin)
{
    return 1 << (pin < 8 ? pin : pin < FIRST_ANALOG_PIN ? pin - 8 : pin - FIRST_ANALOG_PIN);
}

/* The three registers of a port lie together: PINx, DDRx, PORTx (data sheet, register summary). */
static inline volatile uint8_t *pin_input(uint8_t pin)
{
    return pin < 8 ? &PIND : pin < FIRST_ANALOG_PIN ? &PINB : &PINC;
}

static inline volatile uint8_t *pin_direction(uint8_t pin)
{
    return pin_input(pin) + 1;
}

static inline volatile uint8_t *pin_output(uint8_t pin)
{
    return pin_input(pin) + 2;
}
