/* Four threads write one line in pieces, one after the other. */
#include <pthread.h>
#include <unistd.h>

static void *say(void *piece) {
    const char *text = piece;
    int length = 0;
    while (text[length]) length++;
    write(2, text, length);
    return NULL;
}

int main(void) {
    char *pieces[] = {"one ", "line ", "of four", " threads\n"};
    for (int at = 0; at < 4; at++) {
        pthread_t thread;
        pthread_create(&thread, NULL, say, pieces[at]);
        pthread_join(thread, NULL);
    }
    return 0;
}
