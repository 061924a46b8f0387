//! dlopen gave nothing because of a file: no such name, unfit, hidden by another.

use crate::discover::model::{Era, Evidence, Load, Missing, Place};
use crate::discover::role::Step;
use crate::event::Text;

use super::super::advice::{self, RESTART};
use super::super::case::{Case, path_of};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list};
use super::load::is_driver;
use super::whose;

pub(super) static RULES: &[&Rule] = &[&OTHER_NAME, &UNFIT, &HIDDEN];

static OTHER_NAME: Rule = Rule {
    id: "VG050",
    stage: Stage::Load,
    title: "No file has the name that is loaded",
    story: "The server takes any folder with *ggml-* in it for a candidate. A runner then loads exactly libggml-cuda.so (or libggml-cuda-*.so with a score), llama-server \
the first libggml-*.so*. A folder with libggml-cuda.so.bak or my-ggml.txt alone is tried, and nothing is loaded, without a word.",
    proof: "The names in the folder, and that no process opened a backend in it.",
    remedy: &["Give the file its right name, or install the release again."],
    rows: &["runner 20", "llama-server 5"],
    check: Check::Backend(other_name),
};

/// Names of backends that ggml asks for, one after the other (ggml_backend_load_all_from_path, ggml-backend-reg.cpp).
const ASKED_FOR: [&str; 15] = [
    "blas", "zendnn", "cann", "cuda", "hip", "kompute", "metal", "rpc", "sycl", "vulkan",
    "virtgpu", "opencl", "hexagon", "musa", "openvino",
];

/// A name that a process of this era loads: a runner by name, `libggml-cuda.so` or `libggml-cuda-*.so`; llama-server
/// any, by the path it is given.
pub(super) fn is_loadable(name: &str, era: Era) -> bool {
    let Some(rest) = name.strip_prefix("libggml-") else {
        return false;
    };
    if rest.starts_with("base") || rest.starts_with("cpu") {
        return false;
    }
    match era {
        Era::LlamaServer => rest.contains(".so"),
        _ => rest.strip_suffix(".so").is_some_and(|kind| {
            ASKED_FOR.iter().any(|known| {
                kind.strip_prefix(known)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        }),
    }
}

fn other_name(case: &Case<'_>) -> Vec<Finding> {
    let Some(folder) = case.folder.filter(|folder| folder.place == Place::Below) else {
        return Vec::new();
    };
    let loadable = folder
        .matches
        .iter()
        .any(|name| is_loadable(name.as_str(), case.model.era));
    if folder.matches.is_empty()
        || loadable
        || case.loads().next().is_some()
        || case.attempts.is_empty()
    {
        return Vec::new();
    }
    let names: Vec<&str> = folder.matches.iter().map(Text::as_str).collect();
    let wanted = match case.model.era {
        Era::LlamaServer => "libggml-*.so*",
        _ => "libggml-cuda.so (or -hip, -vulkan)",
    };
    vec![
        OTHER_NAME
            .found(format!(
                "{} was tried, and no file in it has the name that is loaded: it has {}, and {wanted} is what is looked for.",
                case.name,
                list(&names)
            ))
            .object(*names.first().unwrap_or(&""))
            .certain_if(case.absence_is_certain())
            .proof(&folder.listed)
            .proof(case.attempts.iter().filter_map(|attempt| attempt.seen.as_ref()))
            .so("Give the backend its right name, or install the release again:")
            .so(format!("$ ls -l {}", case.path()))
            .do_lines(right_name(case.path(), &names))
            .so(RESTART),
    ]
}

/// Moves the one file that is a GPU's backend but for what was put behind its name.
fn right_name(folder: &str, names: &[&str]) -> Vec<String> {
    let mut commands = names.iter().filter_map(|name| {
        let right = GPU.into_iter().find(|right| name.starts_with(right))?;
        Some(format!("$ sudo mv {folder}/{name} {folder}/{right}"))
    });
    match (commands.next(), commands.next()) {
        (Some(one), None) if names.iter().all(|name| is_plain(name)) => vec![one],
        _ => Vec::new(),
    }
}

/// Nothing in the name means something to a shell.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+~".contains(&byte);
    name.bytes().all(plain)
}

static UNFIT: Rule = Rule {
    id: "VG057",
    stage: Stage::Load,
    title: "A file is no library of this machine",
    story: "The backend or a library it needs is cut short (full disk, broken download), of another processor or of 32 bits. The loader gives up; Ollama's log is silent as for \
any failed load.",
    proof: "The loader's words, and the file's own headers.",
    remedy: &["Install the release again, and see that the disk has room."],
    rows: &[
        "runner 25",
        "llama-server 13",
        "llama-server 14",
        "reports A",
    ],
    check: Check::Backend(unfit),
};

fn unfit(case: &Case<'_>) -> Vec<Finding> {
    let mut seen: Vec<&Evidence> = Vec::new();
    let mut files: Vec<(&Text, &Text)> = Vec::new();
    for (_, load) in case.failed_loads() {
        for missing in &load.missing {
            let Missing::Unfit { file, problem } = missing else {
                continue;
            };
            if super::storage::is_unread(case, file.as_str()) {
                continue;
            }
            // A file of that name in some place is told with the library that is missing.
            let named =
                |one: &Missing| matches!(one, Missing::Library { name, .. } if name == file);
            if !file.as_str().contains('/') && load.missing.iter().any(named) {
                continue;
            }
            // That is a link that leads nowhere.
            if ["ENOENT", "ELOOP"]
                .iter()
                .any(|name| problem.as_str().contains(name))
            {
                continue;
            }
            if !files.iter().any(|(known, _)| *known == file) {
                files.push((file, problem));
            }
            seen.extend(load.words.first().map(|words| &words.seen));
        }
    }
    let Some((file, problem)) = files.first() else {
        return Vec::new();
    };
    let facts = case.model.libraries.get(*file);
    let size = facts
        .and_then(|facts| facts.size)
        .map_or_else(String::new, |size| format!(" ({size} bytes)"));
    let mut finding = UNFIT
        .found(format!(
            "{}{size} cannot be used as a library of this machine: {problem}. So {} was not loaded.",
            if file.is_empty() { case.name } else { file.as_str() },
            backend(case)
        ))
        .object((*file).clone())
        .proof(seen);
    finding.missing = files
        .iter()
        .map(|(file, problem)| Text::from(format!("{file}: {problem}")))
        .collect();
    finding.remedy = replace(case, file.as_str(), problem.as_str());
    vec![finding.so(RESTART)]
}

/// What helps against an unfit file: that depends on what it is and whose.
fn replace(case: &Case<'_>, file: &str, problem: &str) -> Vec<String> {
    let owner = format!("$ dpkg -S \"$(readlink -f {file})\" || rpm -qf \"$(readlink -f {file})\"");
    if problem.contains("cannot read file data") || problem.contains("folder") {
        return vec![
            "See whether it is a folder: Docker makes an empty one where a file is to be mounted that the host does not have. Then mount the right file, and take the folder away; else the disk does not give the file's data:".to_owned(),
            format!("$ ls -ld {file}"),
        ];
    }
    if whose::is_musl(file) {
        let by = whose::needed_by(case, base(file));
        return vec![whose::build_for_glibc(by)];
    }
    let mut lines = vec![
        "See what the file is and whether the disk is full:".to_owned(),
        format!("$ file {file}; df -h {file}"),
    ];
    if is_driver(base(file)) {
        lines.push("The file belongs to the graphics driver, not to Ollama: install the driver's package again, or in a container have the toolkit put its libraries there. One that stands in for the driver must be built anew.".to_owned());
        lines.push(owner);
    } else if whose::is_of_ollama(case, file) {
        lines.extend(advice::reinstall(case.model));
    } else {
        lines.push("The file is not Ollama's: install the package that it belongs to again, or take it out of the places where the loader looks.".to_owned());
        lines.push(owner);
    }
    lines
}

/// The backend's file name.
pub(super) fn backend(case: &Case<'_>) -> String {
    case.loads().next().map_or_else(
        || case.name.to_owned(),
        |(_, load)| base(path_of(load)).to_owned(),
    )
}

static HIDDEN: Rule = Rule {
    id: "VG060",
    stage: Stage::Load,
    title: "Another file in the folder is loaded in its place",
    story: "From 0.30 on the server gives llama-server one file of a folder, in GGML_BACKEND_PATH: the first libggml-*.so* in sort order that is neither base nor CPU. A second backend or a \
copy that sorts earlier takes the place of the CUDA backend. The probe loads the right one and is content, so the log says nothing.",
    proof: "GGML_BACKEND_PATH names another file, and only the probe opened the backend.",
    remedy: &["Remove the other file from the folder."],
    rows: &["llama-server 6"],
    check: Check::Backend(hidden),
};

/// Backends of GPUs that Ollama ships.
const GPU: [&str; 3] = ["libggml-cuda.so", "libggml-hip.so", "libggml-vulkan.so"];

fn hidden(case: &Case<'_>) -> Vec<Finding> {
    let given = case.children.iter().find_map(|child| {
        let is_server = matches!(child.role.step(), Some(Step::Start | Step::List));
        let variable = child
            .env
            .iter()
            .find(|variable| variable.k.as_str() == "GGML_BACKEND_PATH")?;
        let value = variable.v.as_ref().filter(|_| is_server)?;
        Some((child, value))
    });
    let by_names = case.folder.map(|folder| {
        let mut names: Vec<&str> = folder
            .matches
            .iter()
            .map(Text::as_str)
            .filter(|name| is_loadable(name, Era::LlamaServer))
            .collect();
        names.sort_unstable();
        names
    });
    let names = by_names.unwrap_or_default();
    let (file, seen) = match given {
        Some((child, value)) => (
            base(value.as_str()).to_owned(),
            child
                .exec
                .map(|seq| Evidence::event(seq, format!("GGML_BACKEND_PATH={value}"))),
        ),
        None if case.model.era == Era::LlamaServer && !case.attempts.is_empty() => {
            // A log at OLLAMA_DEBUG=2 shows what llama-server loaded or started.
            let by_server = |step: Option<Step>| matches!(step, Some(Step::Start | Step::List));
            let load = case.loads().find(|(child, _)| by_server(child.role.step()));
            let init = case.inits().find(|(child, _)| by_server(child.role.step()));
            match (load, init) {
                (Some((_, load)), _) => (base(path_of(load)).to_owned(), load.seen.clone()),
                (None, Some((_, init))) => (base(init.file.as_str()).to_owned(), init.seen.clone()),
                (None, None) => return Vec::new(),
            }
        }
        None => return Vec::new(),
    };
    let probe: Option<&Load> = case
        .loads()
        .filter(|(child, _)| child.role.step() == Some(Step::Probe))
        .map(|(_, load)| load)
        .find(|load| base(path_of(load)) != file);
    let real = names
        .iter()
        .copied()
        .find(|name| GPU.contains(name))
        .or_else(|| probe.map(|load| base(path_of(load))));
    let Some(real) = real else { return Vec::new() };
    if file == real || GPU.contains(&file.as_str()) || file.starts_with("libggml-cuda") {
        return Vec::new();
    }
    vec![
        HIDDEN
            .found(format!(
                "llama-server was given {file} instead of {real}: of several files it gets the first in sort order, so {real} was never loaded by it."
            ))
            .object(file.as_str())
            .proof(seen.as_ref())
            .proof(probe.and_then(|load| load.seen.as_ref()))
            .proof(case.folder.and_then(|folder| folder.listed.as_ref()))
            .so(format!("Take {file} out of the folder:"))
            .so(format!("$ sudo mv {}/{file} /var/tmp/", case.path()))
            .so("If it must stay, put it into a folder of its own below the library folder: it is then tried by itself.")
            .so(RESTART),
    ]
}
