//! What to do, in the words of the system that the log is from: rules speak of Linux and its services.

use super::advice::{EDIT_UNIT, RESTART};
use super::explanation::Explanation;
use super::started::{Started, rewrite};
use crate::discover::Model;
use crate::discover::model::Origin;

/// Commands that are the same everywhere.
const EVERYWHERE: [&str; 3] = ["$ nvidia-smi", "$ ollama ", "$ docker "];

/// Where a server runs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum System {
    Linux(Started),
    Windows,
    Mac,
}

/// The system, by the paths in the log.
fn system(model: &Model, explanation: &Explanation) -> System {
    if explanation.library_dir.as_str().contains(":\\") {
        return System::Windows;
    }
    if model.origin != Origin::Log {
        return System::Linux(Started::of(model));
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
    found.unwrap_or_else(|| System::Linux(Started::of(model)))
}

/// Rewrites the remedies of an explanation for the system that it is about.
pub(super) fn fit(explanation: &mut Explanation, model: &Model) {
    let system = system(model, explanation);
    for backend in &mut explanation.backends {
        // The recorder is for Linux.
        if !matches!(system, System::Linux(_)) && !backend.to_settle.is_empty() {
            backend.to_settle = vec![format!(
                "The log of a start with OLLAMA_DEBUG=2 tells more; it lies in {}.",
                log_of(&system)
            )];
        }
        for finding in backend.findings.iter_mut().chain(&mut backend.warnings) {
            system.fit(&mut finding.remedy);
        }
    }
    for finding in explanation
        .general
        .iter_mut()
        .chain(&mut explanation.models)
    {
        system.fit(&mut finding.remedy);
    }
    for finding in explanation
        .devices
        .iter_mut()
        .filter_map(|device| device.finding.as_mut())
    {
        system.fit(&mut finding.remedy);
    }
}

impl System {
    fn fit(&self, remedy: &mut Vec<String>) {
        match self {
            Self::Linux(started) => started.fit(remedy),
            Self::Windows => rewrite(remedy, |line| elsewhere(line, false)),
            Self::Mac => rewrite(remedy, |line| elsewhere(line, true)),
        }
    }
}

const fn log_of(system: &System) -> &'static str {
    match system {
        System::Windows => "%LOCALAPPDATA%\\Ollama\\server.log",
        System::Mac => "~/.ollama/logs/server.log",
        System::Linux(_) => "the journal",
    }
}

fn elsewhere(line: String, mac: bool) -> Option<String> {
    if line == RESTART {
        let place = if mac { "menu bar" } else { "taskbar" };
        return Some(format!("Quit Ollama in the {place} and start it again."));
    }
    if let Some(rest) = line.strip_prefix(EDIT_UNIT) {
        if !rest.is_empty() && !rest.contains("Environment=") {
            return None;
        }
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
    use super::{System, elsewhere};

    fn told(system: &System, lines: &[&str]) -> Vec<String> {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        system.fit(&mut lines);
        lines
    }

    #[test]
    fn commands_of_linux_are_left_out_and_sentences_stay() {
        let windows = |line: &str| told(&System::Windows, &[line]);
        assert!(windows("$ sudo modprobe nvidia").is_empty());
        assert_eq!(windows("$ nvidia-smi -L"), ["$ nvidia-smi -L"]);
        assert!(windows("$ nvidia-smi; ls -l /dev/nvidia*").is_empty());
        assert!(windows("$ sudo systemctl restart ollama")[0].contains("taskbar"));
        let variable = windows("$ sudo systemctl edit ollama   # Environment=A=1");
        assert!(variable[0].contains("settings") && variable[0].ends_with("A=1"));
        assert_eq!(windows("Update the driver."), ["Update the driver."]);
        assert_eq!(
            elsewhere(super::super::advice::EDIT_SETTINGS.to_owned(), true),
            None
        );
        assert_eq!(
            told(&System::Mac, &["See who has it:", "$ sudo lsof -i"]),
            ["See who has it."]
        );
    }
}
