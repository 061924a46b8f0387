//! Who starts the server: there its variables are set, and there it is started again.

use super::Model;
use crate::event::Text;
use crate::event::host::Header;

/// Units that give users their shells, or start engines of containers: a server in their group was started from there, and
/// is not theirs.
const OF_OTHERS: [&str; 11] = [
    "ssh",
    "sshd",
    "dropbear",
    "getty",
    "serial-getty",
    "console-getty",
    "container-getty",
    "cron",
    "crond",
    "docker",
    "containerd",
];
/// Digits of a container's whole id.
const DIGITS: usize = 64;

/// Who starts the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Starter {
    /// Nothing tells.
    #[default]
    Unknown,
    /// systemd, as this unit.
    Unit(String),
    /// The service manager of a user, as this unit.
    UserUnit(String),
    /// An engine of containers.
    Container(Container),
    /// A command, in some shell.
    Command,
}

/// The container that the server runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// `docker`, `podman` or `nerdctl`; `None` when it is not known, or none of those.
    pub engine: Option<&'static str>,
    /// Its name, or the beginning of its id.
    pub name: Option<String>,
}

impl Container {
    /// The engine's command.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        self.engine.unwrap_or("docker")
    }

    /// What stands for it in a command.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("CONTAINER")
    }
}

impl Starter {
    /// By what is known of the server's control group and of the recording.
    #[must_use]
    pub fn of(cgroup: Option<&str>, header: Option<&Header>) -> Self {
        let by_group = cgroup.map(Self::by_group).unwrap_or_default();
        let Some(header) = header.filter(|_| by_group == Self::Unknown) else {
            return by_group;
        };
        if let Some(unit) = &header.like_unit {
            return unit_of(unit.as_str(), false);
        }
        match header.attached.as_ref().map(Text::as_str) {
            None if header.command.is_empty() => Self::Unknown,
            None => Self::Command,
            Some(label) => match label.split_once(' ') {
                Some(("unit", name)) => unit_of(name, false),
                Some(("cgroup", path)) => Self::by_group(path),
                // `container NAME (ID)`, `container NAME, which is not there yet`
                Some(("container", rest)) => {
                    let name = rest.split([' ', ',']).next().filter(|name| is_plain(name));
                    Self::Container(Container {
                        engine: None,
                        name: name.map(str::to_owned),
                    })
                }
                _ => Self::Unknown,
            },
        }
    }

    /// By a control group: `/system.slice/ollama.service`, `/system.slice/docker-ID.scope`, `/docker/ID`,
    /// `/user.slice/user-1000.slice/session-3.scope` (systemd, docker, podman).
    #[must_use]
    pub fn by_group(path: &str) -> Self {
        let mut parts = path.rsplit('/');
        while let Some(part) = parts.next() {
            if let Some((engine, id)) = container(part) {
                let pod = path.contains("/kubepods");
                let engine = engine
                    .or_else(|| (parts.next() == Some("docker")).then_some("docker"))
                    .filter(|_| !pod);
                let name = id.get(..12).filter(|_| !pod).map(str::to_owned);
                return Self::Container(Container { engine, name });
            }
            if part.ends_with(".scope") || part.starts_with("user@") {
                return Self::Command;
            }
            if part.ends_with(".service") {
                let of_user = parts.any(|outer| outer.starts_with("user@"));
                return unit_of(part, of_user);
            }
        }
        Self::Unknown
    }

    /// The unit of the system's manager.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Unit(name) => Some(name),
            _ => None,
        }
    }
}

/// The log is of a container as Ollama publishes it: there the models lie below /root, and the libraries in /usr/lib
/// (Dockerfile).
#[must_use]
pub fn is_of_image(model: &Model) -> bool {
    let models = model.server_variable("OLLAMA_MODELS");
    let server = model.server.as_ref();
    let library = server.map(|server| server.library_dir.path.as_str());
    models.is_some_and(|path| path.as_str().starts_with("/root"))
        && library != Some("/usr/local/lib/ollama")
}

fn unit_of(name: &str, of_user: bool) -> Starter {
    // A leading underscore is systemd's escape (systemd, cgroup-util.c).
    let name = name.strip_prefix('_').unwrap_or(name);
    let stem = name.strip_suffix(".service").unwrap_or(name);
    let kind = stem.split_once('@').map_or(stem, |(kind, _)| kind);
    if OF_OTHERS.contains(&kind) {
        return Starter::Command;
    }
    let full = format!("{stem}.service");
    match is_plain(&full) {
        false => Starter::Unknown,
        true if of_user => Starter::UserUnit(full),
        true => Starter::Unit(full),
    }
}

/// Engine, as far as the name tells, and id of a container's group.
fn container(part: &str) -> Option<(Option<&'static str>, &str)> {
    let stem = part.strip_suffix(".scope").unwrap_or(part);
    let (before, id) = stem.rsplit_once('-').unwrap_or(("", stem));
    let is_id = id.len() == DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    // conmon watches a container of podman from outside.
    if !is_id || before.contains("conmon") {
        return None;
    }
    let engines = [
        ("docker", "docker"),
        ("libpod", "podman"),
        ("nerdctl", "nerdctl"),
    ];
    let engine = engines.iter().find(|(begin, _)| before.starts_with(begin));
    Some((engine.map(|(_, engine)| *engine), id))
}

/// A name that no shell takes for anything else.
fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.@".contains(&byte);
    !name.is_empty() && !name.starts_with('-') && name.len() < 256 && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::{Container, Starter};
    use crate::event::Text;
    use crate::event::host::Header;

    fn unit(name: &str) -> Starter {
        Starter::Unit(name.to_owned())
    }

    fn container(engine: Option<&'static str>, name: &str) -> Starter {
        let name = Some(name.to_owned());
        Starter::Container(Container { engine, name })
    }

    #[test]
    fn a_control_group_names_who_started_it() {
        let id = "0123456789ab".repeat(6)[..64].to_owned();
        let short = "0123456789ab";
        let user = "/user.slice/user-1000.slice/user@1000.service";
        for (path, told) in [
            (
                "/system.slice/ollama.service".to_owned(),
                unit("ollama.service"),
            ),
            (
                "/system.slice/ollama@gpu1.service/x".to_owned(),
                unit("ollama@gpu1.service"),
            ),
            (
                format!("{user}/app.slice/llm.service"),
                Starter::UserUnit("llm.service".into()),
            ),
            (
                format!("{user}/app.slice/vte-spawn-1.scope"),
                Starter::Command,
            ),
            (user.to_owned(), Starter::Command),
            (
                "/user.slice/user-0.slice/session-3.scope".to_owned(),
                Starter::Command,
            ),
            ("/system.slice/ssh.service".to_owned(), Starter::Command),
            (
                format!("/system.slice/docker-{id}.scope"),
                container(Some("docker"), short),
            ),
            (format!("/docker/{id}"), container(Some("docker"), short)),
            (
                format!("/docker/{id}/system.slice/o.service"),
                unit("o.service"),
            ),
            (
                format!("/machine.slice/libpod-{id}.scope/container"),
                container(Some("podman"), short),
            ),
            (
                format!("/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"),
                Starter::Container(Container::default()),
            ),
            (
                format!("/system.slice/a.service/libpod-conmon-{id}"),
                unit("a.service"),
            ),
            ("/".to_owned(), Starter::Unknown),
            (
                "/system.slice/a b;reboot.service".to_owned(),
                Starter::Unknown,
            ),
        ] {
            assert_eq!(Starter::by_group(&path), told, "{path}");
        }
    }

    #[test]
    fn the_recording_tells_what_the_group_does_not() {
        let attached = |label: &str| Header {
            attached: Some(Text::from(label)),
            ..Header::default()
        };
        let of = |header: &Header| Starter::of(None, Some(header));
        assert_eq!(of(&attached("unit gpu.service")), unit("gpu.service"));
        assert_eq!(
            of(&attached("container web (0123)")),
            container(None, "web")
        );
        assert_eq!(
            of(&attached("container web, which is not there yet")),
            container(None, "web")
        );
        assert_eq!(
            of(&attached("cgroup /sys/fs/cgroup/a/x.service")),
            unit("x.service")
        );
        assert_eq!(of(&attached("pid 7")), Starter::Unknown);
        let mut run = Header {
            command: vec![Text::from("ollama"), Text::from("serve")],
            ..Header::default()
        };
        assert_eq!(of(&run), Starter::Command);
        run.like_unit = Some(Text::from("gpu.service"));
        assert_eq!(of(&run), unit("gpu.service"));
        // What the kernel tells is nearer than what the user asked for.
        let by_group = Starter::of(Some("/system.slice/x.service"), Some(&attached("pid 7")));
        assert_eq!(by_group, unit("x.service"));
    }
}
