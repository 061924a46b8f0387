//! What to do, in the words of the system that the log is from: rules speak of Linux and its services.

use super::advice::{EDIT_UNIT, RESTART};
use super::explanation::Explanation;
use crate::discover::Model;
use crate::discover::model::Origin;

/// Commands that are the same everywhere.
const EVERYWHERE: [&str; 3] = ["$ nvidia-smi", "$ ollama ", "$ docker "];

/// Where a server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    /// Linux, with a service.
    Linux,
    /// Linux, in a container as Ollama publishes it.
    Container,
    Windows,
    Mac,
}

/// The system, by the paths in the log.
fn system(model: &Model, explanation: &Explanation) -> System {
    if explanation.library_dir.as_str().contains(":\\") {
        return System::Windows;
    }
    if model.origin != Origin::Log {
        return System::Linux;
    }
    let lines = model.lines.iter().filter_map(|line| line.seen.as_ref());
    let reasons = model.models.iter().flat_map(|start| &start.reasons);
    let mut texts = lines.chain(reasons).map(|seen| seen.text.as_str());
    let found = texts.find_map(|text| {
        if text.contains(":\\") || text.contains(".dll") || text.contains("status 0xc0000") {
            Some(System::Windows)
        } else if text.contains("/Users") || text.contains("ggml_metal") {
            Some(System::Mac)
        } else {
            None
        }
    });
    let models = model.server_variable("OLLAMA_MODELS");
    let image = models.is_some_and(|path| path.as_str().starts_with("/root"))
        && explanation.library_dir.as_str() != "/usr/local/lib/ollama";
    match found {
        Some(system) => system,
        None if image => System::Container,
        None => System::Linux,
    }
}

/// Rewrites the remedies of an explanation for the system that it is about.
pub(super) fn fit(explanation: &mut Explanation, model: &Model) {
    let system = system(model, explanation);
    if system == System::Linux {
        return;
    }
    for backend in &mut explanation.backends {
        // The recorder is for Linux.
        if !matches!(system, System::Container) && !backend.to_settle.is_empty() {
            backend.to_settle = vec![format!(
                "The log of a start with OLLAMA_DEBUG=2 tells more; it lies in {}.",
                log_of(system)
            )];
        }
        for finding in backend.findings.iter_mut().chain(&mut backend.warnings) {
            rewrite(&mut finding.remedy, system);
        }
    }
    for finding in explanation
        .general
        .iter_mut()
        .chain(&mut explanation.models)
    {
        rewrite(&mut finding.remedy, system);
    }
}

const fn log_of(system: System) -> &'static str {
    match system {
        System::Windows => "%LOCALAPPDATA%\\Ollama\\server.log",
        System::Mac => "~/.ollama/logs/server.log",
        System::Linux | System::Container => "the journal",
    }
}

fn rewrite(remedy: &mut Vec<String>, system: System) {
    let mut kept: Vec<String> = Vec::new();
    for line in remedy.drain(..) {
        let told = match system {
            System::Container => Some(in_container(line)),
            _ => elsewhere(line, system),
        };
        match told {
            Some(line) => kept.push(line),
            // What led to a command that is left out.
            None => {
                if let Some(before) = kept.last_mut()
                    && before.ends_with(':')
                {
                    before.pop();
                    before.push('.');
                }
            }
        }
    }
    kept.dedup();
    *remedy = kept;
}

fn in_container(line: String) -> String {
    if line == RESTART {
        return "$ docker restart CONTAINER".to_owned();
    }
    if let Some(rest) = line.strip_prefix(EDIT_UNIT) {
        return match rest.split_once("Environment=") {
            Some((_, variable)) => {
                format!(
                    "Give the container the variable (docker run -e, or environment: of compose): {variable}"
                )
            }
            None => "Give the container the variable (docker run -e, or environment: of compose)."
                .to_owned(),
        };
    }
    line
}

fn elsewhere(line: String, system: System) -> Option<String> {
    let mac = system == System::Mac;
    if line == RESTART {
        let place = if mac { "menu bar" } else { "taskbar" };
        return Some(format!("Quit Ollama in the {place} and start it again."));
    }
    if line.starts_with(EDIT_UNIT) {
        let told = if mac {
            "Variables are set with launchctl setenv NAME VALUE; then start Ollama again."
        } else {
            "Variables are set in Windows' settings (\"Edit environment variables for your account\")."
        };
        let variable = line
            .split_once("Environment=")
            .map_or_else(String::new, |(_, variable)| format!(" Here: {variable}"));
        return Some(format!("{told}{variable}"));
    }
    if line.contains("ollama.com/install.sh") {
        return Some("Run the installer of https://ollama.com/download again.".to_owned());
    }
    let command = line.starts_with("$ ");
    let everywhere = EVERYWHERE.iter().any(|begin| line.starts_with(begin));
    let pipes = ["sudo", "|", "/dev/", "systemctl"]
        .iter()
        .any(|word| line.contains(word));
    (!command || (everywhere && !pipes)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::{System, rewrite};

    fn told(system: System, lines: &[&str]) -> Vec<String> {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        rewrite(&mut lines, system);
        lines
    }

    #[test]
    fn commands_of_linux_are_left_out_and_sentences_stay() {
        let windows = |line: &str| told(System::Windows, &[line]);
        assert!(windows("$ sudo modprobe nvidia").is_empty());
        assert_eq!(windows("$ nvidia-smi -L"), ["$ nvidia-smi -L"]);
        assert!(windows("$ nvidia-smi; ls -l /dev/nvidia*").is_empty());
        assert!(windows("$ sudo systemctl restart ollama")[0].contains("taskbar"));
        let variable = windows("$ sudo systemctl edit ollama   # Environment=A=1");
        assert!(variable[0].contains("settings") && variable[0].ends_with("A=1"));
        assert_eq!(windows("Update the driver."), ["Update the driver."]);
        assert_eq!(
            told(System::Mac, &["See who has it:", "$ sudo lsof -i"]),
            ["See who has it."]
        );
    }

    #[test]
    fn a_container_is_started_again_and_given_its_variables() {
        let lines = [
            "$ sudo systemctl edit ollama   # Environment=A=1",
            "$ sudo systemctl restart ollama",
        ];
        let told = told(System::Container, &lines);
        assert!(told[0].contains("docker run -e") && told[0].ends_with(": A=1"));
        assert_eq!(told[1], "$ docker restart CONTAINER");
    }
}
