/* SPDX-License-Identifier: MIT
 *
 * Wheel encoders: rising edges on pin 2 (left) and 3 (right), counted from reset on.
 */
#pragma once

#include <stdint.h>

/* Count, and report the counts when they changed, every so many milliseconds (at least 10); 0: off. Counting does
 * not begin again at 0. Both pins become inputs unless they are. */
void encoders_every(uint16_t ms);

/* The report, at once. */
void encoders_report(void);

void encoders_reset(void);
void encoders_poll(void);
