/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <avr/pgmspace.h>

#include "firmata.h"
#include "uart.h"

#define REPORT_QUEUE 32 /* bytes: 5.6 ms on the wire */

bool reply_has_room(void)
{
    return uart_pending() < REPORT_QUEUE;
}

void reply_begin(uint8_t command)
{
    uart_write(START_SYSEX);
    uart_write(command);
}

void reply_end(void)
{
    uart_write(END_SYSEX);
}

void reply_number(uint32_t value, uint8_t bytes)
{
    while (bytes--) {
        uart_write(value & 0x7F);
        value >>= 7;
    }
}

void reply_text(const char *text)
{
    uint8_t letter;

    while ((letter = pgm_read_byte(text++)))
        reply_number(letter, 2);
}

void reply_string(const char *text)
{
    reply_begin(STRING_DATA);
    reply_text(text);
    reply_end();
}

void reply_short(uint8_t command, uint16_t value)
{
    uart_write(command);
    reply_number(value, 2);
}
