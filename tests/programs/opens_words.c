/* Opens, asks for and loads each line of the file argv[1] as a path. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char line[4096];
    struct stat facts;
    FILE *file = fopen(argv[1], "r");
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        close(open(line, O_RDONLY));
        stat(line, &facts);
        access(line, R_OK);
        chdir(line);
        dlopen(line, RTLD_NOW);
        dlsym(RTLD_DEFAULT, line);
    }
    return 0;
}
