//! Failures on demand: which calls fail, when, and how.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One rule. Counting starts with the process.
#[derive(Debug)]
pub struct Fault {
    /// Which functions.
    pub functions: Pattern,
    /// So many calls go well first.
    pub after: u64,
    /// Then every call of this many, 1 for all.
    pub every: u64,
    /// How long the call waits before anything else.
    pub delay: Duration,
    /// What it then does.
    pub effect: Effect,
    calls: AtomicU64,
}

/// What a faulty call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Its work, after the delay.
    Work,
    /// Nothing, and gives this result.
    Code(i32),
    /// Its work, but its first output is this.
    Value(u64),
    /// Reads where nothing is (SIGSEGV).
    Crash,
    /// Ends the process (SIGABRT).
    Abort,
    /// Never comes back.
    Hang,
}

/// What to do at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Wait this long first.
    pub delay: Duration,
    /// Then do this.
    pub effect: Effect,
}

impl Decision {
    /// A call that no rule is about.
    pub const NONE: Self = Self {
        delay: Duration::ZERO,
        effect: Effect::Work,
    };
}

/// Names of functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This symbol, or every binary version of this name.
    Name(String),
    /// All that begin so (`cuMem*`).
    Start(String),
}

impl Pattern {
    /// A name, or the beginning of names with a star behind it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match text.strip_suffix('*') {
            Some(start) if is_name(start) => Some(Self::Start(start.to_owned())),
            None if is_name(text) && !text.is_empty() => Some(Self::Name(text.to_owned())),
            _ => None,
        }
    }

    /// True for this symbol with this base name.
    #[must_use]
    pub fn fits(&self, symbol: &str, base: &str) -> bool {
        match self {
            Self::Name(name) => name == symbol || name == base,
            Self::Start(start) => symbol.starts_with(start),
        }
    }
}

impl Fault {
    /// A rule that has seen no call yet.
    #[must_use]
    pub const fn new(
        functions: Pattern,
        (after, every): (u64, u64),
        delay: Duration,
        effect: Effect,
    ) -> Self {
        Self {
            functions,
            after,
            every: if every == 0 { 1 } else { every },
            delay,
            effect,
            calls: AtomicU64::new(0),
        }
    }

    /// Counts a call and says whether the rule is about it.
    fn strikes(&self) -> bool {
        let before = self.calls.fetch_add(1, Ordering::Relaxed);
        before >= self.after && (before - self.after + 1).is_multiple_of(self.every)
    }
}

/// All rules for the functions of one interface.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<Fault>,
    /// For each function the rules about it.
    by_function: Vec<Vec<usize>>,
}

impl Faults {
    /// `functions` are symbol and base name, in the order of their indices.
    pub fn new<'a>(rules: Vec<Fault>, functions: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let about = |(symbol, base): (&str, &str)| {
            (0..rules.len())
                .filter(|at| {
                    rules
                        .get(*at)
                        .is_some_and(|rule| rule.functions.fits(symbol, base))
                })
                .collect()
        };
        let by_function = if rules.is_empty() {
            Vec::new()
        } else {
            functions.map(about).collect()
        };
        Self { rules, by_function }
    }

    /// True when no call can fail.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Counts a call of this function and says what it does. Delays add up; the first rule with an effect gives it.
    #[must_use]
    pub fn decide(&self, function: usize) -> Decision {
        let mut decision = Decision::NONE;
        for at in self.by_function.get(function).into_iter().flatten() {
            let Some(rule) = self.rules.get(*at).filter(|rule| rule.strikes()) else {
                continue;
            };
            decision.delay = decision.delay.saturating_add(rule.delay);
            if decision.effect == Effect::Work {
                decision.effect = rule.effect;
            }
        }
        decision
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Effect, Fault, Faults, Pattern};
    use std::time::Duration;

    const FUNCTIONS: [(&str, &str); 3] = [
        ("cuInit", "cuInit"),
        ("cuMemAlloc", "cuMemAlloc"),
        ("cuMemAlloc_v2", "cuMemAlloc"),
    ];

    fn faults(pattern: &str, counts: (u64, u64), effect: Effect) -> Faults {
        let pattern = Pattern::parse(pattern).unwrap();
        let rule = Fault::new(pattern, counts, Duration::from_millis(1), effect);
        Faults::new(vec![rule], FUNCTIONS.into_iter())
    }

    fn strikes(faults: &Faults, function: usize, calls: usize) -> Vec<bool> {
        (0..calls)
            .map(|_| faults.decide(function) != Decision::NONE)
            .collect()
    }

    #[test]
    fn a_name_means_all_its_versions_and_a_symbol_only_itself() {
        let all = faults("cuMemAlloc", (0, 1), Effect::Code(2));
        assert_eq!(all.decide(2).effect, Effect::Code(2));
        assert_eq!(all.decide(0), Decision::NONE);
        let one = faults("cuMemAlloc_v2", (0, 1), Effect::Code(2));
        assert_eq!(one.decide(1), Decision::NONE);
        assert_eq!(one.decide(2).effect, Effect::Code(2));
        assert_eq!(
            faults("cu*", (0, 1), Effect::Hang).decide(0).effect,
            Effect::Hang
        );
    }

    #[test]
    fn calls_are_counted() {
        let late = faults("cuInit", (2, 1), Effect::Code(999));
        assert_eq!(strikes(&late, 0, 4), [false, false, true, true]);
        let often = faults("cuInit", (1, 2), Effect::Code(999));
        assert_eq!(strikes(&often, 0, 5), [false, false, true, false, true]);
    }

    #[test]
    fn delays_add_up_and_the_first_effect_counts() {
        let name = || Pattern::Name("cuInit".to_owned());
        let rules = vec![
            Fault::new(name(), (0, 1), Duration::from_secs(1), Effect::Work),
            Fault::new(name(), (0, 1), Duration::from_secs(2), Effect::Code(3)),
            Fault::new(name(), (0, 1), Duration::ZERO, Effect::Abort),
        ];
        let decision = Faults::new(rules, FUNCTIONS.into_iter()).decide(0);
        assert_eq!(decision.delay, Duration::from_secs(3));
        assert_eq!(decision.effect, Effect::Code(3));
    }

    #[test]
    fn patterns_are_names() {
        for text in ["", "cu Init", "cu*Init", "cu;"] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
    }
}
