/* SPDX-License-Identifier: MIT
 *
 * Time: a tick each 1.024 ms from timer 0, which also makes the PWM of pins 5 and 6.
 */
#pragma once

#include <stdint.h>

void clock_begin(void);

/* Milliseconds since boot; wraps after 65 s, so only differences mean anything. */
uint16_t clock_ms(void);

/* Microseconds since boot in steps of 4, wraps after 71 minutes. For interrupts, or with interrupts off. */
uint32_t clock_us_locked(void);
