//! The server's own program never began: the loader ended it, or a constructor of a library that is loaded with it did.

use super::super::advice::{EDIT_UNIT, RESTART};
use super::super::case::at;
use super::super::explanation::Finding;
use super::super::words::{base, list, plural, provider};
use super::crash::{FATAL, place};
use super::preload::preloads;
use crate::discover::Model;
use crate::discover::model::{End, Evidence, Level, Origin, Server, Words};
use crate::event::Text;

/// When the loader ends a program, in its own words (glibc, elf/dl-catch.c and elf/rtld.c).
const OCCASIONS: [&str; 3] = [
    "error while loading shared libraries: ",
    "symbol lookup error: ",
    "relocation error: ",
];

/// Why the program did not begin.
pub(super) struct Stopped {
    /// Without its point; the first letter is small.
    sentence: String,
    object: Text,
    missing: Vec<Text>,
    seen: Vec<Evidence>,
    /// The file whose fault it is.
    file: String,
    /// What helps besides leaving the file out.
    remedy: Vec<String>,
}

/// What stopped the program of a server that ended by itself; `None` when it had begun.
pub(super) fn stopped(model: &Model) -> Option<Stopped> {
    if model.origin == Origin::Log {
        return by_line(model);
    }
    let begun = model.lines.iter().any(|line| line.level != Level::Raw);
    let server = model.server.as_ref().filter(|_| !begun)?;
    match &server.end {
        End::Exit(1 | 127, _) if !server.loader_words.is_empty() => by_words(model, server),
        // strace has what the loader wrote, and not the words themselves.
        End::Exit(1 | 127, _) if model.origin == Origin::Strace => by_line(model),
        End::Exit(code, seen) if *code != 0 => {
            let file = server.constructor.as_ref()?;
            let seen: Vec<Evidence> = seen.iter().cloned().collect();
            Some(Stopped {
                sentence: format!("a constructor of {file} ended it with exit code {code}"),
                object: file.clone(),
                missing: Vec::new(),
                seen,
                file: file.as_str().to_owned(),
                remedy: of_constructor(file.as_str()),
            })
        }
        End::Signal { name, by: None, .. } if FATAL.contains(&name.as_str()) => by_crash(server),
        _ => None,
    }
}

/// The finding, and whose variable brought the file in.
pub(super) fn told(model: &Model, how: &str, stopped: Stopped, finding: Finding) -> Finding {
    let file = stopped.file.as_str();
    let by = model
        .server
        .as_ref()
        .and_then(|server| variable_of(server, file));
    let whose = match &by {
        Some((name, _)) => format!(" {name} of the server names {file}."),
        None if model.origin == Origin::Log => " A log does not show what is preloaded.".to_owned(),
        None => String::new(),
    };
    let mut finding = Finding {
        sentence: format!(
            "Ollama itself {how} before its first line: {}.{whose} No backend is at fault.",
            stopped.sentence
        ),
        ..finding
    }
    .object(stopped.object)
    .proof(&stopped.seen);
    finding.missing = stopped.missing;
    if let (Some((name, _)), Some(server)) = (&by, &model.server) {
        let named = at(server.seen.as_ref(), format!("{name} names {file}"));
        finding = finding.proof(named.as_ref());
    }
    finding = finding.do_lines(stopped.remedy);
    match by {
        Some((name, rest)) => {
            let line = if rest.is_empty() {
                format!("Or start Ollama without {name}; to keep it for other programs, set it in their start and not in Ollama's:")
            } else {
                format!("Or leave this file alone out of the variable, {name}={rest}; to keep it for other programs, set it in their start and not in Ollama's:")
            };
            finding.so(line).so(EDIT_UNIT).so(RESTART)
        }
        None => finding
            .so("If Ollama's program does not need that file by itself, a variable or /etc/ld.so.preload brings it in; see which:")
            .so("$ systemctl show ollama -p Environment -p EnvironmentFiles; cat /etc/ld.so.preload")
            .so(RESTART),
    }
}

/// The variable of the loader that names a file, and what else is in it.
fn variable_of(server: &Server, file: &str) -> Option<(&'static str, String)> {
    let is_it = |name: &str| {
        name == file || (!file.is_empty() && !name.contains('/') && base(file) == name)
    };
    let names: Vec<&str> = preloads(&server.env).collect();
    if names.iter().any(|name| is_it(name)) {
        let rest: Vec<&str> = names.into_iter().filter(|name| !is_it(name)).collect();
        return Some(("LD_PRELOAD", rest.join(":")));
    }
    let audit = server.variable("LD_AUDIT").map_or("", Text::as_str);
    let mut auditors = audit.split(':');
    auditors.any(is_it).then(|| {
        let rest: Vec<&str> = audit.split(':').filter(|name| !is_it(name)).collect();
        ("LD_AUDIT", rest.join(":"))
    })
}

/// The loader's last words that are no mere warning.
fn by_words(model: &Model, server: &Server) -> Option<Stopped> {
    let harmless = |words: &Words| words.text.as_str().contains("cannot be preloaded");
    let words = server.loader_words.iter().rev();
    let words = words.into_iter().find(|words| !harmless(words))?;
    let mut seen = vec![words.seen.clone()];
    if let End::Exit(_, Some(end)) = &server.end {
        seen.push(end.clone());
    }
    let (object, text) = (words.object.as_str(), words.text.as_str());
    Some(lacking(object, text, seen, &server.lacks, |missing| {
        asker(model, server, missing)
    }))
}

/// The preloaded file that needs a library by name, else the program.
fn asker(model: &Model, server: &Server, missing: &str) -> Option<String> {
    let needs = |path: &str| {
        let facts = model.libraries.get(&Text::from(path));
        facts.is_some_and(|facts| facts.needed.iter().any(|name| name.as_str() == missing))
    };
    let preloaded = preloads(&server.env).find(|name| needs(name));
    let program = Some(server.exe.as_str()).filter(|path| needs(path));
    preloaded.or(program).map(str::to_owned)
}

/// What the loader's words about an object come to.
fn lacking(
    object: &str,
    text: &str,
    seen: Vec<Evidence>,
    all: &[Text],
    asker: impl Fn(&str) -> Option<String>,
) -> Stopped {
    if let Some(symbol) = text.strip_prefix("undefined symbol: ") {
        return undefined(object, symbol.replace(", version ", "@"), seen, all);
    }
    let (sentence, file, remedy) = if text.starts_with("cannot open shared object file") {
        let by = asker(object);
        let file = by.clone().unwrap_or_default();
        let needs = by.map_or_else(String::new, |by| format!(", which {by} needs,"));
        let remedy = missing_library(object, &file);
        let why = text.split_once(": ").map_or("", |(_, why)| why);
        let why = if why.is_empty() {
            String::new()
        } else {
            format!(" ({why})")
        };
        (
            format!("{object}{needs} cannot be opened{why}"),
            file,
            remedy,
        )
    } else {
        let needing = text.split_once("required by ");
        let by = needing.map(|(_, by)| by.trim_end_matches(')').to_owned());
        let file = by.unwrap_or_else(|| object.to_owned());
        let remedy = vec![
            format!("Take a build of {file} that fits this system:"),
            format!("$ ls -lL {file}; file -L {file}; ldd {file}"),
        ];
        (format!("{object}: {text}"), file, remedy)
    };
    let object = Text::from(base(object));
    Stopped {
        sentence,
        object,
        missing: Vec::new(),
        seen,
        file,
        remedy,
    }
}

fn undefined(file: &str, first: String, seen: Vec<Evidence>, all: &[Text]) -> Stopped {
    let rest: Vec<&str> = all
        .iter()
        .map(Text::as_str)
        .filter(|name| *name != first)
        .collect();
    let more = if rest.is_empty() {
        String::new()
    } else {
        format!(
            "; {} more {} missing: {}",
            rest.len(),
            plural(rest.len(), "is", "are"),
            list(&rest)
        )
    };
    let owner = provider(&first).map_or_else(
        || "the library that defines it".to_owned(),
        |owner| format!("{owner}*"),
    );
    let names = std::iter::once(first.as_str()).chain(rest.iter().copied());
    let missing = if rest.is_empty() {
        Vec::new()
    } else {
        names.map(Text::from).collect()
    };
    Stopped {
        sentence: format!(
            "{file} needs the symbol {first}, and nothing that is loaded with it defines that{more}"
        ),
        object: Text::from(first.as_str()),
        missing,
        seen,
        file: file.to_owned(),
        remedy: vec![
            format!(
                "Link {file} with {owner}, or take a build of it that has all it needs; see what it lacks:"
            ),
            format!("$ ldd -r {file} 2>&1 | grep -E 'undefined|not found'"),
        ],
    }
}

fn missing_library(name: &str, by: &str) -> Vec<String> {
    let mut lines = vec![
        format!(
            "Install the package that has {name}, or put its folder where the loader looks (a file in /etc/ld.so.conf.d, then ldconfig):"
        ),
        "$ sudo ldconfig".to_owned(),
    ];
    if !by.is_empty() {
        lines.push("See that nothing else of it is missing:".to_owned());
        lines.push(format!("$ ldd {by} | grep 'not found'"));
    }
    lines
}

fn of_constructor(file: &str) -> Vec<String> {
    vec![
        "A constructor runs in every process that the file is loaded into. See whether it does the same elsewhere:".to_owned(),
        format!("$ LD_PRELOAD={file} /bin/true; echo $?"),
        format!("Replace {file}, or have its maker do this work at the first call instead."),
    ]
}

/// A fault of the server before it wrote a line, in a library that is preloaded or in a constructor.
fn by_crash(server: &Server) -> Option<Stopped> {
    let crash = server.crashes.first()?;
    let object = crash.at.as_ref().and_then(|site| site.object.as_ref());
    let preloaded = object.filter(|object| variable_of(server, object.as_str()).is_some());
    let file = crash.constructor.as_ref().or(preloaded)?;
    let mut seen = vec![crash.seen.clone()];
    if let End::Signal {
        seen: Some(end), ..
    } = &server.end
    {
        seen.push(end.clone());
    }
    let running = if crash.constructor.is_some() {
        format!("it crashed in a constructor of {file}")
    } else {
        "it crashed".to_owned()
    };
    Some(Stopped {
        sentence: format!("{running}{}", place(Some(crash))),
        object: file.clone(),
        missing: Vec::new(),
        seen,
        file: file.as_str().to_owned(),
        remedy: of_constructor(file.as_str()),
    })
}

/// The loader's line in a log that shows no start: `/usr/local/bin/ollama: symbol lookup error: FILE: WORDS`.
fn by_line(model: &Model) -> Option<Stopped> {
    if !model.attempts.is_empty() || !model.models.is_empty() {
        return None;
    }
    let of_line = |text: &str| {
        OCCASIONS.iter().find_map(|occasion| {
            let (program, words) = text.split_once(occasion)?;
            let program = program.trim_end().strip_suffix(':')?;
            let program = program.rsplit(' ').next().unwrap_or(program);
            let (object, text) = words.split_once(": ")?;
            (base(program) == "ollama").then(|| (object.to_owned(), text.trim_end().to_owned()))
        })
    };
    let (line, (object, text)) = model
        .lines
        .iter()
        .rev()
        .find_map(|line| Some((line, of_line(line.message.as_str())?)))?;
    let seen = line.seen.iter().cloned().collect();
    Some(lacking(&object, &text, seen, &[], |_| None))
}
