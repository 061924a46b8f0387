/* A library that is linked against and then not there; also one without ggml_backend_init. */
int vgputrace_absent_answer(void) { return 9; }
