//! What the source can tell: VG192, VG193, VG200 to VG207.

use super::super::build::{
    as_log, child, discovery, line, load, look, said, seen, set, words as words_of_loader,
};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{End, Era, Level, Missing, Outcome, Server};
use crate::discover::role::Step;
use crate::event::Text;

pub(super) fn proofs() -> Vec<Proof> {
    let mut all = proofs_of_words();
    all.extend(proofs_of_ends());
    all.extend(proofs_of_servers());
    all
}

/// Rules about words that a log has, of old releases and of other programs.
fn proofs_of_words() -> Vec<Proof> {
    vec![
        Proof::likely("VG192", mac("/Users"))
            .silent("it is no Mac", mac("/usr/share/ollama/.ollama/models"))
            .silent(
                "a backend was tried",
                but(mac("/Users"), |model| {
                    look(model, vec![child(Step::Runner)], Vec::new())
                }),
            ),
        Proof::likely(
            "VG193",
            old("rocblaslt error: Could not load /x/TensileLibrary_lazy_gfx1201.dat"),
        )
        .weaker(old(
            "amdgpu version file missing: /sys/module/amdgpu/version",
        ))
        .silent(
            "rocBLAS itself has none",
            old("rocBLAS error: Cannot read /x/TensileLibrary.dat"),
        ),
        Proof::likely("VG204", old("cuInit err: 999"))
            .weaker(old("amdgpu is not supported (supported types:[gfx1030])"))
            .weaker(old(
                "no nvidia devices detected by library /usr/lib64/libcuda.so.550",
            ))
            .weaker(old("no compatible GPUs were discovered"))
            .weaker(old("cuda driver library failed to get device context 800"))
            .weaker(old(
                "CUDA GPU is too old. Falling back to CPU mode. Compute Capability detected: 5.2",
            ))
            .weaker(old("Invalid OLLAMA_LLM_LIBRARY metal - not found"))
            .weaker(old("[0] server cpu not listed in available servers map[]"))
            .weaker(searched("libcuda.so*", "[]"))
            .silent(
                "the driver was found",
                searched("libcuda.so*", "[/usr/lib/libcuda.so.550]"),
            )
            .silent("it looked for the runtime", searched("libcudart.so*", "[]"))
            .silent("another program has such words", old("write err: 5"))
            .silent(
                "the era is known",
                but(old("cuInit err: 999"), |model| model.era = Era::Runner),
            ),
    ]
}

/// An old server looked for a library, and found these.
fn searched(name: &str, paths: &str) -> Model {
    but(old("other words"), |model| {
        model
            .lines
            .push(line("Searching for GPU library", &[("name", name)]));
        model
            .lines
            .push(line("discovered GPU libraries", &[("paths", paths)]));
    })
}

/// Rules about what a source does not show.
fn proofs_of_ends() -> Vec<Proof> {
    vec![
        Proof::of("VG200", log(Vec::new()))
            .silent(
                "the log has the loader's words",
                log(vec![Missing::Library {
                    name: Text::from("libcuda.so.1"),
                    by: Text::default(),
                    searched: Vec::new(),
                }]),
            )
            .silent(
                "it is a recording",
                but(log(Vec::new()), |model| {
                    model.origin = crate::discover::model::Origin::Trace;
                }),
            ),
        Proof::likely("VG201", not_named(false))
            .silent("a listing tells that it is not there", not_named(true)),
        Proof::likely("VG202", but(log(Vec::new()), unfinished))
            .weaker(but(discovery(Era::LlamaServer), |model| {
                // The server was killed, and with it the first of the processes of its look.
                model.finished = false;
                model.cpu_only = None;
                let mut start = child(Step::Start);
                start.answer = None;
                start.end = kill("SIGKILL", "");
                look(model, vec![start], Vec::new());
                model.server.as_mut().unwrap().end = kill("SIGKILL", "");
            }))
            // A log that ends behind the brief start: the process that makes devices has not begun.
            .weaker(but(discovery(Era::LlamaServer), |model| {
                let mut start = child(Step::Start);
                start.answer = None;
                look(model, vec![start], Vec::new());
                as_log(model, Level::Debug);
                model.finished = false;
                model.cpu_only = None;
            }))
            .silent("the final list was seen", log(Vec::new())),
        Proof::of("VG203", recording(&["ollama", "run", "llama3"], false))
            .also(recording(&["sudo", "/usr/bin/ollama", "list"], false))
            .also(recording(&["vgputrace"], true))
            .silent(
                "the server was to be started, and was not seen",
                recording(&["ollama", "serve"], false),
            )
            .silent(
                "it only has that word in a path",
                recording(&["cat", "/var/log/ollama"], false),
            ),
        Proof::of("VG205", words("ggml_backend: no backends are loaded"))
            .silent("its words are others", words("loaded CPU backend")),
        Proof::of("VG206", words("no CPU backend found"))
            .silent("its words are others", words("loaded CPU backend")),
    ]
}

/// A server that ended before it had looked.
fn proofs_of_servers() -> Vec<Proof> {
    vec![
        Proof::of("VG207", ended(End::Exit(1, None), ""))
            .also(ended(End::OutOfMemory(None), ""))
            .also(ended(kill("SIGKILL", "oomd"), ""))
            .also(ended(
                End::Exit(127, None),
                "/usr/local/bin/ollama: error while loading shared libraries: /opt/libm.so.6: file too short",
            ))
            .also(but(
                ended(
                    End::Unknown,
                    "Error: listen tcp 127.0.0.1:11434: bind: address already in use",
                ),
                |model| as_log(model, Level::Info),
            ))
            .also(loader(
                End::Exit(127, None),
                "undefined symbol: cuCtxGetFlags_",
            ))
            .silent("it still runs", ended(End::Unknown, ""))
            .silent(
                "the loader warned of a preload and went on",
                loader(End::Unknown, "cannot be preloaded"),
            )
            .silent("it ended well", ended(End::Exit(0, None), ""))
            .silent("it was asked to end", ended(kill("SIGTERM", "systemd"), ""))
            .silent(
                "the recorder's time was up",
                ended(kill("SIGKILL", "vgputrace"), ""),
            )
            .silent(
                "the discovery was over before",
                but(ended(End::Exit(1, None), ""), |model| model.finished = true),
            )
            .silent(
                "a log in which a backend is being tried",
                but(log(Vec::new()), |model| {
                    unfinished(model);
                    model.lines.push(line("Error: something", &[]));
                }),
            ),
    ]
}

/// A server that ended so before it looked for devices, with these last words.
fn ended(end: End, words: &str) -> Model {
    but(discovery(Era::Runner), |model| {
        model.finished = false;
        model.cpu_only = None;
        if let Some(server) = &mut model.server {
            server.end = end;
        }
        if !words.is_empty() {
            model.lines.push(line(words, &[]));
        }
    })
}

/// A server that ended so, of whose preloaded library the loader said this.
fn loader(end: End, said: &str) -> Model {
    but(ended(end, ""), |model| {
        let mut words = words_of_loader(said, None);
        words.object = Text::from("/opt/pre.so");
        words.occasion = Text::from("symbol lookup error");
        model.server.as_mut().unwrap().loader_words.push(words);
        set(model, "LD_PRELOAD", "/opt/pre.so");
    })
}

fn kill(name: &str, by: &str) -> End {
    End::Signal {
        name: Text::from(name),
        by: Some(Text::from(by)),
        seen: None,
    }
}

fn log(missing: Vec<Missing>) -> Model {
    let mut runner = child(Step::Runner);
    if !missing.is_empty() {
        runner.loads.push(load(Outcome::Failed, missing));
    }
    but(discovery(Era::Runner), |model| {
        look(model, vec![runner], Vec::new());
        as_log(model, Level::Debug);
    })
}

fn unfinished(model: &mut Model) {
    model.finished = false;
    model.cpu_only = None;
    model.attempts[0].answer = None;
    model.children[0].answer = None;
    model.children[0].end = End::Unknown;
}

/// A log that names no folder; with a listing of the library folder, which only a recording has, or without.
fn not_named(listed: bool) -> Model {
    but(discovery(Era::Runner), |model| {
        model.folders.clear();
        let own = &mut model.server.as_mut().unwrap().library_dir;
        if listed {
            own.names = Some(Vec::new());
        } else {
            own.names = None;
            as_log(model, Level::Info);
        }
    })
}

fn recording(command: &[&str], already: bool) -> Model {
    Model {
        command: command.iter().map(|word| Text::from(*word)).collect(),
        server: already.then(|| Server {
            already,
            ..Server::default()
        }),
        ..Model::default()
    }
}

fn old(text: &str) -> Model {
    let mut model = Model::default();
    as_log(&mut model, Level::Info);
    model.lines.push(line(text, &[]));
    model
}

fn words(text: &str) -> Model {
    let mut program = child(Step::List);
    program.said.push(said(text));
    but(discovery(Era::LlamaServer), |model| {
        look(model, vec![program], Vec::new());
        model.cpu_only = seen("cpu");
    })
}

/// A log of a server that keeps its models there and found the CPU alone.
fn mac(models: &str) -> Model {
    but(log(Vec::new()), |model| {
        model.attempts.clear();
        model.children.clear();
        model.folders.clear();
        model.devices.clear();
        model.server.get_or_insert_default().env = vec![crate::event::process::EnvVar {
            k: Text::from("OLLAMA_MODELS"),
            v: Some(Text::from(models)),
            len: None,
        }];
        model.cpu_only = seen("inference compute library=cpu");
    })
}
