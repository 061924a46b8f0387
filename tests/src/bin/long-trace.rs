//! `long-trace FILE EVENTS`: a trace of about so many events, made from the carried one.
#![expect(clippy::print_stderr, reason = "the words of a program")]

use std::path::Path;
use std::process::ExitCode;

use vgputrace_tests::{generated, workspace};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.as_slice() {
        [file, events] => match events.parse() {
            Ok(events) => {
                let short = workspace().join("tracer/traces/healthy.vgt");
                generated::long_trace(&short, Path::new(file), events)
            }
            Err(_) => Err("EVENTS is a number".to_owned()),
        },
        _ => Err("usage: long-trace FILE EVENTS".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
