//! Words for a user whose command would not show what they want to see.
//!
//! In: what was found out about the machine. Out: a sentence and a command to type. Nothing is printed here, and what
//! comes from other processes is quoted before it gets into a command.

use std::fmt;

pub mod host;
pub mod listening;
mod process;
pub mod role;
pub mod server;
pub mod sudo;

#[cfg(test)]
mod tests;

pub use host::OllamaHost;
pub use listening::{PortUse, free_host_port, port_in_use};
pub use process::control_group;
pub use role::{ClientKind, Role, is_client_command, is_server_command};
pub use server::{Server, running_server};

/// What to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// One or two sentences.
    pub sentence: String,
    /// What to type.
    pub command: Option<String>,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        match &self.command {
            Some(command) => write!(f, "\n    {command}"),
            None => Ok(()),
        }
    }
}

/// The command is only a client.
#[must_use]
pub fn client<S: AsRef<str>>(kind: &ClientKind, argv: &[S], servers: &[Server]) -> Advice {
    let typed = command_line(argv);
    let what = match kind {
        ClientKind::Help => return help(&typed),
        ClientKind::Command(_) | ClientKind::Menu | ClientKind::Version => {
            format!("{typed} is only a client; the backends are loaded by the server")
        }
        ClientKind::Manager(name) => {
            format!(
                "{name} only asks the service manager; the backends are loaded by the server it starts"
            )
        }
    };
    let Some(server) = first(servers) else {
        return Advice {
            sentence: format!("{what}, and none is running. Trace a server:"),
            command: Some("sudo vgputrace run --until discovery -- ollama serve".to_owned()),
        };
    };
    let (who, command) = trace_it(server);
    Advice {
        sentence: format!(
            "{what}, {who}.{}",
            if command.is_some() { " Trace it:" } else { "" }
        ),
        command,
    }
}

fn help(typed: &str) -> Advice {
    Advice {
        sentence: format!("{typed} only prints help and loads no backend. Trace a server:"),
        command: Some("sudo vgputrace run --until discovery -- ollama serve".to_owned()),
    }
}

/// A server cannot listen, since something does already. `None` when nothing does.
#[must_use]
pub fn port_taken(port: &PortUse, servers: &[Server]) -> Option<Advice> {
    let taken = port.taken_by?;
    let wanted = port.address.unwrap_or(taken.address);
    let same = |server: &&Server| {
        server
            .listen
            .is_some_and(|one| one.port() == taken.address.port())
    };
    let hidden = || first(servers).filter(|server| server.listen.is_none());
    let Some(server) = servers.iter().find(same).or_else(hidden) else {
        return Some(Advice {
            sentence: format!(
                "ollama serve would listen on {wanted} and end at once: a program of uid {} that is no ollama serve \
                 listens there. Take another port:",
                taken.uid
            ),
            command: Some(
                "sudo vgputrace run --until discovery --env OLLAMA_HOST=127.0.0.1:11535 --env OLLAMA_NOPRUNE=1 -- ollama serve"
                    .to_owned(),
            ),
        });
    };
    let (who, command) = trace_it(server);
    let or = match &server.unit {
        Some(unit) => format!(" (or stop it first: sudo systemctl stop {unit})"),
        None => String::new(),
    };
    let then = if command.is_some() {
        format!(" Trace one like it{or}:")
    } else {
        String::new()
    };
    Some(Advice {
        sentence: format!(
            "ollama serve would listen on {wanted} and end at once, since a server listens there already: {who}.{then}"
        ),
        command,
    })
}

/// sudo took variables away that decide about backends. `None` when it took none.
#[must_use]
pub fn sudo_dropped<S: AsRef<str>>(names: &[String], argv: &[S]) -> Option<Advice> {
    if names.is_empty() {
        return None;
    }
    let pass: Vec<_> = names
        .iter()
        .map(|name| format!("--env {name}=\"${name}\""))
        .collect();
    Some(Advice {
        sentence: format!(
            "sudo did not hand on {} of your shell, so the target runs without {}. To pass {0}:",
            names.join(", "),
            if names.len() == 1 { "it" } else { "them" }
        ),
        command: Some(format!(
            "sudo vgputrace run {} -- {}",
            pass.join(" "),
            command_line(argv)
        )),
    })
}

/// Root opens what a service user may not. `None` when the target does not run as root.
#[must_use]
pub fn root_hides<S: AsRef<str>>(uid: u32, argv: &[S], servers: &[Server]) -> Option<Advice> {
    if uid != 0 {
        return None;
    }
    let service = servers
        .iter()
        .find(|server| server.uid.is_some_and(|uid| uid != 0) && server.unit.is_some());
    let (who, option) = match service.and_then(|server| server.unit.as_deref()) {
        Some(unit) => (format!("the user of {unit}"), format!("--like-unit {unit}")),
        None => ("another user".to_owned(), "--user NAME".to_owned()),
    };
    Some(Advice {
        sentence: format!(
            "The target runs as root, which may open files and GPU nodes that {who} may not: a missing permission does \
             not show here. To see it:"
        ),
        command: Some(format!(
            "sudo vgputrace run {option} -- {}",
            command_line(argv)
        )),
    })
}

/// A server of a unit first: that is the one with a remedy of its own.
fn first(servers: &[Server]) -> Option<&Server> {
    servers
        .iter()
        .find(|one| one.unit.is_some())
        .or_else(|| servers.first())
}

/// Who a server is, and how to trace one like it; nobody but its container can start one like it in a container.
fn trace_it(server: &Server) -> (String, Option<String>) {
    let listen = server
        .listen
        .map(|address| format!(", on {address}"))
        .unwrap_or_default();
    let pid = server.pid;
    let user = owner(server);
    let argv = command_line(&server.argv);
    if let Some(unit) = &server.unit {
        let who = format!("pid {pid} (unit {unit}{listen})");
        return (who, Some(format!("sudo vgputrace run --like-unit {unit}")));
    }
    let run = format!("sudo vgputrace run --user {user} -- {argv}");
    if let Some(unit) = &server.user_unit {
        let who = format!("pid {pid} (unit {unit} of user {user}{listen})");
        return (who, Some(format!("systemctl --user stop {unit}; {run}")));
    }
    let container = server.cgroup.as_deref().is_some_and(|path| {
        ["docker", "libpod", "kubepods", "lxc", "containerd"]
            .iter()
            .any(|word| path.contains(word))
    });
    if container {
        let who =
            format!("pid {pid} (of user {user}{listen}), in a container: run vgputrace in there");
        return (who, None);
    }
    let who = format!("pid {pid} (of user {user}{listen})");
    (who, Some(format!("sudo kill {pid}; {run}")))
}

fn owner(server: &Server) -> String {
    server
        .uid
        .map_or_else(|| "unknown".to_owned(), |uid| uid.to_string())
}

/// Words as one would type them in a shell. Control characters become visible escapes.
#[must_use]
pub fn command_line<S: AsRef<str>>(argv: &[S]) -> String {
    let words: Vec<_> = argv.iter().map(|word| quote(word.as_ref())).collect();
    words.join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if word.chars().any(char::is_control) {
        let escaped: String = word
            .chars()
            .map(|c| match c {
                '\'' | '\\' => format!("\\{c}"),
                _ if c.is_control() => format!("\\u{:04x}", u32::from(c)),
                _ => c.to_string(),
            })
            .collect();
        return format!("$'{escaped}'");
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
