// Stands for llama-server, which is all in its library.
#include "parts.h"

int main(int argc, char **argv) {
    return llama_server(argc, argv);
}
