//! A container: its id, and the names that engines give its control group.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::group;
use super::names::Names;

/// Digits of a whole id.
const DIGITS: usize = 64;
/// Fewest digits by which one is named.
const FEWEST: usize = 4;
/// Engines, and how each is asked for an id.
const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];
/// Before and behind the id in the name of its group: docker, podman and CRI engines with groups made by systemd, and by
/// themselves (podman and CRI-O keep their own prefix then).
const NAMES: [(&str, &str); 8] = [
    ("", ""),
    ("docker-", ".scope"),
    ("libpod-", ".scope"),
    ("libpod-", ""),
    ("cri-containerd-", ".scope"),
    ("nerdctl-", ".scope"),
    ("crio-", ".scope"),
    ("crio-", ""),
];

/// What runs a command in a container, by the beginning of its group's name.
const COMMANDS: [(&str, &str); 5] = [
    ("docker-", "docker"),
    ("libpod-", "podman"),
    ("nerdctl-", "nerdctl"),
    ("cri-containerd-", "crictl"),
    ("crio-", "crictl"),
];

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its whole id.
    pub id: String,
    /// The engine that knows it, if one was asked.
    pub engine: Option<String>,
    /// Its groups, where it runs.
    pub groups: Vec<PathBuf>,
}

/// Why it cannot be found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Several ids begin like this, or several engines have a container of that name.
    #[error("several containers have the name {wanted}, or an id that begins so: {}", ids.join(", "))]
    Several {
        /// What was asked for.
        wanted: String,
        /// The ids, shortened.
        ids: Vec<String>,
    },
    /// None does, and no engine knows the name.
    #[error(
        "no container {0}: no control group has an id that begins so, and neither docker, podman nor nerdctl knows the name"
    )]
    None(String),
}

impl Container {
    /// Names of its group, wherever it is in the tree.
    #[must_use]
    pub fn group_names(&self) -> Vec<String> {
        group_names(&self.id)
    }

    /// Words of the command that restarts it; `None` without an engine that knows it.
    #[must_use]
    pub fn restart(&self) -> Option<Vec<String>> {
        let engine = self.engine.clone()?;
        Some(vec![engine, "restart".to_owned(), self.id.clone()])
    }
}

/// Names that the group of a container may have, wherever it is in the tree.
#[must_use]
pub fn group_names(id: &str) -> Vec<String> {
    NAMES
        .iter()
        .map(|(before, behind)| format!("{before}{id}{behind}"))
        .collect()
}

/// Groups of a container, where it runs.
#[must_use]
pub fn groups_of(root: &Path, id: &str) -> Vec<PathBuf> {
    group::named(root, |name| id_in(name) == Some(id))
}

/// The container of a control group: the command of its engine, where the group's name tells it, and its id.
#[must_use]
pub fn of_group(path: &str) -> Option<(Option<&'static str>, &str)> {
    let (name, id) = path
        .rsplit('/')
        .find_map(|name| Some((name, id_in(name)?)))?;
    let engine = COMMANDS
        .iter()
        .find(|(before, _)| name.starts_with(before))
        .map(|(_, command)| *command);
    // Groups that docker makes by itself have the id alone for a name.
    let plain = path.contains("/docker/").then_some("docker");
    Some((engine.or(plain), id))
}

/// Finds a container by its name, its id or the beginning of it. A name is looked up in the engines' own files; where these
/// cannot be read or are elsewhere, the engines are asked.
///
/// # Errors
/// See [`Error`].
pub fn find(root: &Path, names: &mut Names) -> Result<Container, Error> {
    let wanted = names.name().to_owned();
    let mut kept = names.look();
    kept.dedup_by(|one, other| one.id == other.id);
    if kept.len() > 1 {
        return Err(several(&wanted, kept.into_iter().map(|named| named.id)));
    }
    let kept = kept.pop();
    find_with(root, &wanted, &|wanted| match &kept {
        Some(named) => Some((named.id.clone(), named.engine.to_owned())),
        None => ENGINES
            .iter()
            .find_map(|engine| Some((inspected(engine, wanted)?, (*engine).to_owned()))),
    })
}

fn several(wanted: &str, ids: impl Iterator<Item = String>) -> Error {
    Error::Several {
        wanted: wanted.to_owned(),
        ids: ids.map(|id| id.chars().take(12).collect()).collect(),
    }
}

fn find_with(
    root: &Path,
    wanted: &str,
    ask: &dyn Fn(&str) -> Option<(String, String)>,
) -> Result<Container, Error> {
    let asked = ask(wanted);
    let begins = match &asked {
        Some((id, _)) => id.clone(),
        None => wanted.to_owned(),
    };
    let is_hex = begins.len() >= FEWEST && begins.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return Err(Error::None(wanted.to_owned()));
    }
    let groups = group::named(root, |name| {
        id_in(name).is_some_and(|id| id.starts_with(&begins))
    });
    let mut ids: Vec<String> = groups
        .iter()
        .filter_map(|group| id_in(&group.file_name()?.to_string_lossy()).map(str::to_owned))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > 1 {
        return Err(several(wanted, ids.into_iter()));
    }
    let (known, engine) = asked.map_or((None, None), |(id, engine)| (Some(id), Some(engine)));
    let id = ids
        .pop()
        .or(known)
        .or_else(|| (begins.len() == DIGITS).then_some(begins))
        .ok_or_else(|| Error::None(wanted.to_owned()))?;
    Ok(Container { id, engine, groups })
}

/// The id in a group's name.
fn id_in(name: &str) -> Option<&str> {
    NAMES.iter().find_map(|(before, behind)| {
        let id = name.strip_prefix(before)?.strip_suffix(behind)?;
        is_whole_id(id).then_some(id)
    })
}

/// All digits of an id, and nothing else.
pub(super) fn is_whole_id(id: &str) -> bool {
    id.len() == DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An engine's answer to a name; `None` when it is not there or does not know it.
fn inspected(engine: &str, name: &str) -> Option<String> {
    let output = Command::new(engine)
        .args([
            "inspect",
            "--type",
            "container",
            "--format",
            "{{.Id}}",
            "--",
            name,
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let id = String::from_utf8(output.stdout).ok()?;
    let id = id.trim();
    (output.status.success() && is_whole_id(id)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Error, find_with, id_in, of_group};

    fn id(digit: char) -> String {
        format!("{digit}bcd").repeat(16)
    }

    #[test]
    fn ids_stand_in_the_names_of_every_engine() {
        let id = id('a');
        for name in [
            id.clone(),
            format!("docker-{id}.scope"),
            format!("libpod-{id}.scope"),
            format!("libpod-{id}"),
            format!("crio-{id}.scope"),
            format!("cri-containerd-{id}.scope"),
        ] {
            assert_eq!(id_in(&name), Some(id.as_str()), "{name}");
        }
        for other in [
            "ollama.service",
            "docker-abcd.scope",
            &format!("libpod-conmon-{id}.scope"),
            "libpod-conmon-x.scope",
        ] {
            assert_eq!(id_in(other), None, "{other}");
        }
    }

    #[test]
    fn a_group_tells_the_engine_where_its_name_does() {
        let id = id('a');
        for (group, engine) in [
            (format!("/system.slice/docker-{id}.scope"), Some("docker")),
            (format!("/docker/{id}"), Some("docker")),
            (
                format!("/machine.slice/libpod-{id}.scope/container"),
                Some("podman"),
            ),
            (
                format!("/kubepods.slice/cri-containerd-{id}.scope"),
                Some("crictl"),
            ),
            (format!("/kubepods/besteffort/{id}"), None),
        ] {
            assert_eq!(of_group(&group), Some((engine, id.as_str())), "{group}");
        }
        assert_eq!(of_group("/system.slice/ollama.service"), None);
    }

    #[test]
    fn a_container_is_found_by_id_beginning_or_name() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (id('a'), id('b'));
        for name in [
            format!("system.slice/docker-{one}.scope"),
            format!("machine.slice/libpod-{two}.scope/container"),
        ] {
            std::fs::create_dir_all(root.path().join(name)).unwrap();
        }
        let nobody = |_: &str| None;
        let found = find_with(root.path(), "abcd", &nobody).unwrap();
        assert_eq!((&found.id, found.groups.len()), (&one, 1));
        assert_eq!(found.restart(), None);
        assert!(found.group_names().contains(&format!("docker-{one}.scope")));
        let named = |_: &str| Some((two.clone(), "podman".to_owned()));
        let found = find_with(root.path(), "ollama", &named).unwrap();
        assert_eq!(found.id, two);
        assert_eq!(found.restart().unwrap()[..2], ["podman", "restart"]);
        // One that does not run has an id and no group.
        let stopped = |_: &str| Some((id('c'), "docker".to_owned()));
        assert!(
            find_with(root.path(), "x", &stopped)
                .unwrap()
                .groups
                .is_empty()
        );
        let none = find_with(root.path(), "ollama", &nobody);
        assert_eq!(none, Err(Error::None("ollama".to_owned())));
        let third = format!("system.slice/docker-{}.scope", one.replace('d', "e"));
        std::fs::create_dir_all(root.path().join(third)).unwrap();
        let several = find_with(root.path(), "abc", &nobody);
        assert!(
            matches!(several, Err(Error::None(_))),
            "too short: {several:?}"
        );
    }
}
