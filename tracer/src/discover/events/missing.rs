//! What a failed load lacks: the one thing that the loader names, and all that the facts about the files tell.

use std::collections::BTreeMap;

use crate::discover::model::{Child, Load, Missing, Words};
use crate::event::library::{Closure, Library};
use crate::event::{Seen, Text};

/// The one thing that the loader's words name.
pub(in crate::discover) fn named(words: &Words, load: &Load) -> Option<Missing> {
    let by = load.file.clone().unwrap_or_else(|| load.asked.clone());
    let text = words.text.as_str();
    if let Some(symbol) = text.strip_prefix("undefined symbol: ") {
        let name = symbol.replace(", version ", "@");
        return Some(Missing::Symbol {
            name: Text::from(name),
            by: words.object.clone(),
        });
    }
    if let Some((version, by)) = text
        .strip_prefix("version `")
        .and_then(|rest| rest.split_once("' not found (required by "))
    {
        return Some(Missing::Version {
            version: Text::from(version),
            file: words.object.clone(),
            by: Text::from(by.trim_end_matches(')')),
        });
    }
    // An auditor (LD_AUDIT) that refuses a name leaves no name in the loader's words.
    if text.starts_with("cannot open shared object file") && !words.object.is_empty() {
        return Some(Missing::Library {
            name: words.object.clone(),
            by,
            searched: Vec::new(),
        });
    }
    let unfit = [
        "wrong ELF class",
        "invalid ELF header",
        "file too short",
        "ELF load command",
        "ELF file",
        "cannot read file data",
        "only ET_DYN and ET_EXEC",
        "object file has no dynamic section",
        "nonzero e_",
    ];
    unfit
        .iter()
        .any(|start| text.starts_with(start))
        .then(|| Missing::Unfit {
            file: words.object.clone(),
            problem: words.text.clone(),
        })
}

/// Replaces what the loader named by all that the closure knows.
pub(super) fn complete(load: &mut Load, library: &Library, closure: &Closure) {
    let mut missing = Vec::new();
    for object in closure
        .objects
        .iter()
        .filter(|object| object.file.is_none())
    {
        missing.push(Missing::Library {
            name: object.name.clone(),
            by: object.by.clone(),
            searched: object.tried.clone(),
        });
    }
    for [by, file, version] in &closure.missing_versions {
        missing.push(Missing::Version {
            version: version.clone(),
            file: file.clone(),
            by: by.clone(),
        });
    }
    let absent: Vec<Text> = missing
        .iter()
        .filter_map(|one| match one {
            Missing::Library { name, .. } => Some(name.clone()),
            _ => None,
        })
        .collect();
    for name in &closure.missing_symbols {
        if absent
            .iter()
            .any(|library| provides(library.as_str(), name.as_str()))
        {
            continue;
        }
        missing.push(Missing::Symbol {
            name: name.clone(),
            by: library.path.clone(),
        });
    }
    // A soname that no file answers to is no unfit file.
    if let Some(problem) = &library.problem
        && library.path.as_str().contains('/')
    {
        missing.push(Missing::Unfit {
            file: library.path.clone(),
            problem: problem.clone(),
        });
    }
    // What the loader named comes first: it is what stopped it.
    let said = std::mem::take(&mut load.missing);
    for one in said.into_iter().rev() {
        let known = missing.iter().position(|other| same_thing(&one, other));
        let first = known.map_or_else(|| one.clone(), |at| missing.remove(at));
        missing.insert(0, asked_by(first, &one));
    }
    load.missing = missing;
    load.closure = Some(closure.clone());
}

/// The same thing, asked for by the object that the loader names.
fn asked_by(missing: Missing, said: &Missing) -> Missing {
    match (missing, said) {
        (Missing::Symbol { name, .. }, Missing::Symbol { by, .. }) if !by.is_empty() => {
            Missing::Symbol {
                name,
                by: by.clone(),
            }
        }
        (missing, _) => missing,
    }
}

/// Names for each symbol that the loader did not name the first file that asks for it: the closure has symbols of every
/// object in it, and only the loader's first words say whose.
pub(super) fn name_askers(children: &mut [Child], libraries: &BTreeMap<Text, Library>) {
    let asks = |file: &Text, symbol: &Text| {
        let undefined = libraries.get(file).and_then(|one| one.undefined.as_ref());
        undefined
            .and_then(Seen::value)
            .is_some_and(|all| all.iter().any(|one| same_symbol(one, symbol)))
    };
    for load in children.iter_mut().flat_map(|child| &mut child.loads) {
        let files = load.closure.iter().flat_map(|closure| &closure.objects);
        let files: Vec<&Text> = files.filter_map(|object| object.file.as_ref()).collect();
        for missing in &mut load.missing {
            if let Missing::Symbol { name, by } = missing
                && !asks(by, name)
                && let Some(file) = files.iter().find(|file| asks(file, name))
            {
                by.clone_from(file);
            }
        }
    }
}

/// The same function; the loader's words and the facts may tell its version or not.
fn same_symbol(one: &Text, other: &Text) -> bool {
    let plain = |name: &Text| name.as_str().split('@').next().map(str::to_owned);
    plain(one) == plain(other)
}

/// The symbol is of a library that is missing itself, by the prefixes that the vendors keep to.
fn provides(library: &str, symbol: &str) -> bool {
    let name = super::roles::base(library);
    let table: [(&str, &[&str]); 9] = [
        ("libcuda.", &["cu"]),
        ("libcudart.", &["cuda", "__cuda"]),
        ("libcublasLt.", &["cublasLt"]),
        ("libcublas.", &["cublas"]),
        ("libnvidia-ml.", &["nvml"]),
        ("libvulkan.", &["vk"]),
        ("libamdhip64.", &["hip", "__hip"]),
        ("librocblas.", &["rocblas"]),
        ("libggml-base.", &["ggml_", "gguf_"]),
    ];
    table.iter().any(|(file, prefixes)| {
        name.starts_with(file) && prefixes.iter().any(|prefix| symbol.starts_with(prefix))
    })
}

/// Facts about a file are recorded once; the same failure in another process, or again, has the same cause.
pub(super) fn share_causes(children: &mut [Child]) {
    let mut known: BTreeMap<[Text; 3], (Vec<Missing>, Closure)> = BTreeMap::new();
    for load in children.iter().flat_map(|child| &child.loads) {
        if let (Some(said), Some(closure)) = (said(load), &load.closure) {
            known
                .entry(said)
                .or_insert_with(|| (load.missing.clone(), closure.clone()));
        }
    }
    for load in children.iter_mut().flat_map(|child| &mut child.loads) {
        if load.closure.is_some() {
            continue;
        }
        let twin = said(load).and_then(|said| known.get(&said));
        if let Some((missing, closure)) = twin {
            load.missing.clone_from(missing);
            load.closure = Some(closure.clone());
        }
    }
}

/// What was asked for and what the loader said first: the same in each process with the same failure.
fn said(load: &Load) -> Option<[Text; 3]> {
    let first = load.words.first()?;
    Some([load.asked.clone(), first.object.clone(), first.text.clone()])
}

fn same_thing(one: &Missing, other: &Missing) -> bool {
    match (one, other) {
        (Missing::Library { name: a, .. }, Missing::Library { name: b, .. }) => a == b,
        (Missing::Symbol { name: a, .. }, Missing::Symbol { name: b, .. }) => same_symbol(a, b),
        (Missing::Version { version: a, .. }, Missing::Version { version: b, .. }) => a == b,
        (Missing::Unfit { file: a, .. }, Missing::Unfit { file: b, .. }) => a == b,
        _ => false,
    }
}
