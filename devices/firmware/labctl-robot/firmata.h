/* SPDX-License-Identifier: MIT
 *
 * The Firmata protocol, 2.5 (github.com/firmata/protocol): reading what comes, doing it, answering.
 */
#pragma once

#include <stdint.h>

enum {
    DIGITAL_MESSAGE = 0x90,
    REPORT_ANALOG = 0xC0,
    REPORT_DIGITAL = 0xD0,
    ANALOG_MESSAGE = 0xE0,
    START_SYSEX = 0xF0,
    SET_PIN_MODE = 0xF4,
    SET_DIGITAL_PIN_VALUE = 0xF5,
    END_SYSEX = 0xF7,
    REPORT_VERSION = 0xF9,
    SYSTEM_RESET = 0xFF,

    ANALOG_MAPPING_QUERY = 0x69,
    ANALOG_MAPPING_RESPONSE = 0x6A,
    CAPABILITY_QUERY = 0x6B,
    CAPABILITY_RESPONSE = 0x6C,
    PIN_STATE_QUERY = 0x6D,
    PIN_STATE_RESPONSE = 0x6E,
    EXTENDED_ANALOG = 0x6F,
    SERVO_CONFIG = 0x70,
    STRING_DATA = 0x71,
    I2C_REQUEST = 0x76,
    I2C_CONFIG = 0x78,
    REPORT_FIRMWARE = 0x79,
    SAMPLING_INTERVAL = 0x7A,
};

/* Say what we are, once, as the board has booted. */
void firmata_greet(void);

/* Take one byte from the wire. */
void firmata_byte(uint8_t byte);

/* Two 7-bit bytes as a number. */
static inline uint16_t u14(const uint8_t *data)
{
    return data[0] | data[1] << 7;
}
