//! What to do, in the words of what starts the server: rules speak of the service `ollama`, and it may be another unit, a
//! container, or a command in a shell.

use super::advice::{EDIT_UNIT, RELOAD, RESTART};
use super::tree::words::shell;
use crate::discover::Model;
use crate::discover::model::{Container, Starter};
use crate::event::Text;

/// What starts the server, and the words for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Started {
    by: Starter,
    /// The server's command, for a shell.
    command: String,
}

impl Started {
    pub(super) fn new(by: Starter, command: &[Text]) -> Self {
        let words: Vec<String> = command.iter().map(|word| shell(word.as_str())).collect();
        let command = match words.is_empty() {
            true => "ollama serve".to_owned(),
            false => words.join(" "),
        };
        Self { by, command }
    }

    /// As a recording or a log tells it.
    pub(super) fn of(model: &Model) -> Self {
        let argv = model.server.as_ref().map(|server| server.argv.as_slice());
        let argv = argv.filter(|argv| !argv.is_empty());
        Self::new(model.starter.clone(), argv.unwrap_or(&model.command))
    }

    /// Rewrites a remedy.
    pub(super) fn fit(&self, remedy: &mut Vec<String>) {
        rewrite(remedy, |line| self.line(line));
        if let Starter::Container(container) = &self.by
            && remedy.iter().any(|line| line.contains(ANEW))
        {
            // One that is made anew is started with that, and a restart would keep its variables.
            remedy.retain(|line| *line != restart(container));
        }
    }

    /// A line in other words; `None` for a command that is none here.
    fn line(&self, line: String) -> Option<String> {
        match &self.by {
            Starter::Unknown => Some(line),
            Starter::Unit(name) => Some(renamed(&line, name, false)),
            Starter::UserUnit(name) => Some(renamed(&line, name, true)),
            Starter::Container(container) => in_container(&line, container),
            Starter::Command => self.in_shell(&line),
        }
    }

    fn in_shell(&self, line: &str) -> Option<String> {
        let command = &self.command;
        if [RESTART, RELOAD].contains(&line) {
            return Some(format!("$ {command}"));
        }
        match of_unit(line) {
            Edit::Variable(variable) => Some(format!("$ {variable} {command}")),
            Edit::Unset(variable) => Some(format!("$ env -u {variable} {command}")),
            Edit::Variables => Some(format!(
                "Variables of a server that a command starts are set in front of it: NAME=VALUE {command}; env -u NAME {command} leaves one out."
            )),
            Edit::Setting => None,
            Edit::None => without_unit(line, "env"),
        }
    }
}

/// How a container gets other variables.
const ANEW: &str = "make the container anew";

fn restart(container: &Container) -> String {
    format!("$ {} restart {}", container.engine(), container.name())
}

fn in_container(line: &str, container: &Container) -> Option<String> {
    if [RESTART, RELOAD].contains(&line) {
        return Some(restart(container));
    }
    let (engine, name) = (container.engine(), container.name());
    match of_unit(line) {
        Edit::Variable(variable) => Some(format!(
            "For that, {ANEW} with the variable ({engine} run -e {variable}, or environment: of compose)."
        )),
        Edit::Unset(variable) => Some(format!("For that, {ANEW} without {variable}.")),
        Edit::Variables => Some(format!(
            "For that, {ANEW} with other variables ({engine} run -e NAME=VALUE, or environment: of compose)."
        )),
        Edit::Setting => None,
        Edit::None => {
            let variables = format!("{engine} inspect -f '{{{{.Config.Env}}}}' {name}");
            without_unit(line, &variables)
        }
    }
}

/// What a line has the unit edited for.
enum Edit<'l> {
    None,
    /// This variable.
    Variable(&'l str),
    /// To leave this variable out.
    Unset(&'l str),
    /// A variable that a sentence before names.
    Variables,
    /// Something that only units have.
    Setting,
}

fn of_unit(line: &str) -> Edit<'_> {
    let Some(rest) = line.strip_prefix(EDIT_UNIT) else {
        return Edit::None;
    };
    if let Some((_, variable)) = rest.split_once("UnsetEnvironment=") {
        return Edit::Unset(variable);
    }
    match (rest.is_empty(), rest.split_once("Environment=")) {
        (true, _) => Edit::Variables,
        (_, Some((_, variable))) => Edit::Variable(variable),
        _ => Edit::Setting,
    }
}

/// A line without the commands that ask systemd for the unit; what its variables are is asked by `variables`.
fn without_unit(line: &str, variables: &str) -> Option<String> {
    let Some(commands) = line.strip_prefix("$ ") else {
        return Some(
            line.replace("the service's", "the server's")
                .replace("of the service", "of the server")
                .replace("for the service", "for the server")
                .replace("ive the service", "ive the server"),
        );
    };
    let of_unit = |command: &str| {
        let words: Vec<&str> = command.split_whitespace().collect();
        words.contains(&"systemctl") && words.contains(&"ollama")
    };
    let kept: Vec<&str> = commands
        .split("; ")
        .filter_map(|command| match of_unit(command) {
            false => Some(command),
            true => command.ends_with("-p Environment").then_some(variables),
        })
        .collect();
    (!kept.is_empty()).then(|| format!("$ {}", kept.join("; ")))
}

/// The same commands for a unit of this name.
fn renamed(line: &str, unit: &str, of_user: bool) -> String {
    if !line.starts_with("$ ") {
        return line.to_owned();
    }
    let line = line.replace("--like-unit ollama.service", &format!("--like-unit {unit}"));
    let mut words: Vec<String> = Vec::new();
    let mut of_unit = false;
    for word in line.split(' ') {
        let bare = word.trim_end_matches(';');
        of_unit = match bare {
            "systemctl" => true,
            "&&" | "|" | "#" => false,
            _ => of_unit,
        };
        let end = word.get(bare.len()..).unwrap_or_default();
        if of_unit && bare == "ollama" {
            words.push(format!("{unit}{end}"));
        } else {
            words.push(word.to_owned());
        }
        of_unit &= end.is_empty();
    }
    let line = words.join(" ");
    if of_user && (line.contains(unit) || line.contains("daemon-reload")) {
        line.replace("sudo systemctl ", "systemctl ")
            .replace("systemctl ", "systemctl --user ")
    } else {
        line
    }
}

/// Rewrites lines one by one. Of a sentence that led to a command that is left out, the colon becomes a stop.
pub(super) fn rewrite(remedy: &mut Vec<String>, mut fit: impl FnMut(String) -> Option<String>) {
    let mut kept: Vec<String> = Vec::new();
    for line in remedy.drain(..) {
        match fit(line) {
            Some(line) if kept.last() == Some(&line) => {}
            Some(line) => kept.push(line),
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
    *remedy = kept;
}

#[cfg(test)]
mod tests {
    use super::super::advice::{EDIT_SETTINGS, EDIT_UNIT, RELOAD, RESTART};
    use super::Started;
    use crate::discover::model::{Container, Starter};
    use crate::event::Text;

    fn told(by: &Starter, lines: &[&str]) -> Vec<String> {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let command = [Text::from("/opt/my ollama"), Text::from("serve")];
        Started::new(by.clone(), &command).fit(&mut lines);
        lines
    }

    const LINES: [&str; 11] = [
        "Set it for the service:",
        EDIT_UNIT,
        "$ sudo systemctl edit ollama   # Environment=A=1",
        "$ sudo systemctl edit ollama   # UnsetEnvironment=B",
        "Raise the limit:",
        EDIT_SETTINGS,
        "$ nvidia-smi -L; systemctl show ollama -p Environment; systemctl cat ollama",
        "See the limits:",
        "$ systemctl show ollama -p MemoryMax",
        "$ sudo systemctl enable --now nvidia-fabricmanager; sudo -u ollama nvidia-smi",
        RESTART,
    ];

    #[test]
    fn what_is_not_known_is_said_as_it_was() {
        assert_eq!(told(&Starter::Unknown, &LINES), LINES);
        // systemd takes the short name and the whole one.
        let unit = Starter::Unit("ollama.service".to_owned());
        assert_eq!(
            told(&unit, &[RESTART]),
            ["$ sudo systemctl restart ollama.service"]
        );
    }

    #[test]
    fn another_unit_has_its_own_name_in_every_command() {
        let unit = Starter::Unit("llm@gpu.service".to_owned());
        assert_eq!(
            told(&unit, &LINES),
            [
                "Set it for the service:",
                "$ sudo systemctl edit llm@gpu.service",
                "$ sudo systemctl edit llm@gpu.service   # Environment=A=1",
                "$ sudo systemctl edit llm@gpu.service   # UnsetEnvironment=B",
                "Raise the limit:",
                "$ sudo systemctl edit llm@gpu.service   # under [Service]",
                "$ nvidia-smi -L; systemctl show llm@gpu.service -p Environment; systemctl cat llm@gpu.service",
                "See the limits:",
                "$ systemctl show llm@gpu.service -p MemoryMax",
                "$ sudo systemctl enable --now nvidia-fabricmanager; sudo -u ollama nvidia-smi",
                "$ sudo systemctl restart llm@gpu.service",
            ]
        );
        let own = Starter::UserUnit("llm.service".to_owned());
        assert_eq!(
            told(&own, &[EDIT_UNIT, RELOAD, LINES[9]]),
            [
                "$ systemctl --user edit llm.service",
                "$ systemctl --user daemon-reload && systemctl --user restart llm.service",
                LINES[9],
            ]
        );
    }

    #[test]
    fn a_container_is_started_again_and_given_its_variables() {
        let container = Starter::Container(Container {
            engine: Some("podman"),
            name: Some("web".to_owned()),
        });
        let lines = told(&container, &LINES);
        assert_eq!(lines[0], "Set it for the server:");
        assert_eq!(
            lines[1..],
            [
                "For that, make the container anew with other variables (podman run -e NAME=VALUE, or environment: of compose).",
                "For that, make the container anew with the variable (podman run -e A=1, or environment: of compose).",
                "For that, make the container anew without B.",
                "Raise the limit.",
                "$ nvidia-smi -L; podman inspect -f '{{.Config.Env}}' web",
                "See the limits.",
                LINES[9],
            ]
        );
        assert_eq!(
            told(&container, &["Update it.", RESTART])[1],
            "$ podman restart web"
        );
        let unknown = Starter::Container(Container::default());
        assert_eq!(told(&unknown, &[RELOAD]), ["$ docker restart CONTAINER"]);
    }

    #[test]
    fn a_command_is_given_its_variables_in_front() {
        let lines = told(&Starter::Command, &LINES);
        assert!(
            lines[1].contains("NAME=VALUE '/opt/my ollama' serve"),
            "{lines:?}"
        );
        assert_eq!(
            lines[2..],
            [
                "$ A=1 '/opt/my ollama' serve",
                "$ env -u B '/opt/my ollama' serve",
                "Raise the limit.",
                "$ nvidia-smi -L; env",
                "See the limits.",
                LINES[9],
                "$ '/opt/my ollama' serve",
            ]
        );
        assert!(!lines.concat().contains("systemctl edit"), "{lines:?}");
    }
}
