//! The rules, one file a subject, and what they share: words for a shell.

pub(super) mod devices;
pub(super) mod drivers;
pub(super) mod library_tree;
pub(super) mod limits;
pub(super) mod recording;
pub(super) mod service;

/// A word as one would type it in a shell. Control characters become visible later, when it is printed.
#[must_use]
pub fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
