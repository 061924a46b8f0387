//! Loads of libraries in one process: dlopen, the loader's words, closures, and the start of backends.

use std::collections::BTreeMap;

use crate::discover::model::{Child, Evidence, Init, Load, Missing, Outcome, Symbol, Words};
use crate::event::call::{Because, Call, LoaderError, Return, Unfinished, Value};
use crate::event::library::{Closure, Library};
use crate::event::{Event, Kind, Seen, Seq, Text};

/// Loads, starts and missed symbols kept of one process.
const MAX_EACH: usize = 4_096;
/// dlsym calls remembered for a miss that follows.
const MAX_ASKED: usize = 256;

/// What is open and what is known, to be joined with what comes.
#[derive(Clone, Debug, Default)]
pub(super) struct Loading {
    /// Index into `Child::loads` by the call's number.
    loads: BTreeMap<Seq, usize>,
    /// Index into `Child::inits`.
    inits: BTreeMap<Seq, usize>,
    /// Calls of `ggml_backend_score` that are open: the file.
    scores: BTreeMap<Seq, Text>,
    /// Scores that were answered, by file.
    scored: BTreeMap<Text, i64>,
    /// Recent dlsym calls: name.
    asked: BTreeMap<Seq, Text>,
    /// Which load a loader error belongs to.
    errors: BTreeMap<Seq, usize>,
}

/// The event can only come from a program that uses ggml.
pub(super) fn shows_ggml(event: &Event) -> bool {
    match &event.kind {
        Kind::Call(call) => {
            call.api.as_str() == "ggml"
                || string(call).is_some_and(|file| is_backend(file.as_str()))
        }
        Kind::Map(map) => map.path.value().is_some_and(|path| is_ggml(path.as_str())),
        _ => false,
    }
}

fn is_ggml(path: &str) -> bool {
    super::roles::base(path).starts_with("libggml")
}

/// The name of a loadable backend, but not of ggml's own core.
fn is_backend(path: &str) -> bool {
    let name = super::roles::base(path);
    name.starts_with("libggml-") && !name.starts_with("libggml-base")
}

/// The first string argument.
fn string(call: &Call) -> Option<&Text> {
    call.args.iter().find_map(|(_, value)| match value {
        Value::Str(text) => text.value(),
        _ => None,
    })
}

impl Loading {
    /// A call of the loader or of ggml began.
    pub(super) fn call(&mut self, event: &Event, call: &Call, child: &mut Child) {
        match (call.api.as_str(), call.function.as_str()) {
            ("dl", "dlopen" | "dlmopen") if child.loads.len() < MAX_EACH => {
                let Some(asked) = string(call) else { return };
                self.loads.insert(event.seq, child.loads.len());
                let path = asked.as_str().contains('/');
                child.loads.push(Load {
                    asked: asked.clone(),
                    file: path.then(|| asked.clone()),
                    call: Some(event.seq),
                    from: call.from.as_ref().and_then(|site| site.object.clone()),
                    seen: Some(Evidence::event(event.seq, format!("dlopen({asked})"))),
                    ..Load::default()
                });
            }
            ("dl", "dlsym" | "dlvsym") => {
                if let Some(name) = string(call) {
                    if self.asked.len() >= MAX_ASKED {
                        self.asked.pop_first();
                    }
                    self.asked.insert(event.seq, name.clone());
                }
            }
            ("ggml", "ggml_backend_score") => {
                if let Some(file) = &call.of
                    && self.scores.len() < MAX_EACH
                {
                    self.scores.insert(event.seq, file.clone());
                }
            }
            ("ggml", "ggml_backend_init") if child.inits.len() < MAX_EACH => {
                self.inits.insert(event.seq, child.inits.len());
                let file = call.of.clone().unwrap_or_default();
                child.inits.push(Init {
                    score: self.scored.get(&file).copied(),
                    seen: Some(Evidence::event(
                        event.seq,
                        format!("ggml_backend_init of {file}"),
                    )),
                    file,
                    call: Some(event.seq),
                    unfinished: true,
                    ..Init::default()
                });
            }
            ("ggml", "ggml_backend_register") => {
                // The registration follows the start that gave the backend.
                if let Some(init) = child.inits.iter_mut().rev().find(|one| !one.registered)
                    && !init.unfinished
                    && !init.null
                {
                    init.registered = true;
                    if child.registered.len() < MAX_EACH {
                        child
                            .registered
                            .push(Evidence::event(event.seq, init.file.clone()));
                    }
                }
            }
            _ => {}
        }
    }

    /// A call came back.
    pub(super) fn returned(&mut self, event: &Event, back: &Return, child: &mut Child) {
        if let Some(load) = self.load(back.call, child) {
            load.took = event.duration;
            load.outcome = if back.failed || is_null(&back.result) {
                Outcome::Failed
            } else {
                Outcome::Loaded
            };
            if load.outcome == Outcome::Failed && load.words.is_empty() {
                let asked = load.asked.clone();
                load.seen = Some(Evidence::event(
                    event.seq,
                    format!("dlopen({asked}) = NULL"),
                ));
            }
        } else if let Some(init) = self
            .inits
            .get(&back.call)
            .and_then(|index| child.inits.get_mut(*index))
        {
            init.unfinished = false;
            init.took = event.duration;
            init.null = back.failed || is_null(&back.result);
            if init.null {
                let text = format!("ggml_backend_init of {} = NULL", init.file);
                init.seen = Some(Evidence::event(event.seq, text));
            }
        } else if let Some(file) = self.scores.remove(&back.call)
            && let Value::Int(score) = back.result
        {
            if score == 0 && child.inits.len() < MAX_EACH && !is_cpu(file.as_str()) {
                child.inits.push(Init {
                    seen: Some(Evidence::event(
                        event.seq,
                        format!("ggml_backend_score of {file} = 0"),
                    )),
                    file: file.clone(),
                    score: Some(0),
                    ..Init::default()
                });
            }
            if self.scored.len() < MAX_EACH {
                self.scored.insert(file, score);
            }
        }
    }

    /// A call was still open when it was looked at.
    pub(super) fn unfinished(&self, event: &Event, open: &Unfinished, child: &mut Child) {
        let Some(call) = open.call else { return };
        let Some(load) = self.load(call, child) else {
            return;
        };
        load.took = event.duration;
        load.outcome = match open.because {
            Because::Slow | Because::End => Outcome::Hanging,
            Because::Exit | Because::Exec => Outcome::Died,
            // A longjmp or exception left it: nothing came of it.
            Because::Unwound => Outcome::Failed,
        };
    }

    /// The loader complained.
    pub(super) fn error(&mut self, event: &Event, error: &LoaderError, child: &mut Child) {
        let part = |seen: &Seen<Text>| seen.value().cloned().unwrap_or_default();
        let occasion = error.occasion.as_ref().map(part).unwrap_or_default();
        let (object, text) = (part(&error.object), part(&error.text));
        let sentence = [occasion.as_str(), object.as_str(), text.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(": ");
        let words = Words {
            object: object.clone(),
            text: text.clone(),
            occasion,
            err: error.err,
            seen: Evidence::event(event.seq, sentence),
        };
        if let Some(name) = error.call.and_then(|call| self.asked.get(&call)) {
            if name.as_str() == "ggml_backend_init" && child.inits.len() < MAX_EACH {
                child.inits.push(Init {
                    file: object.clone(),
                    no_symbol: true,
                    seen: Some(words.seen.clone()),
                    ..Init::default()
                });
            }
            if child.missed_symbols.len() < MAX_EACH {
                child.missed_symbols.push(Symbol {
                    name: name.clone(),
                    of: Some(object),
                    seen: words.seen,
                });
            }
            return;
        }
        let index = error.call.and_then(|call| self.loads.get(&call)).copied();
        match index.and_then(|index| child.loads.get_mut(index)) {
            Some(load) => {
                if self.errors.len() < MAX_EACH {
                    self.errors.insert(event.seq, index.unwrap_or_default());
                }
                if load.words.len() < 64 {
                    load.seen = Some(words.seen.clone());
                    load.missing.extend(named(&words, load));
                    load.words.push(words);
                }
            }
            None if child.loader_words.len() < MAX_EACH => child.loader_words.push(words),
            None => {}
        }
    }

    /// Facts of a failed load: everything that is missing, not the first thing only.
    pub(super) fn facts(&mut self, library: &Library, child: &mut Child) {
        let Some(closure) = &library.closure else {
            return;
        };
        let index = closure
            .error
            .and_then(|error| self.errors.get(&error))
            .copied();
        let load = match index.and_then(|index| child.loads.get_mut(index)) {
            Some(load) => load,
            None => {
                let found = child.loads.iter_mut().rev().find(|load| {
                    load.outcome == Outcome::Failed
                        && load.file.as_ref().is_some_and(|file| *file == library.path)
                });
                match found {
                    Some(load) => load,
                    None => return,
                }
            }
        };
        complete(load, library, closure);
    }

    fn load<'a>(&self, call: Seq, child: &'a mut Child) -> Option<&'a mut Load> {
        let index = self.loads.get(&call)?;
        child.loads.get_mut(*index)
    }
}

fn is_null(value: &Value) -> bool {
    match value {
        Value::Hex(number) => number.0 == 0,
        Value::Int(number) => *number == 0,
        _ => false,
    }
}

fn is_cpu(path: &str) -> bool {
    super::roles::base(path).starts_with("libggml-cpu")
}

/// The one thing that the loader's words name.
pub(in crate::discover) fn named(words: &Words, load: &Load) -> Option<Missing> {
    let by = load.file.clone().unwrap_or_else(|| load.asked.clone());
    let text = words.text.as_str();
    if let Some(symbol) = text.strip_prefix("undefined symbol: ") {
        let name = symbol.replace(", version ", "@");
        return Some(Missing::Symbol {
            name: Text::from(name),
            by: words.object.clone(),
        });
    }
    if let Some((version, by)) = text
        .strip_prefix("version `")
        .and_then(|rest| rest.split_once("' not found (required by "))
    {
        return Some(Missing::Version {
            version: Text::from(version),
            file: words.object.clone(),
            by: Text::from(by.trim_end_matches(')')),
        });
    }
    if text.starts_with("cannot open shared object file") {
        return Some(Missing::Library {
            name: words.object.clone(),
            by,
            searched: Vec::new(),
        });
    }
    let unfit = [
        "wrong ELF class",
        "invalid ELF header",
        "file too short",
        "ELF load command",
        "ELF file",
        "cannot read file data",
        "only ET_DYN and ET_EXEC",
        "object file has no dynamic section",
        "nonzero e_",
    ];
    unfit
        .iter()
        .any(|start| text.starts_with(start))
        .then(|| Missing::Unfit {
            file: words.object.clone(),
            problem: words.text.clone(),
        })
}

/// Replaces what the loader named by all that the closure knows.
fn complete(load: &mut Load, library: &Library, closure: &Closure) {
    let mut missing = Vec::new();
    for object in closure
        .objects
        .iter()
        .filter(|object| object.file.is_none())
    {
        let searched = object
            .tried
            .iter()
            .map(|tried| {
                let problem = tried.problem.clone().unwrap_or_default();
                (tried.file.clone(), tried.via.clone(), problem)
            })
            .collect();
        missing.push(Missing::Library {
            name: object.name.clone(),
            by: object.by.clone(),
            searched,
        });
    }
    for [by, file, version] in &closure.missing_versions {
        missing.push(Missing::Version {
            version: version.clone(),
            file: file.clone(),
            by: by.clone(),
        });
    }
    for name in &closure.missing_symbols {
        missing.push(Missing::Symbol {
            name: name.clone(),
            by: library.path.clone(),
        });
    }
    // A soname that no file answers to is no unfit file.
    if let Some(problem) = &library.problem
        && library.path.as_str().contains('/')
    {
        missing.push(Missing::Unfit {
            file: library.path.clone(),
            problem: problem.clone(),
        });
    }
    // What the loader named comes first: it is what stopped it.
    let said = std::mem::take(&mut load.missing);
    for one in said.into_iter().rev() {
        let known = missing.iter().position(|other| same_thing(&one, other));
        let first = known.map_or(one, |at| missing.remove(at));
        missing.insert(0, first);
    }
    load.missing = missing;
    load.closure = Some(closure.clone());
}

fn same_thing(one: &Missing, other: &Missing) -> bool {
    match (one, other) {
        (Missing::Library { name: a, .. }, Missing::Library { name: b, .. }) => a == b,
        (Missing::Symbol { name: a, .. }, Missing::Symbol { name: b, .. }) => {
            let plain = |name: &Text| name.as_str().split('@').next().map(str::to_owned);
            plain(a) == plain(b)
        }
        (Missing::Version { version: a, .. }, Missing::Version { version: b, .. }) => a == b,
        (Missing::Unfit { file: a, .. }, Missing::Unfit { file: b, .. }) => a == b,
        _ => false,
    }
}
