//! Starts of models: VG160 to VG170.

use super::super::build::{child, discovery, line, load, said, seen};
use super::{Proof, but};
use crate::diagnose::explain;
use crate::discover::Model;
use crate::discover::model::{Child, Device, End, Era, Line, Missing, ModelStart, Outcome, Placed};
use crate::discover::role::{Role, Step};
use crate::event::Text;

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG160", process(End::Exit(1, None), false))
            .also(process(End::Exit(2, None), true))
            .also(process(
                End::Signal {
                    name: Text::from("SIGABRT"),
                    by: None,
                    seen: None,
                },
                false,
            ))
            .silent("it met a fault and goes on", process(End::Unknown, true))
            .silent(
                "the server ended it",
                process(
                    End::KilledByServer {
                        before_answer: false,
                        after: 9,
                        seen: None,
                    },
                    true,
                ),
            ),
        Proof::of(
            "VG161",
            start(|model, _| {
                model.devices.clear();
                model.cpu_only = seen("inference compute id=cpu");
            }),
        )
        .silent("the discovery found a device", offloaded(0, 33)),
        Proof::of("VG162", start(|_, one| one.num_gpu = Some(0)))
            .also(start(|_, one| {
                one.num_gpu = Some(10);
                one.offloaded = Some((10, 33));
            }))
            .silent(
                "fewer are on it than it asks for",
                start(|_, one| {
                    one.num_gpu = Some(10);
                    one.offloaded = Some((3, 33));
                }),
            )
            .silent(
                "it asks for no limit",
                start(|_, one| one.num_gpu = Some(-1)),
            )
            .silent(
                "it asks for more than there are",
                start(|_, one| one.num_gpu = Some(99)),
            ),
        not_asked_anew(),
        Proof::likely("VG164", offloaded(3, 33))
            .also(start(|model, _| {
                model.lines.push(memory("0 B"));
            }))
            .also(start(|model, one| {
                model.lines.push(memory("1.0 GiB"));
                one.offloaded = Some((3, 33));
            }))
            // With room for some layers memory is no proven reason for none.
            .weaker(start(|model, _| model.lines.push(memory("11.0 GiB"))))
            .silent("all of the model is on the GPU", offloaded(33, 33))
            .silent(
                "the request asked for so few",
                start(|_, one| one.num_gpu = Some(0)),
            ),
        on_the_gpu(),
        gone(),
        unnumbered(),
        failed(),
        no_backend(),
        not_loaded(),
    ]
}

/// VG165: all layers on the GPU.
fn on_the_gpu() -> Proof {
    Proof::of("VG165", offloaded(33, 33))
        // The server's plan is no word of the process, unless its weights are there.
        .weaker(planned(Placed::default()))
        .also(planned(Placed {
            weights_on_gpu: true,
            weights_on_cpu: true,
            ..Placed::default()
        }))
        .silent(
            "its process assigned layers to the CPU",
            planned(Placed {
                layers_on_cpu: 3,
                ..Placed::default()
            }),
        )
        .silent("one layer is not", offloaded(32, 33))
        .silent("it has no layers", offloaded(0, 0))
}

/// The server planned all layers for the GPU, and the process said this.
fn planned(placed: Placed) -> Model {
    start(|_, one| {
        one.offloaded = Some((33, 33));
        one.planned = true;
        one.placed = placed;
        if placed.layers_on_cpu > 0 {
            one.reasons
                .extend(seen("load_tensors: layer   0 assigned to device CPU"));
        }
    })
}

/// VG163: the free memory could not be asked.
fn not_asked_anew() -> Proof {
    let stale = "unable to refresh free memory, using old values";
    Proof::likely(
        "VG163",
        start(|model, _| model.lines.push(line(stale, &[]))),
    )
    .silent(
        "all of the model is on the GPU",
        start(|model, one| {
            model.lines.push(line(stale, &[]));
            one.offloaded = Some((33, 33));
        }),
    )
    .silent(
        "the line is of another start",
        start(|model, one| {
            model.lines.push(line(stale, &[]));
            one.reasons.extend(seen("model weights"));
        }),
    )
}

/// VG170: the process of the model could not load the backend.
fn not_loaded() -> Proof {
    let process = |outcome: Outcome, offloaded: Option<(u32, u32)>| {
        start(move |model, one| {
            let mut process = Child::new(Role::Model {
                dir: Text::from("cuda_v13"),
            });
            process.loads.push(load(
                outcome,
                vec![Missing::Library {
                    name: Text::from("libcublas.so.13"),
                    by: Text::default(),
                    searched: Vec::new(),
                }],
            ));
            one.child = Some(model.children.len());
            one.offloaded = offloaded;
            model.children.push(process);
        })
    };
    Proof::of("VG170", process(Outcome::Failed, Some((0, 3))))
        .weaker(process(Outcome::Failed, None))
        .silent("it was loaded", process(Outcome::Loaded, Some((0, 3))))
        .silent(
            "another backend took the layers",
            process(Outcome::Failed, Some((3, 3))),
        )
}

/// VG166: the backend found no device any more.
fn gone() -> Proof {
    Proof::of("VG166", lost("no CUDA-capable device is detected", (0, 33)))
        .silent(
            "the model is on the GPU all the same",
            but(
                lost("no CUDA-capable device is detected", (33, 33)),
                |model| model.models[0].placed.weights_on_gpu = true,
            ),
        )
        .also(lost("no CUDA-capable device is detected", (33, 33)))
        .also(but(
            lost("no CUDA-capable device is detected", (33, 33)),
            |model| {
                model.models[0].placed.weights_on_cpu = true;
            },
        ))
        .silent("its backend found a device", lost("", (0, 33)))
}

/// So many layers of all.
fn offloaded(done: u32, all: u32) -> Model {
    start(move |_, one| one.offloaded = Some((done, all)))
}

/// A model with these lines of its load.
fn with_words(words: &[&str], offloaded: Option<(u32, u32)>) -> Model {
    start(|_, one| {
        one.offloaded = offloaded;
        one.reasons = words.iter().filter_map(|words| seen(words)).collect();
    })
}

/// VG167: words of a load that failed.
pub(super) fn failed() -> Proof {
    let memory = "allocating 9220.57 MiB on device 0: cudaMalloc failed: out of memory";
    Proof::of("VG167", with_words(&["llama_model_load: error loading model: unknown model architecture: 'x'"], None))
        .also(with_words(&[memory, "panic: unable to load model: /m"], None))
        .also(with_words(
            &["ggml-cuda/common.cuh:128: ggml was not compiled with any CUDA arch <= 700", "level=INFO msg=\"Load failed\" error=\"llama runner process has terminated: exit status 2\""],
            None,
        ))
        .also(with_words(&["llama_model_load: error loading model: create_tensor: tensor 'blk.0.ffn_gate.0.weight' not found"], None))
        .weaker(with_words(&[memory], None))
        .weaker(with_words(&["level=ERROR msg=\"error loading llama server\" error=\"llama runner process has terminated: exit status 0xc0000135\""], None))
        .silent("the server tried with less, and that fitted", with_words(&[memory], Some((30, 33))))
        .silent(
            "hipBLASLt alone has no kernels",
            with_words(&["rocblaslt error: Could not load TensileLibrary_lazy_gfx1201.dat"], Some((33, 33))),
        )
}

/// The process of a model whose line `system` has these words, after it had loaded these backends.
fn loaded(system: &str, backends: &[&str]) -> Model {
    start(|model, one| {
        let mut server = child(Step::Runner);
        server.role = Role::Model {
            dir: Text::default(),
        };
        server.end = End::Unknown;
        server.said.push(said(&format!(
            "level=INFO source=ggml.go:104 msg=system {system}"
        )));
        server.registered = backends.iter().map(|name| said(name)).collect();
        one.child = Some(model.children.len());
        model.children.push(server);
    })
}

/// VG168: no backend of a GPU.
pub(super) fn no_backend() -> Proof {
    Proof::of("VG168", loaded("CPU.0.SSE3=1 CPU.1.LLAMAFILE=1", &["CPU"]))
        .also(loaded("CPU.0.LLAMAFILE=1", &[]))
        .also(planned(Placed {
            layers_on_cpu: 3,
            ..Placed::default()
        }))
        .silent(
            "some layers are on the GPU",
            planned(Placed {
                layers_on_cpu: 1,
                layers_on_gpu: 3,
                ..Placed::default()
            }),
        )
        .silent(
            "its line names the GPU's",
            loaded("CPU.0.SSE3=1 CUDA.0.ARCHS=890", &["CPU"]),
        )
        .silent(
            "a backend that has no words there was loaded",
            loaded("CPU.0.SSE3=1", &["CPU", "Vulkan"]),
        )
        .silent(
            "a recording names the backend by its file",
            loaded(
                "CPU.0.SSE3=1",
                &["/l/libggml-cpu-x64.so", "/l/cuda_v13/libggml-cuda.so"],
            ),
        )
        .silent(
            "the server gave the model to the CPU itself",
            but(loaded("CPU.0.SSE3=1", &["CPU"]), |model| {
                model.models[0].dir = Text::from("cpu");
            }),
        )
        .silent(
            "no layer was asked for",
            but(loaded("CPU.0.SSE3=1", &["CPU"]), |model| {
                model.models[0].num_gpu = Some(0);
            }),
        )
        .silent(
            "the discovery had found no device",
            but(loaded("CPU.0.SSE3=1", &["CPU"]), |model| {
                model.devices.clear()
            }),
        )
}

/// VG169: no number of layers was told.
fn unnumbered() -> Proof {
    Proof::likely("VG169", start(|_, one| one.offloaded = None))
        .weaker(start(|_, one| {
            one.offloaded = None;
            one.placed.layers_on_cpu = 29;
        }))
        .silent("the number was seen", offloaded(33, 33))
}

fn memory(available: &str) -> Line {
    line(
        "gpu memory",
        &[("available", available), ("free", "11.5 GiB")],
    )
}

/// The backend in the process of the model says this of CUDA.
fn lost(words: &str, offloaded: (u32, u32)) -> Model {
    start(|model, one| {
        let mut server = child(Step::Runner);
        server.role = Role::Model {
            dir: Text::from("cuda_v12"),
        };
        server.end = End::Unknown;
        server.said.push(said(&if words.is_empty() {
            "ggml_cuda_init: found 1 CUDA devices:".to_owned()
        } else {
            format!("ggml_cuda_init: failed to initialize CUDA: {words}")
        }));
        one.offloaded = Some(offloaded);
        one.child = Some(model.children.len());
        model.children.push(server);
    })
}

fn start(change: impl FnOnce(&mut Model, &mut ModelStart)) -> Model {
    but(discovery(Era::Runner), |model| {
        model.cpu_only = None;
        model.devices.push(Device {
            id: Text::from("0"),
            library: Text::from("CUDA"),
            dirs: vec![Text::from("cuda_v12")],
            ..Device::default()
        });
        let mut one = ModelStart {
            dir: Text::from("cuda_v12"),
            offloaded: Some((0, 33)),
            seen: seen("started"),
            ..ModelStart::default()
        };
        change(model, &mut one);
        model.models.push(one);
    })
}

/// The model's process ended so, with a fault or without.
fn process(end: End, faulted: bool) -> Model {
    start(|model, one| {
        let mut server = child(Step::Runner);
        server.role = Role::Model {
            dir: Text::from("cuda_v12"),
        };
        server.end = end;
        if faulted {
            server
                .crashes
                .push(super::crash::crash("SIGSEGV", "/x/libcuda.so.1", &[]));
        }
        one.child = Some(model.children.len());
        model.children.push(server);
    })
}

#[test]
fn the_free_memory_of_each_card_is_told_the_last_time_it_was_asked() {
    let told = start(|model, one| {
        for (id, available) in [("GPU-1", "0 B"), ("GPU-1", "22.6 GiB"), ("GPU-2", "0 B")] {
            let mut line = line(
                "gpu memory",
                &[("id", id), ("available", available), ("free", "23.1 GiB")],
            );
            line.seen = seen(&format!("{id} {available}"));
            one.reasons.extend(line.seen.clone());
            model.lines.push(line);
        }
        one.offloaded = Some((20, 33));
    });
    let explanation = explain(&told);
    let finding = &explanation.models[0];
    assert_eq!(finding.rule, "VG164");
    let end = "Free were: GPU-1 23.1 GiB, 22.6 GiB of it for the model; GPU-2 23.1 GiB, 0 B of it for the model.";
    assert!(finding.sentence.ends_with(end), "{}", finding.sentence);
}
