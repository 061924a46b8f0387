//! Words that several rules need.

use crate::diagnose::{Certainty, Finding};
use crate::discover::model::{At, Evidence};
use crate::event::Text;

/// A certain finding with nothing but its sentence.
pub(super) fn found(rule: &'static str, stage: &'static str, sentence: String) -> Finding {
    Finding {
        rule,
        stage,
        sentence,
        missing_object: None,
        missing: Vec::new(),
        certainty: Certainty::Certain,
        evidence: Vec::new(),
        remedy: Vec::new(),
    }
}

/// A fact seen in a file or folder.
pub(super) fn at(path: &Text, text: impl Into<Text>) -> Evidence {
    Evidence {
        at: At::File(path.clone()),
        text: text.into(),
    }
}

/// A fact about the machine.
pub(super) fn host(text: impl Into<Text>) -> Evidence {
    Evidence {
        at: At::Host,
        text: text.into(),
    }
}

/// A word as one would type it in a shell.
pub(in crate::diagnose) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The name behind the last slash.
pub(super) fn base(path: &Text) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}

/// `a, b, c`; of many the first ones and how many more.
pub(super) fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 6;
    let all: Vec<&str> = words.collect();
    let mut text = all
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if all.len() > SHOWN {
        text.push_str(&format!(" and {} more", all.len() - SHOWN));
    }
    text
}

/// `library` or `libraries`, `is` or `are`.
pub(super) fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// `550.54.14` of `libcuda.so.550.54.14`: at least two numbers.
pub(super) fn version(name: &str) -> Option<&str> {
    let (_, version) = name.split_once(".so.")?;
    let numbers = version.contains('.')
        && version
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    numbers.then_some(version)
}

/// The number before the first dot.
pub(super) fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}
