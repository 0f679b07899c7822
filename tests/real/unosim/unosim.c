/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unosim: an Arduino Uno (ATmega328P, 16 MHz) in real time, its serial line on a pty. A program of its own, because
 * libsimavr is GPL-3; the tests start it and talk to it.
 *
 *   unosim [-f app.hex] [-b boot.hex] [-l link] [-n] [-S]
 *     -l   keep a symbolic link to the pty here, over unplugging
 *     -n   opening the port does not reset the board
 *     -S   stepped: time stands still except for what is ordered
 *
 * The first line it prints is {"pty": path}. Lines on stdin:
 *
 *   a CHANNEL MILLIVOLTS   analog input              p PIN LEVEL   drive a pin from outside
 *   e PIN HERTZ            square wave on a pin      u TRIGGER ECHO US   echo after each trigger pulse, 0: none
 *   r   reset              x   unplug the USB cable; the board keeps its power     o   plug it in again
 *   j   let the main loop hang for good              s   print a snapshot as one JSON line
 *   t SECONDS   with -S: let so much time pass, as fast as it goes, then print a snapshot
 *
 * What the host did to the port before an order is taken in before the order is obeyed. End of file ends it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

#define IDLE_NS 4000000  /* between two runs while the line is still; whatever the host does wakes us */
#define BUSY_NS 300000   /* while it is not: a round trip must not wait for us */
#define CATCH_UP 0.25    /* s: what is lost beyond, on a crowded machine, stays lost */
#define SLICE 0.01       /* s: at most so long without looking at the world */

static int master = -1, slave = -1, watch = -1, opened;
static const char *link_path;
static bool no_reset, stepped, stepping;
static uint64_t step_ends;
static unsigned long long taken, given; /* bytes from and to the port since it was opened */
static double started, begun, worst_lag;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void unplug(void)
{
    if (master < 0)
        return;
    close(master);
    close(slave);
    close(watch);
    master = slave = watch = -1;
    opened = 0;
    board_line_clear();
    if (link_path)
        unlink(link_path);
}

static void plug(void)
{
    char path[128];
    struct termios raw;

    if (master >= 0)
        return;
    if (openpty(&master, &slave, path, NULL, NULL) < 0) {
        perror("openpty");
        exit(1);
    }
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw); /* the slave stays open, so that closing loses nothing on its way to the board */
    fcntl(master, F_SETFL, O_NONBLOCK);
    /* A pty does not tell its master of an opening; the file system does. */
    watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, path, IN_OPEN | IN_CLOSE) < 0) {
        perror("inotify");
        exit(1);
    }
    if (link_path) {
        unlink(link_path);
        if (symlink(path, link_path))
            perror(link_path);
    }
    printf("{\"pty\":\"%s\"}\n", path);
    fflush(stdout);
}

/* The host opened or closed the port: opening raises DTR, which resets an Uno. */
static void note_openings(void)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t length = read(watch, events, sizeof events);

    for (char *at = events; length > 0 && at < events + length;) {
        struct inotify_event *event = (struct inotify_event *)at;
        if (event->mask & IN_OPEN) {
            if (opened++ == 0) {
                taken = given = 0;
                board_line_clear();
                if (!no_reset)
                    board_reset();
            }
        } else if (event->mask & IN_CLOSE) {
            if (opened > 0 && --opened == 0) {
                tcflush(slave, TCIFLUSH); /* what the host did not read is not for the next one */
                ioctl(slave, TIOCNXCL);
            }
        }
        at += sizeof *event + event->len;
    }
}

static void take_bytes(void)
{
    uint8_t in[4096];
    size_t room = board_hear_room();
    ssize_t count = read(master, in, room < sizeof in ? room : sizeof in);

    if (count > 0) {
        board_hear(in, count);
        taken += count;
    }
}

static void give_bytes(void)
{
    static uint8_t out[8192];
    static size_t out_count;

    out_count += board_said(out + out_count, sizeof out - out_count);
    if (!opened)
        out_count = 0;
    if (out_count) {
        ssize_t count = write(master, out, out_count);
        if (count > 0) {
            given += count;
            out_count -= count;
            memmove(out, out + count, out_count);
        }
    }
}

static void snapshot(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    printf("{");
    board_print();
    printf(",\"open\":%d,\"taken\":%llu,\"given\":%llu,\"wall_s\":%.6f,\"cpu_s\":%.6f,\"rss_kb\":%ld,\"worst_lag_ms\":%.1f}\n",
           opened, taken, given, now() - begun,
           use.ru_utime.tv_sec + use.ru_stime.tv_sec + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6,
           use.ru_maxrss, worst_lag * 1e3);
    fflush(stdout);
    worst_lag = 0;
}

static void obey(const char *line)
{
    int a, b, c;
    double number;

    if (master >= 0) {
        note_openings();
        take_bytes();
    }
    if (sscanf(line, "a %d %d", &a, &b) == 2 && a >= 0 && a < 8)
        board_analog(a, b);
    else if (sscanf(line, "p %d %d", &a, &b) == 2 && a >= 0 && a < PINS)
        board_drive(a, b & 1);
    else if (sscanf(line, "e %d %lf", &a, &number) == 2 && a >= 0 && a < PINS)
        board_drive_wave(a, number);
    else if (sscanf(line, "u %d %d %d", &a, &b, &c) == 3 && a >= 0 && a < PINS && b >= 0 && b < PINS && c >= 0)
        board_echo(a, b, c);
    else if (!strcmp(line, "r"))
        board_reset();
    else if (!strcmp(line, "x"))
        unplug();
    else if (!strcmp(line, "o"))
        plug();
    else if (!strcmp(line, "j"))
        board_jam();
    else if (!strcmp(line, "s"))
        snapshot();
    else if (stepped && sscanf(line, "t %lf", &number) == 1) {
        step_ends = board_cycle() + (uint64_t)(number * HERTZ);
        stepping = true;
    }
    else
        fprintf(stderr, "unosim: what is \"%s\"?\n", line);
}

static bool read_orders(void)
{
    static char text[1024];
    static size_t length;
    ssize_t count = read(0, text + length, sizeof text - 1 - length);
    char *line = text, *end;

    if (count <= 0)
        return count < 0 && errno == EAGAIN;
    length += count;
    text[length] = 0;
    while ((end = strchr(line, '\n'))) {
        *end = 0;
        obey(line);
        line = end + 1;
    }
    length -= line - text;
    memmove(text, line, length);
    return length < sizeof text - 1;
}

/* Run the chip up to the present. */
static bool keep_up(void)
{
    double behind = now() - started - (double)board_cycle() / HERTZ;
    uint64_t slice_ends = board_cycle() + (uint64_t)(SLICE * HERTZ);

    if (stepped)
        return !stepping || board_run(slice_ends < step_ends ? slice_ends : step_ends);
    if (behind > worst_lag)
        worst_lag = behind;
    if (behind > CATCH_UP) {
        started += behind - CATCH_UP;
        behind = CATCH_UP;
    }
    return board_run(board_cycle() + (uint64_t)((behind < SLICE ? behind > 0 ? behind : 0 : SLICE) * HERTZ));
}

/* How long to wait for something to happen before the chip runs on. */
static struct timespec patience(void)
{
    if (stepped)
        return (struct timespec){stepping ? 0 : 1, 0};
    return (struct timespec){0, board_line_busy() ? BUSY_NS : IDLE_NS};
}

int main(int count, char **words)
{
    const char *wrong = NULL;
    int option;

    board_begin();
    while ((option = getopt(count, words, "b:f:l:nS")) > 0) {
        if (option == 'b' || option == 'f')
            wrong = wrong ? wrong : board_load(optarg, option == 'b');
        else if (option == 'l')
            link_path = optarg;
        else if (option == 'n')
            no_reset = true;
        else if (option == 'S')
            stepped = true;
        else
            return 2;
        if (wrong) {
            fprintf(stderr, "unosim: %s %s\n", optarg, wrong);
            return 2;
        }
    }
    board_reset();
    fcntl(0, F_SETFL, O_NONBLOCK);
    started = begun = now();
    plug();
    for (;;) {
        struct pollfd ends[3] = {{0, POLLIN, 0}, {watch, POLLIN, 0}, {board_hear_room() ? master : -1, POLLIN, 0}};
        struct timespec wait = patience();

        ppoll(ends, 3, &wait, NULL);
        if (!keep_up()) {
            fprintf(stderr, "unosim: the chip crashed\n");
            return 1;
        }
        if (ends[1].revents & POLLIN)
            note_openings();
        if (ends[2].revents & POLLIN)
            take_bytes();
        if (master >= 0)
            give_bytes();
        if (stepping && board_cycle() >= step_ends) {
            stepping = false;
            snapshot();
        }
        if (ends[0].revents && !stepping && !read_orders())
            break;
    }
    unplug();
    return 0;
}
