use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::{Cache, CpuLevel};
use crate::event::Text;
use crate::source::library::Root;
use crate::source::library::subject::Subject;

fn ldconfig(arguments: &[&str]) -> String {
    let done = Command::new("/sbin/ldconfig")
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).unwrap()
}

/// A root with `/libs`, its `glibc-hwcaps`, and a cache in the given format.
fn subject(format: &str) -> (Subject, Root) {
    let subject = Subject::new();
    for (folder, soname) in [
        ("libs", "liba.so.1"),
        ("libs", "libb.so.2"),
        ("libs/glibc-hwcaps/x86-64-v2", "liba.so.1"),
        ("libs/glibc-hwcaps/x86-64-v3", "liba.so.1"),
        ("more", "libb.so.2"),
    ] {
        let flag = format!("-Wl,-soname,{soname}");
        subject.library(
            &format!("{folder}/{soname}"),
            "int f(void) { return 1; }",
            &[&flag],
        );
    }
    subject.file("etc/ld.so.conf", "/libs\n/more\n");
    let root = subject.folder().to_str().unwrap().to_owned();
    ldconfig(&["-r", &root, "-c", format, "-X"]);
    let root = Root::new(root);
    (subject, root)
}

#[test]
fn both_formats_give_the_files_in_the_loaders_order() {
    for format in ["new", "compat"] {
        let (_subject, root) = subject(format);
        let cache = Cache::read(&root).unwrap();
        let lookup = |name: &str, level| {
            let found = cache.lookup(&Text::from(name), level);
            found
                .iter()
                .map(|text| text.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        let plain = "/libs/liba.so.1".to_owned();
        let v2 = "/libs/glibc-hwcaps/x86-64-v2/liba.so.1".to_owned();
        let v3 = "/libs/glibc-hwcaps/x86-64-v3/liba.so.1".to_owned();
        assert_eq!(
            lookup("liba.so.1", CpuLevel::V1),
            [plain.as_str()],
            "{format}"
        );
        assert_eq!(lookup("liba.so.1", CpuLevel::V2), [v2.as_str(), &plain]);
        assert_eq!(
            lookup("liba.so.1", CpuLevel::V4),
            [v3.as_str(), &v2, &plain]
        );
        assert_eq!(
            lookup("libb.so.2", CpuLevel::V4),
            ["/libs/libb.so.2", "/more/libb.so.2"]
        );
        assert_eq!(lookup("libc.so.6", CpuLevel::V4), Vec::<String>::new());
    }
}

#[test]
fn the_cache_of_this_machine_reads_as_ldconfig_prints_it() {
    let cache = Cache::read(&Root::default()).unwrap();
    let mut compared = 0;
    for line in ldconfig(&["-p"])
        .lines()
        .filter(|line| line.contains("(libc6,x86-64"))
    {
        let name = line.split_whitespace().next().unwrap();
        let file = line.rsplit("=> ").next().unwrap();
        let found = cache.lookup(&Text::from(name), CpuLevel::V4);
        assert!(found.contains(&Text::from(file)), "{line}");
        compared += 1;
    }
    assert!(compared > 5 && compared <= cache.iter().count());
}

#[test]
fn what_is_no_cache_is_refused() {
    for bytes in [
        &b""[..],
        b"ld.so-1.7.0\0",
        b"glibc-ld.so.cache1.1",
        b"\x7fELF",
    ] {
        assert_eq!(Cache::parse(bytes), None);
    }
    let missing = Cache::read(&Root::new("/nonexistent")).unwrap_err();
    assert!(
        missing
            .to_string()
            .contains(Path::new("/etc/ld.so.cache").to_str().unwrap())
    );
}

proptest! {
    #[test]
    fn damaged_caches_never_panic(
        format in prop::sample::select(vec!["new", "compat"]),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        header in prop::collection::vec((0_usize..160, any::<u8>()), 0..6),
        kept in any::<prop::sample::Index>(),
    ) {
        static BUILT: std::sync::OnceLock<[Vec<u8>; 2]> = std::sync::OnceLock::new();
        let built = BUILT.get_or_init(|| {
            ["new", "compat"].map(|format| {
                let (subject, _) = subject(format);
                std::fs::read(subject.folder().join("etc/ld.so.cache")).unwrap()
            })
        });
        let mut bytes = built[usize::from(format == "compat")].clone();
        for (index, byte) in flips {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        for (at, byte) in header {
            bytes[at] = byte;
        }
        bytes.truncate(kept.index(bytes.len()) + bytes.len() / 2);
        if let Some(cache) = Cache::parse(&bytes) {
            for (name, _) in cache.iter() {
                let _ = cache.lookup(name, CpuLevel::V4);
            }
        }
    }
}
