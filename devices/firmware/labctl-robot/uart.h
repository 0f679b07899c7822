/* SPDX-License-Identifier: MIT
 *
 * The serial line: 57600 baud, both directions by interrupt through rings of 256 bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Stands in what was received where bytes were lost or damaged. It is no Firmata command, so whatever message it
 * falls into is given up, instead of being read with a hole in it. */
#define UART_HOLE 0xF8

void uart_begin(void);

/* The next byte received; false when there is none. */
bool uart_read(uint8_t *byte);

/* Queue a byte; waits for room, at most one byte's time (174 us) for each byte. Not for interrupts. */
void uart_write(uint8_t byte);

/* Bytes that still have to go out. */
uint8_t uart_pending(void);
