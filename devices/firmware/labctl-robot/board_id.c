/* SPDX-License-Identifier: MIT */
#include "board_id.h"

#include <avr/eeprom.h>
#include <util/crc16.h>

#define PLACE ((uint8_t *)0x10) /* Arduino sketches that ran here before mostly wrote from 0 on */
#define MARK 0x6C

struct record {
    uint8_t mark, length, id[BOARD_ID_LIMIT], check;
};

static uint8_t check_of(const struct record *record)
{
    uint8_t check = record->length;

    for (uint8_t i = 0; i < BOARD_ID_LIMIT; i++)
        check = _crc8_ccitt_update(check, record->id[i]);
    return check;
}

uint8_t board_id_read(uint8_t id[BOARD_ID_LIMIT])
{
    struct record record;

    eeprom_read_block(&record, PLACE, sizeof record);
    if (record.mark != MARK || record.length > BOARD_ID_LIMIT || record.check != check_of(&record))
        return 0;
    for (uint8_t i = 0; i < record.length; i++)
        id[i] = record.id[i];
    return record.length;
}

void board_id_store(const uint8_t *id, uint8_t length)
{
    struct record record = {.mark = MARK, .length = length};

    for (uint8_t i = 0; i < length; i++)
        record.id[i] = id[i];
    record.check = check_of(&record);
    eeprom_update_block(&record, PLACE, sizeof record);
}
