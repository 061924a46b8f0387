//! Draws the viewer's screens for the documents, into docs/screens.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the answer and the words of a program"
)]

use std::fs;
use std::process::ExitCode;

use vgputrace_tests::{screens, workspace};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let folder = workspace().join("docs/screens");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for (name, picture) in screens::all()? {
        fs::write(folder.join(&name), picture).map_err(|error| error.to_string())?;
        println!("docs/screens/{name}");
    }
    Ok(())
}
