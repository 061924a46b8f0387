//! Does Ollama see its library folder, and the folders in it?

use super::words::{at, found, list, shell};
use super::{AMD, Check, NVIDIA, Scene, State};
use crate::diagnose::Finding;
use crate::event::Text;

pub(super) fn check(scene: &Scene<'_>, check: &mut Check) {
    let tree = &scene.ollama.tree;
    if tree.fallback {
        check.general.push(Finding {
            missing_object: tree.passed.first().cloned(),
            missing: tree.passed.clone(),
            evidence: tree.passed.iter().map(|path| at(path, "ENOENT")).collect(),
            remedy: vec![
                "unpack the libraries of this release beside the program".to_owned(),
                "$ curl -fsSL https://ollama.com/install.sh | sh".to_owned(),
            ],
            ..found(
                "VG301",
                "scan",
                format!(
                    "{} has no library folder: none of {} is there, so it looks in its own folder and finds no backend",
                    scene.ollama.file.path,
                    list(tree.passed.iter().map(Text::as_str))
                ),
            )
        });
        return;
    }
    if let Some(err) = tree.err {
        check.general.push(Finding {
            missing_object: Some(tree.path.clone()),
            evidence: vec![at(&tree.path, err.to_string())],
            ..found(
                "VG302",
                "scan",
                format!("the library folder {} cannot be listed: {err}", tree.path),
            )
        });
    }
    // The folders above need search, the folder itself reading too.
    let closed = tree.above.iter().find(|node| {
        let wanted = if node.path == tree.path { 5 } else { 1 };
        !scene.facts.server.user.may(node.mode, node.owner, wanted)
    });
    if let Some(node) = closed {
        check
            .general
            .push(closed_to(scene, &node.path, node.mode, node.owner));
    }
    if tree.noexec {
        check.general.push(Finding {
            missing_object: Some(tree.path.clone()),
            evidence: vec![at(&tree.path, "mount option noexec")],
            remedy: vec![format!(
                "$ findmnt -no TARGET,OPTIONS --target {}",
                shell(tree.path.as_str())
            )],
            ..found(
                "VG309",
                "load",
                format!(
                    "{} is on a file system mounted noexec: no library in it can be loaded (mmap says EPERM)",
                    tree.path
                ),
            )
        });
    }
}

/// The permission bits keep Ollama's user out of a folder.
pub(super) fn closed_to(scene: &Scene<'_>, path: &Text, mode: u32, owner: [u32; 2]) -> Finding {
    let [user, group] = owner;
    Finding {
        missing_object: Some(path.clone()),
        evidence: vec![at(path, format!("mode {mode:04o}, owner {user}:{group}"))],
        remedy: vec![format!("$ sudo chmod a+rx {}", shell(path.as_str()))],
        ..found(
            "VG302",
            "scan",
            format!(
                "{path} is closed to the user {} by its permission bits (mode {mode:04o}, owner {user}:{group}), so \
                 Ollama does not see what is in it, and says nothing",
                scene.user()
            ),
        )
    }
}

/// A GPU is there, and no folder has a backend.
pub(super) fn backends(scene: &Scene<'_>, check: &mut Check) {
    let tree = &scene.ollama.tree;
    let none = check
        .folders
        .iter()
        .all(|folder| folder.state == State::Empty && folder.findings.is_empty());
    if !none || tree.fallback || tree.err.is_some() || tree.cut {
        return;
    }
    let sentence = format!(
        "no folder in {} has a GPU backend (a file like libggml-cuda.so): this installation can use the CPU only",
        tree.path
    );
    if scene.has_gpu(NVIDIA) || scene.has_gpu(AMD) {
        check.general.push(Finding {
            missing_object: Some(Text::from(format!("{}/*/libggml-*.so", tree.path))),
            evidence: vec![at(&tree.path, format!("{} folders", tree.folders.len()))],
            remedy: vec![
                "install the package with GPU libraries; a package manager's ollama may have them in a package of its own"
                    .to_owned(),
                "$ curl -fsSL https://ollama.com/install.sh | sh".to_owned(),
            ],
            ..found("VG304", "scan", sentence)
        });
    } else {
        check.notes.push(sentence);
    }
}
