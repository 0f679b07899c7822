/* SPDX-License-Identifier: MIT
 *
 * Reports of the digital inputs: a port each time one of its inputs changed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void digital_reset(void);

/* Report a port (0-2) from now on, the first time at once; or no longer. */
void digital_report(uint8_t port, bool on);

void digital_poll(void);
