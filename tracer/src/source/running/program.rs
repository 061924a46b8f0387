//! Whose a process is, and who is below it.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;

use crate::source::user::Accounts;

/// The user a process runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Effective user id.
    pub uid: u32,
    /// The name, where there is one.
    pub name: Option<String>,
}

impl Owner {
    /// `ollama (uid 998)`.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} (uid {})", self.uid),
            None => format!("uid {}", self.uid),
        }
    }
}

/// Whose a process is; `None` when it is gone.
#[must_use]
pub fn owner(pid: u32, accounts: &dyn Accounts) -> Option<Owner> {
    let uid = std::fs::metadata(format!("/proc/{pid}/task/{pid}"))
        .ok()?
        .uid();
    let account = accounts.user_by_id(uid).ok().flatten();
    Some(Owner {
        uid,
        name: account.map(|account| account.name),
    })
}

/// These processes and all below them, parents first.
#[must_use]
pub fn family(roots: &[u32]) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for pid in all() {
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut seen = BTreeSet::new();
    let mut list: Vec<u32> = Vec::new();
    // A root may be below another one.
    let below: BTreeSet<u32> = children.values().flatten().copied().collect();
    let (inner, outer): (Vec<u32>, Vec<u32>) = roots.iter().partition(|pid| {
        below.contains(pid) && roots.iter().any(|root| Some(*root) == parent(**pid))
    });
    for root in outer.into_iter().chain(inner) {
        let mut waiting = vec![root];
        while let Some(pid) = waiting.pop() {
            if seen.insert(pid) {
                list.push(pid);
                waiting.extend(children.get(&pid).into_iter().flatten().rev());
            }
        }
    }
    list
}

/// Every process.
#[must_use]
pub fn all() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids
}

/// The parent of a process.
fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{family, owner};
    use crate::source::user::SystemAccounts;

    #[test]
    fn a_family_has_its_root_first_and_its_children_behind() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let own = std::process::id();
        let found = family(&[own, child.id()]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.first(), Some(&own));
        assert_eq!(found.iter().filter(|pid| **pid == child.id()).count(), 1);
        let whose = owner(own, &SystemAccounts).unwrap();
        assert_eq!(whose.uid, rustix::process::geteuid().as_raw());
        assert!(whose.text().contains(&format!("uid {}", whose.uid)));
    }
}
