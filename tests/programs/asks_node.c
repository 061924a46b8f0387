/* Opens the device nodes its arguments name and asks each what NVIDIA's library asks first, as often as the first argument
 * says: is the module of my version (NV_ESC_CHECK_VERSION_STR)? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int main(int count, char **words) {
    char text[72];
    for (int i = 2; i < count; i++) {
        int file = open(words[i], O_RDWR);
        if (file < 0) {
            printf("open: %s\n", strerror(errno));
            continue;
        }
        for (int n = atoi(words[1]); n > 0; n--)
            if (ioctl(file, 0xc04846d2, text) < 0 && n == 1) printf("ioctl: %s\n", strerror(errno));
    }
    return 0;
}
