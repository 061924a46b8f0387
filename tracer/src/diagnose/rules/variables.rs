//! Variables of the service that act, or that do not.

use super::super::advice::EDIT_UNIT;
use super::super::case::at;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{list, plural};
use crate::discover::Model;
use crate::discover::model::{Era, Evidence, Line, Origin};
use crate::event::Text;

pub(super) static RULES: &[&Rule] = &[&OVERRIDDEN, &WITHOUT_EFFECT, &PATH_BEHIND];

static OVERRIDDEN: Rule = Rule {
    id: "VG185",
    stage: Stage::Host,
    title: "The visible devices are narrowed down by a variable",
    story: "Ollama warns \"user overrode visible devices\" for each such variable that is not empty. It is worth a look whenever a device is missing.",
    proof: "The variable, or the server's warning.",
    remedy: &[
        "See where it is set:",
        "$ systemctl show ollama -p Environment; systemctl cat ollama",
    ],
    rows: &["runner 36", "llama-server 18", "reports K"],
    check: Check::General(overridden),
};

/// The server's warnings that a variable chooses among the devices (discover/runner.go).
pub(super) fn overrides(model: &Model) -> impl Iterator<Item = &Line> {
    model.lines.iter().filter(|line| {
        let message = line.message.as_str();
        message.starts_with("user overrode visible devices")
    })
}

fn overridden(model: &Model) -> Vec<Finding> {
    let lines: Vec<&Evidence> = overrides(model)
        .filter_map(|line| line.seen.as_ref())
        .collect();
    if lines.is_empty() {
        return hidden(model);
    }
    let fields = || overrides(model).flat_map(|line| &line.fields);
    let names: Vec<&str> = fields().map(|(name, _)| name.as_str()).collect();
    let finding = OVERRIDDEN
        .found(format!(
            "The service's environment narrows the visible devices down: {}.",
            list(&names)
        ))
        .object(*names.first().unwrap_or(&""))
        .proof(lines)
        .do_all(OVERRIDDEN.remedy);
    // CUDA counts the fastest card first unless CUDA_DEVICE_ORDER says otherwise; nvidia-smi counts by the bus.
    let counted = fields().any(|(name, value)| {
        let value = value.as_str();
        name.as_str() == "CUDA_VISIBLE_DEVICES"
            && value.starts_with(|first: char| first.is_ascii_digit())
    });
    vec![if counted {
        finding
            .so("A number in it counts in CUDA's order (the fastest card first), which need not be nvidia-smi's. Name the card by its UUID, or set CUDA_DEVICE_ORDER=PCI_BUS_ID too:")
            .so("$ nvidia-smi -L")
    } else {
        finding
    }]
}

/// `CUDA_VISIBLE_DEVICES=-1`, which hides every card; the server prints it among its settings.
fn hidden(model: &Model) -> Vec<Finding> {
    let Some(server) = model
        .server
        .as_ref()
        .filter(|_| model.origin == Origin::Log)
    else {
        return Vec::new();
    };
    let names: Vec<&str> = [
        "CUDA_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "ROCR_VISIBLE_DEVICES",
    ]
    .into_iter()
    .filter(|name| {
        server
            .variable(name)
            .is_some_and(|value| value.as_str() == "-1")
    })
    .collect();
    if names.is_empty() {
        return Vec::new();
    }
    let config = model
        .lines
        .iter()
        .find(|line| line.message.as_str() == "server config");
    vec![
        OVERRIDDEN
            .found(format!("{} is -1 in the server's environment, which hides every card of that kind from it.", list(&names)))
            .object(*names.first().unwrap_or(&""))
            .proof(config.and_then(|line| line.seen.as_ref()))
            .so("Leave the variable out to have the cards back; to keep one of several, name that by its UUID.")
            .do_all(OVERRIDDEN.remedy),
    ]
}

static WITHOUT_EFFECT: Rule = Rule {
    id: "VG186",
    stage: Stage::Host,
    title: "A variable that has no effect",
    story: "OLLAMA_LIBRARY_PATH is overwritten by the server for each runner (and read by nobody since 0.30); OLLAMA_NUM_GPU and OLLAMA_GPU_LAYERS are read nowhere; NVIDIA_VISIBLE_DEVICES matters to the container toolkit alone.",
    proof: "The variable in the server's environment.",
    remedy: &["It can stay; it changes nothing."],
    rows: &["stack 18"],
    check: Check::General(without_effect),
};

fn without_effect(model: &Model) -> Vec<Finding> {
    let Some(server) = &model.server else {
        return Vec::new();
    };
    let set: Vec<&str> = ["OLLAMA_LIBRARY_PATH", "OLLAMA_NUM_GPU", "OLLAMA_GPU_LAYERS"]
        .into_iter()
        .filter(|name| {
            server.env.iter().any(|variable| {
                variable.k.as_str() == *name
                    && variable.v.as_ref().is_none_or(|value| !value.is_empty())
            })
        })
        .collect();
    if set.is_empty() || server.process.is_none() {
        return Vec::new();
    }
    let seen = at(
        server.seen.as_ref(),
        format!("{} in the server's environment", list(&set)),
    );
    vec![
        WITHOUT_EFFECT
            .found(format!(
                "{} in the server's environment {} no effect: Ollama does not read {} there.",
                list(&set),
                plural(set.len(), "has", "have"),
                plural(set.len(), "it", "them")
            ))
            .object(*set.first().unwrap_or(&""))
            .proof(seen.as_ref())
            .do_all(WITHOUT_EFFECT.remedy),
    ]
}

static PATH_BEHIND: Rule = Rule {
    id: "VG187",
    stage: Stage::Host,
    title: "The user's LD_LIBRARY_PATH comes after Ollama's folders",
    story: "Ollama keeps LD_LIBRARY_PATH and puts its own folders before it. A library of the same name in Ollama's folder therefore wins; with set-user-id or file capabilities on the program the variable is ignored altogether.",
    proof: "The variable of the server and of its children.",
    remedy: &["To put a library before Ollama's, it must lie in Ollama's folder or be preloaded."],
    rows: &["stack 41", "stack 42", "stack 11", "stack 12"],
    check: Check::General(path_behind),
};

fn path_behind(model: &Model) -> Vec<Finding> {
    let Some(server) = &model.server else {
        return Vec::new();
    };
    let Some(value) = server
        .variable("LD_LIBRARY_PATH")
        .filter(|value| !value.is_empty())
    else {
        return Vec::new();
    };
    // Worth a word only where a name in the user's folder was answered from Ollama's.
    let own = server.library_dir.path.as_str();
    let user: Vec<&str> = value
        .as_str()
        .split(':')
        .filter(|part| !part.is_empty())
        .collect();
    let shadowed = model.libraries.values().find_map(|facts| {
        let path = facts.path.as_str();
        let (folder, name) = path.rsplit_once('/')?;
        let own_folder = !own.is_empty() && folder.starts_with(own);
        (user.contains(&folder) && !own_folder).then_some(())?;
        model
            .children
            .iter()
            .flat_map(|child| &child.mapped)
            .find(|(mapped, _)| {
                let mapped = mapped.as_str();
                !own.is_empty()
                    && mapped.starts_with(own)
                    && mapped
                        .rsplit_once('/')
                        .is_some_and(|(_, other)| other == name)
            })
            .map(|(mapped, seq)| (path.to_owned(), mapped.clone(), *seq))
    });
    let Some((path, mapped, seq)) = shadowed else {
        return Vec::new();
    };
    let seen = Evidence {
        at: model.at(seq),
        text: Text::from(format!("{mapped} is mapped")),
    };
    let who = if model.era == Era::LlamaServer {
        "llama-server"
    } else {
        "the runner"
    };
    vec![
        PATH_BEHIND
            .found(format!("{path} from LD_LIBRARY_PATH is not used: Ollama puts its own folders first, and {who} took {mapped}."))
            .object(mapped)
            .proof([&seen])
            .do_all(PATH_BEHIND.remedy)
            .so("To see what a start without the variable does, leave it out of the service once:")
            .so(EDIT_UNIT),
    ]
}
