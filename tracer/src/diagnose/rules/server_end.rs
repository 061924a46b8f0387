//! The server itself ended before it had looked for devices.

use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::server_start;
use crate::discover::Model;
use crate::discover::model::{End, Evidence, Line, Origin};
use crate::event::Text;

pub(super) static RULES: &[&Rule] = &[&SERVER_ENDED];

static SERVER_ENDED: Rule = Rule {
    id: "VG207",
    stage: Stage::Host,
    title: "Ollama itself ended before it had looked for GPUs",
    story: "The server binds its address and opens its model folder before it looks for GPUs. When another server has the port, or a folder is closed, it prints one line that begins with \"Error:\" and ends with code 1; what answers afterwards is \
the other server. Lack of memory ends it too. What LD_PRELOAD names is loaded into the server \
before its first line: a symbol or library that it lacks ends the server with code 127, and all that a log then has is one line of the loader.",
    proof: "The end of the server's process and its last words or the loader's, without the line \"inference compute\".",
    remedy: &["Its last words say what it could not do."],
    rows: &["stack 19", "stack 22", "stack 29"],
    check: Check::General(server_ended),
};

/// How the last words of a program begin that ends by itself (cobra's, and those of Go's runtime).
const LAST_WORDS: [&str; 5] = [
    "Error: ",
    "panic: ",
    "fatal error: ",
    "runtime: out of memory",
    "runtime/cgo: ",
];

/// The loader's, before the program's own code runs (glibc, elf/dl-error.c); the program's name stands before them.
const BEFORE_IT_BEGAN: [&str; 2] = [
    ": error while loading shared libraries: ",
    ": symbol lookup error: ",
];

/// What these words ask for, and what to do then.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "address already in use",
        "Another server has that address, most often an Ollama that runs already, and it is the one that answers:",
        "$ sudo ss -ltnp | grep 11434; systemctl status ollama",
    ),
    (
        "error while loading shared libraries: ",
        OF_THE_LOADER,
        "$ ldd /usr/local/bin/ollama; systemctl show ollama -p Environment",
    ),
    (
        "symbol lookup error: ",
        OF_THE_LOADER,
        "$ ldd /usr/local/bin/ollama; systemctl show ollama -p Environment",
    ),
    (
        "could not create directory mkdir ",
        "Ollama keeps its key in .ollama below HOME, and the user of the service may not make that folder. Give the service a HOME that is the user's own:",
        "$ sudo systemctl edit ollama   # Environment=HOME=/usr/share/ollama",
    ),
    (
        "$HOME is not defined",
        "Set HOME for the service; OLLAMA_MODELS does not replace it, since the key lies below HOME:",
        "$ sudo systemctl edit ollama   # Environment=HOME=/usr/share/ollama",
    ),
    (
        "out of memory",
        OF_MEMORY,
        "$ ulimit -v; systemctl show ollama -p MemoryMax -p LimitAS",
    ),
    (
        // Go's heap reserves address space when the program starts (runtime/mpagealloc.go).
        "failed to reserve page summary memory",
        OF_MEMORY,
        "$ ulimit -v; systemctl show ollama -p MemoryMax -p LimitAS",
    ),
    (
        "pthread_create failed",
        "It could not make a thread: see which limits the service has, on processes and on address space:",
        "$ ulimit -u -v; systemctl show ollama -p TasksMax -p LimitNPROC -p LimitAS",
    ),
    (
        "failed to create new OS thread",
        "It could not make a thread: see which limits the service has, on processes and on address space:",
        "$ ulimit -u -v; systemctl show ollama -p TasksMax -p LimitNPROC -p LimitAS",
    ),
];

const OF_THE_LOADER: &str = "The loader could not start the program: the file that it names is not there, damaged, or not the one that is wanted. Where it lies in a folder of LD_LIBRARY_PATH, take that folder out for the service; see which files answer:";
const OF_MEMORY: &str = "See which limit of memory the service has:";

fn server_ended(model: &Model) -> Vec<Finding> {
    if model.finished {
        return Vec::new();
    }
    let last: Option<&Line> = model.lines.iter().find(|line| {
        let text = line.message.as_str();
        let loaders =
            model.origin != Origin::Log && BEFORE_IT_BEGAN.iter().any(|words| text.contains(words));
        let own = LAST_WORDS.iter().any(|words| text.starts_with(words));
        (own || loaders) && !is_of_a_model(text)
    });
    if let Some(stopped) = server_start::stopped(model) {
        let how =
            ended(model, None).map_or_else(|| "was ended by the loader".to_owned(), |(how, _)| how);
        let found = SERVER_ENDED.found("");
        return vec![server_start::told(model, &how, stopped, found)];
    }
    let Some((how, seen)) = ended(model, last) else {
        return Vec::new();
    };
    let words = last.map_or("", |line| line.message.as_str());
    let said = if words.is_empty() {
        String::new()
    } else {
        format!(", saying \"{words}\"")
    };
    let how_far = if model.attempts.is_empty() {
        "before it had looked for GPUs"
    } else {
        "while it looked for GPUs"
    };
    // A piece of a log may hold the words of any program.
    let known = KNOWN.iter().find(|(part, _, _)| words.contains(part));
    let piece = model.origin == Origin::Log && (model.blind.began_late || model.server.is_none());
    if piece && known.is_none() {
        return Vec::new();
    }
    let mut finding = SERVER_ENDED
        .found(format!(
            "Ollama itself {how} {how_far}{said}: no backend is at fault."
        ))
        .proof(seen)
        .proof(last.and_then(|line| line.seen.as_ref()));
    finding = match (known, closed(model, words)) {
        (Some((_, what, command)), _) => finding.so(*what).so(*command),
        (None, lines) if !lines.is_empty() => finding.do_lines(lines),
        (None, _) if how.contains("SIGPIPE") => finding.so("It wrote to a pipe that nobody reads any more: see the program that is to take its log, and start Ollama without it."),
        (None, _) => finding.do_all(SERVER_ENDED.remedy),
    };
    vec![finding]
}

/// What a client prints of an answer of the server, or the process of a model before it ends: a server that answers has not
/// ended.
fn is_of_a_model(text: &str) -> bool {
    const OTHERS: [&str; 7] = [
        "Internal Server Error",
        "llama runner process",
        "llama-server process",
        "unable to load model",
        "unable to create llama context",
        "model failed to load",
        "error loading model",
    ];
    OTHERS.iter().any(|words| text.contains(words))
}

/// A path that the server's user may not use (Go: `mkdir PATH: permission denied`): see each part of it. The folder of the
/// models is Ollama's own and can be given to the user as a whole; of others that is not known.
fn closed(model: &Model, words: &str) -> Vec<String> {
    let Some((before, _)) = words.split_once(": permission denied") else {
        return Vec::new();
    };
    let path = before.split_once(" /").map_or("", |(_, path)| path);
    // Words of a log, which go into a command.
    if path.is_empty() || path.contains(|letter: char| letter.is_control() || letter == '\'') {
        return Vec::new();
    }
    let mut lines = vec![
        "The user of the service must be able to read and write what is named. See which part of the path is closed:".to_owned(),
        format!("$ namei -l '/{path}'"),
    ];
    let models = model.server_variable("OLLAMA_MODELS").map(Text::as_str);
    let of_models = models.filter(|models| {
        let rest = format!("/{path}");
        !models.contains('\'') && models.len() > 1 && rest.starts_with(models)
    });
    if let Some(models) = of_models {
        let user = model.server.as_ref().and_then(|server| server.uid);
        let user = user.map_or_else(|| "ollama".to_owned(), |uid| uid.to_string());
        lines.push(
            "The folder of the models is to be that user's own, with all that is in it:".to_owned(),
        );
        lines.push(format!(
            "$ sudo install -d -o {user} '{models}' && sudo chown -R {user} '{models}'"
        ));
    }
    lines
}

/// How the server ended; `None` while it runs, when it was asked to, or when the recorder ended it.
fn ended<'a>(model: &'a Model, last: Option<&Line>) -> Option<(String, Option<&'a Evidence>)> {
    if model.origin == Origin::Log {
        // The line of a program that has ended: only the server's own begins so and has no look behind it.
        return last
            .filter(|_| model.attempts.is_empty())
            .map(|_| ("ended".to_owned(), None));
    }
    match &model.server.as_ref()?.end {
        End::Exit(code, seen) if *code != 0 => {
            Some((format!("ended with exit code {code}"), seen.as_ref()))
        }
        End::OutOfMemory(seen) => Some((
            "was ended by the kernel for lack of memory".to_owned(),
            seen.as_ref(),
        )),
        End::Signal { name, by, seen } => {
            let by = by.as_ref().map_or("", |by| by.as_str());
            // What strace shows may be cut before the discovery's last line.
            let asked =
                matches!(name.as_str(), "SIGINT" | "SIGTERM") || model.origin == Origin::Strace;
            (!asked && !by.starts_with("vgputrace")).then(|| {
                let whose = if by.is_empty() {
                    String::new()
                } else {
                    format!(" from {by}")
                };
                (format!("was ended by {name}{whose}"), seen.as_ref())
            })
        }
        _ => None,
    }
}
