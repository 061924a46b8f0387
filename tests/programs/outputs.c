/* Writes one line to standard output and one to standard error by each call there is, then fails once. */
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
    struct iovec two[] = {{"by wri", 6}, {"tev\n", 4}};
    write(1, "by write\n", 9);
    writev(1, two, 2);
    pwrite(1, "by pwrite\n", 10, 19);
    struct iovec more[] = {{"by pwri", 7}, {"tev\n", 4}};
    pwritev(1, more, 2, 29);
    write(2, "error by write\n", 15);
    writev(2, two, 2);
    write(3, "not an output\n", 14);
    close(1);
    write(1, "nobody hears\n", 13);
    return 0;
}
