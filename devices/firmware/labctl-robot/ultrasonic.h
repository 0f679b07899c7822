/* SPDX-License-Identifier: MIT
 *
 * An ultrasonic sensor of the HC-SR04 kind, never waited for: the echo is timed by pin change interrupt.
 */
#pragma once

#include <stdint.h>

/* Measure and report every so many milliseconds (at least 30); 0: off. The trigger becomes an output, the echo an
 * input. Pins that cannot be these, or are one, change nothing. */
void ultrasonic_every(uint8_t trigger, uint8_t echo, uint16_t ms);

void ultrasonic_reset(void);
void ultrasonic_poll(void);
