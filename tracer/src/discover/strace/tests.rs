use proptest::prelude::*;

use super::{File, Screen, is_strace, read};
use crate::discover::Model;
use crate::discover::model::{Missing, Outcome};
use crate::event::Text;
use crate::event::process::EnvVar;

fn screen() -> Screen {
    Screen {
        text: Text::from_bytes,
        variable: |name, value| EnvVar {
            k: Text::from_bytes(name),
            v: Some(Text::from_bytes(value)),
            len: None,
        },
        arguments: |words| words.iter().map(|word| Text::from_bytes(word)).collect(),
    }
}

fn of(text: &str) -> Model {
    assert!(is_strace(text.as_bytes()), "{text}");
    let file = File {
        pid: None,
        text: text.to_owned(),
    };
    read(&[file], screen())
}

/// A server, its runner, and a backend that needs a library which is nowhere.
const MISSING: &str = r#"100 10:00:00.000001 execve("/usr/local/bin/ollama", ["ollama", "serve"], 0x1 /* 5 vars */) = 0
100 10:00:00.100000 clone(child_stack=NULL, flags=CLONE_VM|CLONE_PIDFD|CLONE_VFORK|SIGCHLD <unfinished ...>
200 10:00:00.200000 execve("/usr/local/bin/ollama", ["ollama", "runner", "--ollama-engine", "--port", "4711"], 0x2 /* 7 vars */ <unfinished ...>
100 10:00:00.210000 <... clone resumed>, parent_tid=[9]) = 200
200 10:00:00.220000 <... execve resumed>) = 0
200 10:00:00.300000 openat(AT_FDCWD, "/usr/local/lib/ollama", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3
200 10:00:00.310000 openat(AT_FDCWD, "/usr/local/lib/ollama/cuda_v12", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3
200 10:00:00.320000 getdents64(3, 0xc000 /* 3 entries */, 32768) = 80
200 10:00:00.400000 openat(AT_FDCWD, "/usr/local/lib/ollama/cuda_v12/libggml-cuda.so", O_RDONLY|O_CLOEXEC) = 4
200 10:00:00.410000 mmap(NULL, 100, PROT_READ|PROT_EXEC, MAP_PRIVATE, 4, 0) = 0x7f0000000000
200 10:00:00.420000 openat(AT_FDCWD, "/usr/local/lib/ollama/libcuda.so.1", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
200 10:00:00.430000 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 4
200 10:00:00.440000 openat(AT_FDCWD, "/usr/lib/libcuda.so.1", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)
200 10:00:00.500000 openat(AT_FDCWD, "/usr/local/lib/ollama", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3
100 10:00:00.600000 pidfd_send_signal(9, SIGKILL, NULL, 0) = 0
200 10:00:00.610000 +++ killed by SIGKILL +++
100 10:00:01.000000 +++ exited with 0 +++
"#;

#[test]
fn a_library_that_was_looked_for_in_vain_fails_the_load_that_needed_it() {
    let model = of(MISSING);
    assert_eq!(model.server.as_ref().map(|server| server.pid), Some(100));
    let [child] = model.children.as_slice() else {
        panic!("{:#?}", model.children);
    };
    assert_eq!(child.role.to_string(), "runner[cuda_v12] pass 1");
    let [load] = child.loads.as_slice() else {
        panic!("{:#?}", child.loads);
    };
    assert_eq!(load.outcome, Outcome::Failed);
    assert_eq!(load.words[0].object.as_str(), "libcuda.so.1");
    assert!(
        model.notes[0].contains("a server (pid 100) and 1 process"),
        "{:?}",
        model.notes
    );
}

#[test]
fn a_library_that_a_later_folder_has_is_no_failure() {
    let found = MISSING.replace(
        "/usr/lib/libcuda.so.1\", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)",
        "/usr/lib/libcuda.so.1\", O_RDONLY|O_CLOEXEC) = 5",
    );
    let model = of(&found);
    assert_eq!(model.children[0].loads[0].outcome, Outcome::Unknown);
    assert!(model.children[0].loads[0].words.is_empty());
}

#[test]
fn the_files_of_each_process_and_other_forms_of_the_same_lines_give_the_same() {
    let whole = of(MISSING);
    let same = |model: &Model| {
        assert_eq!(model.children.len(), 1, "{:#?}", model.children);
        assert_eq!(model.children[0].role, whole.children[0].role);
        assert_eq!(model.children[0].loads.len(), 1);
        assert_eq!(model.children[0].loads[0].outcome, Outcome::Failed);
    };
    // -ff: a file for each process, with times and without.
    let split = |times: bool| {
        let of_pid = |pid: &str| {
            let lines = MISSING.lines().filter(|line| line.starts_with(pid));
            let lines = lines.map(|line| {
                let rest = line.split_once(' ').map_or("", |(_, rest)| rest);
                if times {
                    rest
                } else {
                    rest.split_once(' ').map_or("", |(_, rest)| rest)
                }
            });
            lines.collect::<Vec<_>>().join("\n") + "\n"
        };
        [100, 200].map(|pid| File {
            pid: Some(pid),
            text: of_pid(&pid.to_string()),
        })
    };
    same(&read(&split(true), screen()));
    same(&read(&split(false), screen()));
    // On a terminal strace writes [pid N]; -k adds stacks; -T times; -y paths.
    let other: String = MISSING
        .lines()
        .map(|line| {
            let (pid, rest) = line.split_once(' ').expect("a pid");
            format!("[pid {pid:>5}] {rest}\n > /usr/lib/libc.so.6(__open+0x1) [0x1]\n")
        })
        .collect();
    same(&of(&other));
    same(&of(&MISSING.replace("= 3\n", "= 3 <0.000012>\n")));
    // -Y names threads, -i and -n have addresses and numbers, -xx escapes every letter.
    let named = |pid: &str, name: &str| {
        MISSING
            .replace(&format!("\n{pid} "), &format!("\n{pid}<{name}> "))
            .replace(
                "parent_tid=[9]) = 200",
                "parent_tid=[9<pid:200<ollama>>]) = 200<ollama>",
            )
            .replace("(9, SIGKILL", "(9<pid:200<ollama>>, SIGKILL")
    };
    same(&of(&named("200", "a thread")));
    let lines = MISSING.lines().map(|line| {
        let (head, call) = line.split_at("100 10:00:00.000001 ".len());
        format!("{head}[00007f2c8a1b4f3d] [ 257] {call}\n")
    });
    same(&of(&lines.collect::<String>()));
    let escaped = MISSING.split('"').enumerate().map(|(at, part)| {
        let inside = part.bytes().map(|byte| format!("\\x{byte:02x}"));
        match at % 2 {
            0 => part.to_owned(),
            _ => format!("\"{}\"", inside.collect::<String>()),
        }
    });
    same(&of(&escaped.collect::<String>()));
    same(&of(&MISSING.replace(
        "O_CLOEXEC) = 4\n",
        "O_CLOEXEC) = 4</usr/local/lib/ollama/cuda_v12/libggml-cuda.so>\n",
    )));
}

#[test]
fn a_strace_without_children_or_server_says_so() {
    let server = MISSING.lines().next().expect("a line");
    let model = of(&format!("{server}\n"));
    assert!(model.notes[0].contains("without -f"), "{:?}", model.notes);
    let model = of("openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = 3\n");
    assert!(
        model.notes[0].contains("execve is not among the traced calls"),
        "{:?}",
        model.notes
    );
    let model = of("7 execve(\"/usr/bin/ollama\", [\"ollama\", \"list\"], 0x1 /* 5 vars */) = 0\n");
    assert!(
        model.notes[0].contains("no start of a server"),
        "{:?}",
        model.notes
    );
}

#[test]
fn a_log_is_no_strace() {
    for text in [
        "time=2026-11-21T10:00:00.123Z level=INFO source=a.go:1 msg=\"server config\"\n",
        "",
        "\n\n",
        "main(1) said hello\n",
    ] {
        assert!(!is_strace(text.as_bytes()), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_some_model(text in "\\PC{0,400}") {
        let _ = read(&[File { pid: None, text }], screen());
    }

    #[test]
    fn any_damage_to_a_strace_gives_some_model(cuts in proptest::collection::vec((0_usize..3_000, "[ -~\\n]{0,6}"), 0..20)) {
        let mut text = MISSING.to_owned();
        for (at, with) in cuts {
            if text.is_char_boundary(at) && text.is_char_boundary(at + 3) && at + 3 < text.len() {
                text.replace_range(at..at + 3, &with);
            }
        }
        let one = File { pid: None, text };
        let other = File { pid: Some(7), ..one.clone() };
        let _ = read(&[one, other], screen());
    }
}

/// A process that was seen to open the backend, and says itself how that ended.
fn with_words(words: &str) -> Model {
    let head = MISSING.split_once("200 10:00:00.420000").unwrap().0;
    of(&format!(
        "{head}{words}\n100 10:00:00.600000 pidfd_send_signal(9, SIGKILL, NULL, 0) = 0\n200 10:00:00.610000 +++ killed by SIGKILL +++\n"
    ))
}

#[test]
fn the_programs_own_words_tell_how_a_load_ended() {
    const BACKEND: &str = "/usr/local/lib/ollama/cuda_v12/libggml-cuda.so";
    let said =
        format!("load_backend: failed to load {BACKEND}: {BACKEND}: undefined symbol: ggml_gone");
    let whole = format!("200 10:00:00.430000 write(2, \"{said}\\n\", 9) = 9");
    let pieces = format!(
        "200 10:00:00.430000 writev(2, [{{iov_base=\"0.00.029.902 E \", iov_len=15}}, {{iov_base=\"{said}\\n\", iov_len=9}}], 2) = 24"
    );
    for words in [whole, pieces] {
        let model = with_words(&words);
        let [load] = model.children[0].loads.as_slice() else {
            panic!("{:#?}", model.children[0].loads);
        };
        assert_eq!(load.outcome, Outcome::Failed);
        let [Missing::Symbol { name, .. }] = load.missing.as_slice() else {
            panic!("{:#?}", load.missing);
        };
        assert_eq!(name.as_str(), "ggml_gone");
    }
    // A name that strace has cut is none; without words it is open how the load ended.
    let cut = format!("200 10:00:00.430000 write(2, \"{said}\"..., 200) = 200");
    for words in [cut.as_str(), ""] {
        let model = with_words(words);
        let [load] = model.children[0].loads.as_slice() else {
            panic!("{:#?}", model.children[0].loads);
        };
        assert_eq!((&load.outcome, load.missing.len()), (&Outcome::Unknown, 0));
    }
}
