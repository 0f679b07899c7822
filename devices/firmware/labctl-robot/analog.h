/* SPDX-License-Identifier: MIT
 *
 * Reports of the analog inputs, one conversion after another, each sampling interval.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void analog_begin(void);
void analog_reset(void);

/* Report a channel (0-5) from now on, the first time at once; or no longer. */
void analog_report(uint8_t channel, bool on);

/* Milliseconds between reports, 1 or more; 19 after reset, as Firmata has it. */
void analog_interval(uint16_t ms);

void analog_poll(void);
