//! What to do, in the words of the system that the log is from: rules speak of Linux and its services.

use super::advice::{EDIT_UNIT, RESTART};
use super::explanation::Explanation;

/// Commands that are the same everywhere.
const EVERYWHERE: [&str; 3] = ["$ nvidia-smi", "$ ollama ", "$ docker "];

/// Rewrites the remedies of an explanation when it is about Windows, which its paths tell.
pub(super) fn fit(explanation: &mut Explanation) {
    if !explanation.library_dir.as_str().contains(":\\") {
        return;
    }
    let backends = explanation
        .backends
        .iter_mut()
        .flat_map(|one| one.findings.iter_mut().chain(&mut one.warnings));
    let all = backends
        .chain(&mut explanation.general)
        .chain(&mut explanation.models);
    for finding in all {
        finding.remedy = finding.remedy.drain(..).filter_map(on_windows).collect();
    }
}

fn on_windows(line: String) -> Option<String> {
    if line == RESTART {
        return Some("Quit Ollama in the taskbar and start it again.".to_owned());
    }
    if line.starts_with(EDIT_UNIT) {
        return Some(
            "Variables are set in Windows' settings (\"Edit environment variables for your account\")."
                .to_owned(),
        );
    }
    if line.contains("ollama.com/install.sh") {
        return Some("Run the installer of https://ollama.com/download again.".to_owned());
    }
    let command = line.starts_with("$ ");
    (!command || EVERYWHERE.iter().any(|begin| line.starts_with(begin))).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::on_windows;

    #[test]
    fn commands_of_linux_are_left_out_and_sentences_stay() {
        let told = |line: &str| on_windows(line.to_owned());
        assert_eq!(told("$ sudo modprobe nvidia"), None);
        assert_eq!(told("$ nvidia-smi -L").as_deref(), Some("$ nvidia-smi -L"));
        assert!(
            told("$ sudo systemctl restart ollama").is_some_and(|line| line.contains("taskbar"))
        );
        assert!(
            told("$ sudo systemctl edit ollama   # x")
                .is_some_and(|line| line.contains("settings"))
        );
        assert_eq!(
            told("Update the driver.").as_deref(),
            Some("Update the driver.")
        );
    }
}
