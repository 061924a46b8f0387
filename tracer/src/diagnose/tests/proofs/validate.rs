//! Validate: the second look, and what the server checks by itself. VG140 to VG148.

use super::super::build::{
    as_log, attempt, call, child, device, discovery, line, look, said, seen,
};
use super::crash::dead;
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Child, End, Era, Folder, Level};
use crate::discover::role::Step;
use crate::event::Text;

pub(super) fn proofs() -> Vec<Proof> {
    let arch = "GGML_ASSERT(... \"ggml was not compiled with support for this arch\") failed";
    let begun = "initializing rocBLAS on device 0";
    vec![
        Proof::of("VG140", second(saying(&[arch]))).silent(
            "its words are others",
            second(saying(&["CUDA error: out of memory"])),
        ),
        Proof::of("VG141", second(calling(100)))
            .silent("the driver does not come up at all", second(calling(999)))
            .silent(
                "the first look had that trouble",
                but(discovery(Era::Runner), |model| {
                    look(model, vec![calling(100)], Vec::new());
                }),
            ),
        Proof::of(
            "VG148",
            output(
                "llama-server --list-devices failed: exec: WaitDelay expired before I/O complete",
            ),
        )
        .silent(
            "it failed by itself",
            output("llama-server --list-devices failed: exit status 1"),
        ),
        Proof::of("VG142", rocm(saying(&[begun])))
            .silent(
                "it was initialised",
                rocm(saying(&[begun, "rocBLAS initialized"])),
            )
            .silent(
                "the process was killed while it waited",
                rocm(Child {
                    said: vec![said(begun)],
                    ..late()
                }),
            )
            .silent(
                "it is about another backend",
                but(second(saying(&[])), |model| {
                    model
                        .lines
                        .push(line("dropping ROCm device", &[("gfx", "gfx803")]));
                }),
            ),
        Proof::of("VG143", second(late()))
            .also(but(second(dead(Step::Runner, End::Unknown)), |model| {
                model.attempts[1].failure_line = seen("failed to finish discovery before timeout");
            }))
            .silent("it answered in time", second(child(Step::Runner))),
    ]
}

/// The second look without a reason, and checks of the server itself.
pub(super) fn checked_by_server() -> Vec<Proof> {
    let arch = "GGML_ASSERT(... \"ggml was not compiled with support for this arch\") failed";
    let skipping = "skipping CUDA device — compute capability not in compiled architectures";
    let old = "NVIDIA driver too old";
    vec![
        Proof::likely("VG144", second(child(Step::Runner)))
            .also(second_unmade())
            .silent("its architecture is the reason", second(saying(&[arch])))
            .silent(
                "a log, which tells no devices of a look that went well",
                but(second(child(Step::Runner)), |model| {
                    model.attempts[1].answer = None;
                    as_log(model, Level::Debug);
                }),
            )
            .silent(
                "the second look gave the device",
                but(first(), |model| {
                    attempt(model, vec![child(Step::Runner)], vec![device("GPU-1")], 2);
                }),
            ),
        Proof::of(
            "VG145",
            checked(
                skipping,
                &[
                    ("cc", "610"),
                    ("archs", "[750]"),
                    (
                        "libDirs",
                        "[/usr/local/lib/ollama /usr/local/lib/ollama/cuda_v12]",
                    ),
                ],
            ),
        )
        .silent(
            "the line is about another folder",
            checked(
                skipping,
                &[
                    ("cc", "610"),
                    (
                        "libDirs",
                        "[/usr/local/lib/ollama /usr/local/lib/ollama/cuda_v13]",
                    ),
                ],
            ),
        ),
        Proof::of(
            "VG146",
            checked(
                old,
                &[("driver", "535"), ("required_driver", "550 or newer")],
            ),
        )
        .silent(
            "the folder is another",
            but(checked(old, &[("driver", "535")]), |model| {
                rename(model, "cuda_v13")
            }),
        ),
        Proof::of(
            "VG147",
            but(checked(old, &[("driver", "535")]), |model| {
                rename(model, "cuda_v13")
            }),
        )
        .silent(
            "the folder is known, and has that finding itself",
            checked(old, &[("driver", "535")]),
        ),
    ]
}

/// A first look that found a device.
fn first() -> Model {
    but(discovery(Era::Runner), |model| {
        look(model, vec![child(Step::Runner)], vec![device("GPU-1")]);
    })
}

/// No descriptor was left for the second look.
fn second_unmade() -> Model {
    but(first(), |model| {
        let error = "fork/exec /usr/local/bin/ollama: too many open files";
        let start = "failed to start runner to discovery GPUs";
        model.lines.push(line(start, &[("error", error)]));
        let dropped = "filtering device which didn't fully initialize";
        model.lines.push(line(dropped, &[("id", "GPU-1")]));
    })
}

/// The list told a device and ended, and the server did not take it.
fn output(error: &str) -> Model {
    but(discovery(Era::LlamaServer), |model| {
        look(model, vec![child(Step::List)], vec![device("0")]);
        let line = format!("failure during llama-server GPU discovery error={error:?}");
        model.attempts[0].failure_line = seen(&line);
    })
}

/// A second look by this process, which gave none.
fn second(one: Child) -> Model {
    but(first(), |model| attempt(model, vec![one], Vec::new(), 2))
}

/// The same with AMD's backend.
fn rocm(one: Child) -> Model {
    but(second(one), |model| {
        model.folders[0] = Folder {
            matches: vec![Text::from("libggml-hip.so")],
            ..model.folders[0].clone()
        };
        rename(model, "rocm");
    })
}

fn rename(model: &mut Model, name: &str) {
    let path = Text::from(format!("/usr/local/lib/ollama/{name}"));
    model.folders[0].name = Text::from(name);
    model.folders[0].path = path.clone();
    for attempt in &mut model.attempts {
        attempt.dir = Text::from(name);
        attempt.path = path.clone();
    }
}

fn saying(lines: &[&str]) -> Child {
    let mut one = child(Step::Runner);
    one.said = lines.iter().map(|text| said(text)).collect();
    one
}

fn calling(code: i64) -> Child {
    let mut one = child(Step::Runner);
    one.calls.push(call("cudaGetDeviceCount", code));
    one
}

fn late() -> Child {
    dead(
        Step::Runner,
        End::KilledByServer {
            before_answer: true,
            after: 30_000_000_000,
            seen: seen("SIGKILL"),
        },
    )
}

/// A line of the server's own about the device.
fn checked(message: &str, fields: &[(&str, &str)]) -> Model {
    but(discovery(Era::LlamaServer), |model| {
        look(model, vec![child(Step::List)], vec![device("CUDA0")]);
        model.lines.push(line(message, fields));
    })
}
