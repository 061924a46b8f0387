//! Calls of drivers and runtimes, from what their callers say about the results.

use std::sync::LazyLock;

use regex::Regex;

use crate::discover::model::{At, Child, DriverCall, Evidence};
use crate::event::{Seq, Text};

/// Texts of cudaGetErrorString for the results of a first call, with their numbers (CUDA's driver_types.h).
const CODES: &[(&str, i64)] = &[
    ("out of memory", 2),
    ("initialization error", 3),
    ("CUDA driver is a stub library", 34),
    (
        "CUDA driver version is insufficient for CUDA runtime version",
        35,
    ),
    ("API call is not supported in the installed CUDA driver", 36),
    ("CUDA-capable device(s) is/are busy or unavailable", 46),
    ("no CUDA-capable device is detected", 100),
    ("no ROCm-capable device is detected", 100),
    ("invalid device ordinal", 101),
    ("device kernel image is invalid", 200),
    (
        "no kernel image is available for execution on the device",
        209,
    ),
    ("OS call failed or operation not supported on this OS", 304),
    ("named symbol not found", 500),
    ("operation not permitted", 800),
    ("operation not supported", 801),
    ("system not yet initialized", 802),
    (
        "system has unsupported display driver / cuda driver combination",
        803,
    ),
    (
        "forward compatibility was attempted on non supported HW",
        804,
    ),
    ("unknown error", 999),
];

/// `cuInit failed: 100` (native_probe_linux.go), `cuInit err: 999`, `cudaSetDevice err: 35`, `nvmlInit_v2 err: 18` (before 0.12).
static RESULT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b((?:cu|cuda|nvml|hip)[A-Z]\w*) (?:failed|err): (-?\d{1,9})\b").ok()
});

/// `nvml vram init failure: 999`, `cudart init failure: 35`, `cuda driver library init failure: 3`,
/// `failed to get device context 800` (before 0.12).
static FAILURE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(nvml vram init failure|cudart init failure|cuda driver library init failure|failed to get device context|cuda driver library failed to get device context)[: ]+(-?\d{1,9})\b").ok()
});

/// `ggml_cuda_init: found 1 CUDA devices`.
static FOUND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^ggml_(?:cuda|hip)_init: found (\d{1,6}) (CUDA|ROCm) devices").ok()
});

/// Takes a line about a call; false when it is none.
pub(super) fn hear(child: &mut Child, said: &str, seen: &Evidence) -> bool {
    match heard(said, seen) {
        Some(call) => {
            add(child, call);
            true
        }
        None => false,
    }
}

fn heard(said: &str, seen: &Evidence) -> Option<DriverCall> {
    if let Some((_, rest)) = said.split_once("_init: failed to initialize ")
        && let Some((api, text)) = rest.split_once(": ")
    {
        let (api, function) = runtime(api);
        // People quote it in a sentence of their own.
        let text = text.trim_end_matches(|last: char| !last.is_alphanumeric());
        let code = CODES.iter().find(|(words, _)| *words == text.trim());
        return Some(call(
            api,
            function,
            text.trim(),
            code.map(|(_, code)| *code),
            true,
            seen,
        ));
    }
    if let Some(found) = FOUND.as_ref()?.captures(said) {
        let (api, function) = runtime(found.get(2)?.as_str());
        let mut call = call(api, function, "0", Some(0), false, seen);
        call.values = vec![(Text::from("count"), Text::from(found.get(1)?.as_str()))];
        return Some(call);
    }
    if let Some((_, rest)) = said.split_once("device_get_memory: ")
        && rest.contains("MemGetInfo failed")
    {
        return Some(call("cudart", "cudaMemGetInfo", "failed", None, true, seen));
    }
    if let Some(found) = RESULT.as_ref()?.captures(said) {
        let (function, number) = (found.get(1)?.as_str(), found.get(2)?.as_str());
        let code: i64 = number.parse().ok()?;
        return Some(call(
            api_of(function),
            function,
            number,
            Some(code),
            code != 0,
            seen,
        ));
    }
    let found = FAILURE.as_ref()?.captures(said)?;
    let (what, number) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let (api, function) = match what {
        "nvml vram init failure" => ("nvml", "nvmlInit_v2"),
        "cudart init failure" => ("cudart", "cudaSetDevice"),
        "cuda driver library init failure" => ("cuda", "cuInit"),
        _ => ("cuda", "cuCtxCreate_v3"),
    };
    Some(call(api, function, number, number.parse().ok(), true, seen))
}

fn call(
    api: &str,
    function: &str,
    result: &str,
    code: Option<i64>,
    failed: bool,
    seen: &Evidence,
) -> DriverCall {
    let line = match seen.at {
        At::Line(line) => line,
        _ => 0,
    };
    DriverCall {
        api: Text::from(api),
        function: Text::from(function),
        of: None,
        result: Text::from(result),
        code,
        failed,
        values: Vec::new(),
        took: None,
        from: None,
        seq: Seq(line),
    }
}

/// The same call with the same result is added once.
fn add(child: &mut Child, call: DriverCall) {
    let known = child.calls.iter().any(|known| {
        known.function == call.function
            && known.result == call.result
            && known.values == call.values
    });
    if !known && child.calls.len() < super::MOST_SAID {
        child.calls.push(call);
    }
}

/// ggml asks the count first: the CUDA runtime, or HIP.
fn runtime(name: &str) -> (&'static str, &'static str) {
    if name == "ROCm" {
        ("hip", "hipGetDeviceCount")
    } else {
        ("cudart", "cudaGetDeviceCount")
    }
}

fn api_of(function: &str) -> &'static str {
    match function {
        name if name.starts_with("nvml") => "nvml",
        name if name.starts_with("hip") => "hip",
        name if name.starts_with("cuda") => "cudart",
        _ => "cuda",
    }
}
