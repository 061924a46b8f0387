//! Which differences only follow from others.

use std::collections::BTreeSet;

use super::super::compare::Difference;
use super::super::fact::{Absence, Stage};
use super::{Ranked, is_library_folder};

/// Variables that a login, su and sudo set for a user.
const OF_USER: [&str; 8] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "group id",
    "HOME",
    "LOGNAME",
    "MAIL",
    "SHELL",
    "USER",
    "XDG_RUNTIME_DIR",
];

/// Follows from what came first: a derived value, a behaviour, a word. What a person can change back is none.
pub(super) fn is_ripple(one: &Ranked, first: &Ranked) -> bool {
    let (stage, begin) = (one.difference.key.stage, first.difference.key.stage);
    let earlier = begin < stage;
    // What a process came to load, unless the cause is about it.
    let came_to = stage == Stage::File && is_one_sided(&one.difference) && begin <= stage;
    // Another release has other files.
    let of_release = begin == Stage::Release && matches!(stage, Stage::Folder | Stage::File);
    one.ripple || (stage >= Stage::Attempt && earlier) || (!one.linked && (came_to || of_release))
}

fn is_one_sided(one: &Difference) -> bool {
    one.good.is_none() || one.bad.is_none()
}

/// What else is there, by which a difference is told to follow.
struct Others<'a> {
    /// The server took another library folder.
    moved: bool,
    /// The server runs as another user.
    user: bool,
    /// Loads that differ: role and name.
    loads: BTreeSet<(&'a str, &'a str)>,
    /// Roles that ended or hung in a call: that tells of the calls which never came back.
    ended: BTreeSet<&'a str>,
    /// Roles in which a call of the bad side differs.
    called: BTreeSet<&'a str>,
    /// Files that are other ones on both sides.
    contents: BTreeSet<&'a str>,
}

impl<'a> Others<'a> {
    fn new(found: &'a [Difference]) -> Self {
        let calls = || {
            let calls = found.iter().filter(|one| one.key.stage == Stage::Call);
            calls.filter(|one| one.bad.is_some())
        };
        let role = |one: &'a Difference| one.key.role.as_str();
        let broken = |one: &&Difference| matches!(one.key.name.as_str(), "crash" | "hanging");
        let is_user = |one: &Difference| {
            one.key.stage == Stage::Setting && one.key.role == "server" && one.key.name == "user id"
        };
        Self {
            moved: found.iter().any(is_library_folder),
            user: found.iter().any(is_user),
            loads: found
                .iter()
                .filter(|one| one.key.stage == Stage::Load)
                .filter_map(|one| Some((role(one), one.key.name.strip_prefix("load of ")?)))
                .collect(),
            ended: calls().filter(broken).map(role).collect(),
            called: calls().map(role).collect(),
            contents: found
                .iter()
                .filter(|one| one.key.stage == Stage::File && !is_one_sided(one))
                .filter_map(|one| one.key.name.strip_prefix("contents of "))
                .collect(),
        }
    }

    fn lead_to(&self, one: &Difference) -> bool {
        let (role, name) = (one.key.role.as_str(), one.key.name.as_str());
        match one.key.stage {
            // A user has a home of his own.
            Stage::Setting => self.user && role == "server" && OF_USER.contains(&name),
            // Another library folder has other folders in it.
            Stage::Folder => self.moved && !is_library_folder(one),
            // What a file is that only one side uses: why it is used is another difference. And a load that failed has its words.
            Stage::File if is_one_sided(one) => {
                role == "machine" || self.loads.contains(&(role, name))
            }
            // Another file has another owner.
            Stage::File => {
                let kinds = ["access to ", "search path of "];
                let mut paths = kinds.iter().filter_map(|kind| name.strip_prefix(kind));
                paths.any(|path| self.contents.contains(path))
            }
            Stage::Call => {
                // What is not called any more: what came before it is told.
                let uncalled = one.bad.is_none() && self.called.contains(role);
                // A call that never came back is told by the crash in it, or by what hung in it.
                let open = one
                    .bad
                    .as_ref()
                    .is_some_and(|fact| fact.value.same.starts_with("never came back"));
                uncalled || (open && self.ended.contains(role))
            }
            _ => false,
        }
    }
}

/// Which of them follow from others: by their nature, or because of what else is there.
pub(super) fn derived(found: &[Difference]) -> Vec<bool> {
    let others = Others::new(found);
    let by_nature = |one: &Difference| {
        one.either().is_some_and(|fact| {
            fact.derived || (is_one_sided(one) && fact.absence == Absence::Follows)
        })
    };
    found
        .iter()
        .map(|one| by_nature(one) || others.lead_to(one))
        .collect()
}
