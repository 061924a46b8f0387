//! Whose a missing thing is, over facts made by hand.

use crate::diagnose::Finding;
use crate::diagnose::tree::{Check, State, check};
use crate::discover::model::At;
use crate::event::library::{Closure, Library, Resolved, Tried};
use crate::event::tree::{Facts, Folder, Load, Ollama, Tree, Variable};
use crate::event::{Errno, Seen, Text};

const LIB: &str = "/usr/lib/ollama";
const SHIM: &str = "/opt/vgpu/libcuda.so.1";

fn object(name: &str, by: &str, file: Option<&str>) -> Resolved {
    Resolved {
        name: Text::from(name),
        by: Text::from(by),
        file: file.map(Text::from),
        ..Resolved::default()
    }
}

/// One folder with one backend that loads this, on a machine without a GPU.
fn facts(closure: Closure) -> Facts {
    let path = Text::from(format!("{LIB}/cuda_v12"));
    let file = Text::from(format!("{path}/libggml-cuda.so"));
    let folder = Folder {
        name: Text::from("cuda_v12"),
        path,
        seen: true,
        files: vec![Library {
            path: file.clone(),
            size: Some(1),
            ..Library::default()
        }],
        loads: vec![Load { file, closure }],
        ..Folder::default()
    };
    let mut facts = Facts {
        ollama: Some(Ollama {
            tree: Tree {
                path: Text::from(LIB),
                folders: vec![folder],
                ..Tree::default()
            },
            ..Ollama::default()
        }),
        ..Facts::default()
    };
    let shim = Text::from(SHIM);
    let known = Library {
        path: shim.clone(),
        undefined: Some(Seen::Yes(vec![Text::from("vgpu_connect")])),
        ..Library::default()
    };
    facts.files.insert(shim, known);
    facts
}

fn answer(closure: Closure) -> Check {
    check(&facts(closure)).unwrap()
}

fn found(check: &Check, rule: &str) -> Finding {
    let all = check.folders.iter().flat_map(|folder| &folder.findings);
    let mut fitting = all.filter(|finding| finding.rule == rule);
    fitting
        .next()
        .cloned()
        .unwrap_or_else(|| panic!("{check:?}"))
}

fn says(finding: &Finding, words: &str) -> bool {
    finding.remedy.iter().any(|line| line.contains(words))
}

#[test]
fn what_a_shim_needs_does_not_belong_beside_the_backend() {
    let needs = |name: &str, by: &str| {
        let closure = Closure {
            objects: vec![object(name, by, None)],
            ..Closure::default()
        };
        found(&answer(closure), "VG320")
    };
    let backend = format!("{LIB}/cuda_v12/libggml-cuda.so");
    assert!(says(&needs("libvgpu.so.2", SHIM), "neither is Ollama's"));
    assert!(says(&needs("libc.musl-x86_64.so.1", SHIM), "musl"));
    assert!(says(
        &needs("libcublas.so.12", &backend),
        "beside the backend"
    ));
}

#[test]
fn a_symbol_is_said_of_the_file_that_refers_to_it() {
    let lacks = |symbol: &str| {
        let closure = Closure {
            objects: vec![object("libcuda.so.1", "", Some(SHIM))],
            missing_symbols: vec![Text::from(symbol)],
            ..Closure::default()
        };
        found(&answer(closure), "VG321")
    };
    assert!(says(&lacks("vgpu_connect"), SHIM));
    assert!(says(&lacks("another"), "one release"));
}

#[test]
fn a_folder_with_the_drivers_name_is_no_absent_driver() {
    let tried = |problem: Option<&str>| {
        let place = Tried {
            file: Text::from(SHIM),
            via: Text::from("LD_LIBRARY_PATH"),
            problem: problem.map(Text::from),
            folder: None,
        };
        let closure = Closure {
            objects: vec![Resolved {
                tried: vec![place],
                ..object("libcuda.so.1", "", None)
            }],
            ..Closure::default()
        };
        answer(closure)
    };
    assert_eq!(tried(None).folders[0].state, State::NoGpu);
    found(&tried(Some("a directory")), "VG320");
}

#[test]
fn a_path_by_which_a_library_is_found_is_not_to_be_unset() {
    let warned = |value: &str| {
        let closure = Closure {
            objects: vec![object("libcuda.so.1", "", Some(SHIM))],
            ..Closure::default()
        };
        let mut facts = facts(closure);
        facts.server.variables = vec![Variable {
            name: Text::from("LD_LIBRARY_PATH"),
            value: Some(Text::from(value)),
            ..Variable::default()
        }];
        let check = check(&facts).unwrap();
        check.warnings.iter().any(|finding| finding.rule == "VG355")
    };
    assert!(!warned("/x:/opt/vgpu"));
    assert!(warned("/x:/opt"));
}

#[test]
fn a_folder_that_is_not_there_is_said_as_such() {
    let tried = vec![Tried {
        file: Text::from("/gone/libcudart.so.12"),
        via: Text::from("LD_LIBRARY_PATH"),
        problem: None,
        folder: Some(Errno(2)),
    }];
    let mut facts = facts(Closure {
        objects: vec![Resolved {
            tried,
            ..object("libcudart.so.12", "", None)
        }],
        ..Closure::default()
    });
    facts.server.variables.push(Variable {
        name: Text::from("LD_LIBRARY_PATH"),
        value: Some(Text::from("/gone:/there")),
        ..Variable::default()
    });
    let check = check(&facts).unwrap();
    let evidence = &found(&check, "VG320").evidence[0];
    assert_eq!(
        (&evidence.at, evidence.text.as_str()),
        (
            &At::File(Text::from("/gone")),
            "there is no such folder (searched by LD_LIBRARY_PATH)"
        )
    );
    let warning = &check.warnings[0];
    assert!(
        warning
            .sentence
            .ends_with("; /gone: there is no such folder"),
        "{}",
        warning.sentence
    );
}

/// The runner is given the pieces; llama-server's loader alone, for what lies beside the backend.
#[test]
fn a_colon_in_a_folders_name_is_told_and_counts_where_something_is_missing_by_it() {
    let named = |runner: bool, beside: bool| {
        let mut facts = facts(Closure {
            objects: vec![object("libcudart.so.12", "", None)],
            ..Closure::default()
        });
        let ollama = facts.ollama.as_mut().unwrap();
        (ollama.markers.runner, ollama.markers.llama_server) = (runner, !runner);
        let folder = &mut ollama.tree.folders[0];
        folder.path = Text::from(format!("{LIB}/cuda:v12"));
        folder.name = Text::from("cuda:v12");
        folder.backend_path = Some(Text::from(format!("{LIB}/cuda:v12/libggml-cuda.so")));
        folder.files[0].path = folder.backend_path.clone().unwrap();
        if beside {
            folder.files.push(Library {
                path: Text::from(format!("{LIB}/cuda:v12/libcudart.so.12")),
                ..Library::default()
            });
        }
        check(&facts).unwrap().folders.remove(0)
    };
    let rules = |all: &[Finding]| all.iter().map(|one| one.rule).collect::<Vec<_>>();
    let runner = named(true, false);
    assert_eq!(rules(&runner.findings)[0], "VG313");
    assert!(
        runner.findings[0]
            .sentence
            .contains("/usr/lib/ollama/cuda, v12")
    );
    assert_eq!(rules(&named(false, true).findings)[0], "VG313");
    let later = named(false, false);
    assert_eq!(rules(&later.findings), ["VG320"]);
    assert_eq!(rules(&later.warnings), ["VG313"]);
}

/// What to do is said for the unit, the container or the shell that this server really comes from.
#[test]
fn remedies_are_for_what_starts_the_server() {
    use crate::event::tree::EnvironmentOf;
    let remedy = |source: EnvironmentOf, cgroup: Option<&str>, first: bool| {
        let mut facts = facts(Closure::default());
        facts.server.source = source;
        facts.server.cgroup = cgroup.map(Text::from);
        facts.server.first_of_container = first;
        facts.server.variables.push(Variable {
            name: Text::from("CUDA_VISIBLE_DEVICES"),
            value: Some(Text::from("-1")),
            origin: Text::from("process 7"),
            line: None,
        });
        check(&facts).unwrap().general[0].remedy.join("|")
    };
    let process = || EnvironmentOf::Process(7);
    let unit = remedy(EnvironmentOf::Unit(Text::from("llm.service")), None, false);
    assert!(unit.contains("systemctl edit llm.service"), "{unit}");
    let other = remedy(process(), Some("/system.slice/gpu.service"), false);
    assert!(other.contains("systemctl edit gpu.service"), "{other}");
    for container in [
        remedy(process(), None, true),
        remedy(
            process(),
            Some(&format!("/docker/{}", "0a".repeat(32))),
            false,
        ),
    ] {
        assert!(
            container.contains("make the container anew without CUDA_VISIBLE_DEVICES"),
            "{container}"
        );
    }
    for shell in [
        remedy(process(), None, false),
        remedy(
            process(),
            Some("/user.slice/user-0.slice/session-3.scope"),
            true,
        ),
        remedy(EnvironmentOf::Caller, None, true),
    ] {
        assert!(
            shell.contains("$ env -u CUDA_VISIBLE_DEVICES ollama serve"),
            "{shell}"
        );
    }
}
