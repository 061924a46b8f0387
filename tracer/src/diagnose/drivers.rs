//! What a driver or runtime answered when it was asked for devices: the code, from calls or from words.

use crate::discover::model::{DriverCall, Evidence};

use super::case::{Case, is_deciding};

/// Functions whose failure means that there is no device.
pub(super) const COUNTING: [&str; 4] = [
    "cudaGetDeviceCount",
    "hipGetDeviceCount",
    "cuInit",
    "cuDeviceGetCount",
];

/// The driver's own ones among them, in the order in which they are called.
const OF_DRIVER: [&str; 2] = ["cuInit", "cuDeviceGetCount"];

/// Codes of the CUDA runtime (driver_types.h) with the words that ggml prints (cudaGetErrorString); those below 100 that
/// differ from the driver's meaning are marked in the rules.
const WORDS: [(i64, &str); 18] = [
    (2, "out of memory"),
    (3, "initialization error"),
    (34, "CUDA driver is a stub library"),
    (
        35,
        "CUDA driver version is insufficient for CUDA runtime version",
    ),
    (36, "API call is not supported in the installed CUDA driver"),
    (46, "CUDA-capable device(s) is/are busy or unavailable"),
    (100, "no CUDA-capable device is detected"),
    (100, "no ROCm-capable device is detected"),
    (101, "invalid device ordinal"),
    (
        209,
        "no kernel image is available for execution on the device",
    ),
    (304, "OS call failed or operation not supported on this OS"),
    (500, "named symbol not found"),
    (801, "operation not supported"),
    (802, "system not yet initialized"),
    (
        803,
        "system has unsupported display driver / cuda driver combination",
    ),
    (
        804,
        "forward compatibility was attempted on non supported HW",
    ),
    (
        805,
        "MPS client failed to connect to the MPS control daemon or the MPS server",
    ),
    (999, "unknown error"),
];

/// A driver or runtime that gave no device.
pub(super) struct Trouble {
    /// The code; `None` where the words are none of those known.
    pub(super) code: Option<i64>,
    /// The function that failed.
    pub(super) function: String,
    /// The error in words.
    pub(super) words: String,
    /// All places where it was seen.
    pub(super) seen: Vec<Evidence>,
    /// The file of the driver or runtime that answered, where it is known.
    pub(super) file: Option<String>,
}

/// The first trouble of the process that decides; of the others where that says nothing.
pub(super) fn trouble(case: &Case<'_>) -> Option<Trouble> {
    let failed: Vec<(bool, &DriverCall)> = case
        .calls()
        .filter(|(_, call)| call.failed && COUNTING.contains(&call.function.as_str()))
        .map(|(child, call)| (is_deciding(child), call))
        .collect();
    let said = said(case);
    let by_call = failed
        .iter()
        .find(|(deciding, call)| *deciding && is_count(call))
        .or_else(|| failed.iter().find(|(_, call)| is_count(call)))
        .or_else(|| failed.iter().find(|(deciding, _)| *deciding))
        .or_else(|| failed.first())
        .map(|(_, call)| *call);
    let mut seen: Vec<Evidence> = failed
        .iter()
        .map(|(_, call)| case.call_seen(call))
        .collect();
    seen.extend(said.iter().map(|said| said.seen.clone()));
    let words = said.iter().find(|said| !said.words.is_empty());
    let code = by_call.and_then(|call| call.code.or_else(|| words.and_then(|said| said.code)));
    // The runtime only passes on what the driver said, and of calls within calls the innermost says it first.
    let of_driver = failed
        .iter()
        .map(|(_, call)| *call)
        .rfind(|call| call.api.as_str() == "cuda" && call.code == code && call.of.is_some());
    let file = of_driver
        .into_iter()
        .chain(case.calls().map(|(_, call)| call))
        .filter(|call| call.api.as_str() == "cuda")
        .find_map(|call| call.of.as_ref())
        .map(|file| file.as_str().to_owned());
    if let Some(call) = by_call {
        // The driver's own call is nearer to the cause than the runtime's, which passes its answer on.
        let nearest = OF_DRIVER.iter().find(|function| {
            let same =
                |other: &DriverCall| other.function.as_str() == **function && other.code == code;
            code.is_some() && failed.iter().any(|(_, other)| same(other))
        });
        return Some(Trouble {
            code,
            function: nearest.map_or_else(
                || call.function.as_str().to_owned(),
                |one| (*one).to_owned(),
            ),
            words: words.map_or_else(
                || name(code, call.result.as_str()),
                |said| said.words.clone(),
            ),
            seen,
            file,
        });
    }
    let first = words.or_else(|| said.first())?;
    Some(Trouble {
        code: first.code,
        // The probe's own call is nearer to the driver than the runtime's words.
        function: if said
            .iter()
            .any(|said| said.function == "cuInit" && said.code == first.code)
        {
            "cuInit".to_owned()
        } else {
            first.function.to_owned()
        },
        words: if first.words.is_empty() {
            name(first.code, "")
        } else {
            first.words.clone()
        },
        seen,
        file,
    })
}

fn is_count(call: &DriverCall) -> bool {
    call.function.as_str().ends_with("GetDeviceCount")
        && call.function.as_str() != "cuDeviceGetCount"
}

/// What a process said about it.
struct Said {
    function: &'static str,
    code: Option<i64>,
    words: String,
    seen: Evidence,
}

/// `ggml_cuda_init: failed to initialize CUDA: WORDS` (ggml-cuda.cu), `cuInit failed: N` (native_probe_linux.go).
fn said(case: &Case<'_>) -> Vec<Said> {
    let mut all = Vec::new();
    for line in case.said() {
        let text = line.text.as_str();
        if let Some((_, words)) = text
            .split_once("failed to initialize CUDA: ")
            .or_else(|| text.split_once("failed to initialize ROCm: "))
        {
            all.push(Said {
                function: "cudaGetDeviceCount",
                code: code_of(words),
                words: words.trim().to_owned(),
                seen: line.seen.clone(),
            });
            continue;
        }
        for function in ["cuInit", "cuDeviceGetCount"] {
            let Some((_, number)) = text.split_once(&format!("{function} failed: ")) else {
                continue;
            };
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            if let Ok(code) = digits.parse() {
                all.push(Said {
                    function,
                    code: Some(code),
                    words: String::new(),
                    seen: line.seen.clone(),
                });
            }
        }
    }
    all
}

fn code_of(words: &str) -> Option<i64> {
    let words = words.trim().trim_end_matches('.');
    WORDS
        .iter()
        .find(|(_, known)| *known == words)
        .map(|(code, _)| *code)
}

/// The words of a code, else the result's own name.
fn name(code: Option<i64>, result: &str) -> String {
    let known = WORDS.iter().find(|(known, _)| Some(*known) == code);
    match (known, result.is_empty()) {
        (Some((_, words)), _) => (*words).to_owned(),
        (None, false) => result.to_owned(),
        (None, true) => "an error".to_owned(),
    }
}
