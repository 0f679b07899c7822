/* SPDX-License-Identifier: MIT */
#include "pins.h"

#include <avr/io.h>
#include <util/atomic.h>

#include "board.h"
#include "servo.h"

static uint8_t modes[PIN_COUNT];
static volatile uint8_t duties[PIN_COUNT];
static uint8_t outputs[PORT_COUNT], inputs[PORT_COUNT]; /* the same as masks of Firmata's ports */

static void connect_pwm(uint8_t pin, uint8_t duty)
{
    switch (pin) {
    case 3: OCR2B = duty; TCCR2A |= _BV(COM2B1); break;
    case 5: OCR0B = duty; TCCR0A |= _BV(COM0B1); break;
    case 6: OCR0A = duty; TCCR0A |= _BV(COM0A1); break;
    case 9: OCR1A = duty; TCCR1A |= _BV(COM1A1); break;
    case 10: OCR1B = duty; TCCR1A |= _BV(COM1B1); break;
    case 11: OCR2A = duty; TCCR2A |= _BV(COM2A1); break;
    }
}

static void disconnect_pwm(uint8_t pin)
{
    switch (pin) {
    case 3: TCCR2A &= ~_BV(COM2B1); break;
    case 5: TCCR0A &= ~_BV(COM0B1); break;
    case 6: TCCR0A &= ~_BV(COM0A1); break;
    case 9: TCCR1A &= ~_BV(COM1A1); break;
    case 10: TCCR1A &= ~_BV(COM1B1); break;
    case 11: TCCR2A &= ~_BV(COM2A1); break;
    }
}

static void set_level(uint8_t pin, bool level)
{
    if (level)
        *pin_output(pin) |= pin_bit(pin);
    else
        *pin_output(pin) &= ~pin_bit(pin);
}

/* The timers disagree with 0 and 255 (fast PWM never gets quite low), so those two are plain levels. */
static void set_duty(uint8_t pin, uint8_t duty)
{
    duties[pin] = duty;
    if (duty == 0 || duty == 255) {
        disconnect_pwm(pin);
        set_level(pin, duty);
    } else {
        connect_pwm(pin, duty);
    }
}

void pins_begin(void)
{
    servo_release_timer();          /* timer 1, pins 9 and 10 */
    TCCR2A = _BV(WGM20);            /* timer 2, pins 3 and 11: phase correct, 490 Hz */
    TCCR2B = _BV(CS22);
    pins_reset();
}

void pins_reset(void)
{
    pins_rest();
    for (uint8_t pin = 2; pin < PIN_COUNT; pin++)
        pins_set_mode(pin, pin_is_analog(pin) ? MODE_ANALOG : MODE_INPUT);
}

static enum mode_answer may_become(uint8_t pin, uint8_t mode)
{
    switch (mode) {
    case MODE_INPUT:
    case MODE_OUTPUT:
    case MODE_PULLUP:
        return MODE_SET;
    case MODE_ANALOG:
        return pin_is_analog(pin) ? MODE_SET : MODE_NOT_HERE;
    case MODE_PWM:
        if ((pin == 9 || pin == 10) && servo_attached_beside(pin))
            return MODE_TIMER_TAKEN;
        return pin_is_pwm(pin) ? MODE_SET : MODE_NOT_HERE;
    case MODE_SERVO:
        return servo_free(pin) ? MODE_SET : MODE_NO_SERVO_LEFT;
    default:
        return MODE_UNKNOWN;
    }
}

static void become(uint8_t pin, uint8_t mode)
{
    volatile uint8_t *direction = pin_direction(pin);
    uint8_t bit = pin_bit(pin);
    uint8_t port = pin / 8;
    uint8_t mask = 1 << (pin % 8);

    disconnect_pwm(pin);
    if (modes[pin] == MODE_SERVO && mode != MODE_SERVO)
        servo_detach(pin);
    duties[pin] = 0;
    modes[pin] = mode;
    outputs[port] &= ~mask;
    inputs[port] &= ~mask;
    set_level(pin, mode == MODE_PULLUP);
    switch (mode) {
    case MODE_OUTPUT:
        outputs[port] |= mask;
        *direction |= bit;
        break;
    case MODE_PWM:
    case MODE_SERVO:
        *direction |= bit;
        break;
    case MODE_INPUT:
    case MODE_PULLUP:
        inputs[port] |= mask;
        *direction &= ~bit;
        break;
    default:
        *direction &= ~bit;
    }
}

enum mode_answer pins_set_mode(uint8_t pin, uint8_t mode)
{
    enum mode_answer answer;

    if (!pin_is_digital(pin))
        return MODE_NOT_HERE;
    answer = may_become(pin, mode);
    if (answer != MODE_SET || (mode == modes[pin] && (mode == MODE_OUTPUT || mode == MODE_SERVO)))
        return answer; /* an output asked to be one keeps its level */
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        if (mode == MODE_SERVO) {
            for (uint8_t other = 9; other <= 10; other++)
                if (modes[other] == MODE_PWM)
                    become(other, MODE_OUTPUT); /* servos take the timer that made this PWM */
            servo_attach(pin);
        }
        become(pin, mode);
    }
    return MODE_SET;
}

uint8_t pins_mode(uint8_t pin)
{
    return modes[pin];
}

uint16_t pins_state(uint8_t pin)
{
    switch (modes[pin]) {
    case MODE_OUTPUT:
        return (*pin_output(pin) & pin_bit(pin)) != 0;
    case MODE_PWM:
        return duties[pin];
    case MODE_SERVO:
        return servo_value(pin);
    case MODE_PULLUP:
        return pin_is_digital(pin);
    default:
        return 0;
    }
}

void pins_write(uint8_t pin, bool level)
{
    if (pin < PIN_COUNT && modes[pin] == MODE_OUTPUT)
        ATOMIC_BLOCK(ATOMIC_RESTORESTATE) set_level(pin, level);
}

static inline void write_masked(volatile uint8_t *port, uint8_t levels, uint8_t mask)
{
    *port = (*port & ~mask) | (levels & mask);
}

void pins_write_port(uint8_t port, uint8_t levels)
{
    if (port >= PORT_COUNT)
        return;
    /* one store a port, so that both inputs of a motor bridge change together */
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        uint8_t mask = outputs[port];
        if (port == 0)
            write_masked(&PORTD, levels, mask);
        else if (port == 1) {
            write_masked(&PORTB, levels, mask & 0x3F);
            write_masked(&PORTC, levels >> 6, mask >> 6);
        } else
            write_masked(&PORTC, levels << 2, mask << 2);
    }
}

void pins_write_analog(uint8_t pin, uint16_t value)
{
    if (pin >= PIN_COUNT)
        return;
    if (modes[pin] == MODE_PWM)
        ATOMIC_BLOCK(ATOMIC_RESTORESTATE) set_duty(pin, value > 255 ? 255 : value);
    else if (modes[pin] == MODE_SERVO)
        servo_write(pin, value);
}

uint8_t pins_read_port(uint8_t port)
{
    uint8_t levels = port == 0 ? PIND : port == 1 ? (PINB & 0x3F) | (PINC << 6) : PINC >> 2;
    return levels & inputs[port];
}

void pins_rest(void)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        TCCR0A &= ~(_BV(COM0A1) | _BV(COM0B1));
        TCCR1A &= ~(_BV(COM1A1) | _BV(COM1B1));
        TCCR2A &= ~(_BV(COM2A1) | _BV(COM2B1));
        servo_rest();
        PORTD &= ~DDRD; /* inputs keep their pull-ups */
        PORTB &= ~DDRB;
        PORTC &= ~DDRC;
        for (uint8_t pin = 0; pin < PIN_COUNT; pin++)
            duties[pin] = 0;
    }
}

bool pins_any_on(void)
{
    uint8_t high = (PORTD & DDRD) | (PORTB & DDRB) | (PORTC & DDRC);
    uint8_t pulsed = (TCCR0A | TCCR1A | TCCR2A) & (_BV(COM0A1) | _BV(COM0B1)); /* the same bits in all three */

    return high || pulsed || servo_pulsing();
}
