/* Prints how many arguments and variables there are and how many bytes they are. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv, char **variables) {
    size_t bytes = 0, count = 0, bytes_of_variables = 0;
    for (int at = 0; at < argc; at++) bytes += strlen(argv[at]);
    for (; variables[count] != NULL; count++) bytes_of_variables += strlen(variables[count]);
    printf("%d %zu %zu %zu\n", argc, bytes, count, bytes_of_variables);
    return 0;
}
