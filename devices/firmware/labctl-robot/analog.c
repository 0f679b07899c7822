/* SPDX-License-Identifier: MIT */
#include "analog.h"

#include <avr/interrupt.h>
#include <avr/io.h>

#include "board.h"
#include "clock.h"
#include "firmata.h"
#include "pins.h"
#include "reply.h"
#include "wake.h"

#define DEFAULT_INTERVAL_MS 19
#define NONE 0xFF

static uint8_t reporting, due; /* bit for bit the channels */
static uint8_t measuring = NONE;
static uint16_t interval_ms = DEFAULT_INTERVAL_MS, last_ms;

ISR(ADC_vect)
{
    wake();
}

void analog_begin(void)
{
    ADCSRA = _BV(ADEN) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0); /* 125 kHz: 104 us each */
}

void analog_reset(void)
{
    reporting = due = 0;
    interval_ms = DEFAULT_INTERVAL_MS;
}

void analog_report(uint8_t channel, bool on)
{
    if (channel >= ANALOG_COUNT)
        return;
    reporting &= ~(1 << channel);
    due &= ~(1 << channel);
    if (on) {
        reporting |= 1 << channel;
        due |= 1 << channel;
    }
}

void analog_interval(uint16_t ms)
{
    interval_ms = ms ? ms : 1;
}

/* The channels take turns, so that on a full line none waits for ever. */
static void start_next(void)
{
    static uint8_t channel;

    for (uint8_t tried = 0; tried < ANALOG_COUNT; tried++) {
        channel = channel + 1 < ANALOG_COUNT ? channel + 1 : 0;
        if (!(due & 1 << channel))
            continue;
        due &= ~(1 << channel);
        if (pins_mode(FIRST_ANALOG_PIN + channel) != MODE_ANALOG)
            continue;
        measuring = channel;
        ADMUX = _BV(REFS0) | channel; /* against the supply */
        ADCSRA |= _BV(ADSC);
        return;
    }
}

void analog_poll(void)
{
    uint16_t now = clock_ms();

    if ((uint16_t)(now - last_ms) >= interval_ms) {
        last_ms = now;
        due |= reporting;
    }
    if (measuring != NONE) {
        if ((ADCSRA & _BV(ADSC)) || !reply_has_room())
            return;
        if (reporting & 1 << measuring)
            reply_short(ANALOG_MESSAGE | measuring, ADC);
        measuring = NONE;
    }
    if (due)
        start_next();
}
