/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "dead_man.h"
#include "wake.h"

#define US_PER_COUNT 4    /* 16 MHz / 64 */
#define US_PER_TICK 1024  /* 256 counts */

static volatile uint32_t ticks;
static volatile uint16_t ms;

void clock_begin(void)
{
    TCCR0A = _BV(WGM01) | _BV(WGM00); /* fast PWM, as Arduino has it: 976 Hz on pins 5 and 6 */
    TCCR0B = _BV(CS01) | _BV(CS00);
    TIMSK0 = _BV(TOIE0);
}

ISR(TIMER0_OVF_vect)
{
    static uint16_t beyond_us; /* what whole milliseconds leave over */
    uint8_t passed = 1;

    beyond_us += US_PER_TICK - 1000;
    if (beyond_us >= 1000) {
        beyond_us -= 1000;
        passed = 2;
    }
    ticks++;
    ms += passed;
    dead_man_tick(passed);
    wake();
}

uint16_t clock_ms(void)
{
    uint16_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) now = ms;
    return now;
}

uint32_t clock_us_locked(void)
{
    uint32_t whole = ticks;
    uint8_t counts = TCNT0;

    if ((TIFR0 & _BV(TOV0)) && counts < 255)
        whole++; /* the tick is due, but its interrupt has to wait for us */
    return whole * US_PER_TICK + counts * US_PER_COUNT;
}
