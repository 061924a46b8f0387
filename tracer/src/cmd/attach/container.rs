//! A container as the target: by id, or by a name that another one may get while it is recorded.
//!
//! The kernel side knows groups, and a group has the id in its name. So a container that is removed and made anew (`docker compose
//! up`, `podman run --replace`) would be a stranger: its new id is looked up in the engines' files before it starts.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::target::{Target, groups};
use super::trouble;
use crate::cmd::Report;
use crate::cmd::run::live::OnTick;
use crate::event::loss::Note;
use crate::event::{Event, Text};
use crate::source::ebpf::awaited::Awaited;
use crate::source::running::container::{self, Container, group_names, groups_of};
use crate::source::running::group;
use crate::source::running::names::Names;
use crate::source::screen;
use crate::source::session::Session;

/// How often names are looked up: an engine takes longer to start what it has made.
const PACE: Duration = Duration::from_millis(50);
/// Containers of one name at most: the kernel side holds 64 names of groups, and each container has eight.
const MOST: usize = 8;

/// Looks after a name.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    names: Names,
    /// Ids that are waited for.
    ids: Vec<String>,
    /// The tree of control groups.
    tree: PathBuf,
}

/// Finds a container. With `next` one that is not there yet may be waited for by its name.
///
/// # Errors
/// There is none, or there are several.
pub(super) fn find(wanted: &str, next: bool) -> Result<Target, Report> {
    let tree = groups()?;
    let mut names = Names::new(Path::new("/"), wanted);
    let found = match container::find(&tree, &mut names) {
        Ok(found) => found,
        Err(container::Error::None(_)) if next && names.has_engine() => {
            return Ok(awaited(wanted, Follower::new(names, Vec::new(), tree)));
        }
        Err(error) => return Err(trouble(error.to_string())),
    };
    let Container { id, engine, groups } = &found;
    let short: String = id.chars().take(12).collect();
    // A name that an engine knows, not an id or its beginning.
    let is_name = engine.is_some() && !id.starts_with(wanted);
    let target = Target {
        label: format!("container {short}"),
        short: format!("container-{short}"),
        members: groups
            .iter()
            .flat_map(|folder| group::members(folder))
            .collect(),
        awaited: Awaited {
            groups: found.group_names(),
            ..Awaited::default()
        },
        restart: found.restart(),
        ..Target::default()
    };
    if !is_name {
        return Ok(target);
    }
    Ok(Target {
        label: format!("container {wanted} ({short})"),
        name: Some(Follower::new(names, vec![id.clone()], tree)),
        ..target
    })
}

/// One that nobody has made yet.
fn awaited(name: &str, follower: Follower) -> Target {
    Target {
        label: format!("container {name}, which is not there yet"),
        short: format!("container-{name}"),
        awaited: Awaited {
            more_groups: true,
            ..Awaited::default()
        },
        name: Some(follower),
        ..Target::default()
    }
}

impl Follower {
    fn new(names: Names, ids: Vec<String>, tree: PathBuf) -> Self {
        Self { names, ids, tree }
    }

    /// Ids that have the name now, where these are others than before. A name that nobody has stays with its old ones.
    fn renewed(&mut self) -> Option<Vec<String>> {
        let mut ids: Vec<String> = self
            .names
            .look()
            .into_iter()
            .map(|named| named.id)
            .collect();
        ids.dedup();
        ids.truncate(MOST);
        (!ids.is_empty() && ids != self.ids).then_some(ids)
    }

    /// Has the recording follow the name.
    pub(super) fn on_tick(mut self) -> OnTick {
        let mut looked = Instant::now();
        Box::new(move |session, events| {
            if looked.elapsed() < PACE {
                return None;
            }
            looked = Instant::now();
            let ids = self.renewed()?;
            let old = std::mem::replace(&mut self.ids, ids);
            Some(self.change(&old, session, events))
        })
    }

    /// Waits for the new containers in place of the old ones.
    fn change(&self, old: &[String], session: &mut Session, events: &mut Vec<Event>) -> Note {
        let names =
            |ids: &[String]| -> Vec<String> { ids.iter().flat_map(|id| group_names(id)).collect() };
        let new = self.ids.iter().filter(|id| !old.contains(id));
        let members = || -> Vec<u32> {
            let folders = new.clone().flat_map(|id| groups_of(&self.tree, id));
            folders.flat_map(|folder| group::members(&folder)).collect()
        };
        let outcome = session.change_groups(&names(&self.ids), &names(old), &members, events);
        let name = self.names.name();
        let ids: Vec<&str> = new.clone().filter_map(|id| id.get(..12)).collect();
        let text = match outcome {
            Ok(0) => format!("container {name} has been made anew: {}", ids.join(", ")),
            Ok(_) => format!(
                "container {name} has been made anew: {}; it ran before it was seen, so its beginning is not in this recording",
                ids.join(", ")
            ),
            Err(error) => {
                format!("container {name} has been made anew and cannot be followed: {error}")
            }
        };
        Note {
            id: Text::from("container_renewed"),
            text: screen::text(text.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Follower;
    use crate::source::running::names::Names;

    fn id(digit: char) -> String {
        format!("{digit}bcd").repeat(16)
    }

    #[test]
    fn a_name_that_another_container_gets_is_followed_and_one_that_is_free_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("var/lib/nerdctl/1935db59/names/default");
        std::fs::create_dir_all(&folder).unwrap();
        let names = Names::new(root.path(), "ollama");
        let mut follower = Follower::new(names, vec![id('a')], root.path().to_owned());
        assert_eq!(follower.renewed(), None, "nobody has the name for a moment");
        std::fs::write(folder.join("ollama"), id('a')).unwrap();
        assert_eq!(follower.renewed(), None);
        std::fs::remove_file(folder.join("ollama")).unwrap();
        assert_eq!(follower.renewed(), None);
        std::fs::write(folder.join("ollama"), format!("{}\n", id('b'))).unwrap();
        assert_eq!(follower.renewed(), Some(vec![id('b')]));
    }
}
