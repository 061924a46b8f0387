//! Ollama servers that run already.
//!
//! In: a /proc folder. Out: each `ollama serve` with its unit, owner and address. Reads only; no bus, no connection.

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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::{running_server, units};

    struct Proc(tempfile::TempDir);

    impl Proc {
        fn new(sockets: &[(&str, u32, u64)]) -> Self {
            use std::fmt::Write;
            let proc = tempfile::tempdir().unwrap();
            std::fs::create_dir(proc.path().join("net")).unwrap();
            let mut text = "header\n".to_owned();
            for (local, uid, inode) in sockets {
                writeln!(
                    text,
                    "0: {local} 00000000:0000 0A 0:0 00:0 0 {uid} 0 {inode} 1"
                )
                .unwrap();
            }
            std::fs::write(proc.path().join("net/tcp"), text).unwrap();
            std::fs::write(proc.path().join("uptime"), "1 1\n").unwrap();
            Self(proc)
        }

        fn add(&self, pid: u32, argv: &str, uid: u32, cgroup: &str, environ: &str) {
            let folder = self.0.path().join(pid.to_string());
            std::fs::create_dir(&folder).unwrap();
            let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
            write("cmdline", &argv.replace(' ', "\0"));
            write(
                "status",
                &format!("Name:\tx\nPPid:\t1\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n"),
            );
            write("cgroup", cgroup);
            write("environ", &environ.replace(' ', "\0"));
        }

        fn descriptors(&self, pid: u32, inodes: &[u64]) {
            let folder = self.0.path().join(pid.to_string());
            symlink("/usr/local/bin/ollama", folder.join("exe")).unwrap();
            std::fs::create_dir(folder.join("fd")).unwrap();
            symlink("/dev/null", folder.join("fd/0")).unwrap();
            for inode in inodes {
                symlink(
                    format!("socket:[{inode}]"),
                    folder.join(format!("fd/{inode}")),
                )
                .unwrap();
            }
        }
    }

    #[test]
    fn servers_are_found_with_unit_owner_and_address() {
        let proc = Proc::new(&[
            ("0100007F:2CAA", 998, 31),
            ("0100007F:2CAB", 1000, 32),
            ("00000000:0050", 998, 33),
        ]);
        proc.add(1, "/sbin/init", 0, "0::/init.scope\n", "");
        proc.add(
            20,
            "/usr/local/bin/ollama serve",
            998,
            "0::/system.slice/ollama.service\n",
            "A=1",
        );
        proc.descriptors(20, &[31, 33]);
        proc.add(
            21,
            "/usr/local/bin/ollama runner --port 1",
            998,
            "0::/system.slice/ollama.service\n",
            "",
        );
        proc.add(
            30,
            "ollama start",
            1000,
            "0::/user.slice/user-1000.slice/session-1.scope\n",
            "OLLAMA_HOST=:11435",
        );
        proc.add(31, "ollama list", 1000, "0::/\n", "");
        proc.add(32, "", 0, "0::/\n", "");
        let found = running_server(proc.0.path()).unwrap();
        let [service, by_hand] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(
            (service.pid, service.uid, service.unit.as_deref()),
            (20, Some(998), Some("ollama.service"))
        );
        assert_eq!(service.listen, Some("127.0.0.1:11434".parse().unwrap()));
        assert_eq!(
            service.exe.as_deref(),
            Some(Path::new("/usr/local/bin/ollama"))
        );
        assert_eq!(
            (by_hand.pid, &by_hand.unit, &by_hand.user_unit),
            (30, &None, &None)
        );
        assert_eq!(by_hand.listen, Some("127.0.0.1:11435".parse().unwrap()));
        assert!(by_hand.exe.is_none());
        assert!(running_server(Path::new("/no/such/proc")).is_err());
    }

    #[test]
    fn the_unit_comes_from_the_control_group() {
        for (cgroup, system, user) in [
            ("/system.slice/ollama.service", Some("ollama.service"), None),
            (
                "/system.slice/system-ollama.slice/ollama@1.service",
                Some("ollama@1.service"),
                None,
            ),
            (
                "/system.slice/ollama.service/runner",
                Some("ollama.service"),
                None,
            ),
            (
                "/user.slice/user-1000.slice/user@1000.service/app.slice/ollama.service",
                None,
                Some("ollama.service"),
            ),
            ("/system.slice/docker-0123.scope", None, None),
            ("/system.slice/bad name.service", None, None),
            ("/", None, None),
        ] {
            let found = units(cgroup);
            assert_eq!(
                (found.0.as_deref(), found.1.as_deref()),
                (system, user),
                "{cgroup}"
            );
        }
    }

    #[test]
    fn the_real_proc_can_be_walked() {
        running_server(Path::new("/proc")).unwrap();
    }
}
