/* SPDX-License-Identifier: MIT
 *
 * The dead man: while any output is on, the controller has to be heard from. When it falls silent, everything comes
 * to rest. It is judged in the timer interrupt, from the port registers themselves: neither a stuck main loop nor a
 * stream of other commands keeps a robot moving.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DEAD_MAN_MS 500

/* KEEP_ALIVE came. */
void dead_man_heard(void);

/* In the timer interrupt: so many milliseconds have passed. */
void dead_man_tick(uint8_t passed);

/* Whether the dead man has put the outputs to rest since last asked. */
bool dead_man_take_rested(void);
