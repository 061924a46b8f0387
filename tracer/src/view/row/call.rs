//! Rows of traced functions and of the loader's own error text.

use crate::event::call::{Because, Call, Counted, LoaderError, Return, Site, Unfinished, Value};
use crate::event::{Event, Hex, Seen, Text};

use super::super::line::{Line, Role};
use super::super::{Looks, amount, decode, errno, escape};
use super::{Context, Row};

/// A call as it is entered: `dlopen("libcuda.so.1", NOW|LOCAL)`.
pub(super) fn entry(body: &Call) -> Row {
    if let Some(row) = ggml_log(body) {
        return row;
    }
    let mut row = Row::default();
    signature(&mut row.first, body);
    caller(&mut row.first, body);
    row
}

/// A call and its return in one line: `dlopen("libcuda.so.1", NOW|LOCAL) = NULL ✗  1.20 ms`.
#[must_use]
pub fn joined(call: &Call, back: &Return, nanos: Option<u64>, looks: Looks) -> Row {
    let mut row = Row::default();
    signature(&mut row.first, call);
    result(&mut row.first, back, looks);
    took(&mut row.first, nanos, looks);
    caller(&mut row.first, call);
    row.more.extend(meaning(back, looks));
    row
}

/// The return of a call whose row stands above: `dlopen = NULL ✗  1.20 ms`.
#[must_use]
pub fn back(body: &Return, nanos: Option<u64>, looks: Looks) -> Row {
    let mut row = Row::default();
    row.first.push(Role::Verb, body.function.as_str());
    result(&mut row.first, body, looks);
    took(&mut row.first, nanos, looks);
    row.more.extend(meaning(body, looks));
    row
}

/// A return by itself: with its call's arguments where they are known.
pub(super) fn returned(body: &Return, nanos: Option<u64>, context: Context<'_>) -> Row {
    match context.scene.call(body.call) {
        Some(open) => joined(&open.call, body, nanos, context.looks),
        None => back(body, nanos, context.looks),
    }
}

pub(super) fn unfinished(body: &Unfinished, event: &Event, context: Context<'_>) -> Row {
    let mut row = Row::default();
    match body.call.and_then(|call| context.scene.call(call)) {
        Some(open) => signature(&mut row.first, &open.call),
        None => drop(row.first.push(Role::Verb, body.function.as_str())),
    }
    if let Some(about) = &body.about {
        row.first.plain(" ").word(Role::Object, about);
    }
    let time = event
        .duration
        .map(|nanos| amount::duration(nanos, context.looks.unicode));
    let after = |words: &str| match &time {
        Some(time) => format!("{words} after {time}"),
        None => words.to_owned(),
    };
    let words = match body.because {
        Because::Slow => after("has not come back"),
        Because::Exit => after("never came back: its thread ended"),
        Because::Exec => after("was replaced by an exec"),
        Because::Unwound => after("was left by an exception, longjmp or cancellation"),
        Because::End => after("had not come back when the recording ended"),
    };
    let failed = event.kind.failed();
    let role = if failed { Role::Failed } else { Role::Dim };
    row.first.plain(" ").push(role, &words);
    if failed {
        row.first
            .plain(" ")
            .push(Role::Failed, context.looks.cross());
    }
    row
}

/// Calls that were not told one by one: `cuLaunchKernel 12,345 more calls  3.2 s`.
pub(super) fn counted(body: &Counted, looks: Looks) -> Row {
    let mut row = Row::default();
    row.first
        .push(Role::Verb, body.function.as_str())
        .plain(" ")
        .plain(&amount::of(body.calls, "more call"));
    if let Some(of) = &body.of {
        row.first
            .push(Role::Dim, " of ")
            .push(Role::Object, &escape::word(base_name(of)));
    }
    if body.bytes > 0 {
        row.first.plain(", ").plain(&amount::size(body.bytes));
    }
    took(&mut row.first, Some(body.nanos), looks);
    if body.failed > 0 {
        row.first
            .plain(", ")
            .push(Role::Failed, &amount::count(body.failed))
            .push(Role::Failed, " failed");
        if let Some(result) = &body.result {
            row.first.plain(", one with ");
            code(&mut row.first, result, body.code);
        }
        row.first.plain(" ").push(Role::Failed, looks.cross());
    }
    row
}

/// The loader's sentence, as dlerror would give it: object, text, meaning of the error number (glibc,
/// `dlerror.c` and `dl-catch.c`).
#[must_use]
pub fn loader(body: &LoaderError, looks: Looks) -> Line {
    let mut line = Line::new();
    line.push(Role::Dim, looks.under())
        .push(Role::Failed, " loader: ");
    if let Some(occasion) = &body.occasion
        && occasion.value().is_some_and(|text| !text.is_empty())
    {
        line.free(Role::Plain, occasion).plain(": ");
    }
    if body.object.value().is_none_or(|object| !object.is_empty()) {
        line.free(Role::Object, &body.object).plain(": ");
    }
    line.free(Role::Failed, &body.text);
    if let Some(err) = body.err
        && err.0 != 0
    {
        line.plain(": ").plain(&errno::loader_words(err));
    }
    line
}

/// The loader's sentence when its call stands nowhere near: names the call.
pub(super) fn loader_alone(body: &LoaderError, context: Context<'_>) -> Row {
    let mut row = Row {
        first: loader(body, context.looks),
        more: Vec::new(),
    };
    if let Some(open) = body.call.and_then(|call| context.scene.call(call))
        && open.shown_at.is_none()
    {
        row.first.push(Role::Dim, "  in ");
        signature(&mut row.first, &open.call);
    }
    row
}

fn signature(line: &mut Line, call: &Call) {
    line.push(Role::Verb, call.function.as_str()).plain("(");
    let dl = call.api.as_str() == "dl";
    for (at, (name, value)) in call.args.iter().enumerate() {
        if at > 0 {
            line.plain(", ");
        }
        if !dl {
            line.push(Role::Dim, name.as_str()).push(Role::Dim, "=");
        }
        argument(line, call.function.as_str(), name.as_str(), value);
    }
    line.plain(")");
    if let Some(of) = &call.of
        && !is_libc(of)
    {
        line.push(Role::Dim, " of ")
            .push(Role::Object, &escape::word(base_name(of)));
    }
}

fn argument(line: &mut Line, function: &str, name: &str, value: &Value) {
    let number = match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Hex(number) => Some(number.0),
        _ => None,
    };
    let opens = function.contains("dlopen") || function.contains("dlmopen");
    match (name, number) {
        ("mode" | "flags", Some(mode)) if opens => {
            line.plain(&decode::dlopen_mode(mode));
        }
        // Pseudo-handles of glibc's dlfcn.h.
        ("handle", Some(0)) => drop(line.plain("DEFAULT")),
        ("handle", Some(u64::MAX)) => drop(line.plain("NEXT")),
        _ => match value {
            Value::Name(name) => drop(line.plain(&name.as_str().replace("RTLD_", ""))),
            _ => data(line, Role::Object, value),
        },
    }
}

fn data(line: &mut Line, role: Role, value: &Value) {
    match value {
        Value::Int(number) => line.plain(&number.to_string()),
        Value::Hex(Hex(0)) => line.plain("NULL"),
        Value::Hex(number) => line.push(Role::Dim, &number.to_string()),
        Value::Str(text) => line.quoted(role, text),
        Value::Name(name) => line.plain(name.as_str()),
        Value::Unseen(why) => line.unseen(*why),
    };
}

fn result(line: &mut Line, back: &Return, looks: Looks) {
    line.plain(" = ");
    if back.failed {
        code(line, &back.result, back.code);
    } else {
        data(line, Role::Result, &back.result);
    }
    for (at, (name, value)) in back.outs.iter().enumerate() {
        line.plain(if at == 0 { "  " } else { " " })
            .push(Role::Dim, name.as_str())
            .push(Role::Dim, "=");
        data(line, Role::Result, value);
    }
    if let Some(resolved) = &back.resolved {
        line.plain(" is ");
        place(line, Role::Result, resolved);
    }
    if back.failed {
        line.plain(" ").push(Role::Failed, looks.cross());
    }
}

/// What a failed call's code means, in our own words, where the function table has some.
fn meaning(back: &Return, looks: Looks) -> Option<Line> {
    let code = back.code.filter(|_| back.failed)?;
    let function = vgputrace_api::driver::by_name(back.function.as_str())?;
    let vgputrace_api::Type::Enum(names) = function.result else {
        return None;
    };
    let mut line = Line::new();
    line.push(Role::Dim, looks.under())
        .plain(" ")
        .push(Role::Warning, names.meaning(code)?);
    Some(line)
}

/// A failed result: `CUDA_ERROR_NO_DEVICE (100)`.
fn code(line: &mut Line, result: &Value, code: Option<i64>) {
    let mut value = Line::new();
    data(&mut value, Role::Failed, result);
    let mut text = String::new();
    value.write_plain(&mut text);
    if let (Value::Name(_), Some(code)) = (result, code) {
        text.push_str(&format!(" ({code})"));
    }
    line.push(Role::Failed, &text);
}

fn took(line: &mut Line, nanos: Option<u64>, looks: Looks) {
    if let Some(nanos) = nanos {
        line.plain("  ")
            .push(Role::Dim, &amount::duration(nanos, looks.unicode));
    }
}

fn caller(line: &mut Line, call: &Call) {
    if let Some(from) = &call.from {
        line.push(Role::Dim, "  from ");
        place(line, Role::Dim, from);
    }
}

/// `libcuda.so.1+0x1234 (cuInit)`.
fn place(line: &mut Line, role: Role, site: &Site) {
    match &site.object {
        Some(path) => line.push(role, &escape::word(base_name(path))),
        None => line.push(role, "no object"),
    };
    line.push(role, &format!("+{}", site.offset));
    if let Some(symbol) = &site.symbol {
        line.push(role, &format!(" ({})", symbol.as_str()));
    }
}

/// A finished log line of ggml or llama.cpp: level and text. Levels of `enum ggml_log_level` (ggml.h).
fn ggml_log(call: &Call) -> Option<Row> {
    if !call.function.as_str().contains("log") || call.api.as_str() != "ggml" {
        return None;
    }
    let text = call.args.iter().find_map(|(_, value)| match value {
        Value::Str(text @ (Seen::Yes(_) | Seen::Cut(..))) => Some(text),
        _ => None,
    })?;
    let level = call.args.iter().find_map(|(_, value)| match value {
        Value::Int(level) => Some(*level),
        Value::Name(level) => Some(match level.as_str() {
            "debug" => 1,
            "info" => 2,
            "warn" => 3,
            "error" => 4,
            _ => 0,
        }),
        _ => None,
    });
    let (word, role) = match level {
        Some(1) => (" DEBUG", Role::Dim),
        Some(2) => (" INFO", Role::Plain),
        Some(3) => (" WARN", Role::Warning),
        Some(4) => (" ERROR", Role::Failed),
        _ => ("", Role::Plain),
    };
    let mut row = Row::new("ggml log");
    row.first.push(role, word).plain(": ");
    if let Some(text) = text.value() {
        row.first.plain(text.as_str().trim_end_matches('\n'));
    }
    if let Seen::Cut(_, of) = text {
        row.first.push(Role::Dim, &format!("<cut, {of} bytes>"));
    }
    Some(row)
}

fn base_name(path: &Text) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}

fn is_libc(path: &Text) -> bool {
    let name = base_name(path);
    [
        "libc.so",
        "libc-",
        "libdl.so",
        "libdl-",
        "ld-linux",
        "ld-musl",
        "libpthread",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}
