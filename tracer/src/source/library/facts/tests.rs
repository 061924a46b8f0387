use std::path::Path;

use proptest::prelude::*;

use super::{Detail, facts};
use crate::event::{Seen, Text};
use crate::source::library::functions::{Tables, functions};
use crate::source::library::returns::return_sites;
use crate::source::library::subject::Subject;
use crate::source::library::symbol::Symbols;
use crate::source::library::{Image, Root};

/// A library with one of everything.
fn everything(subject: &Subject) -> std::path::PathBuf {
    subject.library(
        "libdep.so.2",
        "int dep_v1(void) { return 1; }",
        &[
            "-Wl,-soname,libdep.so.2",
            &version_script(subject, "dep.map", "DEP_1 { global: dep_v1; local: *; };"),
        ],
    );
    std::os::unix::fs::symlink("libdep.so.2", subject.folder().join("libdep.so")).unwrap();
    let source = r#"
        extern int dep_v1(void); extern int nobody(void); extern int maybe(void) __attribute__((weak));
        void *dlopen(const char *name, int mode) { return (void *)name; }
        static int dlsym(void) { return 2; }
        __attribute__((constructor)) void begin(void) { }
        int mine(void) { return dep_v1() + nobody() + (maybe ? maybe() : 0) + dlsym(); }
    "#;
    subject.library(
        "libmine.so.1",
        source,
        &[
            "-L.",
            "-ldep",
            "-Wl,-soname,libmine.so.1",
            "-Wl,-rpath,$ORIGIN/deps",
            "-Wl,--enable-new-dtags",
            "-Wl,--build-id=0x0123456789abcdef",
            &version_script(subject, "mine.map", "MINE_1 { mine; dlopen; };"),
        ],
    )
}

fn version_script(subject: &Subject, name: &str, text: &str) -> String {
    format!(
        "-Wl,--version-script={}",
        subject.file(name, text).display()
    )
}

fn texts(list: &[&str]) -> Vec<Text> {
    list.iter().map(|text| Text::from(*text)).collect()
}

#[test]
fn a_library_tells_all_that_a_failed_load_depends_on() {
    let subject = Subject::new();
    let path = everything(&subject);
    let link = subject.folder().join("libmine.so");
    std::os::unix::fs::symlink("libmine.so.1", &link).unwrap();
    let library = facts(&link, &Root::default(), Detail::References);
    assert_eq!(library.problem, None);
    assert_eq!(library.links, [Text::from(path.to_str().unwrap())]);
    assert_eq!((library.bits, library.machine), (Some(64), Some(62)));
    assert_eq!(library.build_id, Some(Text::from("0123456789abcdef")));
    assert_eq!(library.soname, Some(Text::from("libmine.so.1")));
    assert_eq!(library.needed, texts(&["libdep.so.2"]));
    assert_eq!(
        (library.rpath, library.runpath),
        (None, Some(Text::from("$ORIGIN/deps")))
    );
    assert_eq!(library.defines_versions, texts(&["MINE_1"]));
    assert!(
        library
            .needs_versions
            .contains(&[Text::from("libdep.so.2"), Text::from("DEP_1")])
    );
    assert!(library.constructors);
    assert_eq!(
        library.interposes,
        texts(&["dlopen"]),
        "a static function interposes nothing"
    );
    let Some(Seen::Yes(undefined)) = library.undefined else {
        panic!("references")
    };
    assert_eq!(
        undefined,
        texts(&["dep_v1@DEP_1", "nobody"]),
        "weak ones are left out"
    );
    let size = std::fs::metadata(&path).unwrap().len();
    assert_eq!(library.size, Some(size));
    assert!(library.inode.is_some() && library.mtime.is_some());
    assert_eq!(library.mode, Some(0o755));
}

#[test]
fn each_file_that_is_no_library_is_told_as_what_it_is() {
    let subject = Subject::new();
    let good = std::fs::read(everything(&subject)).unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", vec![], "empty file"),
        ("text", b"not a library".to_vec(), "not ELF"),
        ("zeros", vec![0; good.len()], "zeros, not ELF"),
        (
            "gone",
            [&good[..1024], &vec![0; good.len() - 1024]].concat(),
            "zeros where its dynamic section should be",
        ),
        (
            "script",
            b"/* GNU ld script */\nGROUP ( libx.so.6 )\n".to_vec(),
            "a linker script, not ELF",
        ),
        (
            "short",
            good[..40].to_vec(),
            "file too short for its ELF header",
        ),
        ("class", with(4, 1), "32-bit ELF"),
        (
            "machine",
            with(18, 183),
            "ELF of another machine (183, AArch64)",
        ),
        (
            "order",
            with(5, 2),
            "ELF of another class, byte order, version or OS ABI",
        ),
        ("object", with(16, 1), "ELF type 1, not a shared object"),
        (
            "cut",
            good[..good.len() / 3].to_vec(),
            "truncated: segments need ",
        ),
    ];
    for (name, bytes, problem) in cases {
        let library = facts(&subject.file(name, bytes), &Root::default(), Detail::Plain);
        let said = library.problem.unwrap();
        assert!(said.as_str().starts_with(problem), "{name}: {said}");
    }
    let folder = facts(subject.folder(), &Root::default(), Detail::Plain);
    assert_eq!(folder.problem, Some(Text::from("a directory")));
    let absent = facts(
        &subject.folder().join("absent"),
        &Root::default(),
        Detail::Plain,
    );
    assert_eq!(
        (absent.problem, absent.size),
        (Some(Text::from("ENOENT")), None)
    );
    let device = facts(Path::new("/dev/null"), &Root::default(), Detail::Plain);
    assert_eq!(device.problem, Some(Text::from("not a regular file")));
}

#[test]
fn a_huge_sparse_file_costs_no_more_than_its_tables() {
    let subject = Subject::new();
    let path = everything(&subject);
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    let library = facts(&path, &Root::default(), Detail::References);
    assert_eq!((library.problem, library.size), (None, Some(1 << 40)));
}

/// Everything that reads an object. Returns nothing: what matters is that it returns.
fn read_all(path: &Path) {
    let root = Root::default();
    let _ = facts(path, &root, Detail::References);
    let Ok(image) = Image::open(path, &root) else {
        return;
    };
    let _ = image.interpreter();
    let symbols = Symbols::read(&image).unwrap_or_default();
    if let Ok(found) = functions(&image, Tables::All, |_| true) {
        for function in &found.list {
            let _ = return_sites(&image, function, &symbols);
            let _ = (
                symbols.nearest(function.address),
                image.bias(1 << 40, function.offset),
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn damaged_objects_never_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        headers in prop::collection::vec((0_usize..0x400, any::<u8>()), 0..6),
        kept in 0.0..1.3_f64,
    ) {
        // One build serves all cases.
        static BUILT: std::sync::OnceLock<(Subject, Vec<u8>)> = std::sync::OnceLock::new();
        let (subject, good) = BUILT.get_or_init(|| {
            let subject = Subject::new();
            let good = std::fs::read(everything(&subject)).unwrap();
            (subject, good)
        });
        let mut bytes = good.clone();
        for (index, byte) in flips {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        for (at, byte) in headers {
            bytes[at] = byte;
        }
        let kept = ((bytes.len() as f64) * kept) as usize;
        bytes.truncate(kept);
        read_all(&subject.file("damaged.so", bytes));
    }
}

#[test]
fn every_single_damaged_byte_of_the_headers_is_survived() {
    let subject = Subject::new();
    let good = std::fs::read(everything(&subject)).unwrap();
    let dynamic = {
        let path = subject.file("whole.so", &good);
        let image = Image::open(&path, &Root::default()).unwrap();
        let segment = image.segment(object::elf::PT_DYNAMIC).unwrap();
        let start = segment.p_offset.get(super::LE) as usize;
        start..start + segment.p_filesz.get(super::LE) as usize
    };
    for at in (0..64 + 56 * 4).chain(dynamic) {
        for byte in [0x7f, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = byte;
            read_all(&subject.file("damaged.so", bytes));
        }
    }
}
