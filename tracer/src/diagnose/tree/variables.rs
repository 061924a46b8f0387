//! Variables that decide about backends, what each does, and where it is set.

use super::words::{base, found, list, shell};
use super::{Check, Scene, keep};
use crate::diagnose::advice::{EDIT_UNIT, RELOAD};
use crate::diagnose::words::parent;
use crate::diagnose::{Certainty, Finding};
use crate::discover::model::{At, Era, Evidence};
use crate::event::Text;
use crate::event::tree::{Folder, Variable};

/// Variables that choose among devices, and of which backend.
const CHOICES: [&str; 5] = [
    "CUDA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "ROCR_VISIBLE_DEVICES",
    "GGML_VK_VISIBLE_DEVICES",
    "GPU_DEVICE_ORDINAL",
];

/// Why Ollama passes over a folder without trying it (discover/runner.go), as far as files and variables tell.
pub(super) fn skips(scene: &Scene<'_>, folder: &Folder) -> Option<String> {
    let name = folder.name.as_str();
    if ["toplevel", "cwd"].contains(&name) || !folder.seen {
        return None;
    }
    let server = &scene.facts.server;
    let wanted = trimmed(server.value("OLLAMA_LLM_LIBRARY"));
    if !wanted.is_empty() && wanted != name {
        return Some(format!("OLLAMA_LLM_LIBRARY={wanted} asks for another"));
    }
    if name.contains("cuda_jetpack") && scene.facts.host.arch.as_str() != "aarch64" {
        return Some("only for NVIDIA Jetson".to_owned());
    }
    let set = trimmed(server.value("OLLAMA_VULKAN"));
    let on = match scene.era {
        Era::Runner => is_true(set),
        Era::LlamaServer => set.is_empty() || is_true(set),
        _ => true,
    };
    (name.contains("vulkan") && !on).then(|| {
        if set.is_empty() {
            "off unless OLLAMA_VULKAN=1 is set".to_owned()
        } else {
            format!("OLLAMA_VULKAN={set} turns it off")
        }
    })
}

pub(super) fn check(scene: &Scene<'_>, check: &mut Check) {
    wanted(scene, check);
    for name in CHOICES {
        if let Some(variable) = scene.facts.server.variable(name) {
            chosen(variable, check);
        }
    }
    preload(scene, check);
    for variable in &scene.facts.server.variables {
        if let Some((sure, sentence)) = other(scene, variable) {
            let problem = variable.name.as_str() == "LLAMA_ARG_DEVICE";
            let finding = Finding {
                certainty: sure,
                ..about("VG355", "spawn", variable, sentence)
            };
            if problem {
                check.general.push(finding);
            } else {
                check.warnings.push(finding);
            }
        }
    }
}

/// OLLAMA_LLM_LIBRARY that names no folder turns every backend off.
fn wanted(scene: &Scene<'_>, check: &mut Check) {
    let Some(variable) = scene.facts.server.variable("OLLAMA_LLM_LIBRARY") else {
        return;
    };
    let wanted = trimmed(scene.facts.server.value("OLLAMA_LLM_LIBRARY"));
    let tree = &scene.ollama.tree;
    let there: Vec<&str> = tree
        .folders
        .iter()
        .filter(|folder| folder.seen || folder.err.is_some())
        .map(|folder| folder.name.as_str())
        .collect();
    // mlx_ names choose the other engine and leave the rest alone since 0.20.
    let none = wanted.is_empty() || there.contains(&wanted) || wanted.starts_with("mlx_");
    if none || there.is_empty() || tree.cut {
        return;
    }
    let mut finding = about(
        "VG350",
        "skip",
        variable,
        format!(
            "OLLAMA_LLM_LIBRARY={wanted} names none of the backend folders ({}), so every one is skipped",
            list(there.iter().copied())
        ),
    );
    finding.missing_object = Some(Text::from(format!("{}/{wanted}", tree.path)));
    finding.remedy.insert(
        0,
        "the value is the exact name of a folder; without the variable all are tried".to_owned(),
    );
    let one = there
        .first()
        .map(|name| format!("OLLAMA_LLM_LIBRARY={name}"));
    if let Some(one) = one.filter(|_| !variable.origin.as_str().starts_with('/')) {
        finding
            .remedy
            .push("or keep it with the name of a folder:".to_owned());
        finding
            .remedy
            .push(format!("{EDIT_UNIT}   # Environment={}", shell(&one)));
    }
    check.general.push(finding);
}

fn chosen(variable: &Variable, check: &mut Check) {
    let Some(value) = &variable.value else { return };
    let value = trimmed(value.as_str());
    let name = &variable.name;
    // CUDA's documentation: devices behind the first invalid number are hidden too, an empty list hides all.
    let numbers = !["GGML_VK_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"].contains(&name.as_str());
    let hides_all = (value.is_empty() && name.as_str() == "CUDA_VISIBLE_DEVICES")
        || (value.starts_with("-1") && numbers);
    if hides_all {
        check.general.push(about(
            "VG351",
            "device",
            variable,
            format!("{name}={} hides every device of that kind", shell(value)),
        ));
    } else if !value.is_empty() {
        check.warnings.push(about(
            "VG351",
            "device",
            variable,
            format!("{name}={value} hides all devices but these; a wrong number hides all"),
        ));
    }
}

fn preload(scene: &Scene<'_>, check: &mut Check) {
    let Some(variable) = scene.facts.server.variable("LD_PRELOAD") else {
        return;
    };
    let value = scene.facts.server.value("LD_PRELOAD");
    for name in value.split([' ', ':']).filter(|name| !name.is_empty()) {
        let facts = scene.facts.files.get(&Text::from(name));
        let sentence = match facts {
            Some(file) => match &file.problem {
                Some(problem) => {
                    format!("LD_PRELOAD names {name}, which the loader passes over: {problem}")
                }
                None if file.interposes.is_empty() => {
                    format!(
                        "LD_PRELOAD puts {name} into every process that tries a backend, before all other libraries"
                    )
                }
                None => format!(
                    "LD_PRELOAD puts {name} before libc in every process that tries a backend, and it answers to {}",
                    list(file.interposes.iter().map(Text::as_str))
                ),
            },
            None => format!("LD_PRELOAD puts {name} into every process that tries a backend"),
        };
        let sentence = format!("{sentence}; Ollama's log never shows this variable");
        let mut finding = about("VG354", "load", variable, sentence);
        finding.remedy.extend(keep::preload(value, name));
        check.warnings.push(finding);
    }
}

/// Variables of which people expect something else, or that act behind the scenes.
fn other(scene: &Scene<'_>, variable: &Variable) -> Option<(Certainty, String)> {
    let name = variable.name.as_str();
    let value = variable.value.as_ref().map_or("", Text::as_str);
    let sure = |sentence: String| Some((Certainty::Certain, sentence));
    match (name, scene.era) {
        ("OLLAMA_LIBRARY_PATH", _) => sure(
            "OLLAMA_LIBRARY_PATH has no effect when a user sets it: the server does not read it".to_owned(),
        ),
        // Where a library is found by it, it is needed.
        ("LD_LIBRARY_PATH", _) if !value.is_empty() && !is_used(scene, value) => sure(format!(
            "LD_LIBRARY_PATH={value} is kept, behind Ollama's own folders: it cannot replace a library that Ollama brings{}",
            no_folders(scene, value)
        )),
        ("LLAMA_ARG_DEVICE", Era::LlamaServer) => Some((
            Certainty::Likely,
            format!(
                "LLAMA_ARG_DEVICE={value} is read by llama-server: a name that is no device ends it with code 1, and no \
                 backend is used"
            ),
        )),
        (name, Era::LlamaServer) if name.starts_with("LLAMA_ARG_") => Some((
            Certainty::Likely,
            format!(
                "{name} is read by every llama-server that Ollama starts; a value it does not take ends the search for \
                 devices"
            ),
        )),
        ("GGML_BACKEND_PATH", Era::LlamaServer) => sure(
            "GGML_BACKEND_PATH is replaced by Ollama for every folder that has a backend".to_owned(),
        ),
        ("GGML_BACKEND_PATH", Era::Runner) => sure(format!(
            "GGML_BACKEND_PATH={value} makes every runner load {} once more, after its own folders",
            base(&Text::from(value))
        )),
        ("GGML_CUDA_INIT", Era::Runner) => sure(
            "GGML_CUDA_INIT, whatever its value, ends a runner already in its first look when a GPU's compute capability \
             is not built in"
                .to_owned(),
        ),
        ("OLLAMA_DEBUG", Era::Runner)
            if trimmed(value).parse::<u32>().is_ok_and(|level| level > 2) =>
        {
            sure(format!(
                "OLLAMA_DEBUG={value} hides the runners' words again: only 2 shows them"
            ))
        }
        _ => None,
    }
}

/// Which entries of this list are no folders, as the searches for libraries that are nowhere have shown.
fn no_folders(scene: &Scene<'_>, list: &str) -> String {
    let loads = scene.folders().flat_map(|folder| &folder.loads);
    let objects = loads.flat_map(|load| &load.closure.objects);
    let searched: Vec<(&str, &str)> = objects
        .chain(&scene.facts.drivers)
        .flat_map(|object| &object.tried)
        .filter(|tried| tried.via.as_str() == "LD_LIBRARY_PATH")
        .filter_map(|tried| Some((parent(tried.file.as_str()), tried.no_folder()?)))
        .collect();
    let mut told = String::new();
    for entry in list.split([':', ';']).filter(|entry| !entry.is_empty()) {
        let is_it = |(folder, _): &&(&str, &str)| *folder == entry.trim_end_matches('/');
        if let Some((folder, why)) = searched.iter().find(is_it) {
            told.push_str(&format!("; {folder}: {why}"));
        }
    }
    told
}

/// A library that a backend needs is found in a folder of this list, and is none of Ollama's.
fn is_used(scene: &Scene<'_>, list: &str) -> bool {
    let folders: Vec<&str> = list
        .split([':', ';'])
        .filter(|one| !one.is_empty())
        .collect();
    let loads = scene.folders().flat_map(|folder| &folder.loads);
    loads
        .flat_map(|load| &load.closure.objects)
        .filter_map(|object| object.file.as_ref()?.as_str().rsplit_once('/'))
        .any(|(folder, _)| {
            folders.contains(&folder) && !folder.starts_with(scene.ollama.tree.path.as_str())
        })
}

fn about(
    rule: &'static str,
    stage: &'static str,
    variable: &Variable,
    sentence: String,
) -> Finding {
    let value = variable.value.as_ref().map_or("(withheld)", Text::as_str);
    let words = match variable.line {
        Some(line) => format!("line {line}: {}={value}", variable.name),
        None => format!("{}={value}", variable.name),
    };
    let is_file = variable.origin.as_str().starts_with('/');
    let remedy = if is_file {
        vec![
            format!("it is set in {}", variable.place()),
            RELOAD.to_owned(),
        ]
    } else {
        vec![
            format!("it is set by {}", variable.place()),
            format!("{EDIT_UNIT}   # UnsetEnvironment={}", variable.name),
        ]
    };
    let remedy = keep::with(rule, variable, remedy);
    Finding {
        missing_object: Some(variable.name.clone()),
        evidence: vec![Evidence {
            at: if is_file {
                At::File(variable.origin.clone())
            } else {
                At::Host
            },
            text: Text::from(words),
        }],
        remedy,
        ..found(rule, stage, sentence)
    }
}

/// Ollama trims blanks and quotes (envconfig/config.go, `Var`).
fn trimmed(value: &str) -> &str {
    value.trim().trim_matches(['"', '\'']).trim()
}

/// `strconv.ParseBool`, where a value that is none counts as true (envconfig/config.go, `BoolWithDefault`).
fn is_true(value: &str) -> bool {
    !value.is_empty() && !["0", "f", "F", "false", "FALSE", "False"].contains(&value)
}
