//! Takes the noise out of text: numbers that differ between two runs that are the same.
//!
//! Pids, ports, addresses, times, durations, sizes of free memory and temporary names become signs. Versions in file
//! names (`libcudart.so.12`), error numbers below 1000 and UUIDs stay.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// What is replaced by what, in this order.
static NOISE: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        // Dates and times of day, with or without zone.
        (
            r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?",
            "TIME",
        ),
        // llama.cpp's running clock: `0.00.123.456 I `.
        (r"^\d+\.\d\d\.\d{3}\.\d{3}(?: |$)", ""),
        // A Go traceback marks arguments that it may have wrong with `?`; even small ones are what a register held.
        (r"0x[0-9a-fA-F]{4,}\??|0x[0-9a-fA-F]+\?", "0x..."),
        // Which thread of Go's it was: `m=3 mp=0x...`, `m=0 sigcode=1`.
        (r"\bm=\d+( mp=| sigcode=)", "m=N$1"),
        (
            r"(127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0):\d+",
            "$1:PORT",
        ),
        (r"(?i)\b(port[= :]+)\d+", "${1}PORT"),
        (r"(?i)\b(pid[= :]+|tid[= :]+|goroutine )\d+", "${1}N"),
        (r"/tmp/[^\s/:,;]+", "/tmp/..."),
        (r"\b\d+(?:\.\d+)?\s?(?:[KMGT]i?B|B)\b", "SIZE"),
        (
            r"\b\d+(?:\.\d+)?(?:ns|µs|us|ms|s|m\d+(?:\.\d+)?s)\b",
            "DURATION",
        ),
        (r"(?i)\b(free|available|total|used)([= :]+)\d+", "${1}${2}N"),
        (r#"(^|[\s=(\[:,"])\d{5,}\b"#, "${1}N"),
    ]
    .into_iter()
    .filter_map(|(pattern, to)| Some((Regex::new(pattern).ok()?, to)))
    .collect()
});

/// Text without what differs from run to run.
#[must_use]
pub(super) fn text(text: &str) -> String {
    let mut out = text.trim().to_owned();
    for (pattern, to) in NOISE.iter() {
        if let Cow::Owned(changed) = pattern.replace_all(&out, *to) {
            out = changed;
        }
    }
    out
}

/// The folder of a run's virtual GPU (`run --shim`), which has another name each time.
static VIRTUAL_GPU: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"/vgpu-run-[A-Za-z0-9]{6}\b").ok());

/// A path, or words with paths, without the temporary name of the folder of a virtual GPU.
#[must_use]
pub(super) fn place(text: &str) -> Cow<'_, str> {
    match &*VIRTUAL_GPU {
        Some(name) => name.replace_all(text, "/vgpu-run-..."),
        None => Cow::Borrowed(text),
    }
}

/// The last part of a path.
#[must_use]
pub(super) fn base(path: &str) -> &str {
    path.rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{place, text};

    #[test]
    fn the_folder_of_a_virtual_gpu_has_no_name_and_others_keep_theirs() {
        assert_eq!(
            place("/tmp/vgpu-run-4z27F4/lib:/a"),
            "/tmp/vgpu-run-.../lib:/a"
        );
        for other in [
            "/opt/vgpu-driver/lib",
            "/opt/vgpu/lib",
            "/tmp/vgpu-run-4z27F45/lib",
        ] {
            assert_eq!(place(other), other);
        }
    }

    #[test]
    fn what_differs_from_run_to_run_becomes_a_sign() {
        for (one, two) in [
            (
                "time=2026-11-21T10:00:00.123Z level=INFO port=34095",
                "time=2026-11-22T11:30:10.5+02:00 level=INFO port=40001",
            ),
            ("took duration=31.5ms", "took duration=1.25s"),
            (
                "at 0x7f1234567890 (127.0.0.1:34567)",
                "at 0x7fabcdefabcd (127.0.0.1:2)",
            ),
            ("open /tmp/123456.bin: no", "open /tmp/99.bin: no"),
            ("free: 20.3 GiB of 23 GiB", "free: 1 GiB of 24 GiB"),
        ] {
            assert_eq!(text(one), text(two), "{one}");
        }
    }

    #[test]
    fn what_matters_stays() {
        for (one, two) in [
            (
                "libcudart.so.12: cannot open",
                "libcudart.so.13: cannot open",
            ),
            ("cuInit failed: 100", "cuInit failed: 999"),
            ("exit status 127", "exit status 1"),
            ("compute capability 6.1", "compute capability 9.0"),
            ("GPU-11111111-0000", "GPU-22222222-0000"),
        ] {
            assert_ne!(text(one), text(two), "{one}");
        }
    }
}
