//! What programs write to standard output and error, by whatever call and wherever it goes; loopback traffic.

mod network;

use vgputrace::event::{Errno, Seen, Text};
use vgputrace_tests::parity::alone;
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, open_folder, test_name, trace};

const OUT: &[&str] = &["output"];

#[test]
fn each_call_that_writes_to_an_output_is_seen_and_other_descriptors_are_not() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace(program("outputs"));
    let bare = target.bare();
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome, bare);
    let events = &record.events;
    let all = events.outputs();
    let good: Vec<(u32, &str, u64)> = all
        .iter()
        .filter(|(_, output)| output.err.is_none())
        .map(|(_, output)| {
            (
                output.fd,
                output.text.whole().map_or("?", Text::as_str),
                output.length,
            )
        })
        .collect();
    assert_eq!(
        good,
        [
            (1, "by write\n", 9),
            (1, "by writev\n", 10),
            (1, "by pwrite\n", 10),
            (1, "by pwritev\n", 11),
            (2, "error by write\n", 15),
            (2, "by writev\n", 10),
        ]
    );
    let (_, failed) = events.one(all, "failed writes", OUT, |(_, output)| {
        output.err.is_some()
    });
    assert_eq!(
        (failed.fd, failed.err.and_then(Errno::name)),
        (1, Some("EBADF"))
    );
    assert_eq!(failed.length, 0);
}

#[test]
fn words_that_go_to_dev_null_are_in_the_trace() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace("/bin/sh").args(["-c", "exec \"$0\" >/dev/null 2>/dev/null"]);
    let record = target.arg(program("outputs")).run();
    record.ended_with(0);
    assert!(record.outcome.stdout.is_empty());
    let out = record.events.written(1);
    assert!(out.contains("by write\nby writev\n"), "{out}");
    assert!(record.events.written(2).contains("error by write\n"));
}

#[test]
fn words_on_a_socket_as_standard_output_are_in_the_trace() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("output_socket")).run();
    record.ended_with(0);
    assert_eq!(record.outcome.err(), "heard 19\n");
    assert_eq!(record.events.written(1), "by sendto\nby write\n");
}

#[test]
fn sixty_four_kilobytes_of_a_long_write_are_kept_and_the_cut_is_marked() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace(program("output_much"));
    let bare = target.bare();
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome, bare);
    let all = record.events.outputs();
    let (_, much) = all[0];
    assert_eq!((much.fd, much.length), (1, 200 * 1024));
    let Seen::Cut(kept, of) = &much.text else {
        panic!("200 KiB in one write should be cut");
    };
    assert_eq!((kept.to_bytes().len(), *of), (64 * 1024, 200 * 1024));
    assert_eq!(kept.to_bytes().as_ref(), &bare.stdout[..64 * 1024]);
}

#[test]
fn bytes_that_are_no_text_are_kept_as_they_are() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("output_much")).run();
    record.ended_with(0);
    let all = record.events.outputs();
    let (_, binary) = all
        .iter()
        .find(|(_, output)| output.fd == 2)
        .expect("the binary words");
    let bytes = binary.text.whole().map(|text| text.to_bytes().into_owned());
    assert_eq!(
        bytes.as_deref(),
        Some(&b"\x00\xff\xfe\x1b[31m\xc3\x28\n"[..11])
    );
}

#[test]
fn a_line_of_several_threads_has_each_piece_with_its_thread() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("output_threads")).run();
    record.ended_with(0);
    assert_eq!(record.events.written(2), "one line of four threads\n");
    let mut tids: Vec<u32> = record
        .events
        .outputs()
        .iter()
        .filter_map(|(event, _)| event.tid)
        .collect();
    tids.sort_unstable();
    tids.dedup();
    assert_eq!(tids.len(), 4);
}

#[test]
fn words_of_children_belong_to_the_children() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let script = "echo from the shell; \"$0\" 3; /bin/echo from a child";
    let record = trace("/bin/sh")
        .args(["-c", script])
        .arg(program("exit_with"));
    let record = record.in_folder(folder.path()).run();
    record.ended_with(0);
    let events = &record.events;
    let said = |words: &str| {
        let (event, _) = events.one(events.outputs(), words, OUT, |(_, output)| {
            output.text == Seen::Yes(words.into())
        });
        event.process
    };
    assert_eq!(said("from a child\n"), Some(events.process_of("echo")));
    assert_ne!(said("from the shell\n"), said("from a child\n"));
}

/// The call never comes back to the program; a server reads a runner's answer and kills it before it does.
#[test]
fn what_a_call_had_written_when_its_process_was_killed_is_seen() {
    if !gate::engine(test_name!()) {
        return;
    }
    for engine in ["ebpf", "ptrace"] {
        let record = alone(&trace(program("killed_in_write")), engine);
        record.ended_with(0);
        let all = record.events.outputs();
        let lengths: Vec<u64> = all.iter().map(|(_, output)| output.length).collect();
        assert_eq!(lengths, [65_536], "{engine}");
    }
}
