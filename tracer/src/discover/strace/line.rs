//! One line: who, when, and what.

/// Nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// What stands before the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Thread, with `-f`; its name, with `-Y`, is left out.
    pub(super) pid: Option<u32>,
    /// Nanoseconds: of the day, since 1970, or since the line before.
    pub(super) time: Option<u64>,
}

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What<'a> {
    /// A call and its result.
    Call(Call<'a>),
    /// The beginning of a call: name and what is known of its arguments.
    Begun(&'a str, &'a str),
    /// The rest of a call: name, further arguments and result.
    Resumed(&'a str, &'a str),
    /// A signal was delivered: name and details.
    Signal(&'a str, &'a str),
    /// The thread ended with this code.
    Exited(u8),
    /// The thread was ended by a signal, with a core or without.
    Killed(&'a str, bool),
    /// Anything else.
    Other,
}

/// A whole call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    /// Name of the system call.
    pub(super) name: &'a str,
    /// Between the parentheses.
    pub(super) arguments: &'a str,
    /// After the equals sign: `3`, `-1 ENOENT (No such file or directory)`, `?`.
    pub(super) result: &'a str,
}

/// Splits thread and time off.
pub(super) fn head(line: &str) -> (Head, &str) {
    let mut head = Head::default();
    let mut rest = line.trim_start();
    if let Some(inside) = rest.strip_prefix("[pid") {
        if let Some((number, after)) = inside.split_once(']') {
            head.pid = super::argument::pid(number);
            rest = after.trim_start();
        }
    } else if let Some((pid, after)) = named(rest) {
        head.pid = Some(pid);
        rest = after;
    } else if let Some((word, after)) = word(rest)
        && let Ok(pid) = word.parse()
    {
        head.pid = Some(pid);
        rest = after;
    }
    if let Some((word, after)) = word(rest)
        && let Some(time) = time(word)
    {
        head.time = Some(time);
        rest = after;
    }
    while let Some(after) = bracketed(rest) {
        rest = after;
    }
    (head, rest)
}

/// `123<ollama> `, as -Y writes it; the name of a thread may hold spaces.
fn named(text: &str) -> Option<(u32, &str)> {
    let (number, rest) = text.split_once('<')?;
    let (_, rest) = rest.split_once("> ")?;
    Some((number.parse().ok()?, rest.trim_start()))
}

/// What follows `[00007f2c8a1b4f3d] ` (-i) or `[ 257] ` (-n).
fn bracketed(text: &str) -> Option<&str> {
    let (inside, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let is_number = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b' ' | b'?');
    (!inside.is_empty() && inside.bytes().all(is_number)).then(|| rest.trim_start())
}

fn word(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(' ')?;
    Some((word, rest.trim_start()))
}

/// `07:21:58.545219`, `07:21:58`, `1764012118.545219`, `0.000123`.
fn time(word: &str) -> Option<u64> {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = whole.split(':').collect();
    let seconds = match parts.as_slice() {
        [hours, minutes, seconds] if [hours, minutes, seconds].iter().all(|part| digits(part)) => {
            let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number < 100);
            number(hours)? * 3600 + number(minutes)? * 60 + number(seconds)?
        }
        [seconds] if digits(seconds) && digits(fraction) => seconds.parse().ok()?,
        _ => return None,
    };
    let nanos = if fraction.is_empty() {
        0
    } else if digits(fraction) && fraction.len() <= 9 {
        fraction.parse::<u64>().ok()? * 10_u64.pow(9 - u32::try_from(fraction.len()).ok()?)
    } else {
        return None;
    };
    seconds.checked_mul(SECOND)?.checked_add(nanos)
}

/// Reads the rest of a line.
pub(super) fn what(text: &str) -> What<'_> {
    let text = text.trim_end();
    if let Some(inside) = text
        .strip_prefix("+++ ")
        .and_then(|text| text.strip_suffix(" +++"))
    {
        return end(inside);
    }
    if let Some(inside) = text
        .strip_prefix("--- ")
        .and_then(|text| text.strip_suffix(" ---"))
    {
        let (name, details) = inside.split_once(' ').unwrap_or((inside, ""));
        return if name.starts_with("SIG") {
            What::Signal(name, details)
        } else {
            What::Other
        };
    }
    if let Some(inside) = text.strip_prefix("<... ") {
        return match inside.split_once(" resumed>") {
            Some((name, rest)) if is_name(name) => What::Resumed(name, rest),
            _ => What::Other,
        };
    }
    let Some((name, rest)) = text.split_once('(').filter(|(name, _)| is_name(name)) else {
        return What::Other;
    };
    if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
        return What::Begun(name, begun.trim_end());
    }
    call(name, rest).map_or(What::Other, What::Call)
}

/// A call from its name and all that follows the parenthesis.
pub(super) fn call<'a>(name: &'a str, rest: &'a str) -> Option<Call<'a>> {
    let end = super::argument::closing(rest)?;
    let arguments = rest.get(..end)?;
    let result = rest.get(end + 1..)?.trim_start().strip_prefix("= ")?;
    // With -T the time it took stands last.
    let result = match result.rsplit_once(" <") {
        Some((result, took))
            if took.ends_with('>') && time(took.trim_end_matches('>')).is_some() =>
        {
            result
        }
        _ => result,
    };
    Some(Call {
        name,
        arguments,
        result: result.trim(),
    })
}

fn end(inside: &str) -> What<'_> {
    if let Some(code) = inside.strip_prefix("exited with ") {
        return code.parse().map_or(What::Other, What::Exited);
    }
    match inside.strip_prefix("killed by ") {
        Some(rest) => {
            let name = rest.split(' ').next().unwrap_or_default();
            What::Killed(name, rest.ends_with("(core dumped)"))
        }
        None => What::Other,
    }
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (2..=32).contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|first: char| first.is_ascii_lowercase())
}
