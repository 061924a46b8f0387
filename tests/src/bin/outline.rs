//! Prints the model of each trace that is named, in few words: `outline TRACE...`.
#![expect(clippy::print_stdout, reason = "the answer of a program")]

use std::path::Path;

use vgputrace_tests::outline;

fn main() {
    for path in std::env::args().skip(1) {
        println!("{path}\n{}", outline::of(&outline::model(Path::new(&path))));
    }
}
