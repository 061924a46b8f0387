/* A loader that keeps quiet, as the ones in the field do: demo_load LIBRARY...
 *
 * Tries each library in a child process of its own and says only whether it was used, never why not. */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int index = 1; index < argc; index++) {
        fflush(stdout);
        pid_t child = fork();
        if (child < 0) {
            perror("demo_load: fork");
            return 1;
        }
        if (child == 0) {
            void *library = dlopen(argv[index], RTLD_NOW | RTLD_LOCAL);
            int (*init)(void) = library == NULL ? NULL : (int (*)(void))dlsym(library, "demo_init");
            _exit(init != NULL && init() == 0 ? 0 : 1);
        }
        int status = 0;
        if (waitpid(child, &status, 0) < 0) {
            perror("demo_load: waitpid");
            return 1;
        }
        printf("demo_load: %s: %s\n", argv[index], WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "used" : "not used");
    }
    return 0;
}
