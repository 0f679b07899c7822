# Builds StandardFirmata for an Arduino Uno: make -f standard-firmata.mk FIRMATA=<Firmata library> OUT=<folder>
# The core and Wire are Debian's (arduino-core-avr); Servo is our own stand-in.
CORE_HOME ?= /usr/share/arduino/hardware/arduino/avr
HERE := $(dir $(lastword $(MAKEFILE_LIST)))
OUT ?= build

CORE = $(CORE_HOME)/cores/arduino
WIRE = $(CORE_HOME)/libraries/Wire/src
SKETCH = $(FIRMATA)/examples/StandardFirmata/StandardFirmata.ino
SOURCES = $(wildcard $(CORE)/*.c $(CORE)/*.cpp $(CORE)/*.S) $(wildcard $(WIRE)/*.cpp) $(WIRE)/utility/twi.c \
	$(wildcard $(FIRMATA)/*.cpp) $(HERE)servo/Servo.cpp
OBJECTS = $(patsubst %,$(OUT)/%.o,$(notdir $(SOURCES)))
VPATH = $(sort $(dir $(SOURCES)))

# avr-gcc 5.4 does not define DECIMAL_DIG, which the core asks for.
FLAGS = -mmcu=atmega328p -DF_CPU=16000000L -DDECIMAL_DIG=__DECIMAL_DIG__ -DARDUINO=10819 -DARDUINO_AVR_UNO \
	-DARDUINO_ARCH_AVR -Os -w -ffunction-sections -fdata-sections \
	-I$(CORE) -I$(CORE_HOME)/variants/standard -I$(WIRE) -I$(WIRE)/utility -I$(FIRMATA) -I$(HERE)servo
CXX_FLAGS = -std=gnu++11 -fpermissive -fno-exceptions -fno-threadsafe-statics

$(OUT)/StandardFirmata.hex: $(OUT)/StandardFirmata.elf
	avr-objcopy -O ihex -R .eeprom $< $@

$(OUT)/StandardFirmata.elf: $(OBJECTS) $(SKETCH)
	avr-g++ $(FLAGS) $(CXX_FLAGS) -Wl,--gc-sections -include Arduino.h -x c++ $(SKETCH) -x none $(OBJECTS) -lm -o $@

$(OUT)/%.c.o: %.c
	@mkdir -p $(OUT)
	avr-gcc -c -std=gnu11 $(FLAGS) $< -o $@
$(OUT)/%.cpp.o: %.cpp
	@mkdir -p $(OUT)
	avr-g++ -c $(FLAGS) $(CXX_FLAGS) $< -o $@
$(OUT)/%.S.o: %.S
	@mkdir -p $(OUT)
	avr-gcc -c -x assembler-with-cpp $(FLAGS) $< -o $@
