/* What llama.cpp's common library has: a log callback that is exported under its C++ name. */
enum ggml_log_level { NONE, DEBUG, INFO, WARN, ERROR };

static int lines;

void common_log_default_callback(ggml_log_level level, const char *text, void *user_data) { lines += level != NONE; }
