//! Completion in the filter line: keys of the language, and the names that this very trace has.

use std::collections::BTreeSet;

use super::State;
use crate::event::Kind;
use crate::view::filter::{KEYS, groups};

/// Names of processes that are looked at.
const MOST: usize = 10_000;

impl State {
    /// Completes the last word as far as it is certain, and offers what it may become.
    pub(in crate::tui) fn complete(&mut self) {
        let Some(prompt) = &self.prompt else { return };
        if !prompt.is_filter() {
            return;
        }
        let begin = prompt.text.rfind([' ', '(']).map_or(0, |at| at + 1);
        let word = prompt.text.get(begin..).unwrap_or_default();
        let word = word.strip_prefix('-').unwrap_or(word).to_owned();
        let (given, names) = match word.split_once(':') {
            Some((key, values)) => {
                let given = values.rsplit(',').next().unwrap_or_default();
                (given.to_owned(), self.names(key))
            }
            None => (word.clone(), terms()),
        };
        let fitting: Vec<String> = names
            .into_iter()
            .filter(|name| name.starts_with(&given) && *name != given)
            .collect();
        let Some(certain) = common(&fitting) else {
            return;
        };
        let only = fitting.len() == 1;
        if let Some(prompt) = &mut self.prompt {
            let kept = prompt.text.len() - given.len();
            prompt.text.truncate(kept);
            prompt.text.push_str(&certain);
            if only && !certain.ends_with(':') {
                prompt.text.push(' ');
            }
            prompt.offers = if only { Vec::new() } else { fitting };
        }
    }

    /// The values that a key can have here.
    fn names(&mut self, key: &str) -> BTreeSet<String> {
        let lanes = self.digest.lanes.values().take(MOST);
        match key {
            "kind" => {
                let known = Kind::NAMES.iter().map(|name| (*name).to_owned());
                let groups = groups().map(str::to_owned);
                let functions = self.digest.functions.iter().cloned();
                known.chain(groups).chain(functions).collect()
            }
            "role" => {
                let roles = self.roles();
                // A word ends at a blank; the pass may be left out.
                let short = |role: &String| role.split(' ').next().unwrap_or_default().to_owned();
                roles.values().map(short).collect()
            }
            "proc" => lanes.map(|lane| format!("p{}", lane.number)).collect(),
            "pid" => lanes.map(|lane| lane.pid.to_string()).collect(),
            "name" => lanes
                .map(|lane| lane.program().to_owned())
                .filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))
                .collect(),
            _ => BTreeSet::new(),
        }
    }
}

/// What a term can begin with.
fn terms() -> BTreeSet<String> {
    let keys = KEYS.iter().map(|key| format!("{key}:"));
    keys.chain(["failed", "not", "or"].map(str::to_owned))
        .collect()
}

/// The beginning that all have.
fn common(names: &[String]) -> Option<String> {
    let mut rest = names.iter();
    let mut known: &str = rest.next()?;
    for name in rest {
        let same = known
            .char_indices()
            .zip(name.chars())
            .find(|((_, one), other)| one != other)
            .map_or_else(|| known.len().min(name.len()), |((at, _), _)| at);
        known = known.get(..same).unwrap_or_default();
    }
    Some(known.to_owned())
}
