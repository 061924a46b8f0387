//! The environment that the Ollama installed here would give to the process that tries a folder.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use super::{Plan, Props, absolute};
use crate::cmd::Report;
use crate::diagnose::tree::check;
use crate::discover::model::Era;
use crate::event::Text;
use crate::event::tree::{Apart, EnvironmentOf, Facts, Folder};
use crate::source::tree::{Question, gather};
use crate::source::user::SystemAccounts;

pub(super) fn plan(name: &str, props: &Props) -> Result<Plan, Report> {
    let cwd = std::env::current_dir().unwrap_or_default();
    let facts = gather(&Question {
        root: Path::new("/"),
        program: props.program.as_deref(),
        library_dir: None,
        cwd: &cwd,
        caller: std::env::vars_os().collect(),
        accounts: &SystemAccounts,
    });
    let apart = facts.server.apart.as_ref();
    if let Some(apart) = apart.filter(|_| !rustix::process::geteuid().is_root()) {
        return Err(not_for_users(apart));
    }
    let (Some(ollama), Some(answer)) = (&facts.ollama, check(&facts)) else {
        return Err(Report::new("no Ollama is installed here").help("--bin FILE names its program"));
    };
    let folders = &ollama.tree.folders;
    let Some(folder) = folders.iter().find(|folder| folder.name.as_str() == name) else {
        let names: Vec<&str> = folders.iter().map(|folder| folder.name.as_str()).collect();
        return Err(
            Report::new(format!("no folder {name} in {}", ollama.tree.path))
                .help(format!("there is: {}", names.join(", "))),
        );
    };
    let candidate = answer
        .folders
        .iter()
        .find(|row| row.dir == folder.path)
        .and_then(|row| row.candidate.clone())
        .or_else(|| folder.loads.first().map(|load| load.file.clone()));
    let library = match (&props.library, candidate) {
        (Some(library), _) => absolute(library),
        (None, Some(candidate)) => PathBuf::from(bytes(&candidate)),
        (None, None) => {
            return Err(Report::new(format!("no backend is in {}", folder.path)));
        }
    };
    let mut environment: Vec<(OsString, OsString)> = facts
        .server
        .variables
        .iter()
        .filter_map(|variable| Some((bytes(&variable.name), bytes(variable.value.as_ref()?))))
        .collect();
    for (name, value) in given(answer.era, folder, &ollama.tree.path) {
        environment.retain(|(key, _)| key != name);
        environment.push((OsString::from(name), bytes(&value)));
    }
    let later = answer.era == Era::LlamaServer;
    let (program, secure) = match &ollama.llama_server.file {
        Some(file) if later => (&file.path, &ollama.llama_server.secure),
        _ => (&ollama.program, &ollama.secure),
    };
    let mut notes = notes(&facts);
    if secure.is_some() || ollama.secure.is_some() {
        let which = if secure.is_some() {
            program
        } else {
            &ollama.program
        };
        notes.push(super::insecure(which.as_str()));
    }
    let of_caller = facts.server.source == EnvironmentOf::Caller;
    let user = &facts.server.user;
    let gid = user.groups.last().copied().unwrap_or(user.uid);
    Ok(Plan {
        library,
        like: format!("what {} gives for {name}", ollama.program),
        environment,
        cwd: PathBuf::from(bytes(&facts.server.cwd)),
        root: apart.map(|_| PathBuf::from(bytes(&facts.root))),
        uid: (!of_caller).then_some((user.uid, gid)),
        notes,
    })
}

/// What the attempt does not share with the server.
fn notes(facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.server.source == EnvironmentOf::Caller {
        notes.push("no unit ollama.service and no running server: variables and user are those of this shell".to_owned());
    }
    if let Some(apart) = &facts.server.apart {
        notes.push(format!(
            "it is tried in the file system of process {}, and not in its control groups: which devices a container may open \
             does not show",
            apart.pid
        ));
    }
    notes
}

/// Only root goes into another file system (chroot(2)).
fn not_for_users(apart: &Apart) -> Report {
    Report::new(format!(
        "the Ollama that runs here (process {}) has a file system of its own, and a load tried in this one would tell of other \
         libraries",
        apart.pid
    ))
    .help("use sudo: then it is tried in there")
    .help("--bin FILE names an Ollama of this machine's own files")
}

/// What Ollama sets for the processes of one folder (llm/server.go, llm/llama_server.go).
fn given(era: Era, folder: &Folder, tree: &Text) -> Vec<(&'static str, Text)> {
    let mut all = vec![("LD_LIBRARY_PATH", folder.library_path.clone())];
    match (era, &folder.backend_path) {
        (Era::Runner, _) => all.push((
            "OLLAMA_LIBRARY_PATH",
            Text::from(format!("{tree}:{}", folder.path)),
        )),
        (Era::LlamaServer, Some(path)) => all.push(("GGML_BACKEND_PATH", path.clone())),
        _ => {}
    }
    all
}

fn bytes(text: &Text) -> OsString {
    OsString::from_vec(text.to_bytes().into_owned())
}
