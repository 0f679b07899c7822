/* SPDX-License-Identifier: MIT */
#include "servo.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "board.h"

#define PLACES 6           /* 6 x 3 ms still leaves a gap in the frame */
#define FRAME_US 20000U
#define COUNTS_PER_US 2    /* 16 MHz / 8 */
#define LOW_US 544         /* Arduino's Servo library: 544 us is 0 degrees, 2400 us is 180 */
#define HIGH_US 2400
#define FIRST_US_VALUE 544 /* likewise: values from here on are microseconds */

static struct {
    uint8_t pin; /* 0: the place is free (pin 0 is the serial line) */
    uint16_t low_us, high_us;
    uint16_t value;
    uint16_t pulse_us; /* 0: at rest */
} servos[PLACES];

static uint8_t turn = PLACES; /* whose pulse is out; PLACES: the gap at the end of the frame */

static uint8_t place_of(uint8_t pin)
{
    uint8_t place = 0;

    while (place < PLACES && servos[place].pin != pin)
        place++;
    return place;
}

bool servo_free(uint8_t pin)
{
    return place_of(pin) < PLACES || place_of(0) < PLACES;
}

bool servo_attached_beside(uint8_t pin)
{
    for (uint8_t place = 0; place < PLACES; place++)
        if (servos[place].pin && servos[place].pin != pin)
            return true;
    return false;
}

static bool any_attached(void)
{
    return servo_attached_beside(0);
}

static void take_timer(void)
{
    turn = PLACES;
    TCCR1A = 0;
    TCCR1B = _BV(WGM12) | _BV(CS11); /* counts to OCR1A, then the next pulse's turn */
    OCR1A = FRAME_US * COUNTS_PER_US - 1;
    TCNT1 = 0;
    TIFR1 = _BV(OCF1A);
    TIMSK1 = _BV(OCIE1A);
}

void servo_release_timer(void)
{
    TIMSK1 = 0;
    TCCR1A = _BV(WGM10); /* phase correct, 8 bits, 490 Hz, as Arduino has it */
    TCCR1B = _BV(CS11) | _BV(CS10);
}

void servo_attach(uint8_t pin)
{
    uint8_t place = place_of(pin);

    if (place == PLACES)
        place = place_of(0);
    if (place == PLACES)
        return;
    if (!any_attached())
        take_timer();
    servos[place].pin = pin;
    servos[place].low_us = LOW_US;
    servos[place].high_us = HIGH_US;
    servos[place].value = servos[place].pulse_us = 0;
}

void servo_detach(uint8_t pin)
{
    uint8_t place = place_of(pin);

    if (place == PLACES)
        return;
    servos[place].pin = 0;
    servos[place].pulse_us = 0;
    if (!any_attached())
        servo_release_timer();
}

void servo_limit(uint8_t pin, uint16_t low_us, uint16_t high_us)
{
    uint8_t place = place_of(pin);

    if (place == PLACES || low_us < 250 || high_us > 3000 || low_us >= high_us)
        return;
    servos[place].low_us = low_us;
    servos[place].high_us = high_us;
}

void servo_write(uint8_t pin, uint16_t value)
{
    uint8_t place = place_of(pin);
    uint16_t low, high, us = value;

    if (place == PLACES)
        return;
    low = servos[place].low_us;
    high = servos[place].high_us;
    if (value < FIRST_US_VALUE) {
        uint8_t degrees = value > 180 ? 180 : value;
        us = low + (uint32_t)(high - low) * degrees / 180;
    }
    us = us < low ? low : us > high ? high : us;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        servos[place].value = value;
        servos[place].pulse_us = us;
    }
}

uint16_t servo_value(uint8_t pin)
{
    uint8_t place = place_of(pin);
    uint16_t value = 0;

    if (place < PLACES)
        ATOMIC_BLOCK(ATOMIC_RESTORESTATE) value = servos[place].value;
    return value;
}

void servo_rest(void)
{
    for (uint8_t place = 0; place < PLACES; place++)
        servos[place].value = servos[place].pulse_us = 0;
}

bool servo_pulsing(void)
{
    for (uint8_t place = 0; place < PLACES; place++)
        if (servos[place].pulse_us)
            return true;
    return false;
}

ISR(TIMER1_COMPA_vect)
{
    static uint16_t left_us;

    if (turn == PLACES) {
        turn = 0;
        left_us = FRAME_US;
    } else {
        if (servos[turn].pin)
            *pin_output(servos[turn].pin) &= ~pin_bit(servos[turn].pin);
        turn++;
    }
    while (turn < PLACES && !servos[turn].pulse_us)
        turn++;
    if (turn == PLACES) {
        OCR1A = left_us * COUNTS_PER_US - 1;
        return;
    }
    *pin_output(servos[turn].pin) |= pin_bit(servos[turn].pin);
    left_us -= servos[turn].pulse_us;
    OCR1A = servos[turn].pulse_us * COUNTS_PER_US - 1;
}
