//! Who is traced: every process and thread below the target, from its first instruction to its end.

use vgputrace::event::{Errno, Proc, Seen, Text};
use vgputrace_tests::events::text;
use vgputrace_tests::programs::{program, program_32};
use vgputrace_tests::{Events, gate, open_folder, test_name, trace};

const FAMILY: &[&str] = &["fork", "exec", "exec_failed", "exit"];

/// Runs `spawner exit_with 7`; the trace must show one child that the program itself named, with exec and exit.
#[track_caller]
fn one_child_is_followed(spawner: &str) {
    let spawner_path = program(spawner);
    let record = trace(&spawner_path)
        .arg(program("exit_with"))
        .arg("7")
        .run();
    record.ended_with(0);
    let events = &record.events;
    let parent = events.process_of(spawner);
    let out = record.outcome.out();
    let pid: u32 = out
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(0);
    let (_, fork) = events.one(events.forks(), "forks of that pid", FAMILY, |(_, fork)| {
        fork.pid == pid
    });
    assert_eq!(fork.child.generation, 0, "{}", events.story(FAMILY));
    assert_eq!(
        events.children_of(parent),
        [fork.child],
        "{}",
        events.story(FAMILY)
    );
    let (event, exec) = events.exec_of("exit_with");
    assert_eq!(
        event.process,
        Some(Proc {
            generation: 1,
            ..fork.child
        })
    );
    assert_eq!(exec.pid, pid);
    assert_eq!(exec.parent.map(|one| one.number), Some(parent.number));
    assert_eq!(
        exec.argv.whole().map(|argv| argv[1..].to_vec()),
        Some(vec![Text::from("7")])
    );
    let (_, exit) = events.exit_of(fork.child);
    assert_eq!((exit.pid, exit.code, &exit.signal), (pid, Some(7), &None));
}

#[test]
fn a_child_made_by_fork_is_followed() {
    if gate::engine(test_name!()) {
        one_child_is_followed("spawn_fork");
    }
}

#[test]
fn a_child_made_by_vfork_is_followed() {
    if gate::engine(test_name!()) {
        one_child_is_followed("spawn_vfork");
    }
}

#[test]
fn a_child_made_by_posix_spawn_is_followed() {
    if gate::engine(test_name!()) {
        one_child_is_followed("spawn_posix");
    }
}

#[test]
fn a_child_made_by_a_thread_is_followed() {
    if gate::engine(test_name!()) {
        one_child_is_followed("spawn_from_thread");
    }
}

#[test]
fn a_grandchild_in_a_session_of_its_own_is_followed_when_its_parent_is_gone() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("spawn_daemon"))
        .arg(program("exit_with"))
        .arg("11")
        .run();
    record.ended_with(0);
    let events = &record.events;
    let first = events.children_of(events.process_of("spawn_daemon"));
    assert_eq!(first.len(), 1, "{}", events.story(FAMILY));
    let second = events.children_of(first[0]);
    assert_eq!(second.len(), 1, "{}", events.story(FAMILY));
    assert_eq!(events.process_of("exit_with").number, second[0].number);
    assert_eq!(events.exit_of(first[0]).1.code, Some(0));
    assert_eq!(events.exit_of(second[0]).1.code, Some(11));
}

#[test]
fn an_exec_in_a_second_thread_keeps_the_process_and_counts_its_generation_up() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("exec_in_thread"))
        .arg(program("exit_with"))
        .arg("9")
        .run();
    record.ended_with(9);
    let events = &record.events;
    let (before, first) = events.exec_of("exec_in_thread");
    let (after, second) = events.exec_of("exit_with");
    let process = events.some(before.process, "process of the first exec", FAMILY);
    let next = Proc {
        generation: process.generation + 1,
        ..process
    };
    assert_eq!(after.process, Some(next), "{}", events.story(FAMILY));
    assert_eq!((first.pid, after.tid), (second.pid, Some(second.pid)));
    assert_eq!(events.exit_of(process).1.code, Some(9));
}

#[test]
fn what_threads_do_belongs_to_their_process_with_their_own_thread_ids() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("threads_open"))
        .arg("/nowhere/vgputrace")
        .run();
    record.ended_with(0);
    let events = &record.events;
    let mut seen: Vec<(String, u32)> = events
        .opens()
        .into_iter()
        .filter(|(_, open)| text(&open.path).starts_with("/nowhere/vgputrace/"))
        .map(|(event, open)| {
            assert_eq!(event.process, Some(events.process_of("threads_open")));
            assert_eq!(open.err.and_then(Errno::name), Some("ENOENT"));
            (text(&open.path).to_owned(), event.tid.unwrap_or(0))
        })
        .collect();
    seen.sort();
    let names: Vec<String> = (0..8)
        .map(|n| format!("/nowhere/vgputrace/thread-{n}"))
        .collect();
    assert_eq!(
        seen.iter()
            .map(|(path, _)| path.clone())
            .collect::<Vec<_>>(),
        names
    );
    let mut tids: Vec<u32> = seen.into_iter().map(|(_, tid)| tid).collect();
    tids.sort_unstable();
    tids.dedup();
    assert_eq!(tids.len(), 8, "eight threads have eight ids");
}

/// Every one of the children named `exit_with` has its fork, its exec and an exit with its code.
#[track_caller]
fn every_short_life_is_there(events: &Events, codes: &[u8]) {
    let mut seen: Vec<u8> = Vec::new();
    for (event, exec) in events.execs_of("exit_with") {
        let process = events.some(event.process, "process of an exec", FAMILY);
        let forked = events
            .forks()
            .iter()
            .any(|(_, fork)| fork.child.number == process.number && fork.pid == exec.pid);
        assert!(
            forked,
            "{process} was never forked\n{}",
            events.story(FAMILY)
        );
        let (_, exit) = events.exit_of(process);
        let code = events.some(exit.code, "code of a short life", FAMILY);
        let argument = exec.argv.whole().and_then(|argv| argv.get(1));
        assert_eq!(argument, Some(&Text::from(code.to_string())), "{process}");
        seen.push(code);
    }
    seen.sort_unstable();
    assert_eq!(seen, codes);
}

#[test]
fn two_hundred_children_that_live_less_than_five_milliseconds_are_all_there() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("short_lives"))
        .arg(program("exit_with"))
        .run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "wrong 0\n");
    every_short_life_is_there(&record.events, &(1..=200).collect::<Vec<u8>>());
}

#[test]
fn a_shell_loop_of_two_hundred_commands_is_all_there() {
    if !gate::engine(test_name!()) {
        return;
    }
    let script = "i=1; while [ $i -le 200 ]; do \"$0\" $i; i=$((i+1)); done; exit 0";
    let record = trace("/bin/sh")
        .args(["-c", script])
        .arg(program("exit_with"))
        .run();
    record.ended_with(0);
    every_short_life_is_there(&record.events, &(1..=200).collect::<Vec<u8>>());
}

#[test]
fn a_failed_exec_has_its_file_and_error_number() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("not-executable"), "x").unwrap();
    vgputrace_tests::libraries::script(&path("no-format"), "\u{1}\u{2}no program");
    let files = [path("missing"), path("not-executable"), path("no-format")];
    let record = trace(program("exec_fails")).args(&files).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "2\n13\n8\n");
    let events = &record.events;
    let seen: Vec<(&str, Option<&str>)> = events
        .failed_execs()
        .into_iter()
        .map(|(event, failed)| {
            assert_eq!(event.process, Some(events.process_of("exec_fails")));
            (text(&failed.file), failed.err.name())
        })
        .collect();
    let names = files.each_ref().map(|file| file.display().to_string());
    let expected: Vec<(&str, Option<&str>)> = names
        .iter()
        .map(String::as_str)
        .zip([Some("ENOENT"), Some("EACCES"), Some("ENOEXEC")])
        .collect();
    assert_eq!(seen, expected, "{}", events.story(FAMILY));
}

#[test]
fn a_thousand_variables_and_two_hundred_kilobytes_of_arguments_are_whole() {
    if !gate::engine(test_name!()) {
        return;
    }
    let arguments: Vec<String> = (0..100)
        .map(|n| format!("{n:03}{}", "x".repeat(1997)))
        .collect();
    let mut target = trace(program("print_lengths")).args(&arguments);
    for n in 0..1000 {
        target = target.env(format!("OLLAMA_VARIABLE_{n:04}"), format!("value-{n:04}"));
    }
    let bare = target.bare();
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome.stdout, bare.stdout);
    let (_, exec) = record.events.exec_of("print_lengths");
    let argv = exec.argv.whole().expect("arguments, whole");
    assert!(
        argv[1..]
            .iter()
            .map(Text::as_str)
            .eq(arguments.iter().map(String::as_str))
    );
    let env = exec.env.whole().expect("environment, whole");
    for n in 0..1000 {
        let name = Text::from(format!("OLLAMA_VARIABLE_{n:04}"));
        let one = env
            .iter()
            .find(|one| one.k == name)
            .expect("every variable");
        assert_eq!(one.v, Some(Text::from(format!("value-{n:04}"))));
    }
}

#[test]
fn arguments_beyond_the_limit_are_cut_and_marked_and_the_process_is_still_there() {
    if !gate::engine(test_name!()) {
        return;
    }
    let arguments = vec!["y".repeat(2000); 400];
    let record = trace(program("print_lengths")).args(&arguments).run();
    record.ended_with(0);
    let (_, exec) = record.events.exec_of("print_lengths");
    let Seen::Cut(beginning, _) = &exec.argv else {
        panic!("800 KB of arguments should be cut");
    };
    assert!(
        beginning.len() > 50 && beginning.len() < 400,
        "{}",
        beginning.len()
    );
    assert_eq!(beginning[1], Text::from("y".repeat(2000)));
}

#[test]
fn arguments_and_paths_that_are_no_utf8_are_kept_byte_for_byte() {
    use std::os::unix::ffi::OsStrExt;
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = folder
        .path()
        .join(std::ffi::OsStr::from_bytes(b"caf\xe9-\xff"));
    vgputrace_tests::libraries::copy(&program("exit_with"), &file);
    let odd = std::ffi::OsStr::from_bytes(b"3\xfe\xffend");
    let record = trace(program("spawn_fork")).arg(&file).arg(odd).run();
    record.ended_with(0);
    let events = &record.events;
    let whole = Text::from_bytes(file.as_os_str().as_bytes());
    let (_, exec) = events.one(events.execs(), "execs of that file", FAMILY, |(_, exec)| {
        exec.exe == Seen::Yes(whole.clone())
    });
    assert_eq!(exec.file, Seen::Yes(whole.clone()));
    assert_eq!(
        exec.argv,
        Seen::Yes(vec![whole, Text::from_bytes(b"3\xfe\xffend")])
    );
}

#[test]
fn system_calls_of_32_bits_in_a_64_bit_program_are_counted_and_not_decoded() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("compat_calls")).run();
    record.ended_with(7);
    let events = &record.events;
    let (event, _) = events.exec_of("compat_calls");
    let last = events.compat().pop().expect("a word on 32-bit calls");
    assert_eq!((last.0.process, last.1.calls), (event.process, 10));
    assert!(
        events.outputs().is_empty(),
        "call 20 is getpid there, and writev for 64 bits"
    );
}

#[test]
fn a_32_bit_program_is_told_apart_and_its_calls_are_counted() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(program) = program_32("program_32") else {
        gate::skip(test_name!(), "the assembler makes no 32-bit programs");
        return;
    };
    let record = trace(program).run();
    record.ended_with(5);
    let events = &record.events;
    let (event, exec) = events.exec_of("program_32");
    assert!(exec.bits32, "{exec:?}");
    let last = events.compat().pop().expect("a word on 32-bit calls");
    assert_eq!((last.0.process, last.1.calls), (event.process, 6));
    assert!(
        events.outputs().is_empty(),
        "call 1 is exit there, and write for 64 bits"
    );
}
