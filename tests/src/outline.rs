//! The model of a discovery in few words, for expected texts.

use std::fmt::Write;
use std::path::Path;

use vgputrace::discover::Model;
use vgputrace::discover::events::Discovery;
use vgputrace::discover::model::{Answer, Child, Folder, Load, Missing, Outcome, Spawn};
use vgputrace::trace::Reader;

/// The model of a trace.
///
/// # Panics
/// When the trace cannot be read.
#[must_use]
#[track_caller]
pub fn model(path: &Path) -> Model {
    let mut reader = match Reader::open(path) {
        Ok(reader) => reader,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    let mut discovery = Discovery::new(reader.header());
    loop {
        match reader.next_item() {
            Ok(Some(item)) => discovery.push(&item.event),
            Ok(None) => return discovery.finish(),
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
}

/// One screen of text.
#[must_use]
pub fn of(model: &Model) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "era {} version {:?} finished {}",
        model.era.name(),
        model.version,
        model.finished
    );
    if let Some(server) = &model.server {
        let _ = writeln!(
            out,
            "server {} library {} names {:?} uid {:?}",
            server.exe,
            server.library_dir.path,
            server.library_dir.names.as_ref().map(Vec::len),
            server.uid
        );
    }
    for folder in &model.folders {
        folder_line(&mut out, folder);
    }
    for attempt in &model.attempts {
        let _ = writeln!(
            out,
            "attempt [{}] pass {} at {} device {:?} children {:?}",
            attempt.dir, attempt.pass, attempt.path, attempt.device, attempt.children
        );
        if let Some(line) = &attempt.failure_line {
            let _ = writeln!(out, "  server: {}", cut(line.text.as_str()));
        }
    }
    for child in &model.children {
        child_lines(&mut out, child);
    }
    for device in &model.devices {
        let _ = writeln!(
            out,
            "device {} {} {:?}",
            device.id, device.library, device.dirs
        );
    }
    if model.cpu_only.is_some() {
        let _ = writeln!(out, "cpu only");
    }
    let _ = writeln!(
        out,
        "blind lost {} late {:?} unread {} cut {}",
        model.blind.lost.len(),
        model
            .blind
            .late
            .iter()
            .map(|late| late.path.as_str())
            .collect::<Vec<_>>(),
        model.blind.unread.len(),
        model.blind.cut
    );
    out
}

fn folder_line(out: &mut String, folder: &Folder) {
    let _ = write!(
        out,
        "folder {} {:?} {}",
        folder.name, folder.place, folder.path
    );
    let _ = write!(
        out,
        " matches {:?}",
        folder
            .matches
            .iter()
            .map(|name| name.as_str())
            .collect::<Vec<_>>()
    );
    for (name, is) in [
        ("seen", folder.seen.is_some()),
        ("unreadable", folder.unreadable.is_some()),
        ("no folder", folder.no_folder.is_some()),
        ("dangling", folder.dangling.is_some()),
        ("requested", folder.requested.is_some()),
        ("skipped", folder.skip_line.is_some()),
    ] {
        if is {
            let _ = write!(out, " [{name}]");
        }
    }
    out.push('\n');
}

fn child_lines(out: &mut String, child: &Child) {
    let end = format!("{:?}", child.end);
    let end = end
        .split(['{', '('])
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let _ = writeln!(out, "child {} end {end}", child.role);
    if child.spawn != Spawn::Done {
        let _ = writeln!(out, "  spawn {:?}", child.spawn);
    }
    for (folder, walks) in child.walked.iter().zip(&child.walks) {
        let _ = writeln!(out, "  walked {} {walks} times", folder.path);
    }
    for load in child.loads.iter().filter(|load| !load.given_back) {
        load_line(out, load);
    }
    for words in &child.loader_words {
        let _ = writeln!(out, "  loader: {}: {}", words.object, words.text);
    }
    for init in child
        .inits
        .iter()
        .filter(|init| !init.file.as_str().contains("cpu"))
    {
        let _ = writeln!(
            out,
            "  init {} score {:?} null {} unfinished {} no symbol {} registered {}",
            init.file, init.score, init.null, init.unfinished, init.no_symbol, init.registered
        );
    }
    for crash in &child.crashes {
        let _ = writeln!(
            out,
            "  crash {} constructor {:?} inside {:?}",
            crash.signal, crash.constructor, crash.inside
        );
    }
    if let Some(hanging) = &child.hanging {
        let _ = writeln!(out, "  hanging {}", hanging.text);
    }
    if let Some(answer) = &child.answer {
        answer_line(out, answer);
    }
}

fn load_line(out: &mut String, load: &Load) {
    let _ = writeln!(out, "  load {} {:?}", load.asked, load.outcome);
    if load.outcome == Outcome::Loaded {
        return;
    }
    for words in &load.words {
        let _ = writeln!(out, "    loader: {}: {}", words.object, words.text);
    }
    for missing in &load.missing {
        let what = match missing {
            Missing::Library { name, searched, .. } => {
                format!("library {name}, {} places", searched.len())
            }
            Missing::Symbol { name, by } => format!("symbol {name} of {by}"),
            Missing::Version { version, file, .. } => format!("version {version} of {file}"),
            Missing::Unfit { file, problem } => format!("{file} is {problem}"),
        };
        let _ = writeln!(out, "    missing {what}");
    }
}

fn answer_line(out: &mut String, answer: &Answer) {
    let devices: Vec<String> = answer
        .devices
        .iter()
        .map(|device| format!("{} {} {:?}", device.library, device.id, device.total))
        .collect();
    let _ = writeln!(
        out,
        "  answer {:?} {devices:?} error {:?} unreadable {}",
        answer.status, answer.error, answer.unreadable
    );
}

fn cut(text: &str) -> String {
    let from = text.find("msg=").unwrap_or(0);
    text.chars().skip(from).take(160).collect()
}
