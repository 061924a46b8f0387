//! Who starts Ollama: the unit and its user, the servers that run, and names of groups.

use std::collections::BTreeMap;
use std::path::Path;

use crate::event::Text;
use crate::event::doctor::{Server, Service, User};
use crate::source::host::{below, small};
use crate::source::user::Accounts;
use crate::source::{advice, unit};

/// The unit that Ollama's install script writes.
const UNIT: &str = "ollama.service";
/// Settings that decide which device nodes a service sees (systemd.exec(5), systemd.resource-control(5)).
const DEVICES: [&str; 3] = ["DeviceAllow", "DevicePolicy", "PrivateDevices"];
/// Servers told at most.
const MOST: usize = 64;

/// The unit below `root`, or the caller where there is none.
pub(super) fn read(root: &Path, accounts: &dyn Accounts) -> Service {
    let unit = match unit::load(UNIT, root) {
        Ok(unit) => unit,
        Err(unit::Error::NotFound { .. }) => {
            return Service {
                user: caller(accounts),
                ..Service::default()
            };
        }
        Err(error) => return broken(&error, accounts),
    };
    let start = match unit::resolve(&unit, accounts, root) {
        Ok(start) => start,
        Err(error) => return broken(&error, accounts),
    };
    let devices = unit
        .not_imitated
        .iter()
        .filter(|setting| DEVICES.contains(&setting.name.as_str()))
        .map(|setting| [&setting.name, &setting.value].map(|word| Text::from(word.as_str())))
        .collect();
    let mut groups = start.groups;
    groups.push(start.gid);
    Service {
        unit: Some(Text::from(unit.name)),
        problem: None,
        devices,
        user: user(start.uid, groups, accounts),
    }
}

fn broken(error: &unit::Error, accounts: &dyn Accounts) -> Service {
    Service {
        unit: Some(Text::from(UNIT)),
        problem: Some(Text::from(error.to_string())),
        devices: Vec::new(),
        user: caller(accounts),
    }
}

pub(in crate::source) fn caller(accounts: &dyn Accounts) -> User {
    let mut groups: Vec<u32> = rustix::process::getgroups()
        .unwrap_or_default()
        .into_iter()
        .map(rustix::process::Gid::as_raw)
        .collect();
    groups.push(rustix::process::getegid().as_raw());
    user(rustix::process::geteuid().as_raw(), groups, accounts)
}

pub(in crate::source) fn user(uid: u32, mut groups: Vec<u32>, accounts: &dyn Accounts) -> User {
    groups.sort_unstable();
    groups.dedup();
    let account = accounts.user_by_id(uid).ok().flatten();
    User {
        name: account.map(|account| Text::from(account.name)),
        uid,
        groups,
    }
}

/// Servers that run; nothing when the processes cannot be listed.
pub(super) fn servers(proc: &Path) -> Option<Vec<Server>> {
    let all = advice::running_server(proc).ok()?;
    let servers = all.into_iter().take(MOST).map(|server| Server {
        pid: server.pid,
        program: server.exe.as_deref().map(super::library_tree::text),
        unit: server.unit.map(Text::from),
        uid: server.uid,
        listen: server.listen.map(|address| Text::from(address.to_string())),
    });
    Some(servers.collect())
}

/// Names of these groups in /etc/group. Groups of a directory service are not there, and stay numbers.
pub(in crate::source) fn group_names(
    root: &Path,
    wanted: impl Iterator<Item = u32>,
) -> BTreeMap<u32, Text> {
    let wanted: Vec<u32> = wanted.collect();
    let bytes = small(&below(root, "/etc/group")).unwrap_or_default();
    let mut names = BTreeMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut fields = line.split(|byte| *byte == b':');
        let (Some(name), Some(number)) = (fields.next(), fields.nth(1)) else {
            continue;
        };
        let number = std::str::from_utf8(number)
            .ok()
            .and_then(|n| n.parse().ok());
        if let Some(number) = number.filter(|number| wanted.contains(number)) {
            names
                .entry(number)
                .or_insert_with(|| Text::from_bytes(name));
        }
    }
    names
}
