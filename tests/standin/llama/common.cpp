// Stands for libllama-common: a log that is written by a thread of its own, one line in three writes (time, level,
// text). ggml's lines below WARN are dropped until the log is made verbose, as at the load of the backends.
#include "parts.h"

#include <chrono>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

struct entry {
    std::string time;
    char level;
    std::string text;
};

void put(const std::string &bytes) {
    size_t done = 0;
    while (done < bytes.size()) {
        ssize_t wrote = write(STDERR_FILENO, bytes.data() + done, bytes.size() - done);
        if (wrote <= 0) return;
        done += static_cast<size_t>(wrote);
    }
}

class logger {
  public:
    logger() { resume(); }
    ~logger() { pause(); }

    void add(char level, std::string text) {
        std::lock_guard<std::mutex> lock(mutex);
        waiting.push_back({since_start(), level, std::move(text)});
        changed.notify_one();
    }

    void resume() {
        running = true;
        writer = std::thread([this] { write_all(); });
    }

    // Ends the thread when all that waits is written.
    void pause() {
        {
            std::lock_guard<std::mutex> lock(mutex);
            running = false;
            changed.notify_one();
        }
        writer.join();
    }

    bool verbose = false;

  private:
    std::string since_start() const {
        auto passed = std::chrono::steady_clock::now() - start;
        long long micros = std::chrono::duration_cast<std::chrono::microseconds>(passed).count();
        char text[64];
        snprintf(text, sizeof text, "%lld.%02lld.%03lld.%03lld ", micros / 60000000, micros / 1000000 % 60,
                 micros / 1000 % 1000, micros % 1000);
        return text;
    }

    void write_all() {
        std::unique_lock<std::mutex> lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return !running || !waiting.empty(); });
            if (waiting.empty()) return;
            entry one = std::move(waiting.front());
            waiting.pop_front();
            lock.unlock();
            put(one.time);
            put(std::string(1, one.level) + " ");
            put(one.text);
            lock.lock();
        }
    }

    const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<entry> waiting;
    std::thread writer;
    bool running = false;
};

logger &the_log() {
    static logger one;
    return one;
}

} // namespace

void common_log_default_callback(enum ggml_log_level level, const char *text, void *) {
    static const char letters[] = "-DIWE-";
    if (level < GGML_LOG_LEVEL_WARN && !the_log().verbose) return;
    the_log().add(letters[level], text);
}

void common_log_verbose() {
    the_log().verbose = true;
}

void common_log(char level, const char *format, ...) {
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    the_log().add(level, std::string("cmn  common_param: ") + text);
}

void common_init() {
    // The thread of the first moment goes, another comes.
    the_log().pause();
    the_log().resume();
    llama_log_set(common_log_default_callback, nullptr);
}
