//! What was asked for in vain: libraries and symbols in the loader's own words, refused mappings, programs that
//! could not be started. The same words are kept once, with a count and who met them.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::call::{Call, LoaderError, Value};
use crate::event::{Errno, Event, Kind, Proc, Seq, Text};

use super::super::errno;
use super::super::scene::Scene;
use super::folders::insert;
use super::{Class, KEPT};

/// Calls of dlsym and its like whose words may come next. Only their entry is recorded, so the scene does not keep them.
const SYMBOL_CALLS: usize = 64;

/// Objects whose static closure is kept.
const CLOSURES: usize = 64;

/// One sentence of the loader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadFailure {
    /// How often.
    pub count: u64,
    /// Who met it.
    pub processes: BTreeSet<Proc>,
    /// What those had asked for: the first argument of dlopen, or the symbol of dlsym.
    pub asked: BTreeSet<Text>,
}

/// Everything asked for in vain.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    /// Failed loads by the loader's sentence.
    pub libraries: BTreeMap<String, LoadFailure>,
    /// Symbols asked for by dlsym that are not there, by the loader's sentence. Optional ones are usual.
    pub symbols: BTreeMap<String, LoadFailure>,
    /// Executable mappings that the kernel refused: path and error.
    pub refused: BTreeMap<(Text, Errno), LoadFailure>,
    /// Programs that could not be started: file and error.
    pub programs: BTreeMap<(Text, Errno), LoadFailure>,
    /// For a failed object: what else nothing provides, in words.
    pub closures: BTreeMap<Text, Vec<String>>,
    /// ggml functions that reported failure, by function and result.
    pub calls: BTreeMap<(Text, String), LoadFailure>,
    /// The latest calls that ask for a symbol, and which.
    symbol_calls: BTreeMap<Seq, Option<Text>>,
}

impl Failures {
    pub(super) fn push(&mut self, event: &Event, scene: &Scene) {
        match &event.kind {
            Kind::LoaderError(body) => self.loader(event, body, scene),
            Kind::Call(call) if call.entry_only && asks_symbol(call) => {
                if self.symbol_calls.len() >= SYMBOL_CALLS {
                    self.symbol_calls.pop_first();
                }
                self.symbol_calls
                    .insert(event.seq, first_string(call).cloned());
            }
            Kind::Map(body) => {
                if let (Some(path), Some(err)) = (body.path.value(), body.err) {
                    note(&mut self.refused, (path.clone(), err), event.process, None);
                }
            }
            Kind::ExecFailed(body) => {
                if let Some(file) = body.file.value() {
                    note(
                        &mut self.programs,
                        (file.clone(), body.err),
                        event.process,
                        None,
                    );
                }
            }
            Kind::Return(body) if body.failed && !body.function.as_str().starts_with("dl") => {
                let result = match &body.result {
                    Value::Int(number) => number.to_string(),
                    Value::Hex(number) if number.0 == 0 => "NULL".to_owned(),
                    Value::Hex(number) => number.to_string(),
                    Value::Name(name) => name.as_str().to_owned(),
                    Value::Str(_) | Value::Unseen(_) => "?".to_owned(),
                };
                let asked = scene
                    .call(body.call)
                    .and_then(|open| first_string(&open.call));
                let key = (body.function.clone(), result);
                note(&mut self.calls, key, event.process, asked);
            }
            Kind::Library(body) => {
                let words = body.closure.as_ref().map(closure).unwrap_or_default();
                if !words.is_empty() && self.closures.len() < CLOSURES {
                    self.closures.insert(body.path.clone(), words);
                }
            }
            _ => {}
        }
    }

    fn loader(&mut self, event: &Event, body: &LoaderError, scene: &Scene) {
        let call = body.call.and_then(|call| scene.call(call));
        let entered = body.call.and_then(|call| self.symbol_calls.get(&call));
        let symbol = entered.is_some() || call.is_some_and(|open| asks_symbol(&open.call));
        let asked = match entered {
            Some(name) => name.as_ref(),
            None => call.and_then(|open| first_string(&open.call)),
        };
        let list = if symbol {
            &mut self.symbols
        } else {
            &mut self.libraries
        };
        note(list, sentence(body), event.process, asked);
    }

    /// Failed loads, those that matter for GPUs first.
    #[must_use]
    pub fn sorted(&self) -> Vec<(&String, &LoadFailure)> {
        let mut list: Vec<_> = self.libraries.iter().collect();
        list.sort_by_key(|(sentence, failure)| {
            let name = |text: &str| Class::of(text.rsplit('/').next().unwrap_or_default());
            let object = sentence.split(": ").next().unwrap_or_default();
            let asked = failure.asked.iter().map(|asked| name(asked.as_str())).min();
            (name(object).min(asked.unwrap_or(Class::System)), *sentence)
        });
        list
    }
}

/// dlsym, dlvsym.
fn asks_symbol(call: &Call) -> bool {
    call.function.as_str().contains("sym")
}

/// As dlerror gives it.
fn sentence(body: &LoaderError) -> String {
    let mut parts = Vec::new();
    for part in [body.occasion.as_ref(), Some(&body.object), Some(&body.text)] {
        match part.map(|part| (part.value(), part)) {
            Some((Some(text), _)) if !text.is_empty() => parts.push(text.as_str().to_owned()),
            Some((None, _)) => parts.push("<unreadable>".to_owned()),
            _ => {}
        }
    }
    if let Some(err) = body.err.filter(|err| err.0 != 0) {
        parts.push(errno::loader_words(err));
    }
    parts.join(": ")
}

/// The first string among the arguments: the file of dlopen, the name of dlsym.
pub(super) fn first_string(call: &Call) -> Option<&Text> {
    call.args.iter().find_map(|(_, value)| match value {
        Value::Str(text) => text.value(),
        _ => None,
    })
}

fn note<K: Ord>(
    list: &mut BTreeMap<K, LoadFailure>,
    key: K,
    process: Option<Proc>,
    asked: Option<&Text>,
) {
    if list.len() >= KEPT && !list.contains_key(&key) {
        return;
    }
    let failure = list.entry(key).or_default();
    failure.count += 1;
    insert(&mut failure.processes, process);
    if let Some(asked) = asked
        && failure.asked.len() < 64
    {
        failure.asked.insert(asked.clone());
    }
}

/// What nothing provides, each in a few words.
fn closure(found: &crate::event::library::Closure) -> Vec<String> {
    let mut words = Vec::new();
    let absent = found.objects.iter().filter(|object| object.file.is_none());
    let names: BTreeSet<&str> = absent.map(|object| object.name.as_str()).take(64).collect();
    words.extend(names.into_iter().map(|name| format!("no file for {name}")));
    if let Some([_, file, version]) = found.missing_versions.first() {
        let more = more(found.missing_versions.len());
        words.push(format!("no version {version} in {file}{more}"));
    }
    if let Some(symbol) = found.missing_symbols.first() {
        words.push(format!(
            "nobody defines {symbol}{}",
            more(found.missing_symbols.len())
        ));
    }
    words
}

fn more(number: usize) -> String {
    match number {
        0 | 1 => String::new(),
        _ => format!(" and {} more", number - 1),
    }
}
