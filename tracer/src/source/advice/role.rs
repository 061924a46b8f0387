//! Which part of Ollama a command line is.
//!
//! In: an argv. Out: server, worker or client. Backends are loaded by the server's children only, so a client has
//! nothing to trace. Facts: Ollama's cmd/cmd.go (`NewCLI`), where flags before the command are the root command's,
//! all without a value.

/// A part of Ollama.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// `ollama serve`, `ollama start`.
    Server,
    /// A child of the server: `ollama runner`, `ollama gpu-discover`.
    Worker,
    /// Loads no backend.
    Client(ClientKind),
}

/// What a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// Asks the server: `run`, `list`, `ps`, `pull` and so on; the command's name.
    Command(String),
    /// `ollama` alone: a menu, or help in older releases.
    Menu,
    /// `--version`, which asks the server too.
    Version,
    /// Only prints help.
    Help,
    /// `systemctl`, `service`: asks the service manager; the program's name.
    Manager(String),
}

/// Commands that ask the server.
const CLIENTS: [&str; 16] = [
    "cp", "create", "launch", "list", "login", "logout", "ls", "ps", "pull", "push", "rm", "run",
    "show", "signin", "signout", "stop",
];

/// Which part of Ollama this command line is; `None` for another program and for a command Ollama does not know.
#[must_use]
pub fn role<S: AsRef<str>>(argv: &[S]) -> Option<Role> {
    let mut words = argv.iter().map(AsRef::as_ref);
    let program = base_name(words.next()?);
    if let "systemctl" | "service" = program {
        let about_ollama = words.any(|word| word.to_ascii_lowercase().contains("ollama"));
        return about_ollama.then(|| Role::Client(ClientKind::Manager(program.to_owned())));
    }
    if !is_ollama(program) {
        return None;
    }
    let mut asked = None;
    let mut command = None;
    while let Some(word) = words.next() {
        match word {
            "--version" | "-v" => asked = Some(ClientKind::Version),
            "--help" | "-h" => asked = Some(ClientKind::Help),
            "--" => command = words.next(),
            _ if word.starts_with('-') => continue,
            _ => command = Some(word),
        }
        if command.is_some() {
            break;
        }
    }
    let help_follows = words.any(|word| word == "--help" || word == "-h");
    Some(match (command, asked) {
        (Some("runner"), _) => Role::Worker,
        (Some(_), _) if help_follows => Role::Client(ClientKind::Help),
        (_, Some(kind)) => Role::Client(kind),
        (Some("serve" | "start"), None) => Role::Server,
        (Some("gpu-discover"), None) => Role::Worker,
        (Some("help"), None) => Role::Client(ClientKind::Help),
        (Some(name), None) if CLIENTS.contains(&name) => {
            Role::Client(ClientKind::Command(name.to_owned()))
        }
        (Some(_), None) => return None,
        (None, None) => Role::Client(ClientKind::Menu),
    })
}

/// What kind of client this command line is, if it is one.
#[must_use]
pub fn is_client_command<S: AsRef<str>>(argv: &[S]) -> Option<ClientKind> {
    match role(argv) {
        Some(Role::Client(kind)) => Some(kind),
        _ => None,
    }
}

/// This is `ollama serve`.
#[must_use]
pub fn is_server_command<S: AsRef<str>>(argv: &[S]) -> bool {
    role(argv) == Some(Role::Server)
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `ollama`, `ollama-linux-amd64` of the releases, `.ollama-wrapped` of NixOS.
fn is_ollama(name: &str) -> bool {
    name == "ollama" || name.starts_with("ollama-linux-") || name == ".ollama-wrapped"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ClientKind, Role, is_client_command, role};

    fn of(line: &str) -> Option<Role> {
        role(
            &line
                .split(' ')
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn only_the_server_and_its_children_are_no_clients() {
        for line in [
            "ollama serve",
            "/usr/bin/ollama start",
            "ollama-linux-amd64 serve",
            "ollama --verbose serve",
        ] {
            assert_eq!(of(line), Some(Role::Server), "{line}");
        }
        for line in [
            "ollama runner --ollama-engine --port 42405",
            "ollama runner --model /x --port 1 -h",
            "/usr/local/bin/ollama gpu-discover --lib-dir /a",
        ] {
            assert_eq!(of(line), Some(Role::Worker), "{line}");
        }
        for line in [
            "",
            "llama-server --list-devices",
            "myollama serve",
            "sh -c ollama",
            "systemctl status",
            "ollama frob",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }

    #[test]
    fn clients_are_told_apart() {
        let command = |name: &str| ClientKind::Command(name.to_owned());
        for (line, kind) in [
            ("ollama list", command("list")),
            ("ollama ls", command("ls")),
            (
                "/opt/bin/ollama --nowordwrap run llama3 serve",
                command("run"),
            ),
            ("ollama -- ps", command("ps")),
            ("ollama stop m", command("stop")),
            ("ollama", ClientKind::Menu),
            ("ollama --verbose", ClientKind::Menu),
            ("ollama -v", ClientKind::Version),
            ("ollama serve --help", ClientKind::Help),
            ("ollama help serve", ClientKind::Help),
            (
                "/usr/bin/systemctl restart ollama",
                ClientKind::Manager("systemctl".to_owned()),
            ),
            (
                "service ollama start",
                ClientKind::Manager("service".to_owned()),
            ),
        ] {
            let words: Vec<_> = line.split(' ').collect();
            assert_eq!(is_client_command(&words), Some(kind), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_judged_without_a_panic(words: Vec<String>) {
            let _ = role(&words);
            let mut argv = vec!["ollama".to_owned()];
            argv.extend(words);
            let _ = role(&argv);
        }
    }
}
