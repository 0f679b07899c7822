/* SPDX-License-Identifier: MIT */
#include "firmata.h"

#include <avr/pgmspace.h>
#include <stdbool.h>

#include "analog.h"
#include "board.h"
#include "digital.h"
#include "encoders.h"
#include "lab.h"
#include "pins.h"
#include "reply.h"
#include "servo.h"
#include "uart.h"
#include "ultrasonic.h"

#define PROTOCOL_MAJOR 2
#define PROTOCOL_MINOR 5
#define SYSEX_LIMIT 64 /* bytes between F0 and F7; longer ones are skipped whole */
#define NO_CHANNEL 127 /* in the analog mapping */
#define END_OF_PIN 127 /* in the capabilities */

static const char FIRMWARE_NAME[] PROGMEM = "labctl-robot";

static void answer_version(void)
{
    uart_write(REPORT_VERSION);
    uart_write(PROTOCOL_MAJOR);
    uart_write(PROTOCOL_MINOR);
}

static void answer_firmware(void)
{
    reply_begin(REPORT_FIRMWARE);
    uart_write(VERSION_MAJOR);
    uart_write(VERSION_MINOR);
    reply_text(FIRMWARE_NAME);
    reply_end();
}

static void answer_mode(enum mode mode, uint8_t bits)
{
    uart_write(mode);
    uart_write(bits);
}

static void answer_capabilities(void)
{
    reply_begin(CAPABILITY_RESPONSE);
    for (uint8_t pin = 0; pin < PIN_COUNT; pin++) {
        if (pin_is_digital(pin)) {
            answer_mode(MODE_INPUT, 1);
            answer_mode(MODE_PULLUP, 1);
            answer_mode(MODE_OUTPUT, 1);
        }
        if (pin_is_analog(pin))
            answer_mode(MODE_ANALOG, 10);
        if (pin_is_pwm(pin))
            answer_mode(MODE_PWM, 8);
        if (pin_is_digital(pin))
            answer_mode(MODE_SERVO, 14);
        uart_write(END_OF_PIN);
    }
    reply_end();
}

static void answer_analog_mapping(void)
{
    reply_begin(ANALOG_MAPPING_RESPONSE);
    for (uint8_t pin = 0; pin < PIN_COUNT; pin++)
        uart_write(pin_is_analog(pin) ? pin - FIRST_ANALOG_PIN : NO_CHANNEL);
    reply_end();
}

static void answer_pin_state(uint8_t pin)
{
    reply_begin(PIN_STATE_RESPONSE);
    uart_write(pin);
    if (pin < PIN_COUNT) {
        uint16_t state = pins_state(pin);
        uart_write(pins_mode(pin));
        reply_number(state, state > 0x7F ? 2 : 1); /* no state here has more than 14 bits */
    }
    reply_end();
}

static void set_pin_mode(uint8_t pin, uint8_t mode)
{
    switch (pins_set_mode(pin, mode)) {
    case MODE_SET:
        if (pin_is_analog(pin)) /* StandardFirmata reports an analog pin from here on, too */
            analog_report(pin - FIRST_ANALOG_PIN, mode == MODE_ANALOG);
        break;
    case MODE_NOT_HERE:
        break;
    case MODE_UNKNOWN:
        reply_string(PSTR("Unknown pin mode"));
        break;
    case MODE_NO_SERVO_LEFT:
        reply_string(PSTR("Max servos attached"));
        break;
    case MODE_TIMER_TAKEN:
        reply_string(PSTR("No PWM on 9 and 10 beside a servo"));
        break;
    }
}

static void reset_all(void)
{
    analog_reset(); /* first, so that no report of the old is under way */
    digital_reset();
    ultrasonic_reset();
    encoders_reset();
    pins_reset();
}

/* The analog message for pins from 16 on and values beyond 14 bits: pin, then up to three bytes of value. */
static void set_extended(const uint8_t *data, uint8_t length)
{
    uint16_t value = data[1];

    if (length > 2)
        value |= (uint16_t)data[2] << 7;
    if (length > 3 && data[3])
        value = UINT16_MAX; /* more than any output here can do: clipped there */
    pins_write_analog(data[0], value);
}

/* A whole sysex message, without F0 and F7. */
static void obey_sysex(const uint8_t *data, uint8_t length)
{
    if (length == 0)
        return;
    length--;
    switch (*data++) {
    case LAB_FAMILY:
        lab_sysex(data, length);
        break;
    case REPORT_FIRMWARE:
        answer_firmware();
        break;
    case CAPABILITY_QUERY:
        answer_capabilities();
        break;
    case ANALOG_MAPPING_QUERY:
        answer_analog_mapping();
        break;
    case PIN_STATE_QUERY:
        if (length >= 1)
            answer_pin_state(data[0]);
        break;
    case EXTENDED_ANALOG:
        if (length >= 2 && length <= 4)
            set_extended(data, length);
        break;
    case SERVO_CONFIG:
        if (length >= 5) {
            set_pin_mode(data[0], MODE_SERVO);
            servo_limit(data[0], u14(data + 1), u14(data + 3));
        }
        break;
    case SAMPLING_INTERVAL:
        if (length >= 2)
            analog_interval(u14(data));
        break;
    case I2C_REQUEST:
    case I2C_CONFIG:
        reply_string(PSTR("I2C: not in this firmware"));
        break;
    }
}

/* A message of two data bytes; those that need one leave the second out. */
static void obey(uint8_t command, uint8_t first, uint8_t second)
{
    uint8_t channel = command & 0x0F;
    uint16_t value = first | second << 7;

    switch (command < START_SYSEX ? command & 0xF0 : command) {
    case DIGITAL_MESSAGE:
        pins_write_port(channel, value);
        break;
    case ANALOG_MESSAGE:
        pins_write_analog(channel, value);
        break;
    case REPORT_ANALOG:
        analog_report(channel, first);
        break;
    case REPORT_DIGITAL:
        digital_report(channel, first);
        break;
    case SET_PIN_MODE:
        set_pin_mode(first, second);
        break;
    case SET_DIGITAL_PIN_VALUE:
        pins_write(first, second);
        break;
    }
}

static uint8_t data_bytes(uint8_t command)
{
    switch (command < START_SYSEX ? command & 0xF0 : command) {
    case DIGITAL_MESSAGE:
    case ANALOG_MESSAGE:
    case SET_PIN_MODE:
    case SET_DIGITAL_PIN_VALUE:
        return 2;
    case REPORT_ANALOG:
    case REPORT_DIGITAL:
        return 1;
    default:
        return 0;
    }
}

void firmata_greet(void)
{
    answer_version();
    answer_firmware();
}

void firmata_byte(uint8_t byte)
{
    static uint8_t command; /* of the message under way; 0: none */
    static uint8_t data[SYSEX_LIMIT];
    static uint8_t count; /* SYSEX_LIMIT + 1: too many */

    if (byte < 0x80) {
        if (command == START_SYSEX) {
            if (count < SYSEX_LIMIT)
                data[count] = byte;
            if (count <= SYSEX_LIMIT)
                count++;
        } else if (command) {
            data[count++] = byte;
            if (count == data_bytes(command)) {
                uint8_t whole = command;
                command = 0;
                obey(whole, data[0], count > 1 ? data[1] : 0);
            }
        }
        return;
    }
    if (byte == END_SYSEX && command == START_SYSEX) {
        command = 0;
        if (count <= SYSEX_LIMIT)
            obey_sysex(data, count);
        return;
    }
    /* Any other byte from 0x80 on begins anew: what was under way was cut and is given up. */
    command = byte == START_SYSEX || data_bytes(byte) ? byte : 0;
    count = 0;
    if (byte == REPORT_VERSION)
        answer_version();
    else if (byte == SYSTEM_RESET)
        reset_all();
}
