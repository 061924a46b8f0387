/* Opens a path of argv[1] bytes ("/xxx/xxx..."), and one of 5,000, which the kernel refuses. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void try(int length) {
    char *path = malloc(length + 1);
    for (int at = 0; at < length; at++) path[at] = at % 100 == 0 ? '/' : 'x';
    path[length] = 0;
    open(path, O_RDONLY);
    printf("%d\n", errno);
    free(path);
}

int main(int argc, char **argv) {
    try(atoi(argv[1]));
    try(5000);
    return 0;
}
