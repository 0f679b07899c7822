/* SPDX-License-Identifier: MIT */
#include "dead_man.h"

#include <util/atomic.h>

#include "pins.h"

static volatile uint16_t silent_ms;
static volatile bool rested;

void dead_man_heard(void)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) silent_ms = 0;
}

void dead_man_tick(uint8_t passed)
{
    if (!pins_any_on()) {
        silent_ms = 0;
        return;
    }
    silent_ms += passed;
    if (silent_ms > DEAD_MAN_MS) {
        pins_rest();
        rested = true;
        silent_ms = 0;
    }
}

bool dead_man_take_rested(void)
{
    bool was;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        was = rested;
        rested = false;
    }
    return was;
}
