//! Fifty planted secrets, in every place where a program may have one: none is in the bytes of a trace, neither as it
//! is nor in base64 or hexadecimal digits.

mod planted;

use std::path::Path;

use vgputrace_tests::programs::program;
use vgputrace_tests::{Recorded, Target, gate, open_folder, test_name, trace};

use planted::{ANSWER, ARGUMENTS, CORE, COUNT, LINES, PATHS, Planter, REQUEST, VARIABLES};

/// The forms in which the core of a secret could stand in a file.
fn forms() -> Vec<String> {
    let hex: String = CORE.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![CORE.to_owned(), hex.to_uppercase(), hex];
    // Base64 of the core behind nought, one or two other bytes; the digits that its neighbours share are left out.
    for skip in 0..3_usize {
        let mut bytes = vec![0; skip];
        bytes.extend(CORE.bytes());
        let whole = base64(&bytes);
        let from = (skip * 8).div_ceil(6);
        let to = bytes.len() * 8 / 6;
        forms.push(whole[from..to].to_owned());
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let digit = |six: &[u8]| {
        let value = six
            .iter()
            .fold(0, |value, bit| value << 1 | usize::from(*bit));
        char::from(DIGITS[value << (6 - six.len())])
    };
    bits.chunks(6).map(digit).collect()
}

#[track_caller]
fn holds_none(record: &Recorded) {
    let plain = String::from_utf8_lossy(&record.plain_bytes()).into_owned();
    let raw = std::fs::read(&record.path).unwrap_or_default();
    let raw = String::from_utf8_lossy(&raw).into_owned();
    let mut found = Vec::new();
    for text in [&plain, &raw] {
        for form in forms() {
            for (at, _) in text.match_indices(&form) {
                let around = text[..at]
                    .char_indices()
                    .rev()
                    .nth(60)
                    .map_or(0, |one| one.0);
                let rest = text[at..]
                    .char_indices()
                    .nth(40)
                    .map_or(text.len(), |one| at + one.0);
                found.push(text[around..rest].to_owned());
            }
        }
    }
    assert!(
        found.is_empty(),
        "secrets in the trace:\n{}",
        found.join("\n")
    );
    assert!(!plain.is_empty());
}

fn with_variables(mut target: Target, planter: &mut Planter) -> Target {
    for (name, words) in VARIABLES {
        target = target.env(name, planter.plant(words));
    }
    target
}

fn with_arguments(mut target: Target, planter: &mut Planter) -> Target {
    for words in ARGUMENTS {
        planter.planted += 1;
        for word in words {
            planter.planted -= 1;
            target = target.arg(planter.plant(word));
        }
    }
    target
}

fn file(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file in a temporary folder");
    path
}

fn lines(planter: &mut Planter) -> String {
    LINES
        .iter()
        .map(|words| planter.plant(words) + "\n")
        .collect()
}

/// Everything at once: variables and arguments for each program, and what each of them says, asks and opens.
fn everything(folder: &Path, options: &[&str]) -> Vec<Recorded> {
    let mut planter = Planter::default();
    let printed = file(folder, "printed", &lines(&mut planter));
    let request = file(folder, "request", &planter.plant_each(REQUEST));
    let answer = file(folder, "answer", &planter.plant_each(ANSWER));
    let paths: String = PATHS
        .iter()
        .map(|words| planter.plant(words) + "\n")
        .collect();
    let paths = file(folder, "paths", &paths);
    let script = "cat \"$1\" | cat; cat \"$1\" | cat >&2; \"$0\" \"$2\" \"$3\"; \"$4\" \"$5\"";
    let target = trace("/bin/sh")
        .args(["-c", script])
        .arg(program("planted_http"));
    let target = target.args([&printed, &request, &answer, &program("opens_words"), &paths]);
    let target = with_arguments(with_variables(target, &mut planter), &mut planter);
    assert_eq!(planter.planted, COUNT);
    let options: Vec<&str> = options.to_vec();
    vec![target.options(options).run()]
}

#[test]
fn none_of_fifty_secrets_is_in_a_trace() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    for record in everything(folder.path(), &[]) {
        assert_eq!(record.code(), 0, "{}", record.outcome.err());
        assert!(
            record.outcome.out().contains(CORE),
            "the target itself said them"
        );
        holds_none(&record);
        let events = &record.events;
        assert!(
            events.written(1).contains("server config"),
            "screened, not dropped"
        );
        assert_eq!(events.https().len(), 2, "{}", events.story(&["http"]));
        assert!(!events.loader_errors().is_empty());
    }
}

#[test]
fn none_of_fifty_secrets_is_in_a_trace_with_all_values_of_the_environment() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    for record in everything(folder.path(), &["--env-values", "all"]) {
        assert_eq!(record.code(), 0, "{}", record.outcome.err());
        holds_none(&record);
    }
}

#[test]
fn none_of_the_printed_secrets_is_in_a_trace_when_it_comes_in_pieces() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let mut planter = Planter::default();
    let printed = file(folder.path(), "printed", &lines(&mut planter));
    for step in ["7", "20", "33", "64", "150", "301"] {
        let record = trace(program("says_in_pieces"))
            .arg(step)
            .arg(&printed)
            .run();
        record.ended_with(0);
        holds_none(&record);
    }
}

#[test]
fn the_forms_find_what_they_are_for() {
    let mut found = 0;
    for pad in ["", "a", "ab", "abc"] {
        let hidden = base64(format!("{pad}{CORE}zz").as_bytes());
        found += usize::from(forms().iter().any(|form| hidden.contains(form)));
    }
    assert_eq!(found, 4);
    assert_eq!(base64(b"Man"), "TWFu");
}
