//! Reads an expression by recursive descent over bytes of the input; every error keeps its place.

use std::ops::Range;

use super::{Filter, FilterError, value};

/// Parentheses and `not` inside each other.
const MAX_DEPTH: usize = 64;
/// Longest expression in bytes.
const MAX_LENGTH: usize = 16 * 1024;
/// What may stand before a colon.
pub const KEYS: [&str; 8] = ["kind", "role", "proc", "pid", "name", "text", "time", "seq"];

pub(super) fn parse(input: &str) -> Result<Filter, FilterError> {
    let mut parser = Parser { input, at: 0 };
    if input.len() > MAX_LENGTH {
        return Err(parser.error(0..0, "the filter is too long", "at most 16 KiB"));
    }
    let filter = parser.any(0)?;
    parser.blanks();
    if parser.at < input.len() {
        let at = parser.at..parser.at + 1;
        return Err(parser.error(at, "this `)` closes nothing", "a term, or the end"));
    }
    Ok(filter)
}

pub(super) fn term(key: &str, given: &str) -> Result<Filter, FilterError> {
    value::term(key, given).map_err(|wrong| {
        let at = wrong.at.start.min(given.len())..wrong.at.end.min(given.len());
        FilterError {
            input: given.to_owned(),
            at,
            message: wrong.message,
            allowed: wrong.allowed,
        }
    })
}

struct Parser<'a> {
    input: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn any(&mut self, depth: usize) -> Result<Filter, FilterError> {
        let mut terms = vec![self.all(depth)?];
        while let Some(or) = self.keyword("or") {
            if is_empty(terms.last()) || self.ended() {
                return Err(self.error(or, "`or` stands between two terms", "TERM or TERM"));
            }
            terms.push(self.all(depth)?);
        }
        Ok(match terms.pop() {
            Some(only) if terms.is_empty() => only,
            Some(last) => {
                terms.push(last);
                Filter::Any(terms)
            }
            None => Filter::everything(),
        })
    }

    fn all(&mut self, depth: usize) -> Result<Filter, FilterError> {
        let mut terms = Vec::new();
        while !self.ended() && self.peek_word() != "or" {
            if let Some(and) = self.keyword("and") {
                if terms.is_empty() || self.ended() || self.peek_word() == "or" {
                    return Err(self.error(and, "`and` stands between two terms", "TERM and TERM"));
                }
                continue;
            }
            terms.push(self.one(depth)?);
        }
        Ok(match terms.pop() {
            Some(only) if terms.is_empty() => only,
            Some(last) => {
                terms.push(last);
                // All must hold, so those that are told at a glance go first: an event is put in words for a text only
                // when nothing else has ruled it out.
                terms.sort_by_key(Filter::looks_at_text);
                Filter::All(terms)
            }
            None => Filter::everything(),
        })
    }

    fn one(&mut self, depth: usize) -> Result<Filter, FilterError> {
        self.blanks();
        let begin = self.at;
        if depth >= MAX_DEPTH {
            let at = begin..begin + 1;
            return Err(self.error(at, "too deeply nested", "at most 64 levels"));
        }
        if let Some(not) = self.keyword("not") {
            if self.ended() {
                return Err(self.error(not, "`not` needs a term", "not TERM"));
            }
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        let rest = self.rest();
        if rest.starts_with('-') && !rest[1..].starts_with(|next: char| next.is_whitespace()) {
            self.at += 1;
            if self.ended() {
                return Err(self.error(begin..begin + 1, "`-` needs a term", "-TERM"));
            }
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if rest.starts_with('(') {
            self.at += 1;
            let inside = self.any(depth + 1)?;
            self.blanks();
            if !self.rest().starts_with(')') {
                return Err(self.error(begin..begin + 1, "this `(` is not closed", ")"));
            }
            self.at += 1;
            if is_empty(Some(&inside)) {
                return Err(self.error(begin..self.at, "nothing in the parentheses", "a term"));
            }
            return Ok(inside);
        }
        if rest.starts_with('"') {
            let text = self.quoted()?;
            return Ok(Filter::Text(text.to_lowercase()));
        }
        if let Some(regex) = self.regex() {
            return regex;
        }
        self.word()
    }

    /// `/.../`, if a second slash ends a word; a path such as `/usr/lib` is text.
    fn regex(&mut self) -> Option<Result<Filter, FilterError>> {
        let rest = self.rest().strip_prefix('/')?;
        let mut escaped = false;
        let end = rest.char_indices().find_map(|(at, character)| {
            let closes = character == '/' && !escaped;
            escaped = character == '\\' && !escaped;
            closes.then_some(at)
        })?;
        let after = rest.get(end + 1..)?;
        let closed = after.is_empty() || after.starts_with([')', ' ', '\t', '\n']);
        if end == 0 || !closed {
            return None;
        }
        let pattern = rest.get(..end)?;
        let place = self.at + 1..self.at + 1 + end;
        self.at += end + 2;
        Some(
            value::regex(pattern)
                .map_err(|wrong| self.error(place, &wrong.message, &wrong.allowed)),
        )
    }

    /// A bare word: `failed`, `key:value`, or text.
    fn word(&mut self) -> Result<Filter, FilterError> {
        let begin = self.at;
        let word = self.peek_word();
        let key = word.split_once(':').map(|(key, _)| key);
        let Some(key) = key.filter(|key| is_key(key)) else {
            self.at += word.len();
            return Ok(if word == "failed" {
                Filter::Failed
            } else {
                Filter::Text(word.to_lowercase())
            });
        };
        let place = begin..begin + key.len();
        if !KEYS.contains(&key) {
            let allowed = format!(
                "{}; as text: \"{}\"",
                KEYS.join(", "),
                word.replace('"', "")
            );
            return Err(self.error(place, &format!("there is no key `{key}`"), &allowed));
        }
        self.at = begin + key.len() + 1;
        let value_at = self.at;
        let given = if self.rest().starts_with('"') {
            self.quoted()?
        } else {
            let given = self.peek_word().to_owned();
            self.at += given.len();
            given
        };
        let shift = if self.input.get(value_at..=value_at) == Some("\"") {
            1
        } else {
            0
        };
        value::term(key, &given).map_err(|wrong| {
            let at = (value_at + shift + wrong.at.start).min(self.at)
                ..(value_at + shift + wrong.at.end).min(self.at);
            self.error(at, &wrong.message, &wrong.allowed)
        })
    }

    /// `"..."` with `\"` and `\\` inside.
    fn quoted(&mut self) -> Result<String, FilterError> {
        let begin = self.at;
        let mut text = String::new();
        let mut rest = self.rest().char_indices().skip(1);
        while let Some((at, character)) = rest.next() {
            match character {
                '"' => {
                    self.at = begin + at + 1;
                    return Ok(text);
                }
                '\\' => match rest.next() {
                    Some((_, next @ ('"' | '\\'))) => text.push(next),
                    Some((_, next)) => text.extend(['\\', next]),
                    None => break,
                },
                _ => text.push(character),
            }
        }
        Err(self.error(begin..begin + 1, "this quote is not closed", "\""))
    }

    fn keyword(&mut self, word: &str) -> Option<Range<usize>> {
        self.blanks();
        if self.peek_word() == word {
            let begin = self.at;
            self.at += word.len();
            return Some(begin..self.at);
        }
        None
    }

    /// The word here: up to a blank or a parenthesis that it did not open.
    fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        let mut open = 0_usize;
        let end = rest.char_indices().find_map(|(at, character)| {
            match character {
                '(' => open += 1,
                ')' if open == 0 => return Some(at),
                ')' => open -= 1,
                _ => {}
            }
            character.is_whitespace().then_some(at)
        });
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// True where no further term can begin.
    fn ended(&mut self) -> bool {
        self.blanks();
        self.rest().is_empty() || self.rest().starts_with(')')
    }

    fn rest(&self) -> &'a str {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn error(&self, at: Range<usize>, message: &str, allowed: &str) -> FilterError {
        FilterError {
            input: self.input.to_owned(),
            at,
            message: message.to_owned(),
            allowed: allowed.to_owned(),
        }
    }
}

/// Letters only: `p3.1:`, `0000:00:05.0` and `127.0.0.1:80` are text.
fn is_key(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_empty(filter: Option<&Filter>) -> bool {
    matches!(filter, Some(Filter::All(terms)) if terms.is_empty())
}
