//! The logs of the corpus, the forms that people give them, and what must stay the same.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use vgputrace::diagnose::explain;
use vgputrace::discover::log;
use vgputrace::source::screen;

/// What must not depend on how the log came: who it is about, the verdicts with their causes, devices, models.
pub(crate) fn answer(text: &[u8]) -> String {
    let model = log::read(text, screen::text).expect("memory can be read");
    let explanation = explain(&model);
    let mut out = format!(
        "{:?} {:?} {} finished {} cpu {}\n",
        explanation.era,
        explanation.version,
        explanation.library_dir,
        explanation.finished,
        explanation.cpu_only,
    );
    for backend in &explanation.backends {
        let _ = writeln!(out, "{} {:?}", backend.name, backend.verdict);
        for finding in backend.findings.iter().chain(&backend.warnings) {
            let object = finding
                .missing_object
                .as_ref()
                .map_or("", |one| one.as_str());
            let _ = writeln!(out, "  {} {:?} {object}", finding.rule, finding.certainty);
        }
    }
    for finding in explanation.general.iter().chain(&explanation.models) {
        let _ = writeln!(out, "{} {:?}", finding.rule, finding.certainty);
    }
    for device in &explanation.used {
        let _ = writeln!(out, "uses {} {}", device.library, device.id);
    }
    out
}

/// All logs of real Ollamas of both eras, by name.
pub(crate) fn logs() -> Vec<(String, String)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/logs/real");
    let mut all = Vec::new();
    for era in ["runner", "llama-server"] {
        for entry in fs::read_dir(corpus.join(era)).expect("the corpus is there") {
            let path = entry.expect("the corpus can be listed").path();
            let text = fs::read_to_string(&path).expect("the corpus can be read");
            all.push((
                format!("{era}/{}", path.file_name().unwrap_or_default().display()),
                text,
            ));
        }
    }
    all.sort();
    assert!(all.len() > 50, "{}", all.len());
    all
}

/// Every log, as `change` makes it, has the answer of the plain one.
pub(crate) fn same(change: impl Fn(&str) -> String) {
    let mut wrong = Vec::new();
    for (name, plain) in logs() {
        let (expected, told) = (answer(plain.as_bytes()), answer(change(&plain).as_bytes()));
        if told != expected {
            wrong.push(format!("== {name}\n{expected}-- not but\n{told}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} logs\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

pub(crate) fn each(plain: &str, mut change: impl FnMut(usize, &str) -> String) -> String {
    let lines = plain.lines().enumerate();
    lines.fold(String::new(), |out, (number, line)| {
        out + &change(number + 1, line) + "\n"
    })
}

pub(crate) fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

pub(crate) fn csv(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A time one second after the other.
pub(crate) fn time(number: usize) -> String {
    format!(
        "2026-11-21T10:{:02}:{:02}",
        10 + number / 60 % 50,
        number % 60
    )
}

/// Where a terminal or a mail program ends a line.
pub(crate) fn wrapped(plain: &str, width: usize, by_words: bool, indent: &str) -> String {
    each(plain, |_, line| {
        let letters: Vec<char> = line.chars().collect();
        let (mut rest, mut out) = (letters.as_slice(), String::new());
        while rest.len() > width {
            let at = rest.iter().take(width).rposition(|letter| *letter == ' ');
            let (end, next) = match at.filter(|at| by_words && *at > 0) {
                Some(at) => (at, at + 1),
                None => (width, width),
            };
            out.extend(rest.iter().take(end));
            out.push('\n');
            out.push_str(indent);
            rest = rest.get(next..).unwrap_or_default();
        }
        out.extend(rest);
        out
    })
}
