//! Discoveries as they were seen, event by event.

use proptest::prelude::*;
use regex::bytes::Regex;

use super::{DiscoveryEnd, Until};
use crate::event::call::{Because, Call, Return, Unfinished, Value};
use crate::event::output::Output;
use crate::event::process::{Exec, Exit, Fork};
use crate::event::{Event, Kind, Proc, Seen, Seq, Text, Why};

const MS: u64 = 1_000_000;
const FINAL: &str = "time=2026-11-21T10:30:33.208Z level=INFO source=types.go:50 msg=\"inference compute\" id=cpu library=cpu\n";

struct Run {
    end: DiscoveryEnd,
    seq: u64,
}

impl Run {
    fn new() -> Self {
        Self::until(Until::Discovery)
    }

    fn until(until: Until) -> Self {
        Self {
            end: DiscoveryEnd::new(until),
            seq: 0,
        }
    }

    fn at(&mut self, ms: u64, process: u32, kind: Kind) -> Seq {
        self.seq += 1;
        self.end.observe(&Event {
            seq: Seq(self.seq),
            time: ms * MS,
            duration: None,
            process: Some(Proc {
                number: process,
                generation: 1,
            }),
            tid: Some(process * 10),
            parent: None,
            late: false,
            kind,
        });
        Seq(self.seq)
    }

    fn fork(&mut self, ms: u64, parent: u32, child: u32) {
        let child = Proc {
            number: child,
            generation: 0,
        };
        self.at(ms, parent, Kind::Fork(Fork { child, pid: 1 }));
    }

    fn exec(&mut self, ms: u64, process: u32, line: &str) {
        let argv = line.split(' ').map(Text::from).collect();
        self.at(
            ms,
            process,
            Kind::Exec(Exec {
                pid: 1,
                parent: None,
                file: Seen::No(Why::Gone),
                exe: Seen::No(Why::Gone),
                inode: None,
                argv: Seen::Yes(argv),
                env: Seen::No(Why::Gone),
                cwd: Seen::No(Why::Gone),
                uid: [0; 2],
                gid: [0; 2],
                secure: false,
                cgroup: None,
                base: None,
                interp: None,
                bits32: false,
                mount_namespace: None,
                already: false,
            }),
        );
    }

    fn start(&mut self, ms: u64, parent: u32, child: u32, line: &str) {
        self.fork(ms, parent, child);
        self.exec(ms, child, line);
    }

    fn exit(&mut self, ms: u64, process: u32) {
        let exit = Exit {
            pid: 1,
            code: Some(0),
            signal: None,
            core: false,
        };
        self.at(ms, process, Kind::Exit(exit));
    }

    fn write(&mut self, ms: u64, process: u32, text: &str) {
        let output = Output {
            fd: 2,
            text: Seen::Yes(Text::from(text)),
            length: text.len() as u64,
            err: None,
        };
        self.at(ms, process, Kind::Output(output));
    }

    fn call(&mut self, ms: u64, process: u32, function: &str, entry_only: bool) -> Seq {
        let call = Call {
            api: Text::from("ggml"),
            function: Text::from(function),
            of: None,
            args: Vec::new(),
            from: None,
            entry_only,
        };
        self.at(ms, process, Kind::Call(call))
    }

    fn back(&mut self, ms: u64, process: u32, call: Seq) {
        let back = Return {
            call,
            function: Text::from("ggml_backend_load_all"),
            result: Value::Int(0),
            code: None,
            resolved: None,
            outs: Vec::new(),
            failed: false,
        };
        self.at(ms, process, Kind::Return(back));
    }

    /// Not over just before, over at `ms`, and the deadline says so.
    fn ends_at(&mut self, ms: u64) {
        assert_eq!(self.end.next_deadline(), Some(ms * MS));
        assert!(!self.end.over(ms * MS - 1), "over before {ms} ms");
        assert!(self.end.over(ms * MS), "not over at {ms} ms");
    }

    fn goes_on(&mut self) {
        assert_eq!(self.end.next_deadline(), None);
        assert!(!self.end.over(u64::MAX));
    }
}

#[test]
fn a_healthy_discovery_ends_half_a_second_after_the_final_line() {
    let mut run = Run::new();
    run.exec(0, 1, "/usr/local/bin/ollama serve");
    run.goes_on();
    for (child, line) in [
        (
            2,
            "/usr/local/lib/ollama/llama-server --port 50000 --verbose",
        ),
        (3, "/usr/local/lib/ollama/llama-server --list-devices"),
        (
            4,
            "/usr/local/bin/ollama gpu-discover --lib-dir /usr/local/lib/ollama",
        ),
    ] {
        let ms = u64::from(child) * 10;
        run.start(ms, 1, child, line);
        let load = run.call(ms + 1, child, "ggml_backend_load_all", false);
        run.back(ms + 2, child, load);
        run.goes_on();
        run.exit(ms + 5, child);
    }
    run.write(100, 1, FINAL);
    run.write(101, 1, "level=INFO msg=\"vram-based default context\"\n");
    run.ends_at(601);
}

#[test]
fn after_a_time_out_the_lines_behind_the_final_one_are_waited_for() {
    let mut run = Run::new();
    run.exec(0, 1, "ollama serve");
    run.start(10, 1, 2, "/lib/llama-server --port 50000 --verbose");
    run.write(
        30_031,
        1,
        "level=WARN msg=\"llama-server GPU discovery watchdog timed out\"\n",
    );
    run.write(30_032, 1, FINAL);
    run.ends_at(60_032);
    run.exit(30_033, 2);
    run.write(
        30_034,
        1,
        "level=WARN msg=\"timed out waiting for server startup\" ",
    );
    run.write(30_035, 1, "lines_captured=0\n");
    run.ends_at(30_535);
}

#[test]
fn the_final_line_may_come_in_pieces_and_in_another_writers_midst() {
    let mut run = Run::new();
    run.exec(0, 1, "ollama serve");
    run.write(1, 1, "level=INFO msg=\"inference comp");
    run.write(2, 2, "noise\n");
    run.goes_on();
    run.write(3, 1, "ute\" id=cpu\nnext");
    run.ends_at(503);
}

#[test]
fn a_model_that_loads_meanwhile_is_not_waited_for() {
    let mut run = Run::new();
    run.exec(0, 1, "ollama serve");
    run.write(1, 1, FINAL);
    run.start(100, 1, 2, "/lib/llama-server --model /blob --port 1");
    run.fork(110, 2, 3);
    run.write(400, 2, "load_tensors\n");
    run.write(450, 3, "x\n");
    run.ends_at(600);
}

#[test]
fn a_server_that_never_falls_silent_is_not_waited_for_for_ever() {
    let mut run = Run::new();
    run.exec(0, 1, "ollama serve");
    run.start(0, 1, 2, "/lib/llama-server --list-devices");
    run.write(10, 1, FINAL);
    run.exit(20, 2);
    for ms in (100..6_000).step_by(100) {
        run.write(ms, 1, "request\n");
    }
    run.ends_at(5_020);
}

#[test]
fn only_the_servers_own_line_counts() {
    let mut run = Run::new();
    run.exec(0, 1, "sh -c x");
    run.start(0, 1, 2, "ollama serve");
    run.start(0, 1, 3, "tee log");
    run.write(1, 3, FINAL);
    run.goes_on();
    run.write(2, 2, FINAL);
    run.ends_at(502);
}

#[test]
fn a_renamed_server_is_known_by_its_workers() {
    let mut run = Run::new();
    run.exec(0, 1, "./my-build serve");
    run.start(1, 1, 2, "./my-build runner --ollama-engine --port 1");
    let load = run.call(2, 2, "ggml_backend_load_all_from_path", false);
    run.back(3, 2, load);
    run.goes_on();
    run.exit(4, 2);
    run.write(5, 1, FINAL);
    run.ends_at(505);
}

#[test]
fn without_ollama_the_end_of_the_outermost_load_counts() {
    let mut run = Run::new();
    run.exec(0, 1, "llama-cli");
    let outer = run.call(1, 1, "ggml_backend_load_all", false);
    let inner = run.call(2, 1, "ggml_backend_load_all_from_path", false);
    run.back(3, 1, inner);
    run.goes_on();
    run.back(4, 1, outer);
    run.ends_at(504);
    let again = run.call(300, 1, "ggml_backend_load_all", false);
    run.goes_on();
    run.back(400, 1, again);
    run.ends_at(900);
}

#[test]
fn a_load_that_never_came_back_ends_with_its_process() {
    for crash in [true, false] {
        let mut run = Run::new();
        run.exec(0, 1, "sh x");
        run.start(0, 1, 2, "llama-cli");
        let call = run.call(1, 2, "ggml_backend_load_all", false);
        let open = |because| {
            Kind::Unfinished(Unfinished {
                call: Some(call),
                function: Text::from("ggml_backend_load_all"),
                about: None,
                because,
            })
        };
        run.at(5, 2, open(Because::Slow));
        run.goes_on();
        if crash {
            run.exit(10, 2);
        } else {
            run.at(10, 2, open(Because::Unwound));
        }
        run.ends_at(510);
    }
}

#[test]
fn other_functions_and_calls_without_a_return_end_nothing() {
    let mut run = Run::new();
    run.exec(0, 1, "llama-cli");
    let call = run.call(1, 1, "ggml_backend_load", false);
    run.back(2, 1, call);
    run.call(3, 1, "ggml_backend_load_all", true);
    run.goes_on();
}

#[test]
fn a_late_fork_of_a_dead_child_is_not_waited_for() {
    let mut run = Run::new();
    run.exec(0, 1, "ollama serve");
    run.write(1, 1, FINAL);
    run.exit(2, 2);
    run.fork(1, 1, 2);
    run.ends_at(502);
}

#[test]
fn a_pattern_is_searched_in_whole_lines_of_any_process() {
    let pattern = || Until::Pattern(Regex::new("^ready [0-9]+$").unwrap());
    let mut run = Run::until(pattern());
    run.exec(0, 1, "x");
    run.write(1, 1, FINAL);
    run.goes_on();
    run.write(2, 7, "rea");
    run.write(3, 7, "dy 12");
    run.write(4, 7, "x\nready 12\n");
    assert!(run.end.over(4 * MS));

    let mut open = Run::until(pattern());
    open.write(2, 7, "ready 1");
    open.ends_at(502);

    let mut last = Run::until(pattern());
    last.write(2, 7, "ready 1");
    last.exit(3, 7);
    assert_eq!(last.end.next_deadline(), Some(0));
    assert!(last.end.over(3 * MS));
}

proptest! {
    #[test]
    fn any_order_of_events_is_taken_without_a_panic_and_the_deadline_is_kept(
        steps in prop::collection::vec((0..8_u8, 0..2_000_u64, 0..5_u32, 0..5_u32), 0..40),
    ) {
        let mut run = Run::new();
        for (step, ms, one, two) in steps {
            match step {
                0 => run.fork(ms, one, two),
                1 => run.exec(ms, one, "ollama serve"),
                2 => run.exec(ms, one, "ollama runner --port 1"),
                3 => run.exec(ms, one, "llama-server --model x"),
                4 => run.exit(ms, one),
                5 => run.write(ms, one, FINAL),
                6 => { run.call(ms, one, "ggml_backend_load_all", false); }
                _ => run.back(ms, one, Seq(u64::from(two))),
            }
        }
        match run.end.next_deadline() {
            Some(end) => {
                prop_assert!(run.end.over(end));
                prop_assert!(end == 0 || !run.end.over(end - 1));
            }
            None => prop_assert!(!run.end.over(u64::MAX)),
        }
    }
}
