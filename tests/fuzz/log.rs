//! Logs of Ollama and of ggml programs.

use vgputrace::discover::log;
use vgputrace::source::screen;

use crate::engine::{corpus, run};

fn read(bytes: &[u8]) {
    let model = log::read(bytes, screen::text).expect("memory can be read");
    let kept: usize = model
        .lines
        .iter()
        .map(|line| line.message.as_str().len())
        .sum();
    assert!(kept <= 1024 + bytes.len() * 8, "reading does not swell");
    for attempt in &model.attempts {
        let children = model.children_of(attempt).count();
        assert_eq!(children, attempt.children.len(), "children that are there");
    }
}

#[test]
fn hostile_logs_are_read_without_trouble() {
    run("log", &corpus("log"), read);
}
