//! What would become of one folder.

use super::words::{at, base, found, list};
use super::{FolderCheck, Scene, State, files, load, place, variables};
use crate::diagnose::{Certainty, Finding};
use crate::discover::model::Era;
use crate::event::Text;
use crate::event::tree::Folder;

/// Names that the loader of 0.12 to 0.24 asks for (ggml-backend-reg.cpp), the CPU left out.
const NAMES: [&str; 12] = [
    "blas", "zendnn", "cann", "cuda", "hip", "metal", "rpc", "sycl", "vulkan", "opencl", "hexagon",
    "musa",
];
/// The same that the probe of 0.30 and later asks for by their exact file names.
const PROBED: [&str; 3] = ["libggml-cuda.so", "libggml-hip.so", "libggml-vulkan.so"];

/// The row of a folder; none for one that has nothing to do with backends.
pub(super) fn check(scene: &Scene<'_>, folder: &Folder) -> Option<FolderCheck> {
    let mut row = FolderCheck {
        name: folder.name.clone(),
        dir: folder.path.clone(),
        candidate: candidate(scene.era, folder),
        ..FolderCheck::default()
    };
    if let Some(why) = variables::skips(scene, folder) {
        row.state = State::Skipped;
        row.words = why;
        return Some(row);
    }
    if let Some(finding) = closed(scene, folder) {
        row.state = State::Closed;
        "closed to Ollama's user".clone_into(&mut row.words);
        row.findings.push(finding);
        return Some(row);
    }
    if row.candidate.is_none() {
        return empty(folder, row);
    }
    let in_tree = !["toplevel", "cwd"].contains(&folder.name.as_str());
    if in_tree {
        let damaged = folder
            .files
            .iter()
            .filter_map(|file| files::damaged(scene, file));
        row.findings.extend(damaged);
    } else {
        row.warnings.push(odd_place(scene, folder));
    }
    hidden(scene, folder, &mut row);
    with_colon(scene, folder, &mut row);
    load::check(scene, folder, &mut row);
    if row.words.is_empty() {
        (row.state, row.words) = match row.findings.first() {
            Some(_) => (State::Fails, "loading it fails".to_owned()),
            None if folder.loads.is_empty() => {
                (State::Unknown, "there was too much to look at".to_owned())
            }
            None => (State::Loads, "everything it needs is there".to_owned()),
        };
    }
    Some(row)
}

/// A colon in its path: the lists in which Ollama hands it over are split there.
fn with_colon(scene: &Scene<'_>, folder: &Folder, row: &mut FolderCheck) {
    let path = folder.path.as_str();
    if !path.contains(':') {
        return;
    }
    let pieces: Vec<&str> = path.split(':').filter(|piece| !piece.is_empty()).collect();
    let pieces = list(pieces.iter().copied());
    let of_runner = format!(
        "{path} is never looked at: Ollama hands it to its runner in a list that is split at colons (OLLAMA_LIBRARY_PATH), \
         which makes it {pieces}"
    );
    let of_loader = format!(
        "libraries beside the backend in {path} are not found: Ollama hands the folder over in LD_LIBRARY_PATH, which is \
         split at colons and makes it {pieces}"
    );
    let name = if scene.ollama.tree.path.as_str().contains(':') {
        "move the installation to a path without a colon".to_owned()
    } else {
        "give the folder a name without a colon".to_owned()
    };
    let finding = |sentence: String| Finding {
        missing_object: Some(folder.path.clone()),
        evidence: vec![at(&folder.path, "a colon in its path")],
        remedy: vec![name],
        ..found("VG313", "spawn", sentence)
    };
    let mut missing = folder
        .loads
        .iter()
        .flat_map(|load| load::missing_libraries(&load.closure));
    let lies_there = |name: &str| folder.files.iter().any(|file| base(&file.path) == name);
    match scene.era {
        Era::Runner => row.findings.push(finding(of_runner)),
        // The backend itself is named whole.
        _ if missing.any(|object| lies_there(object.name.as_str())) => {
            row.findings.push(finding(of_loader));
        }
        _ => row.warnings.push(finding(of_loader)),
    }
}

/// The file that the processes of an attempt load.
fn candidate(era: Era, folder: &Folder) -> Option<Text> {
    let runner = || {
        let asked = |name: &str| {
            let Some(middle) = name
                .strip_prefix("libggml-")
                .and_then(|rest| rest.strip_suffix(".so"))
            else {
                return false;
            };
            NAMES.iter().any(|known| {
                middle
                    .strip_prefix(known)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        };
        let mut files = folder.files.iter().map(|file| &file.path);
        files.find(|path| asked(base(path))).cloned()
    };
    match era {
        Era::Runner => runner(),
        Era::LlamaServer => folder.backend_path.clone(),
        _ => runner().or_else(|| folder.backend_path.clone()),
    }
}

fn closed(scene: &Scene<'_>, folder: &Folder) -> Option<Finding> {
    if let Some(err) = folder.err {
        return Some(Finding {
            missing_object: Some(folder.path.clone()),
            evidence: vec![at(&folder.path, err.to_string())],
            ..found(
                "VG302",
                "scan",
                format!("{} cannot be listed: {err}", folder.path),
            )
        });
    }
    let (Some(mode), Some(owner)) = (folder.mode, folder.owner) else {
        return None;
    };
    (!scene.facts.server.user.may(mode, owner, 5))
        .then(|| place::closed_to(scene, &folder.path, mode, owner))
}

/// A folder without a backend. That of the other engine (`mlx_*`) has none by design.
fn empty(folder: &Folder, mut row: FolderCheck) -> Option<FolderCheck> {
    let name = folder.name.as_str();
    let for_gpu = ["cuda_", "rocm", "vulkan"]
        .iter()
        .any(|begin| name.starts_with(begin));
    row.state = State::Empty;
    if !for_gpu && !folder.seen {
        if !name.starts_with("mlx_") {
            return None;
        }
        "libraries of the MLX engine, no ggml backend".clone_into(&mut row.words);
        return Some(row);
    }
    "no backend file".clone_into(&mut row.words);
    let like: Vec<&str> = folder
        .files
        .iter()
        .map(|file| base(&file.path))
        .filter(|name| name.contains("ggml-"))
        .collect();
    let sentence = if like.is_empty() {
        format!(
            "{} has {} library files and no backend (libggml-*.so), so it is never tried",
            folder.path,
            folder.files.len()
        )
    } else {
        format!(
            "{} is tried, and nothing in it has a name that is loaded: {}",
            folder.path,
            list(like.into_iter())
        )
    };
    row.findings.push(Finding {
        missing_object: Some(Text::from(format!("{}/libggml-*.so", folder.path))),
        evidence: vec![at(&folder.path, format!("{} files", folder.files.len()))],
        remedy: vec!["install the same release again, whole".to_owned()],
        ..found("VG303", "scan", sentence)
    });
    Some(row)
}

/// 0.30 and later hand on one file only: the first in order of name.
fn hidden(scene: &Scene<'_>, folder: &Folder, row: &mut FolderCheck) {
    let Some(chosen) = folder
        .backend_path
        .as_ref()
        .filter(|_| scene.era == Era::LlamaServer)
    else {
        return;
    };
    let real = folder
        .files
        .iter()
        .find(|file| PROBED.contains(&base(&file.path)));
    let stem = |path: &Text| {
        base(path)
            .split(".so")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    if let Some(real) = real
        && stem(&real.path) != stem(chosen)
    {
        row.findings.push(Finding {
            missing_object: Some(real.path.clone()),
            evidence: vec![
                at(chosen, "first in order of name"),
                at(&real.path, "passed over"),
            ],
            remedy: vec![format!(
                "move {} out of the folder",
                base(chosen)
            )],
            ..found(
                "VG314",
                "spawn",
                format!(
                    "{} sorts before {}, so GGML_BACKEND_PATH names it and llama-server never loads the other",
                    base(chosen),
                    base(&real.path)
                ),
            )
        });
    }
}

fn odd_place(scene: &Scene<'_>, folder: &Folder) -> Finding {
    let what = if folder.name.as_str() == "cwd" {
        "in the server's working directory"
    } else {
        "at the top of the library folder"
    };
    let file = folder
        .backend_path
        .clone()
        .unwrap_or_else(|| folder.path.clone());
    let certainty = if folder.name.as_str() == "cwd" && scene.era == Era::Runner {
        Certainty::Likely
    } else {
        Certainty::Certain
    };
    Finding {
        evidence: vec![at(&file, what)],
        certainty,
        remedy: vec!["keep backends in a folder of their own below the library folder".to_owned()],
        ..found(
            "VG316",
            "scan",
            format!(
                "{file} lies {what}: the processes that look for devices load it from there, whatever folder they are \
                 started for, and say nothing when that fails"
            ),
        )
    }
}
