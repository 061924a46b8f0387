/* Calls a function of a library that is linked to and then not there. */
extern int vgputrace_absent_answer(void);

int main(void) { return vgputrace_absent_answer(); }
