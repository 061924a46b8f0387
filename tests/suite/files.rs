//! Names that programs ask the kernel for, as they gave them, with the folder they start from and the kernel's answer.

mod listings;

use std::path::Path;

use vgputrace::event::file::absolute;
use vgputrace::event::{Errno, Seen, Text};
use vgputrace_tests::events::text;
use vgputrace_tests::programs::program;
use vgputrace_tests::{Recorded, gate, open_folder, test_name, trace};

/// A folder with `file` (7 bytes), `link` to it, `a` and `a/b`.
fn small_tree() -> tempfile::TempDir {
    let folder = open_folder();
    std::fs::write(folder.path().join("file"), "1234567").unwrap_or_default();
    std::os::unix::fs::symlink("file", folder.path().join("link")).unwrap_or_default();
    std::fs::create_dir_all(folder.path().join("a/b")).unwrap_or_default();
    folder
}

/// Runs a program on a folder; it must print these numbers.
#[track_caller]
fn run(name: &str, folder: &Path, prints: &str) -> Recorded {
    let record = trace(program(name)).arg(folder).run();
    record.ended_with(0);
    let printed: Vec<&str> = std::str::from_utf8(&record.outcome.stdout)
        .unwrap_or("")
        .split_whitespace()
        .collect();
    assert_eq!(printed.join(" "), prints);
    record
}

/// Errors by name; "ok" for none.
fn answer(err: Option<Errno>) -> String {
    err.map_or_else(|| "ok".to_owned(), |errno| errno.to_string())
}

/// A path as given and the folder it starts from, `GIVEN in FOLDER`, with the tree's own path as `T`.
fn place(path: &Seen<Text>, base: Option<&Seen<Text>>, tree: &Path) -> String {
    let tree = tree.display().to_string();
    let given = text(path).replace(&tree, "T");
    match base {
        Some(base) => format!("{given} in {}", text(base).replace(&tree, "T")),
        None => given,
    }
}

#[test]
fn open_openat_and_openat2_have_their_names_folders_and_errors() {
    if !gate::engine(test_name!()) {
        return;
    }
    let tree = open_folder();
    let record = run("file_open", tree.path(), "0 -2 -2 -20 -2 0 -9");
    let events = &record.events;
    let seen: Vec<(String, String, bool)> = events
        .opens()
        .into_iter()
        .filter(|(_, open)| text(&open.path).contains("by-"))
        .map(|(event, open)| {
            assert_eq!(event.process, Some(events.process_of("file_open")));
            assert_eq!(
                open.fd.is_some(),
                open.err.is_none(),
                "a descriptor or an error: {open:?}"
            );
            let creates = open.flags.0 & 0o100 != 0;
            (
                place(&open.path, open.base.as_ref(), tree.path()),
                answer(open.err),
                creates,
            )
        })
        .collect();
    let expected = [
        ("T/by-open", "ok", true),
        ("by-openat in T", "ENOENT", false),
        ("by-openat2 in T", "ENOENT", false),
        ("T/by-open/below", "ENOTDIR", false),
        ("by-cwd in T", "ENOENT", false),
        ("by-open in T", "ok", false),
    ];
    let expected: Vec<(String, String, bool)> = expected
        .map(|(place, err, creates)| (place.to_owned(), err.to_owned(), creates))
        .into();
    assert_eq!(seen[..6], expected, "{}", events.story(&["open"]));
    let all = events.opens();
    let (_, bad) = events.one(all, "open below a bad fd", &["open"], |(_, open)| {
        text(&open.path) == "by-bad-fd"
    });
    assert_eq!(answer(bad.err), "EBADF");
    assert_eq!(
        absolute(&bad.path, bad.base.as_ref()),
        None,
        "nobody knows where it starts"
    );
}

#[test]
fn stat_lstat_statx_and_access_have_their_answers() {
    if !gate::engine(test_name!()) {
        return;
    }
    let tree = small_tree();
    let record = run("file_ask", tree.path(), "0 0 0 -2 0 -2 0 -2 -13");
    let events = &record.events;
    let below = |path: &Seen<Text>, base: Option<&Seen<Text>>| {
        absolute(path, base).is_some_and(|path| {
            path.as_str()
                .starts_with(&format!("{}/", tree.path().display()))
        })
    };
    const LINK: u32 = 0o120_000;
    const FILE: u32 = 0o100_000;
    let stats: Vec<_> = events
        .stats()
        .into_iter()
        .filter(|(_, stat)| below(&stat.path, stat.base.as_ref()))
        .map(|(_, stat)| {
            let kind = stat.mode.map(|mode| mode & 0o170_000);
            (
                text(&stat.path),
                stat.nofollow,
                kind,
                stat.size,
                answer(stat.err),
            )
        })
        .collect();
    let ok = || "ok".to_owned();
    let absent = || "ENOENT".to_owned();
    assert_eq!(
        stats,
        [
            ("link", false, Some(FILE), Some(7), ok()),
            ("link", true, Some(LINK), Some(4), ok()),
            ("file", false, Some(FILE), Some(7), ok()),
            ("no-file", true, None, None, absent()),
            ("file", false, Some(FILE), Some(7), ok()),
            ("no-statx", false, None, None, absent()),
        ],
        "{}",
        events.story(&["stat"])
    );
    let accesses: Vec<_> = events
        .accesses()
        .into_iter()
        .filter(|(_, access)| below(&access.path, access.base.as_ref()))
        .map(|(_, access)| (text(&access.path), access.mode, answer(access.err)))
        .collect();
    assert_eq!(
        accesses,
        [
            ("file", 4, ok()),
            ("no-access", 0, absent()),
            ("file", 1, "EACCES".to_owned())
        ],
        "{}",
        events.story(&["access"])
    );
}

#[test]
fn readlink_and_readlinkat_have_their_answers() {
    if !gate::engine(test_name!()) {
        return;
    }
    let tree = small_tree();
    let record = run("file_links", tree.path(), "4 4 -22 -2");
    let events = &record.events;
    let seen: Vec<_> = events
        .readlinks()
        .into_iter()
        .filter(|(_, link)| {
            absolute(&link.path, link.base.as_ref()).is_some_and(|path| {
                path.as_str()
                    .starts_with(&format!("{}/", tree.path().display()))
            })
        })
        .map(|(_, link)| {
            (
                text(&link.path),
                link.to.as_ref().map(text),
                answer(link.err),
            )
        })
        .collect();
    let row = |path, to, err: &str| (path, to, err.to_owned());
    assert_eq!(
        seen,
        [
            row("link", Some("file"), "ok"),
            row("link", Some("file"), "ok"),
            row("file", None, "EINVAL"),
            row("no-link", None, "ENOENT"),
        ],
        "{}",
        events.story(&["readlink"])
    );
}

#[test]
fn relative_names_follow_chdir_fchdir_and_copied_descriptors() {
    if !gate::engine(test_name!()) {
        return;
    }
    let tree = small_tree();
    let root = tree.path().canonicalize().unwrap();
    let record = trace(program("file_folders")).arg(&root).run();
    record.ended_with(0);
    let events = &record.events;
    let places: Vec<String> = events
        .opens()
        .into_iter()
        .filter(|(_, open)| !text(&open.path).starts_with('/'))
        .map(|(_, open)| place(&open.path, open.base.as_ref(), &root))
        .collect();
    let expected = [
        "a in T",
        "one in T",
        "two in T/a/b",
        "three in T/a",
        "../four in T/a",
        "five in T/a",
    ];
    assert_eq!(places, expected, "{}", events.story(&["open", "chdir"]));
    let moves: Vec<(Option<&str>, Option<&str>, String)> = events
        .chdirs()
        .into_iter()
        .map(|(_, one)| {
            (
                one.path.as_ref().map(text),
                one.cwd.as_ref().map(text),
                answer(one.err),
            )
        })
        .collect();
    let (t, a, b) = (root.display().to_string(), root.join("a"), root.join("a/b"));
    let (a, b) = (a.display().to_string(), b.display().to_string());
    let row = |path, cwd, err: &str| (path, cwd, err.to_owned());
    assert_eq!(
        moves,
        [
            row(Some(t.as_str()), Some(t.as_str()), "ok"),
            row(Some("a/b"), Some(b.as_str()), "ok"),
            row(None, Some(a.as_str()), "ok"),
            row(Some("no-folder"), None, "ENOENT"),
            row(None, None, "EBADF"),
        ],
        "{}",
        events.story(&["chdir"])
    );
    let cwds: Vec<(Option<&str>, String)> = events
        .getcwds()
        .into_iter()
        .map(|(_, one)| (one.path.as_ref().map(text), answer(one.err)))
        .collect();
    assert_eq!(
        cwds,
        [
            (Some(a.as_str()), "ok".to_owned()),
            (None, "ERANGE".to_owned())
        ]
    );
}

#[test]
fn a_path_of_four_thousand_bytes_is_whole_and_a_longer_one_is_refused() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("long_path")).arg("4000").run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "2\n36\n");
    let path: String = (0..4000)
        .map(|at| if at % 100 == 0 { '/' } else { 'x' })
        .collect();
    let all = record.events.opens();
    let (_, open) = record
        .events
        .one(all.clone(), "the long path", &["open"], |(_, open)| {
            open.path == Seen::Yes(Text::from(path.clone()))
        });
    assert_eq!(answer(open.err), "ENOENT");
    let (_, refused) = record
        .events
        .one(all, "the refused path", &["open"], |(_, open)| {
            answer(open.err) == "ENAMETOOLONG"
        });
    assert!(
        matches!(&refused.path, Seen::Cut(start, _) if path.starts_with(&start.as_str()[..3000]))
    );
}

#[test]
fn names_in_pages_that_nobody_touched_before_are_read() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let pages = folder.path().join("pages");
    let mut bytes = vec![0_u8; 4 * 4096];
    let mut put =
        |at: usize, name: &str| bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
    put(0, "/cold/one");
    put(4096, "/cold/two.so");
    put(3 * 4096 - 8, "/cold/three-over-the-edge.so");
    std::fs::write(&pages, bytes).unwrap();
    let record = trace(program("cold_string")).arg(&pages).run();
    record.ended_with(0);
    let events = &record.events;
    let all = events.opens();
    events.one(all, "the cold open", &["open"], |(_, open)| {
        text(&open.path) == "/cold/one"
    });
    for name in ["/cold/two.so", "/cold/three-over-the-edge.so"] {
        let called = events.call_with("dlopen", name);
        assert_eq!(called.string(), Some(name), "{:?}", called.call);
        assert_eq!(text(&events.error_in(&called).object), name);
    }
}
