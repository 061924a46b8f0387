/* What the test programs say: the line and the two values of what was not as expected, and exit code 1. */
#include <stdio.h>
#include <stdlib.h>
#define IS(expected, expression)                                                                            \
    do {                                                                                                    \
        long long wanted = (long long)(expected), got = (long long)(expression);                            \
        if (wanted != got) {                                                                                \
            printf("%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, #expression, got, wanted);     \
            exit(1);                                                                                        \
        }                                                                                                   \
    } while (0)
#define OK(call) IS(0, call)
