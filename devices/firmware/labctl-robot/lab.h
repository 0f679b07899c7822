/* SPDX-License-Identifier: MIT
 *
 * What this firmware adds to Firmata: the sysex family 0x0A (docs/reference/firmware.md).
 */
#pragma once

#include <stdint.h>

#define LAB_FAMILY 0x0A

enum lab_message {
    LAB_IDENTIFY = 0x00,
    LAB_KEEP_ALIVE = 0x01,
    LAB_REST = 0x02,
    LAB_ULTRASONIC = 0x03,
    LAB_ENCODERS = 0x04,
    LAB_STORE_ID = 0x05,
};

/* A message of the family, without its number. */
void lab_sysex(const uint8_t *data, uint8_t length);

/* Begin a message of the family; reply_end() ends it. */
void lab_begin(enum lab_message message);

/* Say so when the dead man put the outputs to rest. */
void lab_poll(void);
