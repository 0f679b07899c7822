/* SPDX-License-Identifier: MIT
 *
 * Up to six servos, pulsed one after another in a frame of 20 ms by timer 1. While one is attached, pins 9 and 10
 * have no PWM. All of this is called with interrupts off, unless it says otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether this pin could be a servo: it is one, or a place is left. */
bool servo_free(uint8_t pin);

/* Whether another pin is a servo. */
bool servo_attached_beside(uint8_t pin);

/* Take a place for this pin; pulses begin with the first value. */
void servo_attach(uint8_t pin);
void servo_detach(uint8_t pin);

/* Shortest and longest pulse, in microseconds; ignored unless 250 <= low < high <= 3000. */
void servo_limit(uint8_t pin, uint16_t low_us, uint16_t high_us);

/* Degrees (0-180; more counts as 180) or, from 544 on, microseconds. Interrupts may be on. */
void servo_write(uint8_t pin, uint16_t value);

/* The value last written; 0 when at rest. Interrupts may be on. */
uint16_t servo_value(uint8_t pin);

/* No more pulses until the next value. */
void servo_rest(void);
bool servo_pulsing(void);

/* Timer 1 back to PWM for pins 9 and 10. */
void servo_release_timer(void);
