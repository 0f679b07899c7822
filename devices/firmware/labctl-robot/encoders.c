/* SPDX-License-Identifier: MIT */
#include "encoders.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <stdbool.h>
#include <util/atomic.h>

#include "clock.h"
#include "lab.h"
#include "pins.h"
#include "reply.h"
#include "uart.h"

#define LEFT_PIN 2
#define RIGHT_PIN 3
#define SHORTEST_INTERVAL_MS 10

static volatile uint32_t left, right;
static uint32_t left_reported, right_reported;
static uint16_t interval_ms, last_ms;

ISR(INT0_vect)
{
    left++;
}

ISR(INT1_vect)
{
    right++;
}

static void read(uint32_t *to_left, uint32_t *to_right)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        *to_left = left;
        *to_right = right;
    }
}

static void make_input(uint8_t pin)
{
    uint8_t mode = pins_mode(pin);

    if (mode != MODE_INPUT && mode != MODE_PULLUP)
        pins_set_mode(pin, MODE_INPUT);
}

void encoders_every(uint16_t ms)
{
    interval_ms = ms && ms < SHORTEST_INTERVAL_MS ? SHORTEST_INTERVAL_MS : ms;
    last_ms = clock_ms();
    if (!ms) {
        EIMSK = 0;
        return;
    }
    make_input(LEFT_PIN);
    make_input(RIGHT_PIN);
    if (EIMSK)
        return; /* counting already: no edge may get lost */
    EICRA = _BV(ISC01) | _BV(ISC00) | _BV(ISC11) | _BV(ISC10);
    EIFR = _BV(INTF0) | _BV(INTF1);
    EIMSK = _BV(INT0) | _BV(INT1);
}

void encoders_report(void)
{
    read(&left_reported, &right_reported);
    lab_begin(LAB_ENCODERS);
    reply_number(left_reported, 4);
    reply_number(right_reported, 4);
    reply_end();
}

void encoders_reset(void)
{
    encoders_every(0);
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) left = right = 0;
}

void encoders_poll(void)
{
    uint16_t now = clock_ms();
    uint32_t left_now, right_now;

    if (!interval_ms || (uint16_t)(now - last_ms) < interval_ms || !reply_has_room())
        return;
    last_ms = now;
    read(&left_now, &right_now);
    if (left_now != left_reported || right_now != right_reported)
        encoders_report();
}
