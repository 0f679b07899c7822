/* SPDX-License-Identifier: MIT
 *
 * The id that a lab gives a board, kept over resets and power cuts.
 */
#pragma once

#include <stdint.h>

#define BOARD_ID_LIMIT 8 /* bytes */

/* Copy the id; its length, 0 when none is stored. */
uint8_t board_id_read(uint8_t id[BOARD_ID_LIMIT]);

/* Store an id; length 0 forgets it. Takes up to 37 ms, with interrupts on. */
void board_id_store(const uint8_t *id, uint8_t length);
