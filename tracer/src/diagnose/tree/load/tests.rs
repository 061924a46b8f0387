//! Whose a missing thing is, over facts made by hand.

use crate::diagnose::Finding;
use crate::diagnose::tree::{Check, State, check};
use crate::event::library::{Closure, Library, Resolved, Tried};
use crate::event::tree::{Facts, Folder, Load, Ollama, Tree, Variable};
use crate::event::{Seen, Text};

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
