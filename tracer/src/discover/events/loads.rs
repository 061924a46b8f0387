//! Loads of libraries in one process: dlopen, the loader's words, closures, and the start of backends.

use std::collections::{BTreeMap, BTreeSet};

use super::{MAX_EACH, missing};
use crate::discover::model::{Child, Evidence, Init, Load, Outcome, Said, Symbol, Words};
use crate::event::call::{Because, Call, LoaderError, Return, Unfinished, Value};
use crate::event::file::absolute;
use crate::event::library::Library;
use crate::event::{Errno, Event, Kind, Seen, Seq, Text};

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
    /// Files that were mapped executable and are not any more.
    unmapped: BTreeSet<Text>,
    /// Starts whose result could not be read: neither a backend nor NULL.
    unread: BTreeSet<Seq>,
    /// Loads, starts and missed symbols that may be kept now.
    most: usize,
    /// A load or a start was left out.
    full: bool,
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

/// A path that a process gave, from the folder it works in.
fn from_cwd(path: &Text, child: &Child) -> Text {
    let plain = Text::from(path.as_str().trim_start_matches("./"));
    absolute(&Seen::Yes(plain), Some(&Seen::Yes(child.cwd.clone())))
        .filter(|_| !child.cwd.is_empty() || path.as_str().starts_with('/'))
        .unwrap_or_else(|| path.clone())
}

/// The first string argument.
fn string(call: &Call) -> Option<&Text> {
    call.args.iter().find_map(|(_, value)| match value {
        Value::Str(text) => text.value(),
        _ => None,
    })
}

impl Loading {
    /// From now on each list has so many entries at most.
    pub(super) const fn limit(&mut self, most: usize) {
        self.most = most;
    }

    /// A load or a start was left out since there was no room.
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    /// A call of the loader or of ggml began.
    pub(super) fn call(&mut self, event: &Event, call: &Call, child: &mut Child) {
        match (call.api.as_str(), call.function.as_str()) {
            ("dl", "dlopen" | "dlmopen") => {
                let Some(asked) = string(call) else { return };
                if child.loads.len() >= self.most {
                    self.full = true;
                    return;
                }
                self.loads.insert(event.seq, child.loads.len());
                let path = asked.as_str().contains('/');
                child.loads.push(Load {
                    asked: asked.clone(),
                    file: path.then(|| from_cwd(asked, child)),
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
            ("ggml", "ggml_backend_init") => {
                if child.inits.len() >= self.most {
                    self.full = true;
                    return;
                }
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
                    if child.registered.len() < self.most {
                        child.registered.push(Said {
                            text: init.file.clone(),
                            seen: Evidence::event(event.seq, init.file.clone()),
                        });
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
            load.outcome = match &back.result {
                // A result that could not be read tells nothing.
                Value::Unseen(_) if !back.failed => Outcome::Unknown,
                result if back.failed || is_null(result) => Outcome::Failed,
                _ => Outcome::Loaded,
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
            if matches!(back.result, Value::Unseen(_)) {
                self.unread.insert(back.call);
            }
            if init.null {
                let text = format!("ggml_backend_init of {} = NULL", init.file);
                init.seen = Some(Evidence::event(event.seq, text));
            }
        } else if let Some(file) = self.scores.remove(&back.call)
            && let Value::Int(score) = back.result
        {
            if score == 0 && child.inits.len() < self.most && !is_cpu(file.as_str()) {
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

    /// A file is mapped: what was said of an earlier mapping is over. The first file that the loader maps inside a
    /// dlopen of a soname is the one that answers to it; what it needs comes after (glibc, elf/dl-open.c).
    pub(super) fn mapped(&mut self, event: &Event, path: &Text, child: &mut Child) {
        self.unmapped.remove(path);
        let load = event.parent.and_then(|call| self.load(call, child));
        if let Some(load) = load.filter(|load| load.file.is_none()) {
            load.file = Some(path.clone());
        }
    }

    /// The system refused something inside a dlopen.
    pub(super) fn refused(&self, event: &Event, err: Errno, text: &str, child: &mut Child) {
        if let Some(load) = event.parent.and_then(|call| self.load(call, child))
            && load.refused.is_none()
        {
            load.refused = Some((err, Evidence::event(event.seq, text)));
        }
    }

    /// An executable mapping went away.
    pub(super) fn unmapped(&mut self, path: &Text) {
        if self.unmapped.len() < MAX_EACH {
            self.unmapped.insert(path.clone());
        }
    }

    /// ggml closes a backend that it does not take (ggml-backend-reg.cpp, load_backend): one that stays mapped is
    /// registered. The function that registers is inlined in release builds and seldom seen itself.
    pub(super) fn settle(&self, child: &mut Child) {
        for init in &mut child.inits {
            let read = init.call.is_some_and(|call| !self.unread.contains(&call));
            let started = read && !init.null && !init.unfinished;
            if started && !self.unmapped.contains(&init.file) && !init.registered {
                init.registered = true;
                if let Some(seen) = &init.seen {
                    child.registered.push(Said {
                        text: init.file.clone(),
                        seen: Evidence {
                            at: seen.at.clone(),
                            text: init.file.clone(),
                        },
                    });
                }
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
            if name.as_str() == "ggml_backend_init" && child.inits.len() < self.most {
                child.inits.push(Init {
                    file: object.clone(),
                    no_symbol: true,
                    seen: Some(words.seen.clone()),
                    ..Init::default()
                });
            }
            if child.missed_symbols.len() < self.most {
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
                if self.errors.len() < self.most {
                    self.errors.insert(event.seq, index.unwrap_or_default());
                }
                if load.words.len() < 64 {
                    load.seen = Some(words.seen.clone());
                    load.missing.extend(missing::named(&words, load));
                    load.words.push(words);
                }
            }
            // What an auditor (LD_AUDIT) does not define is not wanted of it (rtld-audit(7)).
            None if text.as_str().starts_with("undefined symbol: la_") => {}
            None if child.loader_words.len() < self.most => child.loader_words.push(words),
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
            .and_then(|error| self.errors.get(&error).or_else(|| self.loads.get(&error)))
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
        missing::complete(load, library, closure);
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
