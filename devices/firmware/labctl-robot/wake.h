/* SPDX-License-Identifier: MIT
 *
 * Interrupts say here that the main loop has something to look at, so that it may sleep otherwise.
 */
#pragma once

#include <stdbool.h>

extern volatile bool awake;

static inline void wake(void)
{
    awake = true;
}
