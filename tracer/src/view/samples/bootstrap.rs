//! A small recording of a bootstrap: a server, a pidfd test child, a runner that cannot load the CUDA backend, a
//! second runner that crashes inside a backend.

use super::{came_back, dlopen, event, exec, map, not_found, open, unmap, wrote, yes};
use crate::event::call::{Because, Call, Site, Unfinished};
use crate::event::file::List;
use crate::event::host::{Clock, End, Header};
use crate::event::library::{Closure, Library, Resolved};
use crate::event::process::{Exit, Fork};
use crate::event::signal::{Outcome, Signal};
use crate::event::{Event, Hex, Kind, Seen, Seq, Text};

const LIB: &str = "/usr/local/lib/ollama";

pub(crate) fn header() -> Header {
    let mut header = Header {
        vgputrace: 1,
        tool: Text::from("0.1.0"),
        engine: Text::from("ebpf"),
        command: ["ollama", "serve"].map(Text::from).to_vec(),
        clock: Clock {
            boot: Hex(0),
            wall: Hex(1_700_000_000_000_000_000),
        },
        ..Header::default()
    };
    header.host.kernel = Text::from("6.18.0");
    header.host.os = Some(Text::from("Debian GNU/Linux 12 (bookworm)"));
    header
}

struct Story {
    events: Vec<Event>,
    micros: u64,
}

impl Story {
    fn add(&mut self, process: &str, kind: Kind) -> u64 {
        self.add_in(process, None, kind)
    }

    fn add_in(&mut self, process: &str, parent: Option<u64>, kind: Kind) -> u64 {
        let seq = self.events.len() as u64 + 1;
        self.micros += 137;
        let mut event = event(seq, self.micros, process, kind);
        event.parent = parent.map(Seq);
        if matches!(event.kind, Kind::Return(_)) {
            event.duration = Some(411_000);
        }
        self.events.push(event);
        seq
    }

    fn start(&mut self, process: &str, pid: u32, environment: &[(&str, &str)], argv: &[&str]) {
        let mut body = exec("/usr/local/bin/ollama", argv, environment);
        body.pid = pid;
        body.parent = (pid != 100).then(|| "p1.1".parse().unwrap());
        self.add(process, Kind::Exec(body));
    }

    fn fork(&mut self, child: &str, pid: u32) {
        let child = child.parse().unwrap();
        self.add("p1.1", Kind::Fork(Fork { child, pid }));
    }

    fn exit(&mut self, process: &str, pid: u32, code: Option<u8>, signal: Option<&str>) {
        let signal = signal.map(Text::from);
        self.add(
            process,
            Kind::Exit(Exit {
                pid,
                code,
                signal,
                core: false,
            }),
        );
    }

    fn list(&mut self, process: &str, folder: &str, names: &[&str]) {
        let names: Vec<Text> = names.iter().map(|name| Text::from(*name)).collect();
        self.add(
            process,
            Kind::List(List {
                path: yes(folder),
                entries: names.len() as u32,
                names,
                withheld: 0,
                cut: false,
                err: None,
            }),
        );
    }
}

/// The events, numbered from 1.
pub(crate) fn events() -> Vec<Event> {
    let mut story = Story {
        events: Vec::new(),
        micros: 0,
    };
    server(&mut story);
    runner_without_driver(&mut story);
    runner_that_crashes(&mut story);
    let listening = "time=07:23:31 level=INFO msg=\"inference compute\" id=cpu library=cpu\n";
    story.add("p1.1", wrote(2, listening));
    let end = Kind::End(End {
        clock: Clock::default(),
        why: Text::from("discovery"),
        status: Some(0),
        lost: 0,
        probes: None,
        others: None,
    });
    story.add("", end);
    story.events
}

fn server(story: &mut Story) {
    let environment = [
        ("PATH", "/usr/bin:/bin"),
        ("OLLAMA_DEBUG", "1"),
        ("OLLAMA_HOST", "127.0.0.1:21434"),
    ];
    story.start("p1.1", 100, &environment, &["ollama", "serve"]);
    story.add("p1.1", map("/usr/lib/x86_64-linux-gnu/libc.so.6"));
    story.add("p1.1", wrote(2, "time=07:23:31 level=INFO "));
    story.add("p1.1", wrote(2, "msg=\"discovering available GPUs...\"\n"));
    let top = [
        ".",
        "..",
        "cuda_v13",
        "libggml-base.so.0",
        "libggml-cpu-haswell.so",
        "libggml-cpu-icelake.so",
        "libggml-cpu-x64.so",
        "vulkan",
    ];
    story.list("p1.1", LIB, &top);
    let folder = format!("{LIB}/cuda_v13");
    story.list(
        "p1.1",
        &folder,
        &[".", "..", "libggml-cuda.so", "libcudart.so.13"],
    );
    story.fork("p2.0", 101);
    story.exit("p2.0", 101, Some(0), None);
}

fn runner(story: &mut Story, number: u32, folder: &str) -> String {
    let process = format!("p{number}.1");
    let pid = 100 + number;
    let path = format!("{LIB}:{LIB}/{folder}");
    story.fork(&format!("p{number}.0"), pid);
    let environment = [
        ("PATH", "/usr/bin:/bin"),
        ("OLLAMA_DEBUG", "1"),
        ("LD_LIBRARY_PATH", path.as_str()),
        ("OLLAMA_LIBRARY_PATH", path.as_str()),
    ];
    story.start(
        &process,
        pid,
        &environment,
        &["ollama", "runner", "--port", "39169"],
    );
    process
}

fn runner_without_driver(story: &mut Story) {
    let process = runner(story, 3, "cuda_v13");
    let cpu = format!("{LIB}/libggml-cpu-haswell.so");
    let seq = story.add(&process, Kind::Call(dlopen(&cpu)));
    story.add_in(&process, Some(seq), map(&cpu));
    story.add(&process, came_back(seq, "dlopen", 0x5500_1000));

    let cuda = format!("{LIB}/cuda_v13/libggml-cuda.so");
    let seq = story.add(&process, Kind::Call(dlopen(&cuda)));
    story.add_in(&process, Some(seq), open(&cuda, None));
    story.add_in(&process, Some(seq), map(&cuda));
    for folder in [LIB, "/usr/lib/x86_64-linux-gnu"] {
        let driver = format!("{folder}/libcuda.so.1");
        story.add_in(&process, Some(seq), open(&driver, Some(2)));
    }
    let error = story.add_in(&process, Some(seq), not_found(Some(seq), "libcuda.so.1"));
    story.add_in(&process, Some(seq), unmap(&cuda));
    story.add(&process, came_back(seq, "dlopen", 0));
    let missing = Resolved {
        name: Text::from("libcuda.so.1"),
        by: Text::from(cuda.as_str()),
        ..Resolved::default()
    };
    let facts = Library {
        path: Text::from(cuda.as_str()),
        size: Some(1_600_000_000),
        build_id: Some(Text::from("0123456789abcdef")),
        needed: vec![Text::from("libcudart.so.13"), Text::from("libcuda.so.1")],
        closure: Some(Closure {
            error: Some(Seq(error)),
            objects: vec![missing],
            ..Closure::default()
        }),
        ..Library::default()
    };
    story.add(&process, Kind::Library(Box::new(facts)));
    let kill = Kind::Signal(Signal {
        name: Text::from("SIGKILL"),
        number: 9,
        to: process.parse().ok(),
        to_pid: 103,
        from_pid: Some(100),
        from_name: None,
        code: 0,
        result: Outcome::Delivered,
        address: None,
        at: None,
    });
    story.add("p1.1", kill);
    story.exit(&process, 103, None, Some("SIGKILL"));
}

fn runner_that_crashes(story: &mut Story) {
    let process = runner(story, 4, "vulkan");
    let vulkan = format!("{LIB}/vulkan/libggml-vulkan.so");
    let seq = story.add(&process, Kind::Call(dlopen(&vulkan)));
    story.add_in(&process, Some(seq), map(&vulkan));
    story.add(&process, came_back(seq, "dlopen", 0x5500_2000));
    let init = Call {
        api: Text::from("ggml"),
        function: Text::from("ggml_backend_init"),
        of: Some(Text::from(vulkan.as_str())),
        args: Vec::new(),
        from: None,
        entry_only: false,
    };
    let seq = story.add(&process, Kind::Call(init));
    let fault = Kind::Signal(Signal {
        name: Text::from("SIGSEGV"),
        number: 11,
        to: process.parse().ok(),
        to_pid: 104,
        from_pid: None,
        from_name: None,
        code: 1,
        result: Outcome::Delivered,
        address: Some(Hex(0)),
        at: Some(Site {
            object: Some(Text::from(vulkan.as_str())),
            offset: Hex(0x1189),
            symbol: Some(Text::from("ggml_backend_init+0x9")),
        }),
    });
    story.add_in(&process, Some(seq), fault);
    story.add(
        &process,
        wrote(2, "SIGSEGV: segmentation violation\nPC=0x7f00 m=0\n"),
    );
    story.exit(&process, 104, Some(2), None);
    let given_up = Kind::Unfinished(Unfinished {
        call: Some(Seq(seq)),
        function: Text::from("ggml_backend_init"),
        about: None::<Seen<Text>>,
        because: Because::Exit,
    });
    story.add(&process, given_up);
}
