/* SPDX-License-Identifier: MIT */
#include "digital.h"

#include "board.h"
#include "firmata.h"
#include "pins.h"
#include "reply.h"

static bool reporting[PORT_COUNT];
static uint8_t reported[PORT_COUNT];

static void report(uint8_t port, uint8_t levels)
{
    reported[port] = levels;
    reply_short(DIGITAL_MESSAGE | port, levels);
}

void digital_reset(void)
{
    for (uint8_t port = 0; port < PORT_COUNT; port++)
        reporting[port] = false;
}

void digital_report(uint8_t port, bool on)
{
    if (port >= PORT_COUNT)
        return;
    reporting[port] = on;
    if (on)
        report(port, pins_read_port(port));
}

void digital_poll(void)
{
    for (uint8_t port = 0; port < PORT_COUNT; port++) {
        if (!reporting[port] || !reply_has_room())
            continue;
        uint8_t levels = pins_read_port(port);
        if (levels != reported[port])
            report(port, levels);
    }
}
