/* 200 KiB in one write, and binary bytes. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    char *much = malloc(200 * 1024);
    for (int at = 0; at < 200 * 1024; at++) much[at] = 'a' + at % 26;
    write(1, much, 200 * 1024);
    write(2, "\x00\xff\xfe\x1b[31m\xc3\x28\n", 11);
    return 0;
}
