//! Loads: `load_backend: ...` (ggml-backend-reg.cpp), `dlopen NAME: ...` of `gpu-discover`, the loader's words before main.

use crate::discover::log::words::{self, Told};
use crate::discover::model::{Child, Evidence, Init, Load, Outcome, Said, Symbol};
use crate::discover::slog::values::base_name;
use crate::event::{Errno, Text};

/// Functions that say what they load.
const FUNCTIONS: [&str; 3] = [
    "load_backend: ",
    "ggml_backend_load_best: ",
    "ggml_backend_load: ",
];

/// Takes the words of a load that failed: they are about a load of that file that is known, or about one of their own.
/// Before any load, the loader's words about the program itself.
pub(super) fn ended(child: &mut Child, said: &str, seen: &Evidence) {
    let of_load = FUNCTIONS
        .iter()
        .find_map(|function| said.strip_prefix(function))
        .and_then(|rest| rest.strip_prefix("failed to load "))
        .and_then(|rest| rest.split_once(": "));
    let Some((path, text)) = of_load else {
        if child.loader_words.is_empty() && child.loads.is_empty() {
            before_main(child, said, seen);
        }
        return;
    };
    let open = child.loads.iter_mut().rfind(|load| {
        let is_it = |file: &Text| {
            let file = file.as_str();
            file == path || (!is_path(file) && file == base_name(path))
        };
        let ended = [Outcome::Loaded, Outcome::Died, Outcome::Hanging].contains(&load.outcome);
        !ended && (is_it(&load.asked) || load.file.as_ref().is_some_and(is_it))
    });
    let Some(load) = open else {
        return failed(child, path, text, seen);
    };
    let Told { words, missing } = words::parse(text, "", seen);
    load.outcome = Outcome::Failed;
    if load.missing.is_empty() {
        load.missing.extend(missing);
    }
    if !load.words.iter().any(|known| known.text == words.text) {
        load.words.push(words);
    }
}

/// Takes a line about a load; false when it is none.
pub(super) fn hear(child: &mut Child, said: &str, seen: &Evidence) -> bool {
    for function in FUNCTIONS {
        if let Some(rest) = said.strip_prefix(function) {
            return backend(child, rest, seen);
        }
    }
    if let Some(rest) = said.strip_prefix("Error: ")
        && (rest.starts_with("dlopen ") || rest.starts_with("dlsym "))
    {
        for part in rest.split("; ") {
            named(child, part, seen);
        }
        return true;
    }
    if let Some(text) = said.split_once("unable to load libnvidia-ml: ") {
        failed(child, "libnvidia-ml.so.1", text.1, seen);
        return true;
    }
    before_0_12(child, said, seen) || before_main(child, said, seen)
}

/// `Unable to load NAME library to query for Nvidia GPUs: WORDS`, `symbol lookup for NAME failed: WORDS`, `dlerr: WORDS`
/// (gpu_info_*.c, gpu.go).
fn before_0_12(child: &mut Child, said: &str, seen: &Evidence) -> bool {
    let unable = said.rsplit_once("nable to load ").and_then(|(_, rest)| {
        let (name, text) = rest.split_once(": ")?;
        let path = name.split(' ').find(|word| is_path(word));
        Some((path.or_else(|| name.split(' ').next_back())?, text))
    });
    let symbol = || {
        let text = match said.split_once("symbol lookup for ") {
            Some((_, rest)) => rest.split_once(" failed: ")?.1,
            None => said.split_once("dlerr: ")?.1,
        };
        Some((text.split_once(": ")?.0, text))
    };
    match unable.or_else(symbol) {
        Some((name, text)) if words::parse(text, "", seen).missing.is_some() => {
            failed(child, name, text, seen);
            true
        }
        _ => false,
    }
}

/// What `load_backend` says, without its name.
fn backend(child: &mut Child, said: &str, seen: &Evidence) -> bool {
    if let Some(rest) = said.strip_prefix("failed to load ") {
        let (path, text) = rest.split_once(": ").unwrap_or((rest, ""));
        failed(child, path, text, seen);
    } else if let Some(rest) = said.strip_prefix("failed to initialize backend from ") {
        let (path, text) = rest.split_once(": ").unwrap_or((rest, ""));
        let init = started(child, path, seen);
        init.null = text.contains("returned NULL");
    } else if let Some(path) = said.strip_prefix("failed to find ggml_backend_init in ") {
        started(child, path, seen).no_symbol = true;
    } else if let Some(path) = said
        .strip_prefix("backend ")
        .and_then(|rest| rest.strip_suffix(" is not supported on this system"))
    {
        started(child, path, seen).score = Some(0);
    } else if let Some((name, path)) = said
        .strip_prefix("loaded ")
        .and_then(|rest| rest.split_once(" backend from "))
    {
        started(child, path, seen).registered = true;
        if let Some(load) = child
            .loads
            .iter_mut()
            .rfind(|load| load.asked.as_str() == path)
        {
            load.given_back = false;
        }
        let known = child
            .registered
            .iter()
            .any(|known| known.text.as_str() == name);
        if !known {
            child.registered.push(Said {
                text: Text::from(name),
                seen: seen.clone(),
            });
        }
    } else {
        return false;
    }
    true
}

/// A load that gave nothing. The same load with the same words is added once.
pub(super) fn failed(child: &mut Child, asked: &str, text: &str, seen: &Evidence) {
    let Told { words, missing } = words::parse(text, "", seen);
    let known = child.loads.iter().any(|load| {
        load.asked.as_str() == asked
            && load
                .words
                .iter()
                .any(|known| known.text == words.text && known.object == words.object)
    });
    if known || child.loads.len() >= super::MOST_SAID {
        return;
    }
    let refused = words.err.filter(|err| matches!(err, Errno(1 | 13)));
    child.loads.push(Load {
        asked: Text::from(asked),
        file: is_path(asked).then(|| Text::from(asked)),
        outcome: Outcome::Failed,
        refused: refused.map(|err| (err, seen.clone())),
        words: vec![words],
        missing: missing.into_iter().collect(),
        seen: Some(seen.clone()),
        ..Load::default()
    });
}

/// A backend that was loaded, and its start; the same file again is the same start.
fn started<'a>(child: &'a mut Child, path: &str, seen: &Evidence) -> &'a mut Init {
    let at = child
        .inits
        .iter()
        .position(|init| init.file.as_str() == path);
    let at = at.unwrap_or_else(|| {
        child.loads.push(Load {
            asked: Text::from(path),
            file: Some(Text::from(path)),
            outcome: Outcome::Loaded,
            given_back: true,
            seen: Some(seen.clone()),
            ..Load::default()
        });
        child.inits.push(Init {
            file: Text::from(path),
            seen: Some(seen.clone()),
            ..Init::default()
        });
        child.inits.len() - 1
    });
    &mut child.inits[at]
}

/// `dlopen libcuda.so.1: WORDS` and `dlsym NAME: WORDS` (discover/native_probe_linux.go).
fn named(child: &mut Child, part: &str, seen: &Evidence) {
    if let Some((name, text)) = part
        .strip_prefix("dlopen ")
        .and_then(|rest| rest.split_once(": "))
    {
        failed(child, name, text, seen);
    } else if let Some((name, text)) = part
        .strip_prefix("dlsym ")
        .and_then(|rest| rest.split_once(": "))
        && child.missed_symbols.len() < super::MOST_SAID
    {
        let object = words::parse(text, "", seen).words.object;
        child.missed_symbols.push(Symbol {
            name: Text::from(name),
            of: Some(object).filter(|object| !object.is_empty()),
            seen: seen.clone(),
        });
    }
}

/// What ld.so prints before main (elf/rtld.c, elf/dl-catch.c), and of LD_PRELOAD.
fn before_main(child: &mut Child, said: &str, seen: &Evidence) -> bool {
    const OCCASIONS: &[&str] = &[
        "error while loading shared libraries: ",
        "symbol lookup error: ",
        "relocation error: ",
    ];
    let found = OCCASIONS
        .iter()
        .find_map(|occasion| Some((occasion, said.split_once(occasion)?.1)));
    if let Some((occasion, text)) = found {
        let told = words::parse(text, occasion.trim_end_matches(": "), seen);
        let words = &mut child.loader_words;
        let known = words
            .iter()
            .any(|known| known.text == told.words.text && known.object == told.words.object);
        if !known && words.len() < super::MOST_SAID {
            words.push(told.words);
        }
        return true;
    }
    let Some((_, rest)) = said.split_once("ld.so: object '") else {
        return false;
    };
    if let Some((object, text)) = rest.split_once("' from ") {
        let text = text.split_once('(').map_or(text, |(_, text)| text);
        let told = words::parse(
            &format!("{object}: {}", text.trim_end_matches("): ignored.")),
            "LD_PRELOAD",
            seen,
        );
        child.loader_words.push(told.words);
    }
    true
}

fn is_path(text: &str) -> bool {
    base_name(text) != text
}
