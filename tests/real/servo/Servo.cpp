// SPDX-License-Identifier: MIT
#include "Servo.h"

#include <avr/interrupt.h>

static const uint16_t FRAME_US = 20000;
static const uint8_t COUNTS_PER_US = 2; // 16 MHz / 8

static struct {
    uint8_t pin;
    bool on;
    uint16_t us;
} servos[MAX_SERVOS];
static uint8_t count;
static bool running;

ISR(TIMER1_COMPA_vect)
{
    static uint8_t turn = MAX_SERVOS; // whose pulse is out; MAX_SERVOS: the gap at the end of the frame
    static uint16_t left;

    if (turn == MAX_SERVOS) {
        turn = 0;
        left = FRAME_US;
    } else {
        digitalWrite(servos[turn].pin, LOW);
        turn++;
    }
    while (turn < MAX_SERVOS && !servos[turn].on)
        turn++;
    uint16_t next = left;
    if (turn < MAX_SERVOS) {
        digitalWrite(servos[turn].pin, HIGH);
        next = servos[turn].us;
        left = left > next + 500 ? left - next : 500;
    }
    OCR1A = next * COUNTS_PER_US - 1;
}

Servo::Servo() : place(count < MAX_SERVOS ? count++ : INVALID_SERVO), low(MIN_PULSE_WIDTH), high(MAX_PULSE_WIDTH) {}

uint8_t Servo::attach(int pin, int shortest, int longest)
{
    if (place == INVALID_SERVO)
        return place;
    low = shortest;
    high = longest;
    pinMode(pin, OUTPUT);
    servos[place].pin = pin;
    if (!servos[place].us)
        servos[place].us = 1500;
    servos[place].on = true;
    if (!running) {
        running = true;
        TCCR1A = 0;
        TCCR1B = _BV(WGM12) | _BV(CS11);
        OCR1A = FRAME_US * COUNTS_PER_US - 1;
        TCNT1 = 0;
        TIFR1 = _BV(OCF1A);
        TIMSK1 |= _BV(OCIE1A);
    }
    return place;
}

void Servo::detach()
{
    if (place == INVALID_SERVO)
        return;
    servos[place].on = false;
    digitalWrite(servos[place].pin, LOW);
}

void Servo::writeMicroseconds(int us)
{
    if (place == INVALID_SERVO)
        return;
    uint8_t before = SREG;
    cli();
    servos[place].us = constrain(us, low, high);
    SREG = before;
}

void Servo::write(int value)
{
    writeMicroseconds(value < MIN_PULSE_WIDTH ? map(constrain(value, 0, 180), 0, 180, low, high) : value);
}

int Servo::readMicroseconds()
{
    return place == INVALID_SERVO ? 0 : servos[place].us;
}

int Servo::read()
{
    return map(readMicroseconds() + 1, low, high, 0, 180);
}

bool Servo::attached()
{
    return place != INVALID_SERVO && servos[place].on;
}
