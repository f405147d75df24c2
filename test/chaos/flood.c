/*
 * Writes a flood that is easy to spoil, and measures how long it had to wait for its reader.
 *
 *     flood SEED BYTES REST REPORT
 *
 * The bytes follow from the seed alone, so that a second call into another pipe gives the same. They come in blocks of noise, short lines,
 * text of many-byte characters and lines of megabytes, and are cut into chunks that care for none of that: of 1 byte, of 64 KiB and one more or
 * less, through the middle of characters. After each megabyte it rests for REST milliseconds. REPORT gets `BYTES LONGEST-WRITE-IN-MICROSECONDS`.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 20 };

static uint64_t content, cuts;
static int64_t longest_us;

static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void fill(char *block)
{
    static const char *const characters[] = {"a", "\n", "ß", "€", "漢", "🐂", " ", "\0"};
    uint64_t kind = draw(&content) % 4;
    for (int i = 0; i < BLOCK;) {
        uint64_t random = draw(&content);
        if (kind == 3) {
            const char *character = characters[random % 8];
            for (size_t j = 0; j <= (*character ? strlen(character) - 1 : 0) && i < BLOCK; j++) block[i++] = character[j];
            continue;
        }
        for (int j = 0; j < 8 && i < BLOCK; j++, random >>= 8) block[i++] = kind == 1 ? "abcdefgh\nijklmno"[random & 15] : (char)random;
        // A line of up to four megabytes: no line end in this block at all.
        if (kind == 2)
            for (int j = i - 8; j < i; j++)
                if (block[j] == '\n') block[j] = '.';
    }
}

static void write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        int64_t begin = now_us();
        ssize_t written = write(1, bytes, length);
        int64_t took = now_us() - begin;
        if (took > longest_us) longest_us = took;
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) exit(99);
        bytes += written;
        length -= (size_t)written;
    }
}

static size_t chunk_size(void)
{
    static const size_t sizes[] = {1, 3, 4095, 4096, 4097, 65535, 65536, 65537, 65536, 200000};
    return sizes[draw(&cuts) % 10];
}

int main(int argc, char **argv)
{
    static char block[BLOCK];
    if (argc != 5) return 64;
    int64_t left = atoll(argv[2]), total = left;
    content = cuts = 0x9E3779B97F4A7C15ull * (uint64_t)(atoll(argv[1]) + 1) | 1;
    while (left > 0) {
        fill(block);
        size_t length = left < BLOCK ? (size_t)left : BLOCK;
        for (size_t done = 0; done < length;) {
            size_t size = chunk_size();
            if (size > length - done) size = length - done;
            write_all(block + done, size);
            done += size;
        }
        left -= (int64_t)length;
        usleep((useconds_t)atoi(argv[3]) * 1000);
    }
    FILE *report = fopen(argv[4], "w");
    if (report == NULL) return 98;
    fprintf(report, "%lld %lld\n", (long long)total, (long long)longest_us);
    return fclose(report) == 0 ? 0 : 98;
}
