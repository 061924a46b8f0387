//! Logs out of databases of logs: JSON (docker, journald, Loki, Datadog, Elasticsearch, Splunk, clouds), tables (CSV), and the
//! journal's own forms of one field a line.
//!
//! In: one line. Out: the program's text, or that the line is none of the program's.

use std::sync::LazyLock;

use regex::bytes::Regex;
use serde_json::Value;

/// What the text of a line is called: docker and Kubernetes' agents, journald, most others, Loki and logcli, Google's, Splunk's
/// and OpenTelemetry's.
const NAMES: [&str; 9] = [
    "log",
    "MESSAGE",
    "message",
    "msg",
    "line",
    "textPayload",
    "_raw",
    "body",
    "@message",
];
/// How deep it lies at most (`hits.hits[]._source.message`, `data.result[].values[]`).
const DEEPEST: usize = 8;

/// `"MESSAGE" : "...",`: one member of an object that is written over several lines.
static MEMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?-u)^\s*"([@\w]+)"\s*:\s*(".*")\s*,?\s*$"#).ok());

/// One cell of a table.
static CELL: LazyLock<[Option<Regex>; 3]> = LazyLock::new(|| {
    [',', ';', '\t'].map(|sign| {
        Regex::new(&format!(
            r#"(?-u)(?:^|{sign})(?:"((?:[^"]|"")*)"|([^{sign}]*))"#
        ))
        .ok()
    })
});

/// What a line is a part of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Text, or JSON line by line.
    #[default]
    Lines,
    /// JSON over several lines.
    Members,
    /// The journal's fields, `journalctl -o export` or `verbose`.
    Fields,
    /// A table: which sign parts its cells, and the column of the text.
    Table(usize, usize),
}

/// The form of the lines so far.
#[derive(Debug, Default)]
pub(super) struct Export {
    form: Form,
    begun: bool,
}

/// What a line holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It is no export.
    Itself,
    /// Text of the program, and whether the line ends here: container engines cut long ones.
    Text(Vec<u8>, bool),
    /// Nothing of the program's.
    Nothing,
}

impl Export {
    /// What the line holds.
    pub(super) fn open(&mut self, line: &[u8]) -> Held {
        let first = !self.begun && !line.trim_ascii().is_empty();
        self.begun |= first;
        if first && let Some(form) = head_of_table(line) {
            self.form = form;
            return Held::Nothing;
        }
        if let Form::Table(sign, column) = self.form {
            return cell(line, sign, column);
        }
        let shown = line.trim_ascii();
        if let Some(text) = shown.strip_prefix(b"MESSAGE=") {
            self.form = Form::Fields;
            return Held::Text(text.to_vec(), true);
        }
        if let Some(text) = member(line) {
            self.form = Form::Members;
            return text.map_or(Held::Nothing, |text| Held::Text(text, true));
        }
        match self.form {
            Form::Fields => Held::Nothing,
            Form::Members if is_of_json(shown) => Held::Nothing,
            _ => Held::Itself,
        }
    }
}

/// A line of JSON: an object, or an array of them.
pub(super) fn json(line: &[u8]) -> Option<(Vec<u8>, bool)> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let mut found = Vec::new();
    texts(&value, 0, &mut found);
    let whole = value.get("log").is_none_or(|log| match log {
        Value::String(text) => text.ends_with('\n'),
        _ => true,
    });
    (!found.is_empty()).then(|| (found.join(&b'\n'), whole))
}

/// Every text of the program in a value, in order.
fn texts(value: &Value, depth: usize, found: &mut Vec<Vec<u8>>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(all) => match all.as_slice() {
            // Loki's own answer: a time and a line.
            [Value::String(time), Value::String(line), ..] if is_number(time) => {
                found.push(line.as_bytes().to_vec());
            }
            all => all.iter().for_each(|one| texts(one, depth + 1, found)),
        },
        Value::Object(members) => {
            let named = NAMES.iter().filter_map(|name| members.get(*name));
            if let Some(text) = named.filter_map(text).next() {
                found.push(text);
                return;
            }
            members
                .values()
                .for_each(|one| texts(one, depth + 1, found));
        }
        _ => {}
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn text(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => {
            let text = text.strip_suffix('\n').unwrap_or(text);
            Some(text.trim_end_matches('\r').as_bytes().to_vec())
        }
        // journald writes a message that is no UTF-8 as an array of bytes.
        Value::Array(bytes) => {
            let byte = |value: &Value| u8::try_from(value.as_u64()?).ok();
            let bytes: Vec<u8> = bytes.iter().map_while(byte).collect();
            (!bytes.is_empty()).then_some(bytes)
        }
        _ => None,
    }
}

/// `None` when it is no member; no text when it is not the one that holds the program's.
fn member(line: &[u8]) -> Option<Option<Vec<u8>>> {
    if line.trim_ascii_start().first() != Some(&b'"') {
        return None;
    }
    let found = MEMBER.as_ref()?.captures(line)?;
    let name = std::str::from_utf8(found.get(1)?.as_bytes()).ok()?;
    if !NAMES.contains(&name) {
        return Some(None);
    }
    let text: String = serde_json::from_slice(found.get(2)?.as_bytes()).ok()?;
    Some(Some(text.into_bytes()))
}

/// A line of JSON that is written over several lines, and not the one with the text.
fn is_of_json(shown: &[u8]) -> bool {
    shown.iter().all(|byte| b"{}[], \"".contains(byte)) || shown.starts_with(b"\"")
}

/// `Date,Host,Service,Message`: the head of a table that has a column with the text.
fn head_of_table(line: &[u8]) -> Option<Form> {
    const MOST: usize = 2_000;
    if line.len() > MOST
        || b"{["
            .iter()
            .any(|sign| line.trim_ascii().starts_with(&[*sign]))
    {
        return None;
    }
    (0..CELL.len()).find_map(|sign| {
        let cells = cells(line, sign);
        let column = cells.iter().position(|cell| {
            let cell = cell.trim_ascii();
            NAMES
                .iter()
                .any(|name| cell.eq_ignore_ascii_case(name.as_bytes()))
        });
        let plain = cells
            .iter()
            .all(|cell| cell.len() < 60 && !cell.contains(&b'='));
        column
            .filter(|_| cells.len() > 1 && plain)
            .map(|column| Form::Table(sign, column))
    })
}

fn cells(line: &[u8], sign: usize) -> Vec<Vec<u8>> {
    let Some(Some(cell)) = CELL.get(sign) else {
        return Vec::new();
    };
    let cells = cell.captures_iter(line).map(|found| match found.get(1) {
        Some(quoted) => unquoted(quoted.as_bytes()),
        None => found
            .get(2)
            .map_or_else(Vec::new, |cell| cell.as_bytes().to_vec()),
    });
    cells.collect()
}

/// Two quotes stand for one (RFC 4180).
fn unquoted(cell: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(cell.len());
    let mut rest = cell.iter();
    while let Some(byte) = rest.next() {
        out.push(*byte);
        if *byte == b'"' {
            rest.next();
        }
    }
    out
}

fn cell(line: &[u8], sign: usize, column: usize) -> Held {
    match cells(line, sign).into_iter().nth(column) {
        Some(text) => Held::Text(text, true),
        None => Held::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Export, Held, json};

    fn texts(lines: &[&str]) -> Vec<String> {
        let mut export = Export::default();
        let text = |line: &&str| match export.open(line.as_bytes()) {
            Held::Itself => Some(format!("= {line}")),
            Held::Text(text, _) => Some(String::from_utf8_lossy(&text).into_owned()),
            Held::Nothing => None,
        };
        lines.iter().filter_map(text).collect()
    }

    #[test]
    fn a_table_is_known_by_its_head_alone() {
        assert_eq!(
            texts(&[
                "Date,Message,Host",
                "1,\"a \"\"b\"\", c\",x",
                "2",
                "3,plain,x"
            ]),
            ["a \"b\", c", "plain"]
        );
        let none = ["time=1 level=INFO msg=\"message, log\"", "a,b"];
        let object = ["{\"level\":50,\"msg\":\"a\"}"];
        assert_eq!(texts(&object), object.map(|line| format!("= {line}")));
        assert_eq!(texts(&none), none.map(|line| format!("= {line}")));
    }

    #[test]
    fn members_and_fields_hide_their_neighbours_once_one_was_seen() {
        assert_eq!(
            texts(&[
                "{",
                "  \"MESSAGE\" : \"a\",",
                "  \"_PID\" : \"1\"",
                "}",
                "raw"
            ]),
            ["= {", "a", "= raw"]
        );
        assert_eq!(texts(&["X=1", "MESSAGE=a=b", "_PID=1"]), ["= X=1", "a=b"]);
    }

    #[test]
    fn what_is_no_log_is_left() {
        for line in ["{", "{}", "[1,2]", "{\"a\":1}", "[\"1\"]", "7"] {
            assert_eq!(json(line.as_bytes()), None, "{line}");
        }
        assert_eq!(json(br#"{"log":"part"}"#), Some((b"part".to_vec(), false)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(lines: Vec<Vec<u8>>, head in "(a,message|x;log|\"MESSAGE\": \"\"|)") {
            let mut export = Export::default();
            export.open(head.as_bytes());
            for line in &lines {
                let _ = (export.open(line), json(line));
            }
        }
    }
}
