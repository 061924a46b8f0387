//! A table of events and their rows: output, network, the recorder itself; the others stand by subject.

mod calls;
mod files;
mod libraries;
mod processes;

use super::{Context, Detail, describe};
use crate::event::host::{Clock, End};
use crate::event::loss::{Loss, Note};
use crate::event::net::{Http, Socket};
use crate::event::output::Output;
use crate::event::{Errno, Kind, Seen, Text, Why};
use crate::view::Looks;
use crate::view::samples::{event, open, wrote, yes};
use crate::view::scene::Scene;

fn row_in(kind: Kind, nanos: Option<u64>, scene: &Scene, detail: Detail) -> String {
    let mut event = event(9, 1000, "p3.1", kind);
    event.duration = nanos;
    let context = Context {
        scene,
        looks: Looks {
            colour: false,
            unicode: true,
        },
        detail,
    };
    describe(&event, context).plain()
}

fn row(kind: Kind) -> String {
    row_in(kind, None, &Scene::new(Some(0)), Detail::Short)
}

fn check(table: Vec<(Kind, &str)>) {
    for (kind, expected) in table {
        assert_eq!(row(kind), expected);
    }
}

fn text(text: &str) -> Text {
    Text::from(text)
}

#[test]
fn output_and_network() {
    let withheld = Kind::Output(Output {
        fd: 1,
        text: Seen::No(Why::Withheld),
        length: 120,
        err: None,
    });
    let socket = |call: &str, err: Option<u16>| {
        Kind::Socket(Socket {
            call: text(call),
            address: Some(text("127.0.0.1:39169")),
            fd: 7,
            err: err.map(Errno),
            already: false,
        })
    };
    let answer = Kind::Http(Http {
        request: text("GET /info"),
        answer: Some(yes("[{\"id\":\"0\"}]\r\n")),
        fd: 7,
    });
    check(vec![
        (wrote(2, "one\r\ntwo\tx\n"), "2| one\n2| two\\tx"),
        (wrote(1, "\n"), "1| "),
        (withheld, "1| <withheld> 120 bytes"),
        (
            socket("bind", Some(98)),
            "bind 127.0.0.1:39169 fd 7 = EADDRINUSE address in use ✗",
        ),
        (
            socket("connect", Some(115)),
            "connect 127.0.0.1:39169 fd 7 = EINPROGRESS in progress",
        ),
        (answer, "http GET /info answered on fd 7\n[{\"id\":\"0\"}]"),
    ]);
}

#[test]
fn the_recorder_about_itself() {
    let loss = Kind::Loss(Loss {
        cause: text("ring"),
        count: 1,
    });
    let note = Kind::Note(Note {
        id: text("root_hides_permissions"),
        text: text("The target ran as root."),
    });
    let end = Kind::End(End {
        clock: Clock::default(),
        why: text("timeout"),
        status: Some(124),
        lost: 3,
        probes: None,
        others: None,
    });
    let raw = serde_json::value::RawValue::from_string("{\"a\": 1}".to_owned()).unwrap();
    check(vec![
        (
            loss,
            "LOSS 1 record lost: the buffer between kernel and recorder was full ✗",
        ),
        (
            note,
            "note The target ran as root.  (root_hides_permissions)",
        ),
        (
            end,
            "end of the recording: time was up, exit code 124, 3 records lost",
        ),
        (
            Kind::Unknown("gpu_fault".to_owned(), raw),
            "gpu_fault {\"a\": 1}  (of a newer release)",
        ),
    ]);
}

#[test]
fn a_slow_system_call_says_how_long_it_took() {
    let scene = Scene::default();
    let slow = row_in(open("/x", None), Some(1_500_000), &scene, Detail::Short);
    assert_eq!(slow, "open /x RDONLY|CLOEXEC = 6  1.50 ms");
    let quick = row_in(open("/x", None), Some(15_000), &scene, Detail::Short);
    assert_eq!(quick, "open /x RDONLY|CLOEXEC = 6");
}
