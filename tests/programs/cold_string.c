/* Passes names in pages that nobody has touched: to open, to dlopen, and to dlopen over the end of a page. argv[1] is
   a file of four pages that holds them. Each page is a mapping of its own, else the kernel maps neighbours too. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(int argc, char **argv) {
    int file = open(argv[1], O_RDONLY);
    char *first = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
    char *second = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, PAGE);
    char *pair = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mmap(pair, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 2 * PAGE);
    mmap(pair + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 3 * PAGE);
    open(first, O_RDONLY);
    dlopen(second, RTLD_NOW);
    dlopen(pair + PAGE - 8, RTLD_NOW);
    puts("asked");
    return 0;
}
