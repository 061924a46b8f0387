//! Load: files. VG050, VG057, VG060, VG063, VG064.

use super::super::build::{LIB, child, discovery, folder, load, look, said, seen, set, words};
use super::crash::{crash, dead};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Child, End, Era, Load, Missing, Outcome};
use crate::discover::role::Step;
use crate::event::library::Library;
use crate::event::process::EnvVar;
use crate::event::{Errno, Seq, Text};

pub(super) fn proofs() -> Vec<Proof> {
    let path = format!("{LIB}/cuda_v12/libggml-cuda.so");
    vec![
        Proof::of("VG050", walked(&["libggml-cuda.so.0"]))
            .also(walked(&["libggml-own.so"]))
            .weaker(but(walked(&["libggml-cuda.so.0"]), |model| {
                model.blind.damaged = true
            }))
            .silent(
                "the name is one that a runner loads",
                walked(&["libggml-cuda-a.so"]),
            )
            .silent(
                "llama-server is given any such file",
                but(walked(&["libggml-cuda.so.0"]), |model| {
                    model.era = Era::LlamaServer
                }),
            ),
        Proof::of("VG057", unfit(&path, "32-bit ELF"))
            .silent("it is not there", unfit(&path, "ENOENT"))
            .silent(
                "a library is missing, and no file unfit",
                loading(vec![Missing::Library {
                    name: Text::from("libcublas.so.12"),
                    by: Text::default(),
                    searched: Vec::new(),
                }]),
            ),
        Proof::of("VG060", given("libggml-blas.so", true))
            .silent(
                "it was given the CUDA backend",
                given("libggml-cuda.so", true),
            )
            .silent(
                "the folder has no other backend",
                given("libggml-blas.so", false),
            ),
        Proof::of(
            "VG063",
            faulted(
                "SIGBUS",
                Some("truncated: segments need 9 bytes, the file has 4"),
                true,
            ),
        )
        .weaker(faulted("SIGBUS", None, false))
        .weaker(faulted(
            "SIGBUS",
            Some("truncated: segments need 9 bytes, the file has 4"),
            false,
        ))
        .weaker(faulted("SIGSEGV", None, false))
        .also(faulted(
            "SIGSEGV",
            Some("zeros where its dynamic section should be"),
            true,
        ))
        .silent(
            "a constructor was running",
            but(faulted("SIGSEGV", None, false), |model| {
                model.children[0].crashes[0].constructor = Some(Text::from("/x/libpre.so"));
            }),
        ),
        listed_only(),
        Proof::of(
            "VG066",
            named_by_user("/opt/own.so", "No such file or directory"),
        )
        .also(named_by_user("/opt", "Is a directory"))
        .silent(
            "a library that it needs is missing",
            named_by_user("/opt/own.so", "libcurl.so.4: cannot open"),
        ),
    ]
}

/// VG064: listed, and then nothing.
fn listed_only() -> Proof {
    let path = format!("{LIB}/cuda_v12/libggml-cuda.so");
    Proof::of("VG064", walked(&["libggml-cuda.so"]))
        .also(nowhere(&path))
        .also(in_a_circle(&path, "Too many levels of symbolic links"))
        .silent(
            "ggml stumbled over something else",
            in_a_circle(&path, "Input/output error"),
        )
        .silent(
            "a runner never asks for that name",
            walked(&["libggml-own.so"]),
        )
        .silent(
            "it may not even look at the file",
            but(walked(&["libggml-cuda.so"]), |model| {
                model.children[0]
                    .refused
                    .push((Errno(13), seen(&format!("stat {path}")).unwrap()));
            }),
        )
        .silent(
            "it was mapped, by a call that was not seen",
            but(walked(&["libggml-cuda.so"]), |model| {
                let mapped = (Text::from(path.as_str()), Seq(3));
                model.children[0].mapped.push(mapped);
            }),
        )
        .silent(
            "it was opened",
            but(walked(&["libggml-cuda.so"]), |model| {
                model.children[0]
                    .loads
                    .push(load(Outcome::Loaded, Vec::new()));
            }),
        )
}

/// GGML_BACKEND_PATH of the user, and what ggml said of it.
fn named_by_user(path: &str, error: &str) -> Model {
    let mut list = child(Step::List);
    list.said = vec![said(&format!(
        "load_backend: failed to load {path}: {path}: cannot open shared object file: {error}"
    ))];
    but(with(Era::LlamaServer, list), |model| {
        set(model, "GGML_BACKEND_PATH", path)
    })
}

/// A runner that an exception of std::filesystem ended.
fn in_a_circle(path: &str, error: &str) -> Model {
    let mut runner = dead(Step::Runner, End::Exit(2, seen("exit code 2")));
    runner.crashes.push(crash("SIGABRT", "/lib/libc.so.6", &[]));
    runner.said = vec![
        said(
            "terminate called after throwing an instance of 'std::filesystem::__cxx11::filesystem_error'",
        ),
        said(&format!(
            "  what():  filesystem error: status: {error} [{path}]"
        )),
    ];
    with(Era::Runner, runner)
}

fn with(era: Era, child: Child) -> Model {
    but(discovery(era), |model| look(model, vec![child], Vec::new()))
}

/// A runner that listed the folder with these names and opened none of them.
fn walked(names: &[&str]) -> Model {
    let mut runner = child(Step::Runner);
    runner.walked.push(folder("cuda_v12", names));
    but(with(Era::Runner, runner), |model| {
        model.folders = vec![folder("cuda_v12", names)];
    })
}

fn loading(missing: Vec<Missing>) -> Model {
    let mut runner = child(Step::Runner);
    runner.loads.push(load(Outcome::Failed, missing));
    with(Era::Runner, runner)
}

fn unfit(file: &str, problem: &str) -> Model {
    loading(vec![Missing::Unfit {
        file: Text::from(file),
        problem: Text::from(problem),
    }])
}

/// llama-server was given this file of the folder.
fn given(file: &str, beside_cuda: bool) -> Model {
    let mut list = child(Step::List);
    list.exec = Some(Seq(2));
    list.env.push(EnvVar {
        k: Text::from("GGML_BACKEND_PATH"),
        v: Some(Text::from(format!("{LIB}/cuda_v12/{file}"))),
        len: None,
    });
    but(with(Era::LlamaServer, list), |model| {
        model.folders = vec![if beside_cuda {
            folder("cuda_v12", &["libggml-blas.so", "libggml-cuda.so"])
        } else {
            folder("cuda_v12", &["libggml-blas.so"])
        }];
    })
}

/// The loader faulted inside dlopen; a file is damaged, which this process mapped or did not.
fn faulted(signal: &str, problem: Option<&str>, mapped: bool) -> Model {
    let mut list = dead(
        Step::List,
        End::Signal {
            name: Text::from(signal),
            by: None,
            seen: seen("killed"),
        },
    );
    list.loads.push(load(Outcome::Died, Vec::new()));
    list.crashes
        .push(crash(signal, "/lib64/ld-linux-x86-64.so.2", &["dlopen"]));
    let file = Text::from("/opt/libother.so");
    if mapped {
        list.mapped.push((file.clone(), Seq(3)));
    }
    but(with(Era::LlamaServer, list), |model| {
        if let Some(problem) = problem {
            let facts = Library {
                path: file.clone(),
                problem: Some(Text::from(problem)),
                ..Library::default()
            };
            model.libraries.insert(file, facts);
        }
    })
}

/// dlopen of the path itself found nothing behind it.
fn nowhere(path: &str) -> Model {
    let mut gone = words("cannot open shared object file", Some(2));
    gone.object = Text::from(path);
    let failed = Load {
        words: vec![gone],
        ..load(
            Outcome::Failed,
            vec![Missing::Library {
                name: Text::from(path),
                by: Text::default(),
                searched: Vec::new(),
            }],
        )
    };
    let mut list = child(Step::List);
    list.loads.push(failed);
    with(Era::LlamaServer, list)
}

/// The loader ended the process by its assertion, and the runtime beside the backend has these versions.
pub(super) fn unversioned(versions: &[&str]) -> Model {
    let runtime = Text::from(format!("{LIB}/cuda_v12/libcudart.so.12"));
    let backend = Text::from(format!("{LIB}/cuda_v12/libggml-cuda.so"));
    let mut list = Child {
        answer: None,
        end: End::Exit(127, seen("exit code 127")),
        ..child(Step::List)
    };
    list.loads.push(load(Outcome::Died, Vec::new()));
    list.mapped = vec![(backend.clone(), Seq(2)), (runtime.clone(), Seq(3))];
    list.said.push(said("Inconsistency detected by ld.so: dl-lookup.c: 107: check_match: Assertion `version->filename == NULL || ! _dl_name_match_p (version->filename, map)' failed!"));
    let of_backend = Library {
        path: backend,
        needs_versions: vec![["libcudart.so.12", "libcudart.so.12"].map(Text::from)],
        ..Library::default()
    };
    let of_runtime = Library {
        path: runtime,
        defines_versions: versions.iter().map(|one| Text::from(*one)).collect(),
        ..Library::default()
    };
    but(discovery(Era::LlamaServer), |model| {
        look(model, vec![list], Vec::new());
        for facts in [of_backend, of_runtime] {
            model.libraries.insert(facts.path.clone(), facts);
        }
    })
}
