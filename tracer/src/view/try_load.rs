//! What came of one attempt to load a library, as text and as JSON.

use serde_json::{Value, json};

use super::Looks;
use super::escape;
use super::line::{Line, Role};
use super::wrap::wrap;
use crate::event::Text;
use crate::event::library::{Closure, Resolved};

/// Columns of a sentence before it is wrapped.
const WIDTH: usize = 92;
/// Symbols shown where many are missing.
const SHOWN: usize = 20;
/// Places shown where a library was looked for.
const PLACES: usize = 6;
/// Lines shown of what the library wrote.
const LINES: usize = 20;

/// How the child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With this code.
    Exit(i32),
    /// By this signal.
    Signal(String),
    /// It had not come back after so many seconds and was killed.
    Timeout(u64),
}

/// What the child told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// It came as far as the call of dlopen.
    pub begun: bool,
    /// dlopen came back with a handle.
    pub opened: bool,
    /// The loader's words.
    pub error: Option<Text>,
    /// Functions of a backend that the library has.
    pub symbols: Vec<String>,
    /// What else it wrote.
    pub output: Text,
    /// How it ended.
    pub end: End,
}

impl Default for Loaded {
    fn default() -> Self {
        Self {
            begun: false,
            opened: false,
            error: None,
            symbols: Vec::new(),
            output: Text::default(),
            end: End::Exit(-1),
        }
    }
}

impl Loaded {
    /// dlopen gave a handle, and nothing happened after that.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.opened && self.end == End::Exit(0)
    }
}

/// One attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The library.
    pub library: Text,
    /// Whose environment it had.
    pub like: String,
    /// Who tried.
    pub user: String,
    /// LD_LIBRARY_PATH.
    pub library_path: Option<Text>,
    /// LD_PRELOAD.
    pub preload: Option<Text>,
    /// What the files say that it needs.
    pub closure: Closure,
    /// What differs from the process it imitates.
    pub notes: Vec<String>,
    /// What came of it.
    pub result: Loaded,
}

/// One sentence.
fn sentence(result: &Loaded) -> String {
    let when = match (result.begun, result.opened) {
        (false, _) => "before dlopen was called: the program itself, or something preloaded",
        (true, false) => {
            "inside dlopen: a constructor, or the loader over a file that is cut short"
        }
        (true, true) => "after dlopen had come back",
    };
    match (&result.end, &result.error) {
        (End::Signal(name), _) => format!("it ended by {name}, {when}"),
        (End::Timeout(seconds), _) => format!("it had not come back after {seconds} s, {when}"),
        (_, Some(error)) => format!("the loader says: {error}"),
        (End::Exit(0), None) if result.opened => match &result.symbols[..] {
            [] => "it was loaded, and has no function of a ggml backend".to_owned(),
            names => format!("it was loaded, and has {}", names.join(", ")),
        },
        (End::Exit(code), None) => format!("it ended with code {code}, {when}"),
    }
}

fn missing(closure: &Closure) -> Vec<&Resolved> {
    closure
        .objects
        .iter()
        .filter(|object| object.file.is_none())
        .collect()
}

/// The page.
#[must_use]
pub fn text(tried: &Tried, looks: Looks) -> String {
    let mut lines = Vec::new();
    let mut pair = |name: &str, value: &str| {
        let mut line = Line::new();
        line.push(Role::Heading, name);
        line.pad_to(16).push(Role::Plain, value);
        lines.push(line);
    };
    pair("library", &escape::word(tried.library.as_str()));
    pair("like", &tried.like);
    pair("user", &tried.user);
    for (name, value) in [
        ("LD_LIBRARY_PATH", &tried.library_path),
        ("LD_PRELOAD", &tried.preload),
    ] {
        if let Some(value) = value {
            pair(name, &escape::word(value.as_str()));
        }
    }
    let good = tried.result.is_loaded();
    let (sign, role) = match good {
        true => (looks.tick(), Role::Result),
        false => (looks.cross(), Role::Failed),
    };
    paragraph(&mut lines, sign, role, &sentence(&tried.result));
    all_missing(&mut lines, &tried.closure);
    let output: Vec<&str> = tried.result.output.as_str().lines().collect();
    if !output.is_empty() {
        paragraph(&mut lines, " ", Role::Plain, "it wrote:");
        for words in output.iter().take(LINES) {
            part(&mut lines, Role::Dim, words);
        }
    }
    for note in &tried.notes {
        paragraph(&mut lines, "-", Role::Dim, note);
    }
    let mut out = String::new();
    for line in &lines {
        line.write(looks, &mut out);
    }
    out
}

/// Everything the files say is missing; the loader stops at the first.
fn all_missing(lines: &mut Vec<Line>, closure: &Closure) {
    let libraries = missing(closure);
    let none = libraries.is_empty()
        && closure.missing_symbols.is_empty()
        && closure.missing_versions.is_empty();
    if none {
        return;
    }
    paragraph(
        lines,
        " ",
        Role::Plain,
        "all that is missing, by the files:",
    );
    for object in libraries {
        let by = if object.by.is_empty() {
            String::new()
        } else {
            format!(", needed by {}", object.by)
        };
        part(lines, Role::Failed, &format!("library {}{by}", object.name));
        for (number, place) in object.tried.iter().take(PLACES).enumerate() {
            if object.passed_cache() == Some(number) {
                part(lines, Role::Dim, "  /etc/ld.so.cache: no entry (cache)");
            }
            let why = place.why();
            part(
                lines,
                Role::Dim,
                &format!("  {}: {why} ({})", place.file, place.via),
            );
        }
    }
    for [object, file, version] in &closure.missing_versions {
        part(
            lines,
            Role::Failed,
            &format!("version {version} of {file}, needed by {object}"),
        );
    }
    for symbol in closure.missing_symbols.iter().take(SHOWN) {
        part(lines, Role::Failed, &format!("symbol {symbol}"));
    }
    let more = closure.missing_symbols.len().saturating_sub(SHOWN);
    if more > 0 {
        part(
            lines,
            Role::Dim,
            &format!("and {more} more symbols (--json has all)"),
        );
    }
}

fn paragraph(lines: &mut Vec<Line>, sign: &str, role: Role, text: &str) {
    for (at, words) in wrap(text, WIDTH).into_iter().enumerate() {
        let mut line = Line::new();
        line.push(role, if at == 0 { sign } else { " " })
            .plain(" ")
            .push(role, &words);
        lines.push(line);
    }
}

fn part(lines: &mut Vec<Line>, role: Role, text: &str) {
    let mut line = Line::new();
    line.plain("    ").push(role, text);
    lines.push(line);
}

/// One JSON object on one line.
#[must_use]
pub fn json(tried: &Tried) -> String {
    let result = &tried.result;
    let (outcome, signal, code) = match &result.end {
        End::Signal(name) => ("signal", Some(name.as_str()), None),
        End::Timeout(_) => ("timeout", None, None),
        End::Exit(code) if result.error.is_some() => ("refused", None, Some(*code)),
        End::Exit(0) if result.opened => ("loaded", None, Some(0)),
        End::Exit(code) => ("exit", None, Some(*code)),
    };
    let libraries: Value = missing(&tried.closure)
        .iter()
        .map(|object| json!({"name": object.name, "by": object.by, "tried": object.tried}))
        .collect();
    let value = json!({
        "library": tried.library,
        "like": tried.like,
        "user": tried.user,
        "environment": {
            "LD_LIBRARY_PATH": tried.library_path,
            "LD_PRELOAD": tried.preload,
        },
        "outcome": outcome,
        "sentence": sentence(result),
        "error": result.error,
        "signal": signal,
        "code": code,
        "symbols": result.symbols,
        "missing": {
            "libraries": libraries,
            "symbols": tried.closure.missing_symbols,
            "versions": tried.closure.missing_versions,
        },
        "output": result.output,
        "notes": tried.notes,
    });
    let mut line = escape::json(&value.to_string()).into_owned();
    line.push('\n');
    line
}
