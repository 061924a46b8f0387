//! A rule that picks facts: what `--ignore` and the project file name.

use super::fact::{Key, Stage};

/// Picks facts by kind, role and name.
///
/// `WHAT` picks every fact whose kind, role or name is WHAT; `KIND:WHAT` those of the kind whose role or name it is. A `*`
/// in WHAT stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    kind: Option<Stage>,
    what: String,
}

impl Rule {
    /// Reads a rule. A text before a colon that is no kind belongs to the name: `GPU 0000:01:00.0`.
    ///
    /// # Errors
    /// It is empty and would pick everything or nothing.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (kind, what) = match text.split_once(':') {
            Some((kind, what)) if Stage::of_name(kind).is_some() => (Stage::of_name(kind), what),
            _ => (None, text),
        };
        if what.is_empty() {
            return Err(format!(
                "`{text}` names nothing; a rule is a kind, role or name, or KIND:NAME, such as setting:OLLAMA_HOST"
            ));
        }
        Ok(Self {
            kind,
            what: what.to_owned(),
        })
    }

    /// The fact is one of those.
    #[must_use]
    pub fn picks(&self, key: &Key) -> bool {
        let named = fits(&self.what, &key.role) || fits(&self.what, &key.name);
        match self.kind {
            Some(kind) => kind == key.stage && named,
            None => named || fits(&self.what, key.stage.name()),
        }
    }
}

/// The text fits a pattern in which `*` stands for any text. Time: length of the text by the number of stars.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts = tail.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{Rule, fits};
    use crate::diff::{Key, Stage};

    fn key() -> Key {
        Key {
            stage: Stage::Setting,
            role: "server".to_owned(),
            name: "LD_LIBRARY_PATH".to_owned(),
        }
    }

    #[test]
    fn a_rule_picks_by_kind_role_or_name() {
        for yes in [
            "setting",
            "server",
            "LD_LIBRARY_PATH",
            "LD_*",
            "setting:LD_*",
            "setting:server",
            "*PATH",
        ] {
            assert!(Rule::new(yes).is_ok_and(|rule| rule.picks(&key())), "{yes}");
        }
        for no in [
            "file",
            "LD",
            "file:LD_LIBRARY_PATH",
            "setting:runner*",
            "LD_*x",
        ] {
            assert!(Rule::new(no).is_ok_and(|rule| !rule.picks(&key())), "{no}");
        }
        for wrong in ["", " ", "setting:"] {
            assert!(Rule::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_with_a_colon_is_no_kind() {
        let gpu = Key {
            stage: Stage::Machine,
            role: "machine".to_owned(),
            name: "GPU 0000:01:00.0".to_owned(),
        };
        assert!(Rule::new("GPU 0000:01:00.0").is_ok_and(|rule| rule.picks(&gpu)));
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "a"),
            ("a*c*e", "abcde"),
            ("**", "x"),
            ("*b", "bb"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*c", "ab"), ("a*b*c", "ac"), ("*ab", "b"), ("a*a", "a")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
