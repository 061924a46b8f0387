//! Scan: VG001 to VG011.

use super::super::build::{
    LIB, as_log, child, discovery, folder, line, load, look, said, seen, set,
};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Blind, Era, Folder, Level, LostRecords, Outcome, Place, Tried};
use crate::discover::role::Step;
use crate::event::{Errno, Text};

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG001", tried(&[Some(2)]))
            .weaker(but(tried(&[Some(2)]), |model| {
                model.blind.lost.push(LostRecords {
                    cause: Text::from("ring"),
                    count: 1,
                    from: 0,
                    to: 9,
                    seen: seen("lost").unwrap(),
                });
            }))
            .also(as_library("/usr/bin"))
            .silent(
                "a log names a library folder",
                as_library("/usr/lib/ollama"),
            )
            .silent("the second place is there", tried(&[Some(2), None]))
            .silent(
                "the first place may not be looked at",
                tried(&[Some(13), Some(2)]),
            )
            .silent("it does not know where it is itself", no_proc()),
        Proof::of("VG011", no_proc())
            .also(but(discovery(Era::Runner), |model| {
                model
                    .lines
                    .push(line("unable to lookup executable path", &[]));
            }))
            .also(lost_in_build_folders("/build/lib/ollama/llama-server"))
            .silent("it knows where it is", tried(&[Some(2)]))
            .silent(
                "the place beside its program was looked at, too",
                lost_in_build_folders("/lib/ollama/llama-server"),
            ),
        Proof::of("VG002", no_working_directory(Era::Runner))
            .silent(
                "this era does not need it",
                no_working_directory(Era::LlamaServer),
            )
            .also(but(no_working_directory(Era::LlamaServer), |model| {
                let mut list = child(Step::List);
                list.said.push(said(
                "  what():  filesystem error: cannot get current path: No such file or directory",
            ));
                look(model, vec![list], Vec::new());
            })),
        Proof::of("VG003", library_closed(13, false))
            .also(tried(&[Some(13), Some(2)]))
            .silent("another place is there", tried(&[Some(13), None]))
            .silent("it is not there at all", library_closed(2, false))
            .silent("it was listed in the end", library_closed(24, true)),
    ]
}

/// One backend's folder: asked for, dead, closed.
pub(super) fn of_a_folder() -> Vec<Proof> {
    vec![
        Proof::of("VG004", requested(false))
            .silent("the folder is there", requested(true))
            .silent(
                "the log ends before the folder had its turn",
                but(requested(false), |model| {
                    as_log(model, Level::Debug);
                    model.server.as_mut().unwrap().library_dir.names = None;
                    model.finished = false;
                    model.cpu_only = None;
                }),
            ),
        Proof::of("VG012", one(closed(107)))
            .also(one(closed(5)))
            .silent("it may not be entered", one(closed(13)))
            .silent(
                "it was listed in the end",
                one(Folder {
                    names: Some(Vec::new()),
                    ..closed(116)
                }),
            ),
        Proof::of("VG005", one(closed(13)))
            .silent("its file system gives no answer", one(closed(107)))
            .silent("it vanished, which is not closed", one(closed(2)))
            .silent(
                "it is a link to itself, which no mode opens",
                one(closed(40)),
            )
            .silent(
                "it was listed in the end",
                one(Folder {
                    names: Some(Vec::new()),
                    ..closed(4)
                }),
            ),
    ]
}

/// Folders that are seen and hold nothing of use.
pub(super) fn holding() -> Vec<Proof> {
    vec![
        Proof::of("VG006", one(folder("cuda_v12", &["libcudart.so.12"])))
            .weaker(but(
                one(folder("cuda_v12", &["libcudart.so.12"])),
                |model| {
                    model.blind = Blind {
                        damaged: true,
                        ..Blind::default()
                    };
                },
            ))
            .weaker(but(
                one(folder("cuda_v12", &["libcudart.so.12"])),
                |model| {
                    let server = model
                        .server
                        .as_ref()
                        .and_then(|server| server.process)
                        .unwrap();
                    let cut = seen("not all names of a listed folder could be read").unwrap();
                    model.blind.unread.push((server, cut));
                },
            ))
            .silent(
                "a name matches",
                one(folder("cuda_v12", &["my-ggml-cuda.txt"])),
            ),
        Proof::of(
            "VG007",
            one(Folder {
                names: None,
                matches: Vec::new(),
                dangling: seen("stat = ENOENT"),
                ..folder("cuda_v12", &[])
            }),
        )
        .also(one(Folder {
            names: None,
            matches: Vec::new(),
            no_folder: seen("stat"),
            ..folder("cuda_v12", &[])
        }))
        .silent(
            "it is a folder without a backend",
            one(folder("cuda_v12", &[])),
        ),
        Proof::of("VG008", one(folder("mlx_cuda_v13", &["libmlx.so"])))
            .silent(
                "it holds a backend of ggml",
                one(folder("mlx_cuda_v13", &["libggml-cuda.so"])),
            )
            .silent(
                "it is no folder of that engine",
                one(folder("cuda_v13", &["libmlx.so"])),
            ),
        Proof::of("VG009", installed(&["cuda_v12"]))
            .weaker(but(installed(&["cuda_v12"]), |model| {
                model.blind.damaged = true
            }))
            .silent(
                "every name is in the listing",
                installed(&["cuda_v12", "cuda_v13", "rocm", "vulkan"]),
            ),
        Proof::of("VG010", on_top("libggml-cuda.so"))
            .silent("it is no backend of a GPU", on_top("libggml-rpc.so"))
            .silent(
                "the backend lies in a folder of its own",
                discovery(Era::Runner),
            ),
    ]
}

fn one(folder: Folder) -> Model {
    but(discovery(Era::Runner), |model| model.folders = vec![folder])
}

fn closed(err: u16) -> Folder {
    Folder {
        names: None,
        matches: Vec::new(),
        unreadable: Some((Errno(err), seen("open").unwrap())),
        ..folder("cuda_v12", &[])
    }
}

fn tried(errors: &[Option<u16>]) -> Model {
    but(discovery(Era::Runner), |model| {
        model.folders.clear();
        let own = &mut model.server.as_mut().unwrap().library_dir;
        own.names = None;
        own.tried = errors
            .iter()
            .map(|err| Tried {
                path: Text::from(LIB),
                err: err.map(Errno),
                seen: seen("stat").unwrap(),
            })
            .collect();
    })
}

/// Without /proc a server of the later era looks in places of its working directory.
fn no_proc() -> Model {
    but(tried(&[Some(2)]), |model| {
        let own = &mut model.server.as_mut().unwrap().library_dir;
        own.no_exe = Some((Errno(2), seen("readlink /proc/self/exe = ENOENT").unwrap()));
    })
}

/// llama-server was looked for in the build folders of the working directory, and here, last.
fn lost_in_build_folders(last: &str) -> Model {
    but(discovery(Era::LlamaServer), |model| {
        let own = &mut model.server.as_mut().unwrap().library_dir;
        own.llama_server = ["/dist/linux-amd64/lib/ollama/llama-server", last]
            .map(|path| Tried {
                path: Text::from(path),
                err: Some(Errno(2)),
                seen: seen("llama-server binary not found").unwrap(),
            })
            .to_vec();
    })
}

fn no_working_directory(era: Era) -> Model {
    but(discovery(era), |model| {
        model.server.as_mut().unwrap().library_dir.no_cwd =
            Some((Errno(2), seen("getcwd = ENOENT").unwrap()));
    })
}

fn library_closed(err: u16, listed: bool) -> Model {
    but(discovery(Era::Runner), |model| {
        let own = &mut model.server.as_mut().unwrap().library_dir;
        own.unreadable = Some((Errno(err), seen("open").unwrap()));
        if !listed {
            own.names = None;
            model.folders.clear();
        }
    })
}

fn requested(there: bool) -> Model {
    but(discovery(Era::Runner), |model| {
        set(model, "OLLAMA_LLM_LIBRARY", "cuda_v13");
        let asked = seen("OLLAMA_LLM_LIBRARY=cuda_v13");
        model.folders.push(if there {
            Folder {
                requested: asked,
                ..folder("cuda_v13", &["libggml-cuda.so"])
            }
        } else {
            Folder {
                name: Text::from("cuda_v13"),
                path: Text::from(format!("{LIB}/cuda_v13")),
                requested: asked,
                ..Folder::default()
            }
        });
    })
}

fn installed(names: &[&str]) -> Model {
    but(discovery(Era::Runner), |model| {
        let own = &mut model.server.as_mut().unwrap().library_dir;
        own.names = Some(names.iter().map(|name| Text::from(*name)).collect());
    })
}

fn on_top(name: &str) -> Model {
    but(discovery(Era::Runner), |model| {
        model.folders.push(Folder {
            name: Text::from("toplevel"),
            path: Text::from(LIB),
            place: Place::TopLevel,
            ..folder("toplevel", &[name])
        });
        let mut runner = child(Step::Runner);
        let mut top = load(Outcome::Loaded, Vec::new());
        top.asked = Text::from(format!("{LIB}/{name}"));
        top.file = Some(top.asked.clone());
        runner.loads.push(top);
        look(model, vec![runner], Vec::new());
    })
}

/// A log in which this stands as the library folder.
fn as_library(path: &str) -> Model {
    but(discovery(Era::Runner), |model| {
        model.folders.clear();
        let own = &mut model.server.as_mut().unwrap().library_dir;
        own.names = None;
        own.path = Text::from(path);
        as_log(model, Level::Debug);
    })
}
