//! The server never saw a candidate: the library folder, and the folders in it (discover/runner.go, ml/path.go).

use crate::discover::Model;
use crate::discover::model::{Folder, Origin, Place};
use crate::event::{Errno, Text};

use super::super::advice::{self, RESTART};
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list};

pub(super) static RULES: &[&Rule] = &[
    &NOT_THERE,
    &CLOSED,
    &NO_BACKEND_FILE,
    &NO_FOLDER,
    &MLX,
    &NOT_SHIPPED,
    &ON_TOP,
];

static NOT_THERE: Rule = Rule {
    id: "VG004",
    stage: Stage::Scan,
    title: "The folder that was asked for does not exist",
    story: "OLLAMA_LLM_LIBRARY names one folder below lib/ollama, by its exact name. When no folder has that name every folder is passed \
over; from 0.30 on not even the CPU is looked at by a process of its own. The log has skip lines for the others, at DEBUG only.",
    proof: "The listing of the library folder does not have the name, and the server's environment does.",
    remedy: &[
        "Name a folder that exists, or leave the variable out:",
        "$ sudo systemctl edit ollama",
    ],
    rows: &["runner 4", "runner 8", "llama-server 1", "llama-server 2"],
    check: Check::Backend(not_there),
};

fn not_there(case: &Case<'_>) -> Vec<Finding> {
    let Some(folder) = case.folder else {
        return Vec::new();
    };
    if folder.exists() || case.tried() {
        return Vec::new();
    }
    let Some(requested) = &folder.requested else {
        return Vec::new();
    };
    let listing = case
        .model
        .server
        .as_ref()
        .and_then(|server| server.library_dir.names.as_ref());
    // A log names folders one after the other: the one that was asked for gets no line until it has been looked at.
    if listing.is_none() && !case.model.finished {
        return Vec::new();
    }
    let others: Vec<&str> = case
        .model
        .folders
        .iter()
        .filter(|other| other.exists() && matches!(other.place, Place::Below))
        .map(|other| other.name.as_str())
        .collect();
    let there = if others.is_empty() {
        "there is no backend folder at all".to_owned()
    } else {
        format!("there is {}", list(&others))
    };
    let skips = case
        .model
        .folders
        .iter()
        .filter_map(|other| other.skip_line.as_ref());
    let seen = case
        .model
        .server
        .as_ref()
        .and_then(|server| server.library_dir.seen.as_ref());
    let object = match folder.path.is_empty() {
        true => folder.name.clone(),
        false => folder.path.clone(),
    };
    let a_path = match case.name.contains('/') {
        true => " A path is none: the value is compared with the names of the folders.",
        false => "",
    };
    let told = if case.model.origin == Origin::Log && listing.is_none() && others.is_empty() {
        format!(
            "OLLAMA_LLM_LIBRARY asks for \"{}\", and this log shows no look at a folder of that name. Where none has it, every folder is passed over. (Folders of a release are named cuda_v12, cuda_v13, rocm, vulkan.){a_path}",
            case.name
        )
    } else {
        format!(
            "OLLAMA_LLM_LIBRARY asks for \"{}\", and {} has no folder of that name; {there}. So every folder is passed over.{a_path}",
            case.name,
            advice::library_dir(case.model)
        )
    };
    vec![
        NOT_THERE
            .found(told)
            .object(object)
            .certain_if(listing.is_some() || !others.is_empty())
            .proof([requested])
            .proof(seen)
            .proof(skips)
            .so("Leave the variable out, or set it to one of the folders that exist (exact name, same case):")
            .so("$ sudo systemctl edit ollama")
            .so("To keep it as it is, install the package that brings this folder.")
            .so(RESTART),
    ]
}

static CLOSED: Rule = Rule {
    id: "VG005",
    stage: Stage::Scan,
    title: "The folder is closed to the server",
    story: "The server's user may not list the backend's folder. Go's Glob passes over such errors: the folder is not mentioned in the \
log at any level.",
    proof: "The server's open or stat of the folder was refused.",
    remedy: &[
        "Open the folder to the user of the service:",
        "$ sudo chmod -R a+rX /usr/local/lib/ollama",
    ],
    rows: &["runner 5", "llama-server 1"],
    check: Check::Backend(closed),
};

fn closed(case: &Case<'_>) -> Vec<Finding> {
    let Some(folder) = case.folder else {
        return Vec::new();
    };
    let Some((err, seen)) = &folder.unreadable else {
        return Vec::new();
    };
    if is_not_there(*err) || super::storage::is_broken(*err) || folder.names.is_some() {
        return Vec::new();
    }
    let who = case
        .model
        .server
        .as_ref()
        .map(super::scan_library::user)
        .unwrap_or_default();
    vec![
        CLOSED
            .found(format!(
                "The server{who} may not look into {} ({err}), so it sees no backend there and does not mention the folder.",
                folder.path
            ))
            .object(folder.path.clone())
            .proof([seen])
            .so("Open the folder to the user of the service:")
            .so(format!("$ sudo chmod -R a+rX {}", folder.path))
            .so(RESTART),
    ]
}

/// ENOENT, ENOTDIR, ELOOP: nothing is there that could be closed.
pub(super) const fn is_not_there(err: Errno) -> bool {
    matches!(err.0, 2 | 20 | 40)
}

static NO_BACKEND_FILE: Rule = Rule {
    id: "VG006",
    stage: Stage::Scan,
    title: "The folder holds no backend",
    story: "A folder is a candidate only if a name in it matches *ggml-*. A folder with the CUDA runtime alone, or one that a broken \
installation left empty, is not mentioned in the log.",
    proof: "The server listed the folder, and no name matches.",
    remedy: &["Install the same release again, so that the folder is whole."],
    rows: &["runner 6", "llama-server 1", "reports A"],
    check: Check::Backend(no_backend_file),
};

fn no_backend_file(case: &Case<'_>) -> Vec<Finding> {
    let Some(folder) = case.folder else {
        return Vec::new();
    };
    let Some(names) = &folder.names else {
        return Vec::new();
    };
    if !folder.matches.is_empty() || folder.place != Place::Below || case.name.starts_with("mlx_") {
        return Vec::new();
    }
    let real: Vec<&str> = names
        .iter()
        .map(Text::as_str)
        .filter(|name| !matches!(*name, "." | ".."))
        .collect();
    let holds = if real.is_empty() && names.is_empty() {
        // Outside of library folders only names with ggml in them are recorded.
        "what else it holds was not recorded".to_owned()
    } else if real.is_empty() {
        "it is empty".to_owned()
    } else {
        format!("it holds {}", list(&real))
    };
    let mut finding = NO_BACKEND_FILE
        .found(format!(
            "{} is no candidate for Ollama: no file in it has ggml- in its name; {holds}.",
            folder.path
        ))
        .object("libggml-*.so")
        .certain_if(case.absence_is_certain())
        .proof(&folder.listed)
        .proof(&folder.seen);
    finding.remedy = advice::reinstall(case.model);
    vec![finding.so(RESTART)]
}

static NO_FOLDER: Rule = Rule {
    id: "VG007",
    stage: Stage::Scan,
    title: "The entry is no folder",
    story: "A name in the library folder is a file, or a link that leads nowhere. The server passes it over without a word.",
    proof: "The server asked for it and got a plain file, or nothing.",
    remedy: &["Set the link right, or install the same release again."],
    rows: &["runner 7"],
    check: Check::Backend(no_folder),
};

fn no_folder(case: &Case<'_>) -> Vec<Finding> {
    let Some(folder) = case.folder else {
        return Vec::new();
    };
    let (what, seen) = match (&folder.dangling, &folder.no_folder) {
        (Some(seen), _) if seen.text.as_str().ends_with("ELOOP") => {
            ("is a link that leads back to itself", seen)
        }
        (Some(seen), _) => ("is a link that leads nowhere", seen),
        (None, Some(seen)) => ("is a file and no folder", seen),
        (None, None) => return Vec::new(),
    };
    let mut finding = NO_FOLDER
        .found(format!(
            "{} {what}, so Ollama has no backend there and does not mention it.",
            folder.path
        ))
        .object(folder.path.clone())
        .proof([seen])
        .so("See where it leads, and set it right:")
        .so(format!("$ ls -l {}", folder.path));
    finding.remedy.extend(advice::reinstall(case.model));
    vec![finding.so(RESTART)]
}

static MLX: Rule = Rule {
    id: "VG008",
    stage: Stage::Scan,
    title: "A folder of the MLX engine is no GPU backend",
    story: "mlx_cuda_v12 and the like belong to the engine for MLX and image models. GPU discovery does not use them, and that they are \
passed over is as it should be.",
    proof: "The name begins with mlx_ and no file in it matches *ggml-*.",
    remedy: &["Nothing is to be done."],
    rows: &["runner 55"],
    check: Check::Backend(mlx),
};

fn mlx(case: &Case<'_>) -> Vec<Finding> {
    let Some(folder) = case.folder else {
        return Vec::new();
    };
    if !case.name.starts_with("mlx_") || !folder.matches.is_empty() || case.tried() {
        return Vec::new();
    }
    vec![
        MLX.found(format!(
            "{} belongs to the MLX engine; GPU discovery does not use it. That is as it should be.",
            case.name
        ))
        .proof(&folder.listed)
        .proof(&folder.seen),
    ]
}

pub(in super::super) static NOT_SHIPPED: Rule = Rule {
    id: "VG009",
    stage: Stage::Scan,
    title: "The backend is not installed",
    story: "Ollama's packages bring cuda_v12, cuda_v13, vulkan and, in a package of its own, rocm. A folder that is not there is never \
mentioned in the log.",
    proof: "The listing of the library folder does not have the name.",
    remedy: &[
        "Install the package that brings it, if the machine has such a GPU.",
        "$ curl -fsSL https://ollama.com/install.sh | sh",
    ],
    rows: &[
        "runner 4",
        "llama-server 1",
        "reports A",
        "runner 1",
        "llama-server 1",
    ],
    check: Check::Given,
};

static ON_TOP: Rule = Rule {
    id: "VG010",
    stage: Stage::Scan,
    title: "A GPU backend lies in the library folder itself",
    story: "Ollama scans the folders below lib/ollama. A backend at its top is no candidate by itself, but every runner and every llama-server \
loads it from there, before the one in the folder: it can hide a failure, register one card twice, and it is not subject to \
OLLAMA_LLM_LIBRARY.",
    proof: "The listing of the library folder has libggml-cuda.so or a relative.",
    remedy: &[
        "Remove the copy or link at the top; the one in the folder is enough:",
        "$ sudo rm /usr/local/lib/ollama/libggml-cuda.so",
    ],
    rows: &["stack 17", "stack 62"],
    check: Check::General(on_top),
};

fn on_top(model: &Model) -> Vec<Finding> {
    let top = |folder: &&Folder| folder.place == Place::TopLevel;
    let Some(folder) = model.folders.iter().find(top) else {
        return Vec::new();
    };
    // blas, rpc and the like are no backends of a GPU.
    let of_gpu = |name: &&Text| {
        ["libggml-cuda", "libggml-hip", "libggml-vulkan"]
            .iter()
            .any(|start| name.as_str().starts_with(start))
    };
    let Some(file) = folder.matches.iter().find(of_gpu) else {
        return Vec::new();
    };
    let twin = model.folders.iter().find(|other| {
        other.place == Place::Below
            && other
                .matches
                .iter()
                .any(|name| base(name.as_str()) == file.as_str())
    });
    let effect = twin.map_or_else(String::new, |twin| {
        format!(
            " beside the one in {}; one card can then be reported twice",
            twin.name
        )
    });
    vec![
        ON_TOP
            .found(format!(
                "{file} lies at the top of {}, where every process of Ollama loads it whatever folder it was started for{effect}.",
                folder.path
            ))
            .object(file.clone())
            .proof(&folder.listed)
            .so("Remove the copy or link at the top; the one in the folder is enough:")
            .so(format!("$ sudo rm {}/{file}", folder.path)),
    ]
}
