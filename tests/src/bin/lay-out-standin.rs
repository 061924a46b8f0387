//! Lays the stand-in of one era out in a folder, for whoever runs it outside the tests: `lay-out-standin ERA FOLDER`, ERA is
//! `runner` or `llama-server`. Prints the path of its server; says on standard error why not, with exit code 2.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the answer and the words of a program"
)]

use std::path::Path;
use std::process::ExitCode;

use vgputrace_tests::standin::{self, Era};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [era, folder] = words.as_slice() else {
        eprintln!("usage: lay-out-standin runner|llama-server FOLDER");
        return ExitCode::from(2);
    };
    let era = match era.as_str() {
        "runner" => Era::Runner,
        "llama-server" => Era::LlamaServer,
        other => {
            eprintln!("no era is called {other:?}: runner or llama-server");
            return ExitCode::from(2);
        }
    };
    // What is missing was said by the gate.
    let Some(tree) = standin::tree(era, Path::new(folder)) else {
        return ExitCode::from(2);
    };
    println!("{}", tree.server.display());
    ExitCode::SUCCESS
}
