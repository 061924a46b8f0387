/* Writes argv[1] times 48 KiB that cannot be compressed, then says "heard all" on standard error. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char block[48 * 1024];
    uint64_t state = 88172645463325252ULL;
    for (int at = 0; at < atoi(argv[1]); at++) {
        for (unsigned byte = 0; byte < sizeof block; byte++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            block[byte] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n"[state >> 58];
        }
        for (unsigned done = 0; done < sizeof block;) done += write(1, block + done, sizeof block - done);
    }
    write(2, "heard all\n", 10);
    return 0;
}
