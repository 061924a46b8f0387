//! Declarations of a header as facts: functions, type names and enumerations.
//!
//! Input: C source after the preprocessor. It knows as much of C as these headers use, and passes over the rest.

use std::collections::BTreeMap;

use super::tokens::{at_commas, statements, tokens};

/// What one header declares.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// Functions by name.
    pub(super) functions: BTreeMap<String, Signature>,
    /// What type names stand for.
    pub(super) types: BTreeMap<String, Meaning>,
    /// Enumerations by tag and by type name: names and values in the header's order.
    pub(super) enums: BTreeMap<String, Vec<(String, i64)>>,
}

/// A function's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// Words of the result's type.
    pub(super) result: Vec<String>,
    /// Name and words of the type of each parameter.
    pub(super) parameters: Vec<(String, Vec<String>)>,
}

/// What a type name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Another type, in words.
    Alias(Vec<String>),
    /// A structure or union.
    Structure,
    /// An enumeration.
    Enumeration,
    /// A pointer to a function.
    Function,
}

/// Reads a header.
pub(super) fn parse(text: &str) -> Header {
    let words = tokens(text);
    let mut header = Header::default();
    for statement in statements(&words) {
        match statement.as_slice() {
            ["typedef", rest @ ..] => header.type_name(rest),
            ["enum" | "struct" | "union", ..] if statement.contains(&"{") => {
                header.body(&statement);
            }
            _ => header.function(&statement),
        }
    }
    header
}

impl Header {
    fn type_name(&mut self, words: &[&str]) {
        if let Some(at) = words.windows(2).position(|pair| pair == ["(", "*"]) {
            if let Some(name) = words.get(at + 2) {
                self.types.insert((*name).to_owned(), Meaning::Function);
            }
            return;
        }
        let Some((name, of)) = words.split_last() else {
            return;
        };
        let meaning = if words.contains(&"{") {
            self.body(words)
        } else {
            Meaning::Alias(owned(of))
        };
        self.types.insert((*name).to_owned(), meaning);
    }

    /// Takes `enum tag { ... } name`, or a structure, of which nothing but its being one is kept.
    fn body(&mut self, words: &[&str]) -> Meaning {
        if words.first() != Some(&"enum") {
            return Meaning::Structure;
        }
        let open = words.iter().position(|word| *word == "{");
        let close = words.iter().rposition(|word| *word == "}");
        let (Some(open), Some(close)) = (open, close) else {
            return Meaning::Enumeration;
        };
        let values = enumerators(words.get(open + 1..close).unwrap_or_default());
        let tag = words.get(1..open).unwrap_or_default();
        let name = words.get(close + 1..).unwrap_or_default();
        for name in tag.iter().chain(name) {
            self.enums.insert((*name).to_owned(), values.clone());
        }
        Meaning::Enumeration
    }

    fn function(&mut self, words: &[&str]) {
        if words.contains(&"{") || words.contains(&"static") {
            return;
        }
        let Some(open) = words.iter().position(|word| *word == "(") else {
            return;
        };
        let (Some((name, result)), Some((_, inner))) = (
            words.get(..open).and_then(<[&str]>::split_last),
            words.get(open + 1..).and_then(<[&str]>::split_last),
        ) else {
            return;
        };
        if result.is_empty() {
            return;
        }
        let parameters = match inner {
            ["void"] => Vec::new(),
            _ => at_commas(inner).into_iter().map(parameter).collect(),
        };
        let signature = Signature {
            result: owned(result),
            parameters,
        };
        self.functions.insert((*name).to_owned(), signature);
    }
}

/// A parameter's name and the words of its type. An array is a pointer.
fn parameter(words: &[&str]) -> (String, Vec<String>) {
    if let Some(at) = words.windows(2).position(|pair| pair == ["(", "*"]) {
        let name = words.get(at + 2).copied().unwrap_or_default();
        return (name.to_owned(), owned(&["void", "*"]));
    }
    let end = words.iter().position(|word| *word == "[");
    let plain = words.get(..end.unwrap_or(words.len())).unwrap_or_default();
    let is_word = |word: &str| word.chars().all(|c| c.is_alphanumeric() || c == '_');
    match plain.split_last() {
        Some((name, of)) if !of.is_empty() && is_word(name) => {
            let mut of = owned(of);
            if end.is_some() {
                of.push("*".to_owned());
            }
            ((*name).to_owned(), of)
        }
        _ => (String::new(), owned(plain)),
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Names and values; a name without a value is one above the name before it. A value that is not understood ends the
/// counting until the next one that is.
fn enumerators(words: &[&str]) -> Vec<(String, i64)> {
    let mut known: Vec<(String, i64)> = Vec::new();
    let mut next = Some(0_i64);
    for entry in at_commas(words) {
        let Some((name, rest)) = entry.split_first() else {
            continue;
        };
        if let ["=", value @ ..] = rest {
            let mut sum = Sum {
                words: value,
                known: &known,
            };
            next = sum.either().filter(|_| sum.words.is_empty());
        }
        if let Some(value) = next {
            known.push(((*name).to_owned(), value));
        }
        next = next.and_then(|value| value.checked_add(1));
    }
    known
}

/// A constant expression: numbers, earlier names, `|`, `<<`, `+`, `-`, `~` and parentheses.
struct Sum<'a> {
    words: &'a [&'a str],
    known: &'a [(String, i64)],
}

impl Sum<'_> {
    fn take(&mut self, expected: &[&str]) -> bool {
        let is_next = self.words.starts_with(expected);
        if is_next {
            self.words = self.words.get(expected.len()..).unwrap_or_default();
        }
        is_next
    }

    fn either(&mut self) -> Option<i64> {
        let mut value = self.shifted()?;
        while self.take(&["|"]) {
            value |= self.shifted()?;
        }
        Some(value)
    }

    fn shifted(&mut self) -> Option<i64> {
        let mut value = self.added()?;
        while self.take(&["<", "<"]) {
            value = value.checked_shl(u32::try_from(self.added()?).ok()?)?;
        }
        Some(value)
    }

    fn added(&mut self) -> Option<i64> {
        let mut value = self.single()?;
        loop {
            if self.take(&["+"]) {
                value = value.checked_add(self.single()?)?;
            } else if self.take(&["-"]) {
                value = value.checked_sub(self.single()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn single(&mut self) -> Option<i64> {
        if self.take(&["-"]) {
            return self.single()?.checked_neg();
        }
        if self.take(&["~"]) {
            return Some(!self.single()?);
        }
        if self.take(&["("]) {
            let value = self.either()?;
            return self.take(&[")"]).then_some(value);
        }
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        let digits = word.trim_end_matches(['u', 'U', 'l', 'L']);
        if let Some(hex) = digits
            .strip_prefix("0x")
            .or_else(|| digits.strip_prefix("0X"))
        {
            return i64::from_str_radix(hex, 16).ok();
        }
        let earlier = || self.known.iter().find(|entry| entry.0 == *word);
        digits
            .parse()
            .ok()
            .or_else(|| earlier().map(|entry| entry.1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, parse};

    #[test]
    fn functions_keep_names_and_types_of_their_parameters() {
        let header = parse(
            "typedef int T; T f(const char *a, unsigned long long b[4], T (*c)(int)); T g(void);\
             static inline T h(T a) { return a; }",
        );
        let names: Vec<&String> = header.functions.keys().collect();
        assert_eq!(names, ["f", "g"]);
        let said: Vec<String> = header.functions["f"]
            .parameters
            .iter()
            .map(|(name, of)| format!("{name}: {}", of.join(" ")))
            .collect();
        let expected = ["a: const char *", "b: unsigned long long *", "c: void *"];
        assert_eq!(said, expected);
        assert!(header.functions["g"].parameters.is_empty());
    }

    #[test]
    fn enumerations_are_counted_as_the_compiler_counts() {
        let header =
            parse("typedef enum t_e { A, B = 0x10, C, D = (1 << 2) | A, E = -1, F = ~0u } t;");
        let values: Vec<i64> = header.enums["t"].iter().map(|entry| entry.1).collect();
        assert_eq!(values, [0, 16, 17, 4, -1, -1]);
        assert_eq!(header.enums["t_e"], header.enums["t"]);
    }

    #[test]
    fn type_names_say_what_they_stand_for() {
        let header = parse(
            "typedef struct s *P; typedef struct { int a; } S; typedef void (*F)(int); enum e { A };",
        );
        assert_eq!(header.types["S"], Meaning::Structure);
        assert_eq!(header.types["F"], Meaning::Function);
        assert!(matches!(&header.types["P"], Meaning::Alias(words) if words.len() == 3));
        assert_eq!(header.enums["e"], [("A".to_owned(), 0)]);
    }
}
