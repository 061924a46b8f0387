/* Writes argv[1] MiB of lines to standard output, 64 KiB a call, then says "wrote N" on standard error. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char block[64 * 1024];
    long wanted = atol(argv[1]) * 16, done = 0;
    for (unsigned at = 0; at < sizeof block; at++) block[at] = at % 64 == 63 ? '\n' : 'a' + at % 26;
    while (done < wanted && write(1, block, sizeof block) == sizeof block) done++;
    fprintf(stderr, "wrote %ld\n", done / 16);
    return 0;
}
