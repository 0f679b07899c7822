/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An Arduino Uno on libsimavr (GPL-3), with what simavr 1.6 does differently from the chip put right from outside:
 *
 *   - a byte takes 11 bit times on its line and any number fit into its receiver: here 10, and the fourth unread
 *     byte is lost (two registers and the shift register), counted as an overrun;
 *   - after every reset, also the chip's own by watchdog, cycle timers are gone, low pins 2 and 3 are polled each
 *     cycle, and input pins read 0 until they change;
 *   - a write to a port lets an input with pull-up read 1 although something outside holds it low;
 *   - phase-correct PWM of 8 bits (Arduino's on timers 1 and 2) is unknown and runs its timer at 250 kHz: here it is
 *     the nearest mode that it knows. Duties are read from the registers.
 */
#include "board.h"

#include <avr_adc.h>
#include <avr_extint.h>
#include <avr_ioport.h>
#include <avr_timer.h>
#include <avr_uart.h>
#include <sim_avr.h>
#include <sim_hex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UBRR0L 0xC4
#define US (HERTZ / 1000000)
#define MS (HERTZ / 1000)
#define RUN_LIMIT 400     /* cycles between two looks of simavr's at timers, at most; interrupts cut it short */
#define ECHO_DELAY_US 450 /* an HC-SR04 sends its burst before it raises the echo */
#define HEAR_SIZE 65536
#define SAID_SIZE 65536

DEFINE_FIFO(uint16_t, uart_fifo);

static avr_t *avr;
static avr_uart_t *uart;
static avr_irq_t *uart_in, *pin_irq[PINS];
static void (*chip_reset)(avr_t *);

static uint8_t hear[HEAR_SIZE];
static size_t hear_at, hear_count;
static struct { uint8_t byte; uint64_t due; } said[SAID_SIZE];
static size_t said_at, said_count;
static uint64_t line_free; /* when the board's transmitter has its last byte out */
static uint64_t received, sent, overruns, dropped, resets, asleep;
static uint64_t last_byte, last_keep_alive;
static uint32_t last_four;

static struct pin {
    int level, driven; /* driven: -1 not, else the level from outside */
    uint64_t changed, rose, toggles;
    uint32_t pulse_us;
    uint64_t half, left; /* a square wave: cycles a half, and of the half under way when it is paused */
} pins[PINS];
static uint8_t pulled[3], pulled_to[3];
static int trigger_pin = -1, echo_pin = -1;
static uint32_t echo_us;
static uint64_t on_since, on_longest;
static bool on, jam;

static char port_of(int pin) { return pin < 8 ? 'D' : pin < 14 ? 'B' : 'C'; }
static int bit_of(int pin) { return pin < 8 ? pin : pin < 14 ? pin - 8 : pin - 14; }

/* --- the serial line --- */

static avr_cycle_count_t byte_arrives(avr_t *a, avr_cycle_count_t when, void *p)
{
    uint32_t whole = uart->cycles_per_byte;
    uint8_t byte = hear[hear_at];

    if (!hear_count)
        return 0;
    hear_at = (hear_at + 1) % HEAR_SIZE;
    hear_count--;
    if (uart_fifo_get_read_size(&uart->input) >= 3) {
        overruns++;
    } else {
        uart->cycles_per_byte = 1; /* simavr would begin here to wait for the byte that has just come */
        avr_raise_irq(uart_in, byte);
        uart->cycles_per_byte = whole;
    }
    received++;
    last_byte = a->cycle;
    last_four = last_four << 8 | byte;
    if (last_four == 0xF00A01F7)
        last_keep_alive = a->cycle;
    return hear_count ? when + whole : 0;
}

size_t board_hear_room(void) { return HEAR_SIZE - hear_count; }

size_t board_hear(const uint8_t *bytes, size_t count)
{
    size_t taken = 0;

    while (taken < count && hear_count < HEAR_SIZE)
        hear[(hear_at + hear_count++) % HEAR_SIZE] = bytes[taken++];
    if (taken && !avr_cycle_timer_status(avr, byte_arrives, NULL))
        avr_cycle_timer_register(avr, uart->cycles_per_byte, byte_arrives, NULL);
    return taken;
}

static void on_said(avr_irq_t *irq, uint32_t value, void *p)
{
    uint64_t begin = avr->cycle > line_free ? avr->cycle : line_free;

    sent++;
    line_free = begin + uart->cycles_per_byte;
    if (said_count == SAID_SIZE) {
        dropped++;
        return;
    }
    said[(said_at + said_count) % SAID_SIZE].byte = value;
    said[(said_at + said_count++) % SAID_SIZE].due = line_free;
}

size_t board_said(uint8_t *bytes, size_t limit)
{
    size_t count = 0;

    while (count < limit && said_count && said[said_at].due <= avr->cycle) {
        bytes[count++] = said[said_at].byte;
        said_at = (said_at + 1) % SAID_SIZE;
        said_count--;
    }
    return count;
}

bool board_line_busy(void)
{
    return hear_count || said_count || avr->cycle - last_byte < 2 * MS;
}

void board_line_clear(void) { hear_count = said_count = 0; }

static void on_baud(avr_t *a, avr_io_addr_t address, uint8_t value, void *p)
{
    uart->cycles_per_byte = uart->cycles_per_byte * 10 / 11;
}

/* --- pins --- */

static void drive_now(int pin, int level)
{
    int port = port_of(pin) - 'B', mask = 1 << bit_of(pin);
    avr_ioport_external_t outside;

    pins[pin].driven = level;
    pulled[port] |= mask;
    pulled_to[port] = (pulled_to[port] & ~mask) | (level ? mask : 0);
    outside.name = port_of(pin);
    outside.mask = pulled[port];
    outside.value = pulled_to[port];
    avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL(port_of(pin)), &outside);
    avr_raise_irq(pin_irq[pin], level);
}

void board_drive(int pin, int level)
{
    board_drive_wave(pin, 0);
    drive_now(pin, level);
}

static avr_cycle_count_t wave_turns(avr_t *a, avr_cycle_count_t when, void *p)
{
    int pin = (intptr_t)p;

    drive_now(pin, pins[pin].driven != 1);
    return when + pins[pin].half;
}

void board_drive_wave(int pin, double hertz)
{
    struct pin *wave = &pins[pin];
    uint64_t half = hertz > 0 ? (uint64_t)(HERTZ / 2 / hertz) : 0;
    uint64_t left = avr_cycle_timer_status(avr, wave_turns, (void *)(intptr_t)pin);

    if (wave->half && left) /* keep the phase over a change of speed and over a stop */
        wave->left = left;
    avr_cycle_timer_cancel(avr, wave_turns, (void *)(intptr_t)pin);
    if (!half)
        return;
    left = wave->half ? (uint64_t)((double)wave->left / wave->half * half) : half;
    wave->half = half;
    avr_cycle_timer_register(avr, left ? left : 1, wave_turns, (void *)(intptr_t)pin);
}

static avr_cycle_count_t echo_turns(avr_t *a, avr_cycle_count_t when, void *p)
{
    bool rises = pins[echo_pin].driven != 1;

    drive_now(echo_pin, rises);
    return rises ? when + echo_us * US : 0;
}

void board_echo(int trigger, int echo, uint32_t us)
{
    if (trigger != trigger_pin || echo != echo_pin) {
        avr_cycle_timer_cancel(avr, echo_turns, NULL);
        drive_now(echo, 0);
    }
    trigger_pin = trigger;
    echo_pin = echo;
    echo_us = us;
}

static void on_pin(avr_irq_t *irq, uint32_t value, void *p)
{
    int number = (intptr_t)p, level = value & 1;
    struct pin *pin = &pins[number];

    if (level == pin->level)
        return;
    pin->level = level;
    pin->toggles++;
    pin->changed = avr->cycle;
    if (level)
        pin->rose = avr->cycle;
    else
        pin->pulse_us = (avr->cycle - pin->rose) / US;
    if (number == trigger_pin && !level && echo_us && !avr_cycle_timer_status(avr, echo_turns, NULL))
        avr_cycle_timer_register(avr, ECHO_DELAY_US * US, echo_turns, NULL);
}

void board_analog(int channel, int millivolts)
{
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + channel), millivolts);
}

/* Duty of a PWM pin by its timer's registers; -1: the timer does not drive it. */
static int duty_of(int pin)
{
    static const struct { uint8_t pin, control, shift, compare; } channels[] = {
        {3, 0xB0, 4, 0xB4}, {5, 0x44, 4, 0x48}, {6, 0x44, 6, 0x47},
        {9, 0x80, 6, 0x88}, {10, 0x80, 4, 0x8A}, {11, 0xB0, 6, 0xB3},
    };

    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (channels[i].pin == pin)
            return avr->data[channels[i].control] >> channels[i].shift & 3 ? avr->data[channels[i].compare] : -1;
    return -1;
}

static bool any_output_on(void)
{
    const uint8_t *data = avr->data;
    uint8_t high = (data[0x24] & data[0x25]) | (data[0x27] & data[0x28]) | (data[0x2A] & data[0x2B] & 0xFC);

    return high || ((data[0x44] | data[0x80] | data[0xB0]) & 0xF0);
}

static void learn_phase_correct(avr_timer_t *timer)
{
    if (timer->wgm_op[1].kind == avr_timer_wgm_none)
        timer->wgm_op[1] = (avr_timer_wgm_t){.kind = avr_timer_wgm_fc_pwm, .size = 8};
}

static avr_cycle_count_t look_at_outputs(avr_t *a, avr_cycle_count_t when, void *p)
{
    bool now = any_output_on();

    if (now && !on)
        on_since = a->cycle;
    on = now;
    if (on && a->cycle - on_since > on_longest)
        on_longest = a->cycle - on_since;
    return when + MS;
}

/* --- the chip --- */

static avr_cycle_count_t after_reset(avr_t *a, avr_cycle_count_t when, void *p)
{
    avr->run_cycle_limit = RUN_LIMIT;
    avr_extint_set_strict_lvl_trig(avr, 0, 0);
    avr_extint_set_strict_lvl_trig(avr, 1, 0);
    for (int pin = 0; pin < PINS; pin++) {
        int level = pins[pin].driven == 1;
        pin_irq[pin]->value = !level; /* or simavr would take it for no change */
        avr_raise_irq(pin_irq[pin], level);
        if (pins[pin].half)
            avr_cycle_timer_register(avr, pins[pin].half, wave_turns, (void *)(intptr_t)pin);
    }
    if (hear_count)
        avr_cycle_timer_register(avr, uart->cycles_per_byte, byte_arrives, NULL);
    avr_cycle_timer_register(avr, MS, look_at_outputs, NULL);
    return 0;
}

static void on_reset(avr_t *a)
{
    if (chip_reset)
        chip_reset(a);
    resets++;
    on = false;
    on_longest = 0;
    line_free = a->cycle;
    avr_cycle_timer_register(a, 1, after_reset, NULL);
}

static void on_sleep(avr_t *a, avr_cycle_count_t cycles) { asleep += cycles; }

static void log_errors(avr_t *a, const int level, const char *format, va_list rest)
{
    if (level <= LOG_ERROR)
        vfprintf(stderr, format, rest);
}

void board_reset(void)
{
    avr_reset(avr);
    avr_regbit_set(avr, avr->reset_flags.extrf);
}

void board_begin(void)
{
    avr_global_logger_set(log_errors);
    avr = avr_make_mcu_by_name("atmega328p");
    avr_init(avr);
    avr->frequency = HERTZ;
    avr->vcc = avr->avcc = avr->aref = 5000;
    avr->log = LOG_ERROR;
    avr->codeend = avr->flashend;
    avr->sleep = on_sleep;
    chip_reset = avr->reset;
    avr->reset = on_reset;
    memset(avr->flash, 0xFF, avr->flashend + 1);
    for (avr_io_t *io = avr->io_port; io; io = io->next) {
        if (!strcmp(io->kind, "uart"))
            uart = (avr_uart_t *)io;
        else if (!strcmp(io->kind, "timer"))
            learn_phase_correct((avr_timer_t *)io);
    }
    uart->flags = 0; /* neither print nor sleep */
    uart_in = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_said, NULL);
    avr_register_io_write(avr, UBRR0L, on_baud, NULL);
    for (int pin = 0; pin < PINS; pin++) {
        pins[pin].driven = -1;
        pin_irq[pin] = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port_of(pin)), bit_of(pin));
        avr_irq_register_notify(pin_irq[pin], on_pin, (void *)(intptr_t)pin);
    }
}

const char *board_load(const char *path, bool boot)
{
    uint32_t size, base;
    uint8_t *code = read_ihex_file(path, &size, &base);

    if (!code)
        return "cannot be read as Intel hex";
    if (boot && base + size > avr->flashend + 1)
        base = 0x7C00; /* Debian's optiboot is too long for its place by 20 bytes, but runs at any */
    if (base + size > avr->flashend + 1)
        return "does not fit";
    memcpy(avr->flash + base, code, size);
    free(code);
    if (boot)
        avr->reset_pc = base;
    return NULL;
}

static avr_cycle_count_t slice_ends(avr_t *a, avr_cycle_count_t when, void *p) { return 0; }

bool board_run(uint64_t until)
{
    if (until <= avr->cycle)
        return true;
    avr_cycle_timer_register(avr, until - avr->cycle, slice_ends, NULL); /* or sleep would run past it */
    while (avr->cycle < until) {
        if (jam && avr->sreg[S_I] && !avr->interrupts.running_ptr) {
            avr->flash[avr->flashend - 1] = 0xFF;
            avr->flash[avr->flashend] = 0xCF; /* rjmp to itself */
            avr->pc = avr->flashend - 1;
            avr->state = cpu_Running;
            jam = false;
        }
        int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed)
            return false;
    }
    return true;
}

uint64_t board_cycle(void) { return avr->cycle; }

void board_jam(void) { jam = true; }

/* --- telling --- */

static double seconds(uint64_t cycle) { return (double)cycle / HERTZ; }

static void print_pins(const char *name, double (*of)(int pin), int digits)
{
    printf(",\"%s\":", name);
    for (int pin = 0; pin < PINS; pin++)
        printf("%s%.*f", pin ? "," : "[", digits, of(pin));
    printf("]");
}

static double level_of(int pin) { return pins[pin].level; }
static double toggles_of(int pin) { return pins[pin].toggles; }
static double changed_of(int pin) { return seconds(pins[pin].changed); }
static double pulse_of(int pin) { return pins[pin].pulse_us; }
static double output_of(int pin) { return avr->data[pin < 8 ? 0x2A : pin < 14 ? 0x24 : 0x27] >> bit_of(pin) & 1; }
static double pwm_of(int pin) { return duty_of(pin); }

void board_print(void)
{
    printf("\"sim_s\":%.6f,\"asleep_s\":%.6f,\"resets\":%llu", seconds(avr->cycle), seconds(asleep),
           (unsigned long long)resets);
    printf(",\"rx\":%llu,\"tx\":%llu,\"overruns\":%llu,\"dropped\":%llu", (unsigned long long)received,
           (unsigned long long)sent, (unsigned long long)overruns, (unsigned long long)dropped);
    printf(",\"rx_s\":%.6f,\"keep_alive_s\":%.6f,\"on_s\":%.6f,\"on_longest_s\":%.6f", seconds(last_byte),
           seconds(last_keep_alive), on ? seconds(avr->cycle - on_since) : 0, seconds(on_longest));
    print_pins("level", level_of, 0);
    print_pins("output", output_of, 0);
    print_pins("toggles", toggles_of, 0);
    print_pins("changed_s", changed_of, 6);
    print_pins("pulse_us", pulse_of, 0);
    print_pins("pwm", pwm_of, 0);
}
