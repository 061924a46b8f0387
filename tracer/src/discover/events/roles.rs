//! What a process is, from its arguments and variables.
//!
//! | who | how it is known (discover/runner.go; since 0.30 discover/llama_server.go, native_probe.go) |
//! |---|---|
//! | server | `ollama serve` |
//! | runner | `ollama runner ... --port N` without `--model`; OLLAMA_LIBRARY_PATH ends with its folder |
//! | start, list | `llama-server` without a model; with `--list-devices`; GGML_BACKEND_PATH is in its folder |
//! | probe | `ollama gpu-discover --lib-dir A --lib-dir B`: B is its folder |
//! | pass 2 | GGML_CUDA_INIT is set, and not by the user |
//! | refresh | after the final list; in the llama-server era CUDA_VISIBLE_DEVICES without GGML_CUDA_INIT |

use crate::discover::model::Server;
use crate::discover::role::{Role, Step};
use crate::event::Text;
use crate::event::process::{EnvVar, Exec};

/// Variables by which Ollama narrows a process down to one device.
const NARROWING: [&str; 4] = [
    "CUDA_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "GGML_VK_VISIBLE_DEVICES",
];

/// The program is `ollama serve` (or `start`, its other name: cmd/cmd.go).
pub(super) fn is_server(exec: &Exec) -> bool {
    let words = words(exec);
    let program = exec.exe.value().map(|exe| base(exe.as_str()));
    let named = words.first().map(|word| base(word));
    let is_ollama = [program, named]
        .into_iter()
        .flatten()
        .any(|name| name.contains("ollama"));
    is_ollama && matches!(words.get(1), Some(&("serve" | "start")))
}

/// The role of a child of the discovery; `None` for any other program.
pub(super) fn of(exec: &Exec, server: Option<&Server>, finished: bool) -> Option<Role> {
    let words = words(exec);
    let has = |word: &str| words.contains(&word);
    let program = exec.exe.value().map_or("", |exe| base(exe.as_str()));
    let step = if has("gpu-discover") {
        Step::Probe
    } else if words.get(1) == Some(&"runner") {
        Step::Runner
    } else if program.starts_with("llama-server") && server.is_some() {
        if has("--list-devices") {
            Step::List
        } else {
            Step::Start
        }
    } else {
        return None;
    };
    let dir = folder(exec, step).map_or_else(|| Text::from("cpu"), |(name, _)| name);
    if has("--model") || has("-m") || has("--mlx-engine") || has("--imagegen-engine") {
        return Some(Role::Model { dir });
    }
    let own = |name: &str| {
        variable(exec, name).is_some() && server.is_none_or(|server| !server.has_variable(name))
    };
    let validates = own("GGML_CUDA_INIT");
    let narrowed = NARROWING.iter().any(|name| own(name));
    if finished || (step != Step::Runner && narrowed && !validates) {
        return Some(Role::Refresh { step, dir });
    }
    let pass = if validates { 2 } else { 1 };
    Some(Role::Attempt { step, dir, pass })
}

/// Debuggers that ggml's abort handler starts (ggml.c, ggml_print_backtrace) are helpers.
pub(super) fn other(exec: &Exec) -> Role {
    let program = exec.exe.value().map_or("", |exe| base(exe.as_str()));
    if matches!(program, "gdb" | "lldb" | "nvidia-modprobe" | "addr2line") {
        Role::Helper
    } else {
        Role::Other
    }
}

/// The device that a process is narrowed down to by the server.
pub(super) fn device(env: &[EnvVar], server: Option<&Server>) -> Option<Text> {
    NARROWING.iter().find_map(|name| {
        let given = env.iter().find(|one| one.k.as_str() == *name)?.v.as_ref()?;
        let users = server.and_then(|server| server.variable(name));
        (users != Some(given)).then(|| given.clone())
    })
}

/// Base name and path of the folder that the process was started for.
pub(super) fn folder(exec: &Exec, step: Step) -> Option<(Text, Text)> {
    let path = match step {
        Step::Runner => {
            let all = variable(exec, "OLLAMA_LIBRARY_PATH")?.as_str();
            folders(all).1?.to_owned()
        }
        Step::Probe => {
            let words = words(exec);
            let mut dirs = words
                .windows(2)
                .filter(|pair| pair[0] == "--lib-dir")
                .map(|pair| pair[1]);
            let first = dirs.next()?;
            dirs.next_back().filter(|last| *last != first)?.to_owned()
        }
        Step::Start | Step::List => of_llama_server(exec)?,
    };
    let path = path.trim_end_matches('/').to_owned();
    Some((Text::from(base(&path).to_owned()), Text::from(path)))
}

/// The backend's folder; without one the entry of LD_LIBRARY_PATH that lies below llama-server's own folder.
fn of_llama_server(exec: &Exec) -> Option<String> {
    let exe = exec.exe.value()?.as_str();
    let own = exe.rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = variable(exec, "LD_LIBRARY_PATH").and_then(|all| {
        let mut parts = all.as_str().split(':').filter(|part| !part.is_empty());
        let first = parts.next()?.trim_end_matches('/').to_owned();
        let second = parts.next()?.trim_end_matches('/');
        let inside = |folder: &str| {
            second
                .strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        (inside(&first) || inside(own)).then(|| second.to_owned())
    });
    let backend = variable(exec, "GGML_BACKEND_PATH")
        .and_then(|path| path.as_str().rsplit_once('/'))
        .map(|(folder, _)| folder.to_owned());
    // The backend's own path has no list around it, so a colon in it is its own.
    match (below, backend) {
        (Some(below), Some(backend)) if backend.starts_with(&format!("{below}:")) => Some(backend),
        (below, backend) => below.or(backend),
    }
}

/// Colons of a list that are looked at.
const MOST: usize = 64;

/// The library folder of a list `LIBRARY:LIBRARY/FOLDER`, and the last folder where it is another one. Ollama joins them
/// without a thought of colons in their names.
pub(super) fn folders(list: &str) -> (Option<&str>, Option<&str>) {
    let pairs = list.match_indices(':').take(MOST).filter_map(|(at, _)| {
        let (library, rest) = (list.get(..at)?, list.get(at + 1..)?);
        Some((library, rest))
    });
    let is_below = |(library, rest): &(&str, &str)| {
        let below = rest.strip_prefix(library);
        !library.is_empty() && below.is_some_and(|rest| rest.starts_with('/'))
    };
    if let Some((library, rest)) = pairs.clone().find(is_below) {
        let next = format!(":{library}/");
        let last = rest
            .rfind(&next)
            .map_or(rest, |at| rest.get(at + 1..).unwrap_or(rest));
        return (Some(library), Some(last));
    }
    let mut parts = list.split(':').filter(|part| !part.is_empty());
    let first = parts.next();
    (first, parts.next_back().filter(|last| Some(*last) != first))
}

/// The arguments.
fn words(exec: &Exec) -> Vec<&str> {
    let argv = exec.argv.value().map_or(&[][..], Vec::as_slice);
    argv.iter().map(Text::as_str).collect()
}

/// The value of a variable.
pub(super) fn variable<'a>(exec: &'a Exec, name: &str) -> Option<&'a Text> {
    let env = exec.env.value()?;
    env.iter().find(|one| one.k.as_str() == name)?.v.as_ref()
}

/// The last part of a path.
pub(in crate::discover) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::folders;

    #[test]
    fn a_colon_in_a_name_parts_no_list_of_ollamas() {
        for (list, library, folder) in [
            ("/l:/l/cuda_v12", "/l", Some("/l/cuda_v12")),
            ("/l:/l/cuda:v12", "/l", Some("/l/cuda:v12")),
            ("/a:b/l:/a:b/l/cuda:v12", "/a:b/l", Some("/a:b/l/cuda:v12")),
            ("/l:/l/one:/l/two", "/l", Some("/l/two")),
            ("/l:/opt/x", "/l", Some("/opt/x")),
            ("/l", "/l", None),
            ("/l:/l", "/l", None),
        ] {
            assert_eq!(folders(list), (Some(library), folder), "{list}");
        }
        assert_eq!(folders(&":".repeat(200_000)), (None, None));
    }
}
