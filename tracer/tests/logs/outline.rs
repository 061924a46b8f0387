//! A model in a few lines of text, for tests: what was understood of a log, and where.

use std::fmt::Write as _;

use vgputrace::discover::Model;
use vgputrace::discover::model::{At, Child, End, Evidence, Missing, Spawn};

/// The model as text.
pub(crate) fn outline(model: &Model) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "era {} ({}), version {}, level {:?}, finished {}",
        model.era.name(),
        at(model.era_seen.as_ref()),
        model
            .version
            .as_ref()
            .map_or("-", |version| version.as_str()),
        model.blind.log_level,
        model.finished,
    );
    if let Some(server) = &model.server {
        let asked = server
            .variable("OLLAMA_LLM_LIBRARY")
            .map_or("-", |value| value.as_str());
        let _ = writeln!(
            out,
            "server exe {:?} variables {} llm_library {asked} library_dir {:?} llama-server tried {}",
            server.exe.as_str(),
            server.env.len(),
            server.library_dir.path.as_str(),
            server.library_dir.llama_server.len(),
        );
    }
    for folder in &model.folders {
        let _ = writeln!(
            out,
            "folder {} {:?} {:?} seen {} requested {} skipped {} files {:?}",
            folder.name,
            folder.path.as_str(),
            folder.place,
            at(folder.seen.as_ref()),
            at(folder.requested.as_ref()),
            at(folder.skip_line.as_ref()),
            folder
                .matches
                .iter()
                .map(|name| name.as_str())
                .collect::<Vec<_>>(),
        );
    }
    attempts(&mut out, model);
    for one in &model.children {
        child(&mut out, one);
    }
    outcome(&mut out, model);
    out
}

fn attempts(out: &mut String, model: &Model) {
    for attempt in &model.attempts {
        let devices = attempt.answer.as_ref().map(|answer| {
            let ids: Vec<_> = answer
                .devices
                .iter()
                .map(|device| format!("{} {:?} {:?}", device.id, device.total, device.compute))
                .collect();
            ids.join(", ")
        });
        let _ = writeln!(
            out,
            "attempt {:?} pass {} device {} at {} took {} failure {} answer {devices:?}",
            attempt.dir.as_str(),
            attempt.pass,
            attempt
                .device
                .as_ref()
                .map_or("-", |device| device.as_str()),
            at(attempt.seen.as_ref()),
            attempt
                .took
                .map_or_else(|| "-".to_owned(), |took| format!("{} ms", took / 1_000_000)),
            at(attempt.failure_line.as_ref()),
        );
    }
}

fn outcome(out: &mut String, model: &Model) {
    for device in &model.devices {
        let dirs: Vec<_> = device.dirs.iter().map(|dir| dir.as_str()).collect();
        let _ = writeln!(
            out,
            "device {} {} {dirs:?} {}",
            device.id,
            device.library,
            at(device.seen.as_ref())
        );
    }
    if let Some(seen) = &model.cpu_only {
        let _ = writeln!(out, "cpu only {}", at(Some(seen)));
    }
    for start in &model.models {
        let _ = writeln!(
            out,
            "model {:?} at {} offloaded {:?} num_gpu {:?} reasons {}",
            start.dir.as_str(),
            at(start.seen.as_ref()),
            start.offloaded,
            start.num_gpu,
            start.reasons.len(),
        );
    }
    let _ = writeln!(out, "lines {}", model.lines.len());
    for note in &model.notes {
        let _ = writeln!(out, "note {note}");
    }
}

fn child(out: &mut String, child: &Child) {
    let end = match &child.end {
        End::Unknown => "unknown".to_owned(),
        End::Exit(code, _) => format!("exit {code}"),
        End::KilledByServer {
            before_answer: true,
            ..
        } => "out of time".to_owned(),
        End::KilledByServer { .. } => "killed by server".to_owned(),
        End::OutOfMemory(_) => "out of memory".to_owned(),
        End::Signal { name, .. } => format!("signal {name}"),
    };
    let spawn = if matches!(child.spawn, Spawn::Done) {
        ""
    } else {
        " NOT STARTED"
    };
    let _ = writeln!(
        out,
        "  {}{spawn}: said {}, end {end}",
        child.role,
        child.said.len()
    );
    for load in &child.loads {
        let _ = writeln!(
            out,
            "    load {} {:?} {}",
            load.asked,
            load.outcome,
            at(load.seen.as_ref())
        );
        for missing in &load.missing {
            let _ = writeln!(out, "      missing {}", in_words(missing));
        }
    }
    for init in &child.inits {
        let _ = writeln!(
            out,
            "    init {} registered {} null {} no symbol {} score {:?}",
            init.file, init.registered, init.null, init.no_symbol, init.score
        );
    }
    for words in &child.loader_words {
        let _ = writeln!(
            out,
            "    loader {} | {} | {}",
            words.occasion, words.object, words.text
        );
    }
    for call in &child.calls {
        let _ = writeln!(
            out,
            "    call {} {} {:?} failed {} {}",
            call.function, call.result, call.code, call.failed, call.seq
        );
    }
    for crash in &child.crashes {
        let _ = writeln!(out, "    crash {} {:?}", crash.signal, crash.address);
    }
}

fn in_words(missing: &Missing) -> String {
    match missing {
        Missing::Library { name, .. } => format!("library {name}"),
        Missing::Symbol { name, by } => format!("symbol {name} by {by}"),
        Missing::Version { version, file, by } => format!("version {version} in {file} by {by}"),
        Missing::Unfit { file, problem } => format!("unfit {file}: {problem}"),
    }
}

fn at(seen: Option<&Evidence>) -> String {
    match seen.map(|seen| &seen.at) {
        Some(At::Line(line)) => format!("@{line}"),
        Some(other) => format!("{other:?}"),
        None => "-".to_owned(),
    }
}
