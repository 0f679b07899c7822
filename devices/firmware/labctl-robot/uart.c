/* SPDX-License-Identifier: MIT */
#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>

#include "wake.h"

#define BAUD 57600UL
#define DIVIDER ((F_CPU / 4 / BAUD - 1) / 2) /* at double speed: 57142 baud, 0.8 % off, as Arduino has it */

/* 256 bytes, so that 8-bit indices wrap by themselves. Received: 45 ms at full rate, longer than the main loop is
 * ever away (37 ms, storing a board id). To send: the longest answer (capabilities, 191 bytes) fits whole. */
static uint8_t received[256], to_send[256];
static volatile uint8_t received_head, received_tail, send_head, send_tail;
static volatile bool hole;

void uart_begin(void)
{
    UCSR0A = _BV(U2X0);
    UBRR0 = DIVIDER;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00); /* 8N1 */
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

static inline bool keep(uint8_t byte)
{
    uint8_t next = received_head + 1;

    if (next == received_tail)
        return false;
    received[received_head] = byte;
    received_head = next;
    return true;
}

ISR(USART_RX_vect)
{
    uint8_t status = UCSR0A;
    uint8_t byte = UDR0;

    if (status & (_BV(FE0) | _BV(DOR0)))
        hole = true;
    if (hole && keep(UART_HOLE))
        hole = false;
    if (!(status & _BV(FE0)) && !hole && !keep(byte))
        hole = true;
    wake();
}

ISR(USART_UDRE_vect)
{
    if (send_head == send_tail)
        UCSR0B &= ~_BV(UDRIE0);
    else
        UDR0 = to_send[send_tail++];
}

bool uart_read(uint8_t *byte)
{
    if (received_head == received_tail)
        return false;
    *byte = received[received_tail++];
    return true;
}

void uart_write(uint8_t byte)
{
    uint8_t next = send_head + 1;

    while (next == send_tail)
        ;
    to_send[send_head] = byte;
    send_head = next;
    UCSR0B |= _BV(UDRIE0);
}

uint8_t uart_pending(void)
{
    return send_head - send_tail;
}
