//! The server saw the folder and passed it over: OLLAMA_LLM_LIBRARY, JetPack, Vulkan (discover/runner.go).

use crate::discover::model::{Era, Evidence};

use super::super::advice::{EDIT_UNIT, RESTART};
use super::super::case::{Case, at};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&OTHER_REQUESTED, &VULKAN_OFF, &NO_JETPACK, &JETPACK];

static OTHER_REQUESTED: Rule = Rule {
    id: "VG020",
    stage: Stage::Skip,
    title: "OLLAMA_LLM_LIBRARY asks for another folder",
    story: "With OLLAMA_LLM_LIBRARY set, every folder whose name differs is passed over, with one line each at DEBUG. The folder that is \
asked for gets no line of its own: that there is none about it means that it was tried, not that it was skipped. The variable chooses; it does not force: \
the folder is looked at like any other and can still give no device.",
    proof: "The variable in the server's environment, or its skip line.",
    remedy: &[
        "Leave the variable out to have every folder tried, or name this one:",
        "$ sudo systemctl edit ollama",
    ],
    rows: &["runner 8", "llama-server 2", "stack 16", "reports K"],
    check: Check::Backend(other_requested),
};

/// The variable as the server uses it (envconfig.Var): blanks and quotes taken off.
fn requested<'a>(case: &Case<'a>) -> Option<&'a str> {
    let value = case.model.server_variable("OLLAMA_LLM_LIBRARY")?;
    let value = value.as_str().trim_matches(['"', '\'', ' ']);
    (!value.is_empty()).then_some(value)
}

fn other_requested(case: &Case<'_>) -> Vec<Finding> {
    let Some(folder) = case
        .folder
        .filter(|folder| !folder.matches.is_empty() || folder.skip_line.is_some())
    else {
        return Vec::new();
    };
    let line = folder.skip_line.as_ref().filter(|line| {
        line.text.as_str().contains("user's request") || line.text.as_str().contains("requested=")
    });
    let variable = requested(case);
    let by_variable = variable.filter(|value| *value != case.name && !value.starts_with("mlx_"));
    let value = match (line, by_variable) {
        (Some(line), _) => field(line, "requested")
            .or(variable)
            .unwrap_or("another folder"),
        (None, Some(value)) => value,
        (None, None) => return Vec::new(),
    };
    let server = case
        .model
        .server
        .as_ref()
        .and_then(|server| server.seen.as_ref());
    let set = at(server, format!("OLLAMA_LLM_LIBRARY={value}"));
    let asked = case.model.folder(value);
    let listing = case.model.server.as_ref();
    let listed = listing.is_some_and(|server| server.library_dir.names.is_some());
    let missing = (listed || case.model.finished) && asked.is_some_and(|folder| !folder.exists());
    let hint = if value.eq_ignore_ascii_case(case.name) {
        " (the case of its letters counts)"
    } else if missing {
        " (a folder that does not exist)"
    } else {
        ""
    };
    vec![
        OTHER_REQUESTED
            .found(format!(
                "{} was passed over because OLLAMA_LLM_LIBRARY asks for \"{value}\"{hint}.",
                case.name
            ))
            .object("OLLAMA_LLM_LIBRARY")
            .proof(line)
            .proof(set.as_ref())
            .so(format!("If {} should be used, leave the variable out or set it to {}:", case.name, case.name))
            .so(EDIT_UNIT)
            .so("To keep the variable as it is, nothing is to be done: this folder is then left alone on purpose.")
            .so(RESTART),
    ]
}

/// A field of a line in slog's text form.
fn field<'a>(line: &'a Evidence, name: &str) -> Option<&'a str> {
    let rest = line.text.as_str().split_once(&format!("{name}="))?.1;
    let value = rest
        .strip_prefix('"')
        .map_or_else(|| rest.split(' ').next(), |quoted| quoted.split('"').next())?;
    (!value.is_empty()).then_some(value)
}

static VULKAN_OFF: Rule = Rule {
    id: "VG021",
    stage: Stage::Skip,
    title: "Vulkan is switched off",
    story: "Until 0.24 Vulkan is used only with OLLAMA_VULKAN=1; one INFO line says so. From 0.30 on it is used unless OLLAMA_VULKAN=0, \
and then nothing is logged.",
    proof: "The line, or the variable and no process for the folder.",
    remedy: &[
        "Switch it on, if Vulkan is wanted:",
        "$ sudo systemctl edit ollama",
    ],
    rows: &["runner 11", "llama-server 3", "reports N"],
    check: Check::Backend(vulkan_off),
};

fn vulkan_off(case: &Case<'_>) -> Vec<Finding> {
    let candidate = case
        .folder
        .is_some_and(|folder| !folder.matches.is_empty() || folder.skip_line.is_some());
    if !case.name.contains("vulkan") || !candidate {
        return Vec::new();
    }
    let said: Vec<&Evidence> = case
        .model
        .lines
        .iter()
        .filter(|line| {
            line.message
                .as_str()
                .starts_with("experimental Vulkan support disabled")
        })
        .filter_map(|line| line.seen.as_ref())
        .collect();
    let value = case
        .model
        .server_variable("OLLAMA_VULKAN")
        .map(|value| value.as_str().trim_matches(['"', '\'', ' ']));
    let off =
        value.is_some_and(|value| matches!(value, "0" | "f" | "F" | "false" | "FALSE" | "False"));
    let whole = case
        .model
        .server
        .as_ref()
        .is_some_and(|server| server.env_whole);
    let by_default = case.model.era == Era::Runner && value.is_none_or(str::is_empty) && whole;
    if said.is_empty() && !off && !by_default {
        return Vec::new();
    }
    let server = case
        .model
        .server
        .as_ref()
        .and_then(|server| server.seen.as_ref());
    let set = match value.filter(|_| off) {
        Some(value) => at(server, format!("OLLAMA_VULKAN={value}")),
        None if by_default => at(server, "OLLAMA_VULKAN is not set"),
        None => None,
    };
    let why = if off {
        "OLLAMA_VULKAN switches Vulkan off"
    } else {
        "this Ollama uses Vulkan only with OLLAMA_VULKAN=1"
    };
    vec![
        VULKAN_OFF
            .found(format!("{} was passed over: {why}.", case.name))
            .object("OLLAMA_VULKAN")
            .certain_if(!said.is_empty() || case.model.era != Era::Unknown)
            .proof(said)
            .proof(set.as_ref())
            .so("If Vulkan is wanted, set OLLAMA_VULKAN=1 for the service:")
            .so(EDIT_UNIT)
            .so("A card that CUDA or ROCm can use does not need it.")
            .so(RESTART),
    ]
}

static NO_JETPACK: Rule = Rule {
    id: "VG022",
    stage: Stage::Skip,
    title: "A JetPack folder on a machine that is no Jetson",
    story: "cuda_jetpack5 and cuda_jetpack6 are tried only on a Jetson (arm64) whose JetPack is known from JETSON_JETPACK or \
/etc/nv_tegra_release. One DEBUG line says so; OLLAMA_LLM_LIBRARY does not change it, whatever that line says.",
    proof: "The line, or the name of the folder and no process for it.",
    remedy: &[
        "Nothing is to be done on a machine that is no Jetson. On a Jetson set JETSON_JETPACK=6 (or 5).",
    ],
    rows: &["runner 10", "llama-server 4", "reports O"],
    check: Check::Backend(no_jetpack),
};

fn no_jetpack(case: &Case<'_>) -> Vec<Finding> {
    if !case.name.contains("cuda_jetpack") || case.tried() {
        return Vec::new();
    }
    let Some(line) = case.folder.and_then(|folder| folder.skip_line.as_ref()) else {
        return Vec::new();
    };
    if !line.text.as_str().contains("jetpack not detected") {
        return Vec::new();
    }
    vec![
        NO_JETPACK
            .found(format!("{} was passed over: no JetPack was found, this is no Jetson or it does not tell its release (JETSON_JETPACK).", case.name))
            .proof([line])
            .do_all(NO_JETPACK.remedy),
    ]
}

static JETPACK: Rule = Rule {
    id: "VG023",
    stage: Stage::Skip,
    title: "On a Jetson only the JetPack folder is tried",
    story: "When Ollama sees JetPack it tries cuda_jetpackN alone and passes every other folder over, without a line at any level, and whatever \
OLLAMA_LLM_LIBRARY asks for.",
    proof: "JETSON_JETPACK in the environment or L4T's release on an arm64 machine, and no process for the folder.",
    remedy: &[
        "Install the JetPack package of Ollama:",
        "$ curl -fsSL https://ollama.com/install.sh | sh",
    ],
    rows: &["runner 9", "llama-server 4", "reports O"],
    check: Check::Backend(jetpack),
};

fn jetpack(case: &Case<'_>) -> Vec<Finding> {
    let candidate = case.folder.is_some_and(|folder| !folder.matches.is_empty());
    let arm = case
        .model
        .host
        .as_ref()
        .is_some_and(|host| host.arch.as_str() == "aarch64");
    if !candidate || case.tried() || case.name.contains("cuda_jetpack") || !arm {
        return Vec::new();
    }
    let Some(value) = case
        .model
        .server_variable("JETSON_JETPACK")
        .filter(|value| !value.is_empty())
    else {
        return Vec::new();
    };
    // From 0.30 on JetPack counts only where its own folder is installed (discover/runner.go).
    let installed = case.model.folders.iter().any(|folder| {
        folder.name.as_str().starts_with("cuda_jetpack") && !folder.matches.is_empty()
    });
    if case.model.era != Era::Runner && !installed {
        return Vec::new();
    }
    let server = case
        .model
        .server
        .as_ref()
        .and_then(|server| server.seen.as_ref());
    let set = at(server, format!("JETSON_JETPACK={value}"));
    vec![
        JETPACK
            .found(format!("{} was passed over in silence: on a Jetson with JetPack {value} only cuda_jetpack folders are tried.", case.name))
            .object("JETSON_JETPACK")
            .certain_if(case.absence_is_certain())
            .proof(set.as_ref())
            .do_all(JETPACK.remedy)
            .so("The variable may stay; without it the folder would be chosen by /etc/nv_tegra_release, with the same result."),
    ]
}
