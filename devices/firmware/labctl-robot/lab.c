/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include "board_id.h"
#include "dead_man.h"
#include "encoders.h"
#include "firmata.h"
#include "pins.h"
#include "reply.h"
#include "uart.h"
#include "ultrasonic.h"

#define FAMILY_PROTOCOL 1

enum { HAS_WATCHDOG = 1, HAS_ULTRASONIC = 2, HAS_ENCODERS = 4, HAS_SERVO = 8 };
enum rest_cause { ASKED = 1, SILENCE = 2 };

void lab_begin(enum lab_message message)
{
    reply_begin(LAB_FAMILY);
    uart_write(message);
}

static void answer_identify(void)
{
    uint8_t id[BOARD_ID_LIMIT];
    uint8_t length = board_id_read(id);

    lab_begin(LAB_IDENTIFY);
    uart_write(FAMILY_PROTOCOL);
    reply_number(DEAD_MAN_MS, 2);
    uart_write(HAS_WATCHDOG | HAS_ULTRASONIC | HAS_ENCODERS | HAS_SERVO);
    uart_write(length);
    for (uint8_t i = 0; i < length; i++)
        reply_number(id[i], 2);
    reply_end();
}

static void answer_rested(enum rest_cause cause)
{
    lab_begin(LAB_REST);
    uart_write(cause);
    reply_end();
}

/* The length, then so many bytes in two 7-bit bytes each. */
static void store_id(const uint8_t *data, uint8_t length)
{
    uint8_t id[BOARD_ID_LIMIT];
    uint8_t bytes = length ? data[0] : 0;

    if (length != 1 + 2 * bytes || bytes > BOARD_ID_LIMIT)
        return;
    for (uint8_t i = 0; i < bytes; i++)
        id[i] = u14(data + 1 + 2 * i);
    board_id_store(id, bytes);
    answer_identify();
}

void lab_sysex(const uint8_t *data, uint8_t length)
{
    if (length == 0)
        return;
    length--;
    switch (*data++) {
    case LAB_IDENTIFY:
        answer_identify();
        break;
    case LAB_KEEP_ALIVE:
        dead_man_heard();
        break;
    case LAB_REST:
        pins_rest();
        answer_rested(ASKED);
        break;
    case LAB_ULTRASONIC:
        if (length == 4)
            ultrasonic_every(data[0], data[1], u14(data + 2));
        break;
    case LAB_ENCODERS:
        if (length == 2) {
            encoders_every(u14(data));
            encoders_report();
        }
        break;
    case LAB_STORE_ID:
        store_id(data, length);
        break;
    }
}

void lab_poll(void)
{
    if (dead_man_take_rested())
        answer_rested(SILENCE);
}
