//! Ollama servers that run already.
//!
//! In: a /proc folder. Out: each `ollama serve` with its unit, owner and address. Reads only; no bus, no connection.

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::host::OllamaHost;
use super::listening::{Listening, listening};
use super::process::Process;
use super::role::is_server_command;

/// A running `ollama serve`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Process id.
    pub pid: u32,
    /// Program file; absent when it may not be read.
    pub exe: Option<PathBuf>,
    /// Arguments.
    pub argv: Vec<String>,
    /// The unit of the system's manager that started it.
    pub unit: Option<String>,
    /// The unit of a user's manager (`systemctl --user`) that started it.
    pub user_unit: Option<String>,
    /// Path of its control group; a container's shows there.
    pub cgroup: Option<String>,
    /// Real user id.
    pub uid: Option<u32>,
    /// Where it listens, as far as that can be seen.
    pub listen: Option<SocketAddr>,
}

/// Every running server, by pid.
///
/// # Errors
/// `proc` could not be listed.
pub fn running_server(proc: &Path) -> io::Result<Vec<Server>> {
    let servers = Process::all(proc)?.into_iter().filter_map(|process| {
        let argv = process.argv();
        is_server_command(&argv).then(|| describe(proc, &process, argv))
    });
    Ok(servers.collect())
}

/// One process, whatever it runs.
#[must_use]
pub fn described(proc: &Path, pid: u32) -> Server {
    let process = Process::new(proc, pid);
    let argv = process.argv();
    describe(proc, &process, argv)
}

fn describe(proc: &Path, process: &Process, argv: Vec<String>) -> Server {
    let cgroup = process.cgroup();
    let (unit, user_unit) = cgroup.as_deref().map(units).unwrap_or_default();
    Server {
        pid: process.pid,
        exe: process.exe(),
        argv,
        unit,
        user_unit,
        cgroup,
        uid: process.uid(),
        listen: address(proc, process),
    }
}

/// The service a control group belongs to: `(of the system, of a user)`.
fn units(cgroup: &str) -> (Option<String>, Option<String>) {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
    let mut names = cgroup
        .rsplit('/')
        .map(|name| name.strip_prefix('_').unwrap_or(name))
        .filter(|name| name.ends_with(".service") && name.bytes().all(valid));
    let Some(name) = names.next().map(str::to_owned) else {
        return (None, None);
    };
    if names.any(|outer| outer.starts_with("user@")) {
        (None, Some(name))
    } else {
        (Some(name), None)
    }
}

/// Its listening socket: one of its descriptors; where these may not be seen, the one that its OLLAMA_HOST and its owner point to.
fn address(proc: &Path, process: &Process) -> Option<SocketAddr> {
    let sockets = listening(&process.path("net"))
        .or_else(|_| listening(&proc.join("net")))
        .ok()?;
    let host = process.environment().map(|pairs| {
        let value = pairs.iter().find(|(name, _)| name == "OLLAMA_HOST");
        OllamaHost::parse(value.map(|(_, value)| value.as_str()).unwrap_or_default())
    });
    let port = host.as_ref().map(|host| host.port);
    let mine: Vec<&Listening> = match (process.sockets(), port) {
        (Some(inodes), _) => sockets
            .iter()
            .filter(|one| inodes.contains(&one.inode))
            .collect(),
        (None, port) => {
            let (uid, port) = (process.uid()?, port.unwrap_or(11434));
            sockets
                .iter()
                .filter(|one| one.uid == uid && one.address.port() == port)
                .collect()
        }
    };
    let asked = mine.iter().find(|one| Some(one.address.port()) == port);
    asked.or_else(|| mine.first()).map(|one| one.address)
}
