//! Screening of environment, arguments and running text.

use vgputrace::source::screen::{Policy, Stream, argv, environment, text};

use crate::engine::{corpus, run};

fn screen(bytes: &[u8]) {
    let whole = text(bytes);
    let room = 1024 + bytes.len() * 16;
    assert!(whole.as_str().len() <= room, "screening does not swell");
    let words: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    assert_eq!(argv(&words).len(), words.len(), "as many as came in");
    for word in &words {
        let cut = word
            .iter()
            .position(|byte| *byte == b'=')
            .unwrap_or(word.len());
        let (name, value) = word.split_at(cut);
        for policy in [Policy::Allowlist, Policy::All] {
            let _ = environment(name, value.get(1..).unwrap_or_default(), policy);
        }
    }
    // What is withheld of a whole text is withheld of the same text in pieces, line ends included.
    let mut stream = Stream::default();
    let step = bytes.len() / 5 + 1;
    for piece in bytes.chunks(step) {
        assert!(stream.text(piece).as_str().len() <= room);
    }
}

/// A secret behind a name that announces it, in the middle of anything.
fn planted(bytes: &[u8]) {
    let secret = b"Zq7Zq7Zq7Zq7";
    let line = [bytes, b"\nOLLAMA_API_KEY=", secret, b"\n", bytes].concat();
    let shown = text(&line);
    assert!(
        !shown.as_str().contains("Zq7Zq7Zq7Zq7"),
        "a secret passed: {}",
        shown.as_str()
    );
}

#[test]
fn hostile_text_is_screened_without_trouble() {
    run("text", &corpus("text"), screen);
}

#[test]
fn a_line_with_a_secret_is_found_in_any_text() {
    run("text", &corpus("text"), planted);
}
