//! Files and listings.

use super::{check, row_in, text};
use crate::event::file::{Access, Chdir, Getcwd, List, Readlink, Stat};
use crate::event::{Errno, Kind};
use crate::view::row::Detail;
use crate::view::samples::{open, yes};
use crate::view::scene::Scene;

#[test]
fn files() {
    let stat = |mode, err: Option<u16>, nofollow| {
        Kind::Stat(Stat {
            path: yes("lib/x.so"),
            base: Some(yes("/usr")),
            nofollow,
            mode,
            size: Some(686_360),
            err: err.map(Errno),
        })
    };
    let access = Kind::Access(Access {
        path: yes("/dev/nvidia0"),
        base: None,
        mode: 6,
        err: Some(Errno(13)),
    });
    let readlink = Kind::Readlink(Readlink {
        path: yes("/proc/self/exe"),
        base: None,
        to: Some(yes("/usr/bin/ollama")),
        err: None,
    });
    let getcwd = Kind::Getcwd(Getcwd {
        path: Some(yes("/root")),
        err: None,
    });
    let chdir = Kind::Chdir(Chdir {
        path: None,
        cwd: Some(yes("/tmp")),
        err: None,
    });
    check(vec![
        (open("/etc/x", None), "open /etc/x RDONLY|CLOEXEC = 6"),
        (
            open("/etc/x", Some(2)),
            "open /etc/x RDONLY|CLOEXEC = ENOENT no such file ✗",
        ),
        (
            stat(Some(0o100_755), None, false),
            "stat lib/x.so in /usr = -rwxr-xr-x 670 KiB",
        ),
        (
            stat(Some(0o040_755), None, true),
            "lstat lib/x.so in /usr = drwxr-xr-x",
        ),
        (
            stat(None, Some(40), false),
            "stat lib/x.so in /usr = ELOOP too many links in the path ✗",
        ),
        (
            access,
            "access /dev/nvidia0 read|write = EACCES permission denied ✗",
        ),
        (readlink, "readlink /proc/self/exe = /usr/bin/ollama"),
        (getcwd, "getcwd = /root"),
        (chdir, "fchdir = /tmp"),
    ]);
}

#[test]
fn listings_show_backends_first() {
    let list = |entries, names: &[&str], withheld| {
        Kind::List(List {
            path: yes("/l"),
            entries,
            names: names.iter().map(|name| text(name)).collect(),
            withheld,
            cut: false,
            err: None,
        })
    };
    let many = ["a", "b", "c", "d", "e", "f", "g", "libggml-cuda.so"];
    check(vec![
        (list(0, &[], 0), "list /l = end"),
        (
            list(3, &[".", "..", "a b"], 0),
            "list /l = 3 entries: \"a b\"",
        ),
        (
            list(8, &many, 0),
            "list /l = 8 entries: libggml-cuda.so a b c d e … 2 more",
        ),
        (list(9, &[], 9), "list /l = 9 entries, 9 names not recorded"),
    ]);
    let full = row_in(list(8, &many, 0), None, &Scene::default(), Detail::Full);
    assert!(full.ends_with("libggml-cuda.so a b c d e f g"), "{full}");
}
