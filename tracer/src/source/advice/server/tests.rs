//! Servers in made /proc folders are found with unit, owner and address; the real one can be walked.

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
