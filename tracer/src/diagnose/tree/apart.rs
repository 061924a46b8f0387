//! What to do about an Ollama with a file system of its own: commands of this machine's shell do not reach its files, and
//! its variables are those that its container was made with.

use super::words::shell;
use super::{Check, Scene};
use crate::diagnose::Finding;
use crate::event::tree::Apart;

/// Commands that act on the kernel, which is the same one.
const OF_THE_KERNEL: [&str; 6] = [
    "sudo reboot",
    "nvidia-smi",
    "sudo nvidia-modprobe",
    "sudo modprobe",
    "sudo dmesg",
    "printf ",
];
/// Digits of an id that engines take, and show.
const DIGITS: usize = 12;

/// Whose file system it is, in words: `process 4711 (docker container 0123456789ab)`.
pub(super) fn whose(apart: &Apart) -> String {
    let pid = apart.pid;
    match (&apart.container, &apart.engine) {
        (Some(_), Some(engine)) => format!("process {pid} ({engine} container {})", id(apart)),
        (Some(_), None) => format!("process {pid} (container {})", id(apart)),
        (None, _) => format!("process {pid}"),
    }
}

/// Makes every remedy one that can be followed from here; false where the server has no root of its own.
pub(super) fn fit(scene: &Scene<'_>, check: &mut Check) -> bool {
    let apart = scene.facts.server.apart.as_ref();
    let Some(apart) = apart.filter(|apart| apart.own_root) else {
        return false;
    };
    let folders = check.folders.iter_mut();
    let of_folders =
        folders.flat_map(|folder| folder.findings.iter_mut().chain(&mut folder.warnings));
    let general = check.general.iter_mut().chain(&mut check.warnings);
    for finding in general.chain(of_folders) {
        fit_one(apart, finding);
    }
    true
}

fn fit_one(apart: &Apart, finding: &mut Finding) {
    let mut lines: Vec<String> = Vec::new();
    let mut inside = false;
    for line in std::mem::take(&mut finding.remedy) {
        let Some(command) = line.strip_prefix("$ ") else {
            // What is said of a unit is no advice here.
            if !line.contains(" unit ") {
                lines.push(line);
            }
            continue;
        };
        if let Some(sentence) = instead(apart, command) {
            // The sentence before it leads to the command that is not there any more.
            if command == "sudo ldconfig"
                && lines.last().is_some_and(|last| last.ends_with("then:"))
            {
                lines.pop();
            }
            lines.push(sentence);
        } else if is_of_the_kernel(command) {
            lines.push(line);
        } else {
            inside = true;
            lines.push(format!("$ {}", within(apart, command)));
        }
    }
    if inside && apart.container.is_some() {
        lines.push(
            "that is gone when the container is made anew: do the same where its image is made"
                .to_owned(),
        );
    }
    lines.dedup();
    finding.remedy = lines;
}

/// What takes the place of a command that has no meaning there.
fn instead(apart: &Apart, command: &str) -> Option<String> {
    if command.starts_with("curl ") {
        return Some(
            "take an image that has the release whole, as ollama/ollama has it".to_owned(),
        );
    }
    if command == "sudo ldconfig" {
        return Some(
            "the driver's libraries come into a container with --gpus all (NVIDIA Container Toolkit)"
                .to_owned(),
        );
    }
    if let Some((_, name)) = command.split_once("# UnsetEnvironment=") {
        return Some(format!(
            "start it anew without {name} (it comes from docker run -e, `environment:` of compose, or ENV of the image)"
        ));
    }
    if let Some((_, value)) = command.split_once("# Environment=") {
        return Some(format!("start it anew with {value}"));
    }
    command.contains("systemctl ").then(|| match engine(apart) {
        Some(engine) => format!("$ sudo {engine} restart {}", id(apart)),
        None => format!("end process {} and start it anew", apart.pid),
    })
}

fn is_of_the_kernel(command: &str) -> bool {
    OF_THE_KERNEL.iter().any(|begin| command.starts_with(begin)) || command.contains(" /sys/")
}

/// An engine that restarts containers.
fn engine(apart: &Apart) -> Option<&str> {
    let engine = apart.engine.as_ref()?.as_str();
    (engine != "crictl").then_some(engine)
}

/// The command as it is given from here, run in there as root.
fn within(apart: &Apart, command: &str) -> String {
    let plain = !command.contains([';', '|', '&']);
    let command = command.replace("sudo ", "");
    let command = if plain {
        command
    } else {
        format!("sh -c {}", shell(&command))
    };
    let id = id(apart);
    match apart.engine.as_ref().map(|engine| engine.as_str()) {
        Some("crictl") => format!("sudo crictl exec {id} {command}"),
        Some(engine) => format!("sudo {engine} exec -u 0 {id} {command}"),
        None => format!("sudo nsenter -t {} -m -r -- {command}", apart.pid),
    }
}

/// The beginning of the container's id.
fn id(apart: &Apart) -> String {
    let id = apart.container.as_ref().map_or("", |id| id.as_str());
    id.chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::super::words::found;
    use super::{Apart, fit_one};
    use crate::event::Text;

    fn fitted(engine: Option<&str>, remedy: &[&str]) -> Vec<String> {
        let apart = Apart {
            pid: 7,
            own_root: true,
            engine: engine.map(Text::from),
            container: engine.map(|_| Text::from("abcd".repeat(16))),
        };
        let mut finding = found("VG301", "scan", String::new());
        finding.remedy = remedy.iter().map(|line| (*line).to_owned()).collect();
        fit_one(&apart, &mut finding);
        finding.remedy
    }

    #[test]
    fn commands_on_files_are_given_to_the_container() {
        assert_eq!(
            fitted(Some("docker"), &["$ sudo chmod a+rx /x"])[0],
            "$ sudo docker exec -u 0 abcdabcdabcd chmod a+rx /x"
        );
        assert_eq!(
            fitted(None, &["$ getcap /x; sudo setcap -r /x"]),
            ["$ sudo nsenter -t 7 -m -r -- sh -c 'getcap /x; setcap -r /x'"]
        );
        assert_eq!(
            fitted(Some("podman"), &["$ sudo systemctl restart ollama"]),
            ["$ sudo podman restart abcdabcdabcd"]
        );
    }

    #[test]
    fn commands_on_the_kernel_stay_and_those_of_an_installation_go() {
        let kept = ["$ sudo reboot", "$ sudo chmod a+rw /sys/x/resource0"];
        assert_eq!(fitted(Some("docker"), &kept), kept);
        for gone in [
            "$ curl -fsSL https://ollama.com/install.sh | sh",
            "$ sudo ldconfig",
            "$ sudo systemctl edit ollama   # UnsetEnvironment=LD_PRELOAD",
            "$ sudo systemctl daemon-reload && sudo systemctl restart ollama",
        ] {
            let lines = fitted(None, &[gone]);
            assert!(
                lines.len() == 1 && !lines[0].starts_with("$ "),
                "{gone}: {lines:?}"
            );
        }
        assert_eq!(
            fitted(None, &["do this, then:", "$ sudo ldconfig"]).len(),
            1
        );
        assert!(
            fitted(
                None,
                &["$ sudo systemctl edit ollama   # UnsetEnvironment=LD_PRELOAD"]
            )[0]
            .contains("LD_PRELOAD")
        );
    }
}
