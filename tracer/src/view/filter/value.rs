//! Values of the keys: kinds, processes, times, ranges.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::{Filter, KindTerm};
use crate::event::Kind;

/// Compiled size of a regular expression, in bytes.
const REGEX_SIZE: usize = 1024 * 1024;
const GROUPS: [(&str, &[&str]); 3] = [
    (
        "process",
        &[
            "fork",
            "fork_failed",
            "exec",
            "exec_failed",
            "exit",
            "signal",
            "oom",
            "compat",
        ],
    ),
    (
        "file",
        &[
            "open", "stat", "access", "readlink", "getcwd", "list", "chdir", "ioctl",
        ],
    ),
    ("net", &["socket", "http"]),
];

/// What is wrong with a value, by its place inside the value.
pub(super) struct Wrong {
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) allowed: String,
}

fn wrong(at: Range<usize>, message: impl Into<String>, allowed: impl Into<String>) -> Wrong {
    Wrong {
        at,
        message: message.into(),
        allowed: allowed.into(),
    }
}

pub(super) fn term(key: &str, value: &str) -> Result<Filter, Wrong> {
    let all = 0..value.len();
    if value.is_empty() {
        return Err(wrong(all, format!("`{key}:` needs a value"), example(key)));
    }
    match key {
        "kind" => kinds(value),
        "proc" => process(value)
            .map(|(number, generation)| Filter::Process(number, generation))
            .ok_or_else(|| wrong(all, "this is no process", example(key))),
        "pid" => value
            .parse()
            .map(Filter::Pid)
            .map_err(|_| wrong(all, "this is no pid", example(key))),
        "name" => Ok(Filter::Name(value.to_lowercase())),
        "text" => Ok(Filter::Text(value.to_lowercase())),
        "time" => range(value, key, time, u64::MAX).map(|(from, to)| Filter::Time(from, to)),
        "seq" => range(value, key, number, u64::MAX).map(|(from, to)| Filter::Seq(from, to)),
        "role" => roles(value),
        _ => Err(wrong(all, format!("there is no key `{key}`"), example(key))),
    }
}

pub(super) fn regex(pattern: &str) -> Result<Filter, Wrong> {
    RegexBuilder::new(&pattern.replace("\\/", "/"))
        .size_limit(REGEX_SIZE)
        .multi_line(true)
        .build()
        .map(|regex: Regex| Filter::Matches(regex))
        .map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let reason = last.trim_start_matches("error: ").to_owned();
            wrong(
                0..pattern.len(),
                format!("this is no regular expression: {reason}"),
                "/lib(cuda|nvidia-ml)/, /\\.so\\.\\d/",
            )
        })
}

fn example(key: &str) -> &'static str {
    match key {
        "kind" => "kind:open,stat, kind:dlopen, kind:ggml_*",
        "proc" => "proc:p3 (all its programs) or proc:p3.1",
        "pid" => "pid:1234",
        "role" => "role:server, role:runner[cuda_v12], role:\"probe[cuda_v13] pass 2\"",
        "name" => "name:llama-server",
        "text" => "text:cublas or \"two words\"",
        "time" => "time:1.2s..1.5s, time:..500ms, time:2s..",
        "seq" => "seq:100..200, seq:100.. or seq:7",
        _ => "kind, role, proc, pid, name, text, time, seq",
    }
}

/// Roles, separated by commas. Any name may be asked for: which there are depends on the trace.
fn roles(value: &str) -> Result<Filter, Wrong> {
    let mut begin = 0;
    let mut patterns = Vec::new();
    for name in value.split(',') {
        let at = begin..begin + name.len();
        begin = at.end + 1;
        let open = name.matches('[').count();
        if name.is_empty()
            || open > 1
            || (open != name.matches(']').count() && !name.ends_with('*'))
        {
            return Err(wrong(at, "this is no role", example("role")));
        }
        patterns.push(name.to_owned());
    }
    Ok(Filter::Role(patterns))
}

/// Names that stand for several kinds.
pub fn groups() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().map(|group| group.0)
}

fn kinds(value: &str) -> Result<Filter, Wrong> {
    let mut terms = Vec::new();
    let mut begin = 0;
    for name in value.split(',') {
        let at = begin..begin + name.len();
        begin = at.end + 1;
        terms.push(kind(name).map_err(|message| {
            let names = Kind::NAMES.join(", ");
            wrong(
                at,
                message,
                format!("{names}, process, file, net, or a function such as dlopen"),
            )
        })?);
    }
    Ok(Filter::Kind(terms))
}

fn kind(name: &str) -> Result<KindTerm, String> {
    if Kind::NAMES.contains(&name) {
        return Ok(KindTerm::Is(name.to_owned()));
    }
    if let Some((_, kinds)) = GROUPS.iter().find(|group| group.0 == name) {
        return Ok(KindTerm::Group(kinds));
    }
    let (stem, open) = match name.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (name, false),
    };
    let letters = stem
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if stem.is_empty() || !letters {
        return Err(format!("`{name}` is no kind of event"));
    }
    if open {
        return Ok(KindTerm::Begins(stem.to_owned()));
    }
    let near = Kind::NAMES.iter().find(|known| is_slip(name, known));
    match near {
        // Real functions that look like a slip of a kind.
        Some(_) if matches!(name, "accept" | "bind" | "listen") => {
            Ok(KindTerm::Is(name.to_owned()))
        }
        Some(near) => Err(format!(
            "`{name}` is no kind of event; did you mean `{near}`?"
        )),
        None => Ok(KindTerm::Is(name.to_owned())),
    }
}

/// True for one letter too many, missing or wrong, or two neighbours swapped.
fn is_slip(given: &str, known: &str) -> bool {
    let (given, known) = (given.as_bytes(), known.as_bytes());
    let same = given.iter().zip(known).take_while(|(a, b)| a == b).count();
    let (rest, other) = (
        given.get(same..).unwrap_or_default(),
        known.get(same..).unwrap_or_default(),
    );
    let after = |bytes: &[u8], skip: usize| bytes.get(skip..).map(<[u8]>::to_vec);
    let swapped = match (rest, other) {
        ([a, b, ..], [c, d, ..]) => a == d && b == c && after(rest, 2) == after(other, 2),
        _ => false,
    };
    known.len() > 2
        && (swapped
            || after(rest, 1).as_deref() == Some(other)
            || after(other, 1).as_deref() == Some(rest)
            || (!rest.is_empty() && after(rest, 1) == after(other, 1)))
}

fn process(value: &str) -> Option<(u32, Option<u32>)> {
    let rest = value.strip_prefix('p').unwrap_or(value);
    match rest.split_once('.') {
        Some((number, generation)) => Some((number.parse().ok()?, Some(generation.parse().ok()?))),
        None => Some((rest.parse().ok()?, None)),
    }
}

fn range(
    value: &str,
    key: &str,
    one: impl Fn(&str) -> Option<u64>,
    end: u64,
) -> Result<(u64, u64), Wrong> {
    let all = 0..value.len();
    let Some((from, to)) = value.split_once("..") else {
        return match one(value) {
            Some(number) if key == "seq" => Ok((number, number)),
            Some(_) => Err(wrong(all, "a time needs two ends", example(key))),
            None => Err(wrong(
                all,
                format!("this is no {}", noun(key)),
                example(key),
            )),
        };
    };
    let side = |text: &str, at: Range<usize>, open: u64| {
        if text.is_empty() {
            return Ok(open);
        }
        one(text).ok_or_else(|| wrong(at, format!("this is no {}", noun(key)), example(key)))
    };
    let low = side(from, 0..from.len(), 0)?;
    let high = side(to, value.len() - to.len()..value.len(), end)?;
    if low > high {
        return Err(wrong(all, "the range ends before it begins", example(key)));
    }
    Ok((low, high))
}

fn noun(key: &str) -> &'static str {
    if key == "time" {
        "time"
    } else {
        "event number"
    }
}

fn number(text: &str) -> Option<u64> {
    text.strip_prefix('#').unwrap_or(text).parse().ok()
}

/// A time as nanoseconds: `1.2s`, `250ms`, `3us`, `2m`; a bare number is seconds, as the first column shows it.
fn time(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 6] = [
        ("ns", 1),
        ("us", 1_000),
        ("µs", 1_000),
        ("ms", 1_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
    ];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, nanos)| Some((text.strip_suffix(name)?, *nanos)))
        .unwrap_or((text, 1_000_000_000));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 12 {
        return None;
    }
    let mut nanos = u128::from(whole.parse::<u64>().ok()?) * u128::from(unit);
    if !part.is_empty() {
        let scale = 10_u128.checked_pow(u32::try_from(part.len()).ok()?)?;
        nanos += u128::from(part.parse::<u64>().ok()?) * u128::from(unit) / scale;
    }
    u64::try_from(nanos).ok()
}
