//! What to do: lines that several rules share. None patches Ollama; a command begins with `$ `.

use crate::discover::Model;
use crate::discover::model::{Era, Origin};

/// Restarts the service, so that it discovers anew.
pub(super) const RESTART: &str = "$ sudo systemctl restart ollama";

/// Ollama discovers once, when it starts.
pub(super) const DISCOVERS_ONCE: &str =
    "Ollama looks for GPUs once, when it starts; restart it afterwards:";

/// Opens the unit's drop-in.
pub(super) const EDIT_UNIT: &str = "$ sudo systemctl edit ollama";

/// Puts the files of one release in place.
pub(super) const REINSTALL: [&str; 3] = [
    "Install one release of Ollama anew; move the library folder away first, so that no file of another release stays:",
    "$ sudo mv /usr/local/lib/ollama /var/tmp/ollama-libraries && curl -fsSL https://ollama.com/install.sh | sh",
    "With a distribution's package, reinstall that package instead, with its CUDA or ROCm part.",
];

/// The library folder as this run has it.
pub(super) fn library_dir(model: &Model) -> &str {
    let known = model
        .server
        .as_ref()
        .map(|server| server.library_dir.path.as_str());
    known
        .filter(|path| !path.is_empty())
        .unwrap_or("/usr/local/lib/ollama")
}

/// Puts the files of one release in place, in the folder of this run.
pub(super) fn reinstall(model: &Model) -> Vec<String> {
    let dir = library_dir(model);
    REINSTALL
        .iter()
        .map(|line| line.replace("/usr/local/lib/ollama", dir))
        .collect()
}

/// What to do with a program that is no Ollama: nothing of an installation or a service of Ollama belongs there.
pub(super) fn for_a_program(remedy: &mut Vec<String>) {
    let is_of_ollama = |line: &String| {
        [RESTART, DISCOVERS_ONCE, EDIT_UNIT, REINSTALL[2]].contains(&line.as_str())
            || line.starts_with("Install one release of Ollama")
            || line.contains("ollama.com/install.sh")
            || line.contains("Ollama's own package")
    };
    let before = remedy.len();
    remedy.retain(|line| !is_of_ollama(line));
    if remedy.is_empty() && before > 0 {
        remedy.push(
            "Put the libraries of one build beside each other: backend, ggml and the runtime that the backend was built with."
                .to_owned(),
        );
    }
}

/// How to see what a log or an incomplete recording cannot tell.
pub(super) fn settle(model: &Model, dir: Option<&str>) -> Vec<String> {
    let mut lines = vec![
        "A recording of one start of the server settles it (it needs no change of the service):"
            .to_owned(),
        record(model),
    ];
    if model.era == Era::LlamaServer && model.origin == Origin::Log {
        let library = library_dir(model);
        let folder = dir.map_or_else(
            || format!("{library}/FOLDER"),
            |dir| format!("{library}/{dir}"),
        );
        lines.push(
            "Without a recording, Ollama's own probe tells the loader's and the driver's words:"
                .to_owned(),
        );
        lines.push(format!(
            "$ sudo -u ollama env LD_LIBRARY_PATH={library}:{folder} ollama gpu-discover --lib-dir {library} --lib-dir {folder}"
        ));
    }
    lines
}

/// The unit that runs the server, by its control group.
pub(super) fn unit(model: &Model) -> Option<&str> {
    model
        .server
        .as_ref()
        .and_then(|server| server.cgroup.as_ref())
        .and_then(|cgroup| cgroup.as_str().rsplit('/').next())
        .filter(|name| name.ends_with(".service"))
}

/// The command that records a discovery.
pub(super) fn record(model: &Model) -> String {
    match unit(model) {
        Some(unit) => format!("$ sudo vgputrace run --until discovery --like-unit {unit}"),
        None if model.origin == Origin::Log => {
            "$ sudo vgputrace run --until discovery --like-unit ollama.service".to_owned()
        }
        None => "$ sudo vgputrace run --until discovery -- ollama serve".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{DISCOVERS_ONCE, REINSTALL, RESTART, for_a_program};

    #[test]
    fn a_program_that_is_no_ollama_gets_no_remedy_of_ollama() {
        let mut only = [REINSTALL.as_slice(), &[DISCOVERS_ONCE, RESTART]]
            .concat()
            .iter()
            .map(|line| (*line).to_owned())
            .collect::<Vec<_>>();
        for_a_program(&mut only);
        assert_eq!(only.len(), 1, "{only:?}");
        assert!(!only[0].contains("llama"), "{only:?}");
        let driver = "Install NVIDIA's driver.".to_owned();
        let mut mixed = vec![driver.clone(), RESTART.to_owned()];
        for_a_program(&mut mixed);
        assert_eq!(mixed, [driver]);
    }
}
