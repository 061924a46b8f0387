//! The list of `llama-server --list-devices`: `  CUDA0: NVIDIA H100 (81920 MiB, 79872 MiB free)` (common/arg.cpp).

use std::sync::LazyLock;

use regex::Regex;

use crate::discover::model::{Answer, Child, Evidence, Reported};
use crate::event::Text;

/// The line before the list.
pub(super) const HEAD: &str = "Available devices:";

/// Most devices that are kept.
const MOST: usize = 64;

static ENTRY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^  ([A-Za-z]+)(\d{1,4}): (.*) \((\d{1,12}) MiB, (\d{1,12}) MiB free\)$").ok()
});

/// Whether the line is one of the list.
pub(super) fn is_entry(line: &str) -> bool {
    line == "  (none)" || ENTRY.as_ref().is_some_and(|entry| entry.is_match(line))
}

fn answer(seen: &Evidence) -> Answer {
    Answer {
        seen: Some(seen.clone()),
        ..Answer::default()
    }
}

/// A process whose last line is the head of a list came to its end: the list is empty. (A log that ends there has not.)
pub(super) fn ended(child: &mut Child) {
    let head = child.said.last().filter(|said| said.text.as_str() == HEAD);
    if child.answer.is_none() {
        child.answer = head.map(|head| answer(&head.seen));
    }
}

/// Takes a line of the list; false when it is none.
pub(super) fn hear(child: &mut Child, line: &str) -> bool {
    if line == HEAD {
        return true;
    }
    if child.answer.is_none() {
        // The line itself was put behind the others.
        let last = child.said.len().saturating_sub(1);
        let before = child.said.get(..last).unwrap_or_default();
        let head = if is_entry(line) {
            before.iter().rev().find(|said| said.text.as_str() == HEAD)
        } else {
            before.last().filter(|said| said.text.as_str() == HEAD)
        };
        child.answer = head.map(|head| answer(&head.seen));
    }
    let Some(answer) = child.answer.as_mut() else {
        return false;
    };
    let Some(found) = ENTRY.as_ref().and_then(|entry| entry.captures(line)) else {
        return line == "  (none)";
    };
    let part = |number: usize| found.get(number).map_or("", |part| part.as_str());
    let bytes = |number: usize| part(number).parse::<u64>().ok()?.checked_mul(1 << 20);
    if answer.devices.len() < MOST {
        answer.devices.push(Reported {
            id: format!("{}{}", part(1), part(2)).into(),
            library: Text::from(part(1)),
            name: Text::from(part(3)),
            total: bytes(4),
            free: bytes(5),
            ..Reported::default()
        });
    }
    true
}
