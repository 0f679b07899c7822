/* SPDX-License-Identifier: MIT
 *
 * Putting messages on the wire. Answers wait for room; reports that come by themselves ask first, so that an answer
 * is never more than a few milliseconds behind them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether the line is free enough for a report. */
bool reply_has_room(void);

void reply_begin(uint8_t command);
void reply_end(void);

/* A number in so many 7-bit bytes, low first. */
void reply_number(uint32_t value, uint8_t bytes);

/* Firmata's string message; the text lies in flash. */
void reply_string(const char *text);

/* A text in flash, each character in two 7-bit bytes. */
void reply_text(const char *text);

/* A message of a command and a number of 14 bits, such as an analog or a port report. */
void reply_short(uint8_t command, uint16_t value);
