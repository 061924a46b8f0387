//! A folder: the system, the installation or the library folder that it is, as `check` tells it.

use std::path::{Path, PathBuf};

use super::Form;
use crate::cmd::{Report, check, terminal};
use crate::diagnose::tree::Check;
use crate::event::tree::Facts;
use crate::view;

/// Where a system has Ollama's program or unit.
const OF_A_SYSTEM: [&str; 4] = [
    "usr/local/bin/ollama",
    "usr/bin/ollama",
    "opt/ollama/bin/ollama",
    "etc/systemd/system/ollama.service",
];
/// How far above a library folder, or a folder of one backend in it, the program's prefix is.
const ABOVE: usize = 4;

/// Tells it. JSON is that of `check`.
///
/// # Errors
/// It cannot be opened, or nothing of Ollama or ggml is in it; there is no such backend.
pub(super) fn tell(path: &Path, backend: Option<&str>, form: Form) -> Result<String, Report> {
    let real = std::fs::canonicalize(path)
        .map_err(|error| Report::new(format!("cannot read {}", path.display())).because(&error))?;
    let (facts, mut answer) = look(&real).ok_or_else(|| {
        Report::new(format!(
            "{} is a folder, and neither a trace, nor a log, nor a place of Ollama: no bin/ollama and no lib/ollama belongs \
             to it, and no libggml-* is in it",
            path.display()
        ))
        .help("vgputrace check --bin FILE names Ollama's program, --root DIR a system that is mounted there")
    })?;
    if let Some(name) = backend {
        only(&mut answer, name)?;
    }
    Ok(match form {
        Form::Json => view::check::json(&facts, &answer),
        Form::Markdown => {
            let page = view::check::text(&facts, &answer, view::Looks::default());
            format!("### What lies on disk\n\n```\n{page}```\n")
        }
        Form::Text | Form::Verbose => {
            view::check::text(&facts, &answer, terminal::standard_output())
        }
    })
}

/// What the folder is: a system, an installation with its program, or libraries alone.
fn look(folder: &Path) -> Option<(Facts, Check)> {
    let is_system = folder.join("usr").is_dir();
    if is_system && OF_A_SYSTEM.iter().any(|path| is_there(&folder.join(path))) {
        let (facts, answer) = check::look(folder, None);
        return Some((facts, answer?));
    }
    if let Some(program) = program(folder) {
        let (facts, answer) = check::look(Path::new("/"), Some(&program));
        return Some((facts, answer?));
    }
    let below = folder.join("lib/ollama");
    let libraries = if below.is_dir() { &below } else { folder };
    let (facts, answer) = check::look_at_libraries(libraries);
    let tree = &facts.ollama.as_ref()?.tree;
    let any = tree.folders.iter().any(|folder| folder.seen) || tree.top.seen;
    Some((facts, answer.filter(|_| any)?))
}

/// The program whose prefix, library folder or backend folder it is.
fn program(folder: &Path) -> Option<PathBuf> {
    let own = [folder.join("ollama"), folder.join("bin/ollama")];
    if let Some(own) = own.into_iter().find(|path| path.is_file()) {
        return Some(own);
    }
    // `lib/ollama/cuda_v12` is below the prefix by its name; any other folder is not.
    let mut above = folder.ancestors().skip(1).take(ABOVE);
    above.find_map(|prefix| {
        let is_of_it = folder.starts_with(prefix.join("lib/ollama"));
        let program = prefix.join("bin/ollama");
        (is_of_it && program.is_file()).then_some(program)
    })
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Leaves one backend.
fn only(answer: &mut Check, name: &str) -> Result<(), Report> {
    let names: Vec<String> = answer
        .folders
        .iter()
        .map(|folder| folder.name.as_str().to_owned())
        .collect();
    answer.folders.retain(|folder| folder.name.as_str() == name);
    if answer.folders.is_empty() {
        return Err(Report::new(format!("there is no backend {name} here"))
            .help(format!("there are: {}", names.join(", "))));
    }
    Ok(())
}
