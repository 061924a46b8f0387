//! The process for a folder did not come up, or ended before it looked at a backend (llm/server.go; llm/llama_binary.go).

use crate::discover::model::{Era, Evidence, Spawn};
use crate::discover::role::Step;
use crate::event::Errno;

use super::super::advice::{self, RESTART};
use super::super::case::{Case, at, is_deciding};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::spawn_limits::{is_of_a_limit, is_of_its_pipes};
use super::spawn_null;

pub(super) static RULES: &[&Rule] = &[&NO_EXEC, &PORT_TAKEN, &NO_TEMPORARY, &NOT_OLLAMAS_PATH];

static NO_EXEC: Rule = Rule {
    id: "VG031",
    stage: Stage::Spawn,
    title: "The program for the look could not be started",
    story: "The runner (the ollama program itself) or llama-server exists and could not be executed: not executable, on a noexec mount, deleted \
while the server ran. Until 0.24 the reason stands at DEBUG, from 0.30 on at INFO.",
    proof: "execve failed, or the server's line about it.",
    remedy: &["Make the program executable, or install the release again."],
    rows: &["runner 12", "llama-server 8"],
    check: Check::Backend(no_exec),
};

fn no_exec(case: &Case<'_>) -> Vec<Finding> {
    if case.answered() {
        return Vec::new();
    }
    let mut seen = Vec::new();
    let mut what = None;
    for child in case
        .children
        .iter()
        .filter(|child| is_deciding(child) || child.role.step() == Some(Step::Start))
    {
        match &child.spawn {
            Spawn::ExecFailed(err, evidence) => {
                what.get_or_insert_with(|| (err.to_string(), program(evidence.text.as_str())));
                seen.push(evidence);
            }
            Spawn::Failed(evidence)
                if !is_missing_binary(evidence) && is_of_the_program(evidence.text.as_str()) =>
            {
                what.get_or_insert_with(|| {
                    (
                        refusal(evidence.text.as_str()),
                        program(evidence.text.as_str()),
                    )
                });
                seen.push(evidence);
            }
            _ => {}
        }
    }
    let lines: Vec<&Evidence> = case
        .failure_lines()
        .chain(spawn_null::not_started(case))
        .filter(|line| {
            let text = line.text.as_str();
            text.contains("fork/exec") && is_of_the_program(text)
        })
        .collect();
    if let Some(line) = lines.first() {
        what.get_or_insert_with(|| (refusal(line.text.as_str()), program(line.text.as_str())));
    }
    let Some((why, program)) = what else {
        return Vec::new();
    };
    let name = program.unwrap_or_else(|| "the program".to_owned());
    let other_format = why.contains("ENOEXEC") || why.contains("exec format error");
    let no_file = why.contains("ENOENT") || why.contains("no such file");
    let names_no_loader = no_file && is_there(case, &name);
    let mut finding = NO_EXEC
        .found(format!(
            "{name} could not be executed for {}: {why}{}.",
            case.name,
            if names_no_loader {
                ", though the file is there: what is missing is the interpreter or loader that it names"
            } else {
                ""
            }
        ))
        .object(name.clone())
        .proof(seen)
        .proof(lines);
    let busy = why.contains("ETXTBSY") || why.contains("text file busy");
    let forbidden = why.contains("EPERM") || why.contains(NOT_PERMITTED);
    if name.starts_with('/') && names_no_loader {
        finding = finding
            .so("See its first line (#!) if it is a script, carriage returns included, else the loader that it asks for:")
            .so(format!("$ head -c 80 {name} | cat -A | head -1; file -L {name}"));
    } else if busy {
        finding = finding
            .so("Somebody has the file open for writing (an update that is not over); see who, and let it end first:")
            .so(format!("$ sudo fuser -v {name}"));
    } else if forbidden {
        finding = finding
            .so("A filter of system calls or a security module refuses to make or execute the process, not the file's mode:")
            .so("$ systemctl show ollama -p SystemCallFilter -p RestrictNamespaces; sudo journalctl -k | grep -i -E 'apparmor|selinux|seccomp|audit' | tail");
    } else if name.starts_with('/') && (other_format || no_file) {
        finding = finding
            .so(if other_format {
                "The file is for another processor or is not whole: see which, and install the release for this machine:"
            } else {
                "The file is not there any more, or the loader that it names is not (NixOS, Alpine have theirs elsewhere):"
            })
            .so(format!("$ ls -l {name}; file -L {name}; uname -m"));
    } else if name.starts_with('/') {
        finding = finding
            .so("See what it is (a folder is no program), its mode and owner, and whether its mount is noexec, which the mode does not help against; make it executable:")
            .so(format!("$ ls -ld {name}; findmnt -T {name}"))
            .so(format!("$ sudo chmod 0755 {name}"));
    }
    vec![finding.so(RESTART)]
}

/// Go's words for EPERM.
const NOT_PERMITTED: &str = "operation not permitted";

/// The server had found this file before it started it.
fn is_there(case: &Case<'_>, name: &str) -> bool {
    let server = case.model.server.as_ref();
    let places = server.map(|server| server.library_dir.llama_server.as_slice());
    let mut places = places.unwrap_or_default().iter();
    places.any(|tried| tried.err.is_none() && tried.path.as_str() == name)
}

/// Go's error is about the program, and not about what it needs beside it.
fn is_of_the_program(text: &str) -> bool {
    !is_of_a_limit(text) && !is_of_its_pipes(text) && spawn_null::refusal(text).is_none()
}

/// The path in `execve(PATH)` or `fork/exec PATH: permission denied`.
fn program(text: &str) -> Option<String> {
    let rest = text
        .split_once("execve(")
        .or_else(|| text.split_once("fork/exec "))?
        .1;
    let path = rest.split([')', ':']).next()?;
    path.starts_with('/').then(|| path.to_owned())
}

/// What follows the path in Go's error, else a few words.
fn refusal(text: &str) -> String {
    let known = [
        NOT_PERMITTED,
        "permission denied",
        "no such file or directory",
        "exec format error",
        "text file busy",
        "no space left on device",
        "read-only file system",
    ];
    known
        .iter()
        .find(|words| text.contains(**words))
        .map_or_else(
            || "the system refused it".to_owned(),
            |words| (*words).to_owned(),
        )
}

fn is_missing_binary(evidence: &Evidence) -> bool {
    evidence.text.as_str().contains("binary not found")
}

static PORT_TAKEN: Rule = Rule {
    id: "VG034",
    stage: Stage::Spawn,
    title: "The runner's port was taken",
    story: "The server chooses a free port, gives it back and starts a runner that shall take it. Another process can be quicker. The runner then ends \
with code 1, which only TRACE tells.",
    proof: "bind failed with EADDRINUSE in the runner.",
    remedy: &["Restart Ollama; the next start takes other ports.", RESTART],
    rows: &["runner 15", "runner 42"],
    check: Check::Backend(port_taken),
};

fn port_taken(case: &Case<'_>) -> Vec<Finding> {
    let refused: Vec<&Evidence> = case
        .deciding()
        .filter(|child| child.answer.is_none())
        .flat_map(|child| &child.refused)
        .filter(|(err, seen)| err.0 == 98 && seen.text.as_str().starts_with("bind"))
        .map(|(_, seen)| seen)
        .collect();
    if refused.is_empty() {
        return Vec::new();
    }
    vec![
        PORT_TAKEN
            .found(format!(
                "The runner for {} could not take the port it was given: another process has it.",
                case.name
            ))
            .proof(refused)
            .do_all(PORT_TAKEN.remedy),
    ]
}

static NO_TEMPORARY: Rule = Rule {
    id: "VG035",
    stage: Stage::Spawn,
    title: "The runner cannot write its temporary file",
    story: "Until 0.24 a runner writes a small model into TMPDIR (or /tmp) before it loads any backend. When it cannot, it answers with an error \
and no backend is looked at. The INFO line gives the error.",
    proof: "The refused file, or the error in the runner's answer.",
    remedy: &[
        "Give the service a temporary folder that its user may write:",
        "$ sudo systemctl edit ollama",
    ],
    rows: &["runner 17"],
    check: Check::Backend(no_temporary),
};

/// The runner's error is about its temporary file.
fn is_about_temporary(text: &str) -> bool {
    text.contains("failed to initialize ba") && text.contains(".bin") && file_named(text).is_some()
}

/// The file of Go's words `open FILE: ...` or `write FILE: ...`.
fn file_named(text: &str) -> Option<String> {
    let rest = text
        .split_once("open ")
        .or_else(|| text.split_once("write "))?
        .1;
    Some(rest.split(": ").next()?.to_owned())
}

fn no_temporary(case: &Case<'_>) -> Vec<Finding> {
    let healthy = case
        .attempts
        .iter()
        .any(|attempt| attempt.answer.as_ref().and_then(|answer| answer.status) == Some(200));
    if case.model.era == Era::LlamaServer || case.loads().next().is_some() || healthy {
        return Vec::new();
    }
    let refused: Vec<(&Errno, &Evidence)> = case
        .deciding()
        .flat_map(|child| &child.refused)
        .filter(|(_, seen)| {
            seen.text.as_str().starts_with("open ") && seen.text.as_str().ends_with(".bin")
        })
        .map(|(err, seen)| (err, seen))
        .collect();
    let answers: Vec<&Evidence> = case
        .attempts
        .iter()
        .filter_map(|attempt| attempt.answer.as_ref())
        .filter(|answer| {
            answer
                .error
                .as_ref()
                .is_some_and(|error| is_about_temporary(error.as_str()))
        })
        .filter_map(|answer| answer.seen.as_ref())
        .chain(
            case.failure_lines()
                .filter(|line| is_about_temporary(line.text.as_str())),
        )
        .collect();
    if refused.is_empty() && answers.is_empty() {
        return Vec::new();
    }
    let file = refused
        .first()
        .map(|(_, seen)| seen.text.as_str().trim_start_matches("open ").to_owned())
        .or_else(|| {
            let text = answers.first()?.text.as_str();
            file_named(text)
        })
        .unwrap_or_default();
    let why = refused.first().map_or_else(
        || {
            answers
                .first()
                .map_or_else(String::new, |line| refusal(line.text.as_str()))
        },
        |(err, _)| err.to_string(),
    );
    let tmpdir = case.model.server_variable("TMPDIR");
    let set = at(
        case.model
            .server
            .as_ref()
            .and_then(|server| server.seen.as_ref()),
        tmpdir.map_or_else(
            || "TMPDIR is not set: /tmp".to_owned(),
            |value| format!("TMPDIR={value}"),
        ),
    );
    vec![
        NO_TEMPORARY
            .found(format!(
                "The runner could not write its temporary file {file} ({why}) and gave up before it looked at any backend."
            ))
            .object(if file.is_empty() { "TMPDIR".to_owned() } else { super::super::words::parent(&file).to_owned() })
            .proof(refused.iter().map(|(_, seen)| *seen))
            .proof(answers)
            .proof(set.as_ref())
            .do_lines(temporary(super::super::words::parent(&file), &why))
            .so(RESTART),
    ]
}

/// What helps depends on whose folder it is and what is wrong with it.
fn temporary(folder: &str, why: &str) -> Vec<String> {
    let shared = matches!(folder, "/tmp" | "/var/tmp");
    let (what, command) = match why {
        "EROFS" => (
            "The folder is on a file system that is read-only for the service; see what makes it so:",
            format!(
                "$ findmnt -T {folder} -o TARGET,OPTIONS; systemctl show ollama -p ProtectSystem,PrivateTmp"
            ),
        ),
        "EACCES" | "EPERM" if shared => (
            "Make the folder writable for every user, as it has to be:",
            format!("$ sudo chmod 1777 {folder}"),
        ),
        _ => (
            "See whether the folder is there, whose it is, and whether its disk has room:",
            format!("$ ls -ld {folder}; df -h {folder}"),
        ),
    };
    let other = if folder == "/var/tmp" {
        "/tmp"
    } else {
        "/var/tmp"
    };
    vec![
        what.to_owned(),
        command,
        "Or give the service a folder that its user may write:".to_owned(),
        format!("{}   # Environment=TMPDIR={other}", advice::EDIT_UNIT),
    ]
}

static NOT_OLLAMAS_PATH: Rule = Rule {
    id: "VG037",
    stage: Stage::Spawn,
    title: "The runner refuses a folder outside of lib/ollama",
    story: "Until 0.24 a runner walks only folders with lib/ollama in their path, or the program's own. Libraries beside the program or under another \
prefix are found by the server and then not opened. The runner's DEBUG line about it is lost below OLLAMA_DEBUG=2.",
    proof: "The runner's line, or a folder whose path lacks lib/ollama and that the runner never listed.",
    remedy: &["Put the libraries at ../lib/ollama beside the program's folder."],
    rows: &["runner 18"],
    check: Check::Backend(not_ollamas_path),
};

fn not_ollamas_path(case: &Case<'_>) -> Vec<Finding> {
    let said: Vec<&Evidence> = case
        .saying("skipping path which is not part of ollama")
        .filter(|line| case.path() == case.name || line.text.as_str().contains(case.path()))
        .collect();
    let outside = case.model.era == Era::Runner
        && case.path().starts_with('/')
        && !case.path().contains("lib/ollama")
        && !case.children.is_empty()
        && case.deciding().all(|child| {
            child
                .walked
                .iter()
                .all(|folder| folder.path.as_str() != case.path())
                && !child.walked.is_empty()
        });
    if said.is_empty() && !outside {
        return Vec::new();
    }
    vec![
        NOT_OLLAMAS_PATH
            .found(format!(
                "The runner did not open {}: it walks only folders with lib/ollama in their path.",
                case.path()
            ))
            .object(case.path())
            .certain_if(!said.is_empty() || case.absence_is_certain())
            .proof(said)
            .proof(case.attempts.iter().filter_map(|attempt| attempt.seen.as_ref()))
            .so("Put the library folder at ../lib/ollama, seen from the folder of the program, or link it there.")
            .so(RESTART),
    ]
}

/// The temporary file is the reason, so the error that the runner answered is no other one.
pub(super) fn is_temporary(case: &Case<'_>) -> bool {
    !no_temporary(case).is_empty()
}
