// SPDX-License-Identifier: MIT
//
// Arduino's Servo interface as far as StandardFirmata uses it, on timer 1: no Debian package ships that library.
#pragma once

#include <Arduino.h>

#define MAX_SERVOS 12
#define MIN_PULSE_WIDTH 544
#define MAX_PULSE_WIDTH 2400
#define INVALID_SERVO 255

class Servo {
public:
    Servo();
    uint8_t attach(int pin, int low = MIN_PULSE_WIDTH, int high = MAX_PULSE_WIDTH);
    void detach();
    void write(int value);
    void writeMicroseconds(int us);
    int read();
    int readMicroseconds();
    bool attached();

private:
    uint8_t place;
    int low, high;
};
