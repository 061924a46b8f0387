//! What is known of many events without looking at each: a filter that lets none of them through need not look.

use super::{Filter, KindTerm};
use crate::view::roles::{self, Roles};

/// Kinds that name a function.
const CALLS: [&str; 5] = ["call", "counted", "return", "unfinished", "socket"];
/// Kinds that are about another process than the one they happen in.
const OTHERS: [&str; 3] = ["fork", "signal", "oom"];

/// Some events of a recording, summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// The kinds that are among them.
    pub kinds: Vec<String>,
    /// Numbers of the processes that they happen in.
    pub processes: Vec<u32>,
    /// Some report a failure.
    pub failed: bool,
    /// Not before and not after, nanoseconds of CLOCK_BOOTTIME.
    pub times: (u64, u64),
    /// Lowest and highest number.
    pub numbers: (u64, u64),
}

impl Stretch {
    fn has(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| known == kind)
    }

    fn has_one(&self, kinds: &[&str]) -> bool {
        kinds.iter().any(|kind| self.has(kind))
    }

    fn is_about(&self, wanted: impl FnMut(&u32) -> bool) -> bool {
        self.has_one(&OTHERS) || self.processes.iter().any(wanted)
    }
}

impl Filter {
    /// False when it lets none of these events through. `origin` is the begin of the recording, nanoseconds of
    /// CLOCK_BOOTTIME.
    #[must_use]
    pub fn may_match(&self, stretch: &Stretch, roles: &Roles, origin: u64) -> bool {
        let may = |term: &Self| term.may_match(stretch, roles, origin);
        match self {
            Self::All(terms) => terms.iter().all(may),
            Self::Any(terms) => terms.iter().any(may),
            Self::Kind(terms) => terms.iter().any(|term| match term {
                KindTerm::Is(name) => stretch.has(name) || stretch.has_one(&CALLS),
                KindTerm::Begins(_) => stretch.has_one(&CALLS),
                KindTerm::Group(kinds) => stretch.has_one(kinds),
            }),
            Self::Process(number, _) => stretch.is_about(|one| one == number),
            Self::Role(patterns) => stretch.is_about(|one| {
                let named = |role: &String| {
                    let mut patterns = patterns.iter();
                    patterns.any(|pattern| roles::is_named(role, pattern))
                };
                roles.get(one).is_some_and(named)
            }),
            Self::Failed => stretch.failed,
            Self::Label => stretch.has("note"),
            Self::Time(from, to) => {
                let (first, last) = stretch.times;
                last.saturating_sub(origin) >= *from && first.saturating_sub(origin) <= *to
            }
            Self::Seq(from, to) => stretch.numbers.1 >= *from && stretch.numbers.0 <= *to,
            Self::Not(_) | Self::Pid(_) | Self::Name(_) | Self::Text(_) | Self::Matches(_) => true,
        }
    }

    /// The scene must be told of every event: names, pids and texts depend on what was before.
    #[must_use]
    pub fn asks_for_the_story(&self) -> bool {
        match self {
            Self::All(terms) | Self::Any(terms) => terms.iter().any(Self::asks_for_the_story),
            Self::Not(term) => term.asks_for_the_story(),
            Self::Pid(_) | Self::Name(_) | Self::Text(_) | Self::Matches(_) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::rc::Rc;

    use super::Stretch;
    use crate::event::Event;
    use crate::view::filter::Filter;
    use crate::view::roles::Roles;
    use crate::view::samples::bootstrap;
    use crate::view::scene::Scene;

    fn of(events: &[Event]) -> Stretch {
        Stretch {
            kinds: events
                .iter()
                .map(|event| event.kind.name().to_owned())
                .collect(),
            processes: events
                .iter()
                .filter_map(|event| Some(event.process?.number))
                .collect(),
            failed: events.iter().any(|event| event.kind.failed()),
            times: (
                events.iter().map(Event::start).min().unwrap_or(0),
                events.iter().map(|event| event.time).max().unwrap_or(0),
            ),
            numbers: (
                events.iter().map(|event| event.seq.0).min().unwrap_or(0),
                events.iter().map(|event| event.seq.0).max().unwrap_or(0),
            ),
        }
    }

    #[test]
    fn no_match_is_in_a_stretch_that_is_passed_over_and_some_are() {
        let events = bootstrap::events();
        let roles: Roles = Rc::new(BTreeMap::from([
            (1, "server".to_owned()),
            (2, "runner[cuda_v12] pass 1".to_owned()),
        ]));
        for expression in [
            "kind:exec",
            "kind:dlopen",
            "kind:ggml_*",
            "kind:file",
            "failed",
            "not failed",
            "proc:p2",
            "role:runner",
            "role:server failed",
            "kind:exit or kind:signal",
            "time:1ms..2ms",
            "seq:2..4",
            "name:ollama",
            "text:cuda",
            "pid:1",
        ] {
            let filter = Filter::parse(expression).unwrap();
            let (mut passed_over, mut scene) =
                (0, Scene::new(Some(0)).with_roles(Rc::clone(&roles)));
            for some in events.chunks(2) {
                let may = filter.may_match(&of(some), &roles, 0);
                passed_over += usize::from(!may);
                for event in some {
                    scene.before(event);
                    let matches = filter.matches(event, &scene);
                    assert!(may || !matches, "{expression}: {event:?}");
                    scene.after(event);
                }
            }
            let looks_at_all = filter.asks_for_the_story() || expression.starts_with("not");
            assert_eq!(passed_over == 0, looks_at_all, "{expression}");
        }
    }
}
