//! Would the loader take a backend: everything that is missing at once, and files that answer wrongly.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::files::describe;
use super::versions::versions;
use super::words::{at, base, found, list, plural};
use super::{AMD, FolderCheck, NVIDIA, Scene, State};
use crate::diagnose::words::parent;
use crate::diagnose::{Certainty, Finding};
use crate::discover::model::Evidence;
use crate::event::library::{Closure, Resolved};
use crate::event::tree::Folder;
use crate::event::{Seen, Text};

/// What ldconfig writes and the loader reads.
const CACHE: &str = "/etc/ld.so.cache";
/// Libraries of a driver, what their functions begin with, and whose GPUs they are for.
const DRIVERS: [(&str, &str, &[&str]); 3] = [
    ("libcuda.so.1", "cu", &[NVIDIA]),
    ("libnvidia-ml.so.1", "nvml", &[NVIDIA]),
    ("libvulkan.so.1", "vk", &["10de:", "1002:", "8086:"]),
];
/// Runtimes that Ollama brings, and what their functions begin with.
const RUNTIMES: [(&str, &[&str]); 6] = [
    ("libcudart.so", &["cuda", "__cuda"]),
    ("libcublasLt.so", &["cublasLt"]),
    ("libcublas.so", &["cublas"]),
    ("libamdhip64.so", &["hip", "__hip"]),
    ("libhipblas.so", &["hipblas"]),
    ("librocblas.so", &["rocblas"]),
];

/// Findings about the loads of a folder; the state when only the driver of an absent GPU is missing.
pub(super) fn check(scene: &Scene<'_>, folder: &Folder, row: &mut FolderCheck) {
    let mut absent_driver = None;
    for load in &folder.loads {
        let missing = missing_libraries(&load.closure);
        // What has the name and does not count (a folder, a file of another machine) was meant to be there.
        let drivers_only = !missing.is_empty()
            && without_number(scene, &missing).is_none()
            && missing
                .iter()
                .all(|object| object.tried.iter().all(|place| place.problem.is_none()))
            && missing.iter().all(|object| {
                let driver = DRIVERS
                    .iter()
                    .find(|(name, ..)| *name == object.name.as_str());
                driver.is_some_and(|(_, _, vendors)| scene.no_gpu(vendors))
            });
        if drivers_only {
            absent_driver = missing.first().map(|object| object.name.clone());
        } else if !missing.is_empty() {
            row.findings
                .push(libraries(scene, &load.file, &missing, folder));
        }
        row.findings
            .extend(symbols(scene, &load.file, &load.closure, &missing));
        row.findings
            .extend(versions(scene, &load.file, &load.closure));
        wrong_answers(scene, folder, &load.closure, row);
    }
    if let Some(name) = absent_driver.filter(|_| row.findings.is_empty()) {
        row.state = State::NoGpu;
        row.words = format!("no {name}, and no GPU that it would be for");
    }
}

/// Names that no file answers to; the file asked for itself is looked at elsewhere.
pub(super) fn missing_libraries(closure: &Closure) -> Vec<&Resolved> {
    closure
        .objects
        .iter()
        .filter(|object| object.file.is_none() && !object.name.as_str().contains('/'))
        .collect()
}

fn libraries(scene: &Scene<'_>, file: &Text, missing: &[&Resolved], folder: &Folder) -> Finding {
    let names: Vec<&str> = missing.iter().map(|object| object.name.as_str()).collect();
    let mut remedy = Vec::new();
    let other = without_number(scene, missing).map(Text::as_str);
    if let Some(other) = other {
        let link = other.rsplit_once('/').map_or("", |(folder, _)| folder);
        remedy.push(format!(
            "$ sudo ln -s libcuda.so {}",
            super::words::shell(&format!("{link}/libcuda.so.1"))
        ));
    }
    for object in missing {
        remedy.extend(bring(scene, object, folder));
    }
    remedy.dedup();
    let beside = other.map_or_else(String::new, |other| {
        format!("; {other} is there, and a backend asks for libcuda.so.1")
    });
    let first = missing.first();
    Finding {
        missing_object: first.map(|object| object.name.clone()),
        missing: missing.iter().map(|object| object.name.clone()).collect(),
        evidence: missing
            .iter()
            .flat_map(|object| searched(scene, object))
            .collect(),
        remedy,
        ..found(
            "VG320",
            "load",
            format!(
                "{} cannot be loaded: {} {} nowhere the loader looks{beside}",
                base(file),
                list(names.iter().copied()),
                plural(names.len(), "is", "are")
            ),
        )
    }
}

/// A driver's file of the name for linking alone, where the one that is asked for is missing. The toolkit's stub is none.
fn without_number<'f>(scene: &Scene<'f>, missing: &[&Resolved]) -> Option<&'f Text> {
    if !missing
        .iter()
        .any(|one| one.name.as_str() == "libcuda.so.1")
    {
        return None;
    }
    let mut drivers = scene.facts.drivers.iter();
    let file = drivers
        .find(|one| one.name.as_str() == "libcuda.so")?
        .file
        .as_ref();
    file.filter(|file| !file.as_str().contains("/stubs/"))
}

/// The places where a name was looked for; what answered and was passed over comes first.
pub(super) fn searched(scene: &Scene<'_>, object: &Resolved) -> Vec<Evidence> {
    const SHOWN: usize = 8;
    let cache = object.passed_cache().map(|place| {
        let why = match &scene.facts.no_cache {
            Some(problem) => format!("cannot be read, and ldconfig makes it anew: {problem}"),
            None => format!(
                "no entry for {}: ldconfig, when it ran last, found none in the folders of /etc/ld.so.conf",
                object.name
            ),
        };
        let seen = at(&Text::from(CACHE), format!("{why} (searched by cache)"));
        (place, seen)
    });
    let mut tried: Vec<(bool, Evidence)> = Vec::new();
    for (place, one) in object.tried.iter().enumerate() {
        if let Some((_, seen)) = cache.as_ref().filter(|(before, _)| *before == place) {
            tried.push((true, seen.clone()));
        }
        let is_folder = one.problem.is_none() && one.folder.is_some();
        let folder = is_folder.then(|| Text::from(parent(one.file.as_str())));
        let it = folder.as_ref().unwrap_or(&one.file);
        let seen = at(it, format!("{} (searched by {})", one.why(), one.via));
        tried.push((one.problem.is_none(), seen));
    }
    tried.sort_by_key(|(absent, _)| *absent);
    let mut all: Vec<_> = tried
        .into_iter()
        .map(|(_, seen)| seen)
        .take(SHOWN)
        .collect();
    if all.is_empty() {
        all.push(at(&object.by, format!("needs {}", object.name)));
    }
    all
}

/// It lies in Ollama's library folder, or below it.
pub(super) fn is_of_ollama(scene: &Scene<'_>, file: &Text) -> bool {
    let rest = file.as_str().strip_prefix(scene.ollama.tree.path.as_str());
    rest.is_some_and(|rest| rest.starts_with('/'))
}

fn bring(scene: &Scene<'_>, object: &Resolved, folder: &Folder) -> Vec<String> {
    let (name, by) = (object.name.as_str(), &object.by);
    // musl's own libc, by the names of Alpine and of musl-gcc.
    if name == "libc.so" || name.starts_with("libc.musl-") {
        return vec![format!(
            "{by} was built for musl, and Ollama runs with glibc: build it with the system's own compiler"
        )];
    }
    if !by.is_empty() && !is_of_ollama(scene, by) && !is_known(name) {
        return vec![format!(
            "{by} needs {name}, and neither is Ollama's: install the package that has it, or link {} without it",
            base(by)
        )];
    }
    if name == "libcuda.so.1" || name == "libnvidia-ml.so.1" {
        return match scene.has_gpu(NVIDIA) {
            true => vec![
                "install the NVIDIA driver's user-space libraries, then:".to_owned(),
                "$ sudo ldconfig".to_owned(),
            ],
            false => vec![format!("{name} belongs to the GPU's driver, not to Ollama")],
        };
    }
    if name == "libvulkan.so.1" {
        return vec!["$ sudo apt install libvulkan1".to_owned()];
    }
    if folder.name.as_str().starts_with("rocm") && scene.has_gpu(AMD) {
        return vec!["install Ollama's ROCm archive of the same release as well".to_owned()];
    }
    vec![format!(
        "{name} belongs beside the backend in {}: install the same release again, whole",
        folder.path
    )]
}

/// References that nothing defines, without those that a missing library would bring.
fn symbols(
    scene: &Scene<'_>,
    file: &Text,
    closure: &Closure,
    missing: &[&Resolved],
) -> Option<Finding> {
    let brought = |symbol: &str| {
        let version = symbol.split_once('@').map(|(_, version)| version);
        missing
            .iter()
            .any(|object| would_bring(object.name.as_str(), symbol))
            // It follows from the missing version, which is told by itself.
            || closure
                .missing_versions
                .iter()
                .any(|[_, _, missing]| version == Some(missing.as_str()))
    };
    let left: Vec<Text> = closure
        .missing_symbols
        .iter()
        .filter(|symbol| !brought(symbol.as_str()))
        .cloned()
        .collect();
    let first = left.first()?;
    // A library of which nothing is known may bring anything, but not ggml's own functions.
    let unknown = missing.iter().any(|object| !is_known(object.name.as_str()));
    let sure = !unknown || left.iter().any(|symbol| is_ggml(symbol.as_str()));
    let base_file = closure
        .objects
        .iter()
        .find(|object| object.name.as_str().starts_with("libggml-base"))
        .and_then(|object| object.file.clone());
    let asker = asker(scene, closure, first).unwrap_or(file);
    let mut evidence = vec![at(asker, format!("refers to {first}"))];
    let mut remedy = if is_of_ollama(scene, asker) {
        vec!["install backend and libraries of one release".to_owned()]
    } else {
        vec![format!(
            "{asker} was linked without the library that defines {first}: link it anew with that library"
        )]
    };
    if let Some(base_file) = base_file.filter(|_| is_ggml(first.as_str())) {
        evidence.push(at(&base_file, "answers, and does not define it"));
        remedy = vec![format!(
            "the backend and {} are of different releases: install one release, whole",
            base(&base_file)
        )];
    }
    Some(Finding {
        missing_object: Some(first.clone()),
        missing: left.clone(),
        certainty: if sure {
            Certainty::Certain
        } else {
            Certainty::Likely
        },
        evidence,
        remedy,
        ..found(
            "VG321",
            "load",
            format!(
                "{} cannot be loaded: no library it would get defines {}",
                base(file),
                list(left.iter().map(Text::as_str))
            ),
        )
    })
}

/// The first file of the closure that refers to this symbol, with any version.
fn asker<'a>(scene: &Scene<'_>, closure: &'a Closure, symbol: &Text) -> Option<&'a Text> {
    let plain = |name: &Text| name.as_str().split('@').next().map(str::to_owned);
    closure
        .objects
        .iter()
        .filter_map(|object| object.file.as_ref())
        .find(|file| {
            let facts = scene.facts.files.get(*file);
            let undefined = facts.and_then(|facts| facts.undefined.as_ref());
            undefined
                .and_then(Seen::value)
                .is_some_and(|all| all.iter().any(|one| plain(one) == plain(symbol)))
        })
}

fn is_ggml(symbol: &str) -> bool {
    symbol.starts_with("ggml_") || symbol.starts_with("gguf_")
}

fn is_known(library: &str) -> bool {
    DRIVERS.iter().any(|(name, ..)| *name == library)
        || RUNTIMES.iter().any(|(name, _)| library.starts_with(name))
        || library.starts_with("libggml-base")
}

/// The missing library is the one that defines this symbol, by the way its functions are named.
fn would_bring(library: &str, symbol: &str) -> bool {
    if symbol
        .split_once('@')
        .is_some_and(|(_, version)| version == library)
    {
        return true;
    }
    if library.starts_with("libggml-base") {
        return is_ggml(symbol);
    }
    if let Some((_, begin, _)) = DRIVERS.iter().find(|(name, ..)| *name == library) {
        // cuInit is the driver's, cudaMalloc and cublasCreate are not.
        return symbol
            .strip_prefix(begin)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    }
    let runtime = RUNTIMES.iter().find(|(name, _)| library.starts_with(name));
    runtime.is_some_and(|(_, begins)| begins.iter().any(|begin| symbol.starts_with(begin)))
}

/// Files that answer and cannot be used, or that stand before the one meant.
fn wrong_answers(scene: &Scene<'_>, folder: &Folder, closure: &Closure, row: &mut FolderCheck) {
    let own: BTreeSet<&Text> = folder.files.iter().map(|file| &file.path).collect();
    for object in &closure.objects {
        let Some(file) = &object.file else { continue };
        let Some(facts) = scene.facts.files.get(file) else {
            continue;
        };
        let told = own.contains(file)
            || scene
                .ollama
                .tree
                .top
                .files
                .iter()
                .any(|one| one.path == *file);
        if !told && let Some(finding) = super::files::damaged(scene, facts) {
            row.findings.push(Finding {
                evidence: vec![
                    at(&object.by, format!("needs {}", object.name)),
                    at(file, describe(facts)),
                ],
                ..finding
            });
        }
        let beside = Text::from(format!("{}/{}", folder.path, object.name));
        let shadowed = folder
            .files
            .iter()
            .find(|one| one.path == beside && one.path != *file && one.inode != facts.inode);
        if let Some(shadowed) = shadowed {
            row.warnings.push(Finding {
                missing_object: Some(shadowed.path.clone()),
                evidence: vec![at(file, describe(facts)), at(&shadowed.path, describe(shadowed))],
                remedy: vec![format!("move {file} away, unless it was put there on purpose")],
                ..found(
                    "VG323",
                    "load",
                    format!(
                        "{} is answered by {file} and not by the one beside the backend, since {} comes first in what \
                         the loader searches",
                        object.name,
                        object.via.as_ref().map_or("that folder", Text::as_str)
                    ),
                )
            });
        }
    }
}
