//! Variables a unit's process gets, each with the place that set it.
//!
//! In: values of Environment= and its relatives. Out: a list of variables in the order in which systemd keeps them: a
//! second assignment takes the place of the first. No file is read here.

use std::fmt;
use std::path::PathBuf;

use super::specifier::Name;
use super::words::{Mode, Words};

/// Who set a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The service manager's own default for every service.
    Manager,
    /// The unit's User=.
    User,
    /// This file: the unit, a drop-in, an EnvironmentFile=, locale.conf or system.conf.
    File(PathBuf),
    /// A setting of the unit that implies it, such as StateDirectory=.
    Setting(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manager => f.write_str("systemd's default"),
            Self::User => f.write_str("User="),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Setting(name) => write!(f, "{name}="),
        }
    }
}

/// One environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
    /// Who set it last.
    pub origin: Origin,
}

/// Variables, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(Vec<Variable>);

impl Environment {
    /// Sets a variable; one that is there keeps its place.
    pub fn set(&mut self, name: &str, value: &str, origin: Origin) {
        let variable = Variable {
            name: name.to_owned(),
            value: value.to_owned(),
            origin,
        };
        match self.0.iter_mut().find(|one| one.name == name) {
            Some(there) => *there = variable,
            None => self.0.push(variable),
        }
    }

    /// Sets everything that `other` sets.
    pub fn merge(&mut self, other: &Self) {
        for variable in &other.0 {
            self.set(&variable.name, &variable.value, variable.origin.clone());
        }
    }

    /// A variable's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|one| one.name == name)?;
        Some(&found.value)
    }

    /// Removes by `NAME`, or by `NAME=VALUE` when the value is that.
    pub fn unset(&mut self, entry: &str) {
        self.0.retain(|one| match entry.split_once('=') {
            Some((name, value)) => one.name != name || one.value != value,
            None => one.name != entry,
        });
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// What became of one value of Environment=.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assigned {
    /// Why systemd passes over a part of it.
    pub(super) ignored: Vec<String>,
    /// Specifiers that were left as they are.
    pub(super) left: Vec<char>,
}

/// Applies one value of Environment=. The words before a syntax error count, as in systemd 252.
pub(super) fn assign(
    environment: &mut Environment,
    value: &str,
    name: &Name,
    origin: &Origin,
) -> Assigned {
    let mut out = Assigned::default();
    if value.is_empty() {
        environment.clear();
        return out;
    }
    for word in Words::new(value, Mode::Setting) {
        let word = match word.map(String::from_utf8) {
            Ok(Ok(word)) => word,
            Ok(Err(_)) => {
                out.ignored.push("a variable that is no UTF-8".to_owned());
                continue;
            }
            Err(syntax) => {
                out.ignored.push(syntax.to_string());
                break;
            }
        };
        let expanded = match name.expand(&word) {
            Ok(expanded) => expanded,
            Err(letter) => {
                out.ignored
                    .push(format!("systemd knows no specifier %{letter}: {word:?}"));
                continue;
            }
        };
        out.left.extend(expanded.left);
        match expanded.text.split_once('=') {
            Some((key, value)) if is_name(key) && is_value(value) => {
                environment.set(key, value, origin.clone());
            }
            _ => out
                .ignored
                .push(format!("no valid assignment: {:?}", expanded.text)),
        }
    }
    out
}

/// Letters, digits and underscores, no digit first.
pub(super) fn is_name(name: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(valid) && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// No control characters but tab and newline.
pub(super) fn is_value(value: &str) -> bool {
    !value
        .chars()
        .any(|c| c.is_ascii_control() && !matches!(c, '\t' | '\n'))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Environment, Name, Origin, assign};

    fn list(environment: &Environment) -> Vec<String> {
        environment
            .iter()
            .map(|one| format!("{}={}", one.name, one.value))
            .collect()
    }

    #[test]
    fn the_values_are_those_of_systemd() {
        let name = Name::new("x").unwrap();
        let origin = Origin::File(PathBuf::from("/etc/systemd/system/x.service"));
        let mut environment = Environment::default();
        let mut ignored = Vec::new();
        for value in [
            r#"ONE='one' "TWO='two two' too" THREE= BAD-NAME=1 FIVE=a"b c"d SIX=\x41\u00e9\s."#,
            r#""PCT=%%h %h %n" 'SQ=a\nb'"#,
            r#"OLLAMA_HOST="0.0.0.0""#,
            r#""BAD ESC=\q""#,
            r#"GOOD=1 "UNBAL=2"#,
            "P=%Q Q=1 ONE=2",
        ] {
            ignored.extend(assign(&mut environment, value, &name, &origin).ignored);
        }
        assert_eq!(
            list(&environment),
            [
                "ONE=2",
                "TWO='two two' too",
                "THREE=",
                "FIVE=ab cd",
                "SIX=A\u{e9} .",
                "PCT=%h /root x.service",
                "SQ=a\nb",
                "OLLAMA_HOST=0.0.0.0",
                "GOOD=1",
                "Q=1",
            ]
        );
        assert_eq!(ignored.len(), 4, "{ignored:?}");
        assign(&mut environment, "", &name, &origin);
        assert!(list(&environment).is_empty());
    }

    #[test]
    fn a_variable_is_unset_by_name_or_by_its_exact_value() {
        let mut environment = Environment::default();
        for name in ["A", "B", "C"] {
            environment.set(name, "1", Origin::Manager);
        }
        for entry in ["A", "B=1", "C=2", "D"] {
            environment.unset(entry);
        }
        assert_eq!(list(&environment), ["C=1"]);
    }
}
