//! The whole story in order (`--verbose`): what the server saw, every process, what each loaded, asked and answered.

use super::super::Looks;
use super::super::line::{Line, Role as Colour};
use super::paragraph::Page;
use super::place;
use crate::discover::Model;
use crate::discover::model::{Answer, Child, End, Evidence, Folder, Init, Load, Outcome};

/// Entries of one process that are told.
const MAX_EACH: usize = 64;

/// Writes the story.
#[must_use]
pub fn write(model: &Model, looks: Looks) -> String {
    let mut page = Page::new(looks);
    heading(&mut page, "the story, in order");
    for folder in &model.folders {
        page.hanging(
            2,
            &mark(folder.listed.as_ref().or(folder.seen.as_ref())),
            Colour::Plain,
            &of_folder(folder),
        );
    }
    for child in &model.children {
        of_child(&mut page, model, child);
    }
    for device in &model.devices {
        page.hanging(
            2,
            &mark(device.seen.as_ref()),
            Colour::Result,
            &format!("the server uses {} {}", device.library, device.id),
        );
    }
    if let Some(seen) = &model.cpu_only {
        page.hanging(
            2,
            &mark(Some(seen)),
            Colour::Plain,
            "the server uses the CPU alone",
        );
    }
    page.finish()
}

fn heading(page: &mut Page, text: &str) {
    let mut line = Line::new();
    line.push(Colour::Heading, text);
    page.lines.push(line);
}

fn mark(seen: Option<&Evidence>) -> String {
    seen.map_or_else(String::new, |seen| format!("{} ", place(seen)))
}

fn of_folder(folder: &Folder) -> String {
    let what = match folder {
        Folder {
            unreadable: Some((err, _)),
            ..
        } => format!("cannot be read ({err})"),
        Folder {
            dangling: Some(_), ..
        } => "is a link that leads nowhere".to_owned(),
        Folder {
            no_folder: Some(_), ..
        } => "is no folder".to_owned(),
        _ if !folder.exists() => "is not there".to_owned(),
        _ if folder.matches.is_empty() => "has no backend in it".to_owned(),
        _ => {
            let names: Vec<&str> = folder.matches.iter().map(|name| name.as_str()).collect();
            format!("has {}", names.join(", "))
        }
    };
    let skipped = if folder.skip_line.is_some() {
        "; the server says that it passes it over"
    } else {
        ""
    };
    format!("folder {} {what}{skipped}", folder.name)
}

fn of_child(page: &mut Page, model: &Model, child: &Child) {
    page.gap();
    let who = child
        .process
        .map_or_else(String::new, |process| format!(" {process}"));
    let pid = if child.pid == 0 {
        String::new()
    } else {
        format!(", pid {}", child.pid)
    };
    let took = child.ended.saturating_sub(child.begun) / 1_000_000;
    let took = if child.ended == 0 {
        String::new()
    } else {
        format!(", {took} ms")
    };
    heading(page, &format!("{}{who}{pid}{took}", child.role));
    before_loads(page, child);
    for load in child
        .loads
        .iter()
        .filter(|load| !load.given_back)
        .take(MAX_EACH)
    {
        page.hanging(
            4,
            &mark(load.seen.as_ref()),
            role(&load.outcome),
            &of_load(load),
        );
    }
    for init in child.inits.iter().take(MAX_EACH) {
        page.hanging(4, &mark(init.seen.as_ref()), Colour::Plain, &of_init(init));
    }
    for call in child
        .calls
        .iter()
        .filter(|call| call.failed || call.took.is_none())
        .take(MAX_EACH)
    {
        let result = if call.result.is_empty() {
            "has not come back"
        } else {
            call.result.as_str()
        };
        let seen = Evidence {
            at: model.at(call.seq),
            text: call.function.clone(),
        };
        page.hanging(
            4,
            &mark(Some(&seen)),
            Colour::Warning,
            &format!("{} = {result}", call.function),
        );
    }
    for crash in child.crashes.iter().take(MAX_EACH) {
        page.hanging(
            4,
            &mark(Some(&crash.seen)),
            Colour::Failed,
            crash.seen.text.as_str(),
        );
    }
    if let Some(answer) = &child.answer {
        page.hanging(
            4,
            &mark(answer.seen.as_ref()),
            Colour::Plain,
            &of_answer(answer),
        );
    }
    let (seen, text) = of_end(&child.end);
    page.hanging(4, &mark(seen), Colour::Dim, &text);
}

/// What it listed, and the loader's words outside of any load.
fn before_loads(page: &mut Page, child: &Child) {
    for (folder, walks) in child.walked.iter().zip(&child.walks) {
        page.hanging(
            4,
            &mark(folder.listed.as_ref()),
            Colour::Dim,
            &format!("listed {} {walks} times", folder.path),
        );
    }
    for words in child.loader_words.iter().take(MAX_EACH) {
        page.hanging(
            4,
            &mark(Some(&words.seen)),
            Colour::Plain,
            words.seen.text.as_str(),
        );
    }
    let variants = child.loads.iter().filter(|load| load.given_back).count();
    if variants > 0 {
        page.text(4, Colour::Dim, &format!("{variants} loads of CPU variants"));
    }
}

fn role(outcome: &Outcome) -> Colour {
    match outcome {
        Outcome::Loaded => Colour::Result,
        Outcome::Failed | Outcome::Died | Outcome::Hanging => Colour::Warning,
        Outcome::Unknown => Colour::Plain,
    }
}

fn of_load(load: &Load) -> String {
    let what = match load.outcome {
        Outcome::Loaded => "loaded".to_owned(),
        Outcome::Failed => load.words.first().map_or_else(
            || "not loaded".to_owned(),
            |words| format!("not loaded: {}: {}", words.object, words.text),
        ),
        Outcome::Died => "the process ended inside".to_owned(),
        Outcome::Hanging => "had not come back".to_owned(),
        Outcome::Unknown => "result not seen".to_owned(),
    };
    format!("{}: {what}", load.asked)
}

fn of_init(init: &Init) -> String {
    let what = if init.no_symbol {
        "has no ggml_backend_init"
    } else if init.null {
        "started and gave no backend"
    } else if init.unfinished {
        "had not come back from its start"
    } else if init.score == Some(0) {
        "refuses this machine (score 0)"
    } else if init.registered {
        "registered"
    } else {
        "started"
    };
    format!("{}: {what}", init.file)
}

pub(super) fn of_answer(answer: &Answer) -> String {
    let names: Vec<String> = answer
        .devices
        .iter()
        .map(|device| format!("{} {}", device.library, device.id))
        .collect();
    match (&answer.error, names.is_empty()) {
        (Some(error), _) => format!("answered with an error: {error}"),
        (None, true) => "answered: no device".to_owned(),
        (None, false) => format!("answered: {}", names.join(", ")),
    }
}

pub(super) fn of_end(end: &End) -> (Option<&Evidence>, String) {
    match end {
        End::Unknown => (None, "its end was not seen".to_owned()),
        End::Exit(code, seen) => (seen.as_ref(), format!("ended with exit code {code}")),
        End::KilledByServer {
            before_answer: true,
            seen,
            ..
        } => (
            seen.as_ref(),
            "killed by the server before it had answered".to_owned(),
        ),
        End::KilledByServer { seen, .. } => (
            seen.as_ref(),
            "ended by the server, as is normal".to_owned(),
        ),
        End::OutOfMemory(seen) => (
            seen.as_ref(),
            "ended by the kernel for lack of memory".to_owned(),
        ),
        End::Signal { name, seen, .. } => (seen.as_ref(), format!("ended by {name}")),
    }
}
