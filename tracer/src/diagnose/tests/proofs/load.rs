//! Load: what a load lacks. VG051 to VG056, VG058, VG059, VG061, VG062, VG065.

use super::super::build::{LIB, as_log, child, discovery, load, look, said, seen, set, words};
use super::symbols::symbol;
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Child, Era, Level, Load, Missing, Origin, Outcome};
use crate::discover::role::Step;
use crate::event::library::{Closure, Library, Resolved};
use crate::event::{Errno, Text};

/// A log at TRACE in which the runner says this of the processor.
fn system(words: &str) -> Model {
    let mut runner = child(Step::Runner);
    let line = format!(
        "time=2026-01-01T00:00:00.000Z level=INFO source=ggml.go:104 msg=system {words} compiler=cgo(gcc)"
    );
    runner.said.push(said(&line));
    but(discovery(Era::Runner), |model| {
        look(model, vec![runner], Vec::new());
        as_log(model, Level::Trace);
    })
}

pub(super) fn proofs() -> Vec<Proof> {
    let backend = format!("{LIB}/cuda_v12/libggml-cuda.so");
    vec![
        Proof::of("VG051", lacking(vec![library("libcublas.so.12")]))
            .silent("it is the driver's", lacking(vec![library("libcuda.so.1")]))
            .silent(
                "it is the backend's own file",
                lacking(vec![library(&backend)]),
            )
            .silent(
                "the file is there, and may not be opened",
                closed("libcublas.so.12"),
            )
            .also(closed("libcublasLt.so.12"))
            .silent(
                "the file is there, and is no library",
                lacking(vec![
                    Missing::Unfit {
                        file: Text::from(format!("{LIB}/cuda_v12/libcublas.so.12")),
                        problem: Text::from("not ELF"),
                    },
                    library("libcublas.so.12"),
                ]),
            ),
        Proof::of("VG052", lacking(vec![library("libcuda.so.1")]))
            .also(lacking(vec![library("libvulkan.so.1")]))
            .also(unopened(13, None))
            .weaker(unopened(2, Some("/usr/lib/libcuda.so.1")))
            .also(but(unopened(2, Some("/usr/lib/libcuda.so.1")), |model| {
                let cache = seen("open /etc/ld.so.cache").unwrap();
                model.children[0].refused.push((Errno(13), cache));
            }))
            .silent(
                "a place of it gives no answer",
                lacking(vec![super::system::searched("ENOTCONN")]),
            )
            .silent(
                "a file has the name, and the loader was refused",
                unopened(13, Some("/usr/lib/libcuda.so.1")),
            )
            .silent(
                "it is none of a driver",
                lacking(vec![library("libcudart.so.12")]),
            ),
    ]
}

/// VG062: words that no other rule knows.
fn loaders_words() -> Proof {
    Proof::of("VG062", worded("cannot dynamically load executable", None))
        .silent("the words are about a protection", worded(STACK, None))
        .also(but(worded(UNMAPPED, None), |model| {
            as_log(model, Level::Trace)
        }))
        .silent(
            "nothing refused it but room was missing",
            worded(UNMAPPED, None),
        )
        .silent(
            "the words name a symbol that is missing",
            lacking(vec![symbol("x")]),
        )
        .silent(
            "the words are about static TLS",
            worded("cannot allocate memory in static TLS block", None),
        )
}

/// The backend was loaded, and the kernel refused the process this afterwards.
fn starved(what: &str, err: u16) -> Model {
    let mut runner = child(Step::Runner);
    runner.loads.push(load(Outcome::Loaded, Vec::new()));
    runner.refused.push((Errno(err), seen(what).unwrap()));
    with(runner)
}

/// Loads that were refused, or gave words of another kind.
pub(super) fn refused_or_mute() -> Vec<Proof> {
    vec![
        Proof::of("VG058", refused(13, "open", Vec::new()))
            .also(refused(1, "executable mapping of", Vec::new()))
            .also(not_entered())
            .also(closed("libcublas.so.12"))
            .also(unopened(13, Some("/usr/lib/libcuda.so.1")))
            .also(unopened(1, Some("/usr/lib/libcuda.so.1")))
            .weaker(passed_over())
            .weaker(but(unopened(13, None), |model| {
                as_log(model, Level::Debug);
                model.children[0].loads[0].closure = None;
            }))
            .silent(
                "no place has it, and some of them may not be looked at",
                unopened(13, None),
            )
            .silent("the file is not there", refused(2, "open", Vec::new()))
            .silent("the words are about a protection", worded(STACK, Some(13)))
            .silent(
                "its file system gives no answer",
                refused(107, "open", Vec::new()),
            )
            .silent("no descriptor was left", refused(24, "open", Vec::new())),
        Proof::of("VG059", refused(24, "open", Vec::new()))
            .also(refused(12, "executable mapping of", Vec::new()))
            .also(worded("cannot allocate memory in static TLS block", None))
            .also(unopened(24, Some("/usr/lib/libcuda.so.1")))
            .weaker(worded(UNMAPPED, None))
            .weaker(starved("open /proc/self/status", 24))
            .weaker(starved("clone3", 11))
            .silent("a socket had nothing yet", starved("accept", 11))
            .silent("a file is not there", starved("open /proc/self/status", 2))
            .silent("it may not be opened", refused(13, "open", Vec::new()))
            .silent(
                "the mapping for execution was refused",
                not_mapped_for_execution(),
            )
            .silent(
                "a log does not show what was refused",
                but(worded(UNMAPPED, None), |model| as_log(model, Level::Trace)),
            ),
        Proof::likely("VG061", preloaded(&["dlopen"]))
            .silent(
                "the library does not stand in for dlopen",
                preloaded(&["malloc"]),
            )
            .silent(
                "the loader gave a reason",
                but(preloaded(&["dlopen"]), |model| {
                    model.children[0].loads[0].words = vec![words("undefined symbol: x", None)];
                    model.children[0].loads[0].missing = vec![symbol("x")];
                }),
            ),
        Proof::likely("VG065", system("CPU.0.LLAMAFILE=1"))
            .silent(
                "a library of the CPU was loaded",
                system("CPU.0.SSE3=1 CPU.0.LLAMAFILE=1 CPU.1.LLAMAFILE=1"),
            )
            .silent(
                "a recording tells it better",
                but(system("CPU.0.LLAMAFILE=1"), |model| {
                    model.origin = Origin::Trace;
                    model.blind.log_level = None;
                }),
            ),
        loaders_words(),
    ]
}

pub(super) fn library(name: &str) -> Missing {
    Missing::Library {
        name: Text::from(name),
        by: Text::default(),
        searched: Vec::new(),
    }
}

fn with(child: Child) -> Model {
    but(discovery(Era::Runner), |model| {
        look(model, vec![child], Vec::new());
    })
}

fn failing(change: impl FnOnce(&mut Load)) -> Model {
    let mut failed = load(Outcome::Failed, Vec::new());
    change(&mut failed);
    let mut runner = child(Step::Runner);
    runner.loads.push(failed);
    with(runner)
}

pub(super) fn lacking(missing: Vec<Missing>) -> Model {
    let mut runner = child(Step::Runner);
    runner.loads.push(load(Outcome::Failed, missing));
    with(runner)
}

pub(super) fn refused(err: u16, what: &str, missing: Vec<Missing>) -> Model {
    failing(|load| {
        let text = format!("{what} {LIB}/cuda_v12/libggml-cuda.so");
        load.refused = Some((Errno(err), seen(&text).unwrap()));
        load.missing = missing;
    })
}

/// The folder can be listed and not entered: the runner asks for the file, and does not open it.
fn not_entered() -> Model {
    let path = format!("{LIB}/cuda_v12");
    let mut runner = child(Step::Runner);
    runner.refused.push((
        Errno(13),
        seen(&format!("stat {path}/libggml-cuda.so")).unwrap(),
    ));
    with(runner)
}

/// libcublas.so.12 is missing, and a file of this name may not be opened.
fn closed(name: &str) -> Model {
    but(lacking(vec![library("libcublas.so.12")]), |model| {
        let open = seen(&format!("open {LIB}/cuda_v12/{name}")).unwrap();
        model.children[0].refused.push((Errno(13), open));
    })
}

/// One place of a library may not be opened; the loader went on, and what it lacked is a symbol.
fn passed_over() -> Model {
    but(lacking(Vec::new()), |model| {
        let path = format!("{LIB}/cuda_v12/libcudart.so.12");
        let closed = seen(&format!("open {path}")).unwrap();
        model.children[0].refused.push((Errno(13), closed));
        model.children[0].loads[0].missing = vec![Missing::Unfit {
            file: Text::from(path),
            problem: Text::from("ENOENT"),
        }];
    })
}

/// glibc, elf/dl-load.c.
pub(super) const STACK: &str = "cannot enable executable stack as shared object requires";
/// glibc, elf/dl-load.c.
const UNMAPPED: &str = "failed to map segment from shared object";

/// The words of the loader come after a mapping for execution that was refused.
fn not_mapped_for_execution() -> Model {
    but(refused(1, "executable mapping of", Vec::new()), |model| {
        model.children[0].loads[0].words = vec![words(UNMAPPED, None)];
    })
}

/// The loader could not open the driver's library; the recorder found this file, or none, in the places where it looks.
fn unopened(err: u16, file: Option<&str>) -> Model {
    failing(|load| {
        let mut said = words("cannot open shared object file", Some(err));
        said.object = Text::from("libcuda.so.1");
        load.words = vec![said];
        load.missing = vec![library("libcuda.so.1")];
        load.closure = Some(Closure {
            objects: vec![Resolved {
                name: Text::from("libcuda.so.1"),
                file: file.map(Text::from),
                ..Resolved::default()
            }],
            ..Closure::default()
        });
    })
}

pub(super) fn worded(text: &str, err: Option<u16>) -> Model {
    failing(|load| load.words = vec![words(text, err)])
}

fn preloaded(defines: &[&str]) -> Model {
    but(failing(|_| ()), |model| {
        set(model, "LD_PRELOAD", "/opt/shim.so");
        let facts = Library {
            path: Text::from("/opt/shim.so"),
            interposes: defines.iter().map(|one| Text::from(*one)).collect(),
            ..Library::default()
        };
        model.libraries.insert(Text::from("/opt/shim.so"), facts);
    })
}
