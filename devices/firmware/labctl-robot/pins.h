/* SPDX-License-Identifier: MIT
 *
 * What each pin is and does. Everything that changes an output goes through here, with interrupts off, because the
 * dead man may put the outputs to rest between any two instructions.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Firmata's numbers for pin modes. */
enum mode {
    MODE_INPUT = 0x00,
    MODE_OUTPUT = 0x01,
    MODE_ANALOG = 0x02,
    MODE_PWM = 0x03,
    MODE_SERVO = 0x04,
    MODE_PULLUP = 0x0B,
};

enum mode_answer { MODE_SET, MODE_NOT_HERE, MODE_UNKNOWN, MODE_NO_SERVO_LEFT, MODE_TIMER_TAKEN };

void pins_begin(void);

/* All pins as after boot: analog pins analog, the others inputs without pull-up; no servo. */
void pins_reset(void);

/* Give a pin another mode, at rest in it. Nothing changes unless the answer is MODE_SET. */
enum mode_answer pins_set_mode(uint8_t pin, uint8_t mode);
uint8_t pins_mode(uint8_t pin);

/* What was set on an output: level, duty, servo value; 1 on a pull-up; otherwise 0. */
uint16_t pins_state(uint8_t pin);

/* Set levels. Pins that are no digital outputs stay as they are. */
void pins_write(uint8_t pin, bool level);
void pins_write_port(uint8_t port, uint8_t levels);

/* Set the duty of a PWM pin (0-255; more counts as 255) or a servo (degrees 0-180, from 544 on microseconds).
 * Other pins stay as they are. */
void pins_write_analog(uint8_t pin, uint16_t value);

/* Levels of the digital inputs of a port; other pins read 0. */
uint8_t pins_read_port(uint8_t port);

/* Put every output to rest: levels low, PWM 0, servos without pulses. Modes stay. Also for interrupts. */
void pins_rest(void);

/* Whether any output is on, told by the registers. For interrupts. */
bool pins_any_on(void);
