//! Programs with more rights than their caller, whose loader ignores LD_LIBRARY_PATH and LD_PRELOAD.

use super::files::describe;
use super::load::missing_libraries;
use super::words::{at, found, shell};
use super::{Check, Scene};
use crate::diagnose::Finding;
use crate::discover::model::Era;
use crate::event::Text;

pub(super) fn check(scene: &Scene<'_>, check: &mut Check) {
    let ollama = scene.ollama;
    let llama_server = &ollama.llama_server;
    let later = scene.era == Era::LlamaServer;
    let loader = llama_server.file.as_ref().filter(|_| later);
    let loading = match loader {
        Some(file) => llama_server.secure.as_ref().map(|why| (file, why)),
        None => ollama.secure.as_ref().map(|why| (&ollama.file, why)),
    };
    let server = ollama.secure.as_ref().map(|why| (&ollama.file, why));
    let (file, why, sentence) = if let Some((file, why)) = loading {
        let sentence = format!(
            "{} has {why}, so the loader ignores LD_LIBRARY_PATH and LD_PRELOAD in it: Ollama's own folders, which it hands over \
             by LD_LIBRARY_PATH, do not count when it loads a backend",
            file.path
        );
        (file, why, sentence)
    } else if let Some((file, why)) = server {
        let sentence = format!(
            "{} has {why}, so the loader takes LD_LIBRARY_PATH and LD_PRELOAD of the service away from it and its children",
            file.path
        );
        (file, why, sentence)
    } else {
        return;
    };
    let set = ["LD_LIBRARY_PATH", "LD_PRELOAD"]
        .iter()
        .any(|name| !scene.facts.server.value(name).is_empty());
    let loads = || scene.folders().flat_map(|folder| &folder.loads);
    let lacks = loads().any(|load| !missing_libraries(&load.closure).is_empty());
    let finding = Finding {
        missing_object: Some(Text::from("LD_LIBRARY_PATH")),
        evidence: vec![at(&file.path, describe(file))],
        remedy: remedy(file.path.as_str(), why.as_str()),
        ..found("VG326", "load", sentence)
    };
    // It is the reason of something only where libraries are missing, or variables are set.
    if lacks && (loading.is_some() || set) {
        check.general.push(finding);
    } else {
        check.warnings.push(finding);
    }
}

fn remedy(path: &str, why: &str) -> Vec<String> {
    let path = shell(path);
    let off = if why.starts_with("set-") {
        format!("$ sudo chmod ug-s {path}")
    } else {
        format!("$ getcap {path}; sudo setcap -r {path}")
    };
    vec![
        off,
        "for a port below 1024 the unit can have AmbientCapabilities=CAP_NET_BIND_SERVICE instead"
            .to_owned(),
        "folders in /etc/ld.so.conf.d count in any program".to_owned(),
    ]
}
