/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HERTZ 16000000ULL
#define PINS 20

/* Make the chip, with flash and EEPROM empty. */
void board_begin(void);

/* Put an Intel hex into flash; the bootloader, if given, is where the chip starts. Returns NULL or what is wrong. */
const char *board_load(const char *path, bool boot);

/* The reset button, or DTR. */
void board_reset(void);

/* Run up to this cycle, asleep or awake. False when the chip has crashed. */
bool board_run(uint64_t until);
uint64_t board_cycle(void);

/* The serial line, host to board: bytes arrive one after another at the baud rate. Returns how many were taken. */
size_t board_hear(const uint8_t *bytes, size_t count);
size_t board_hear_room(void);
void board_line_clear(void);

/* The serial line, board to host: bytes whose last bit is out. */
size_t board_said(uint8_t *bytes, size_t limit);
bool board_line_busy(void);

/* The world around it. */
void board_drive(int pin, int level);
void board_drive_wave(int pin, double hertz);
void board_echo(int trigger, int echo, uint32_t us);
void board_analog(int channel, int millivolts);

/* Let the main loop hang for good, as a bug would: from now on only interrupts run. */
void board_jam(void);

/* State as fields of a JSON object, without braces. */
void board_print(void);
