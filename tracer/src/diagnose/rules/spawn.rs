//! The process for a folder did not come up, or ended before it looked at a backend (llm/server.go; llm/llama_binary.go).

use crate::discover::model::{Era, Evidence, Spawn};
use crate::discover::role::Step;

use super::super::advice::RESTART;
use super::super::case::{Case, is_deciding};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::spawn_limits::{is_of_a_limit, is_of_its_pipes};
use super::spawn_null;

pub(super) static RULES: &[&Rule] = &[&NO_EXEC, &PORT_TAKEN, &NOT_OLLAMAS_PATH];

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
    let names_no_loader = is_no_file(&why) && is_there(case, &name);
    let finding = NO_EXEC
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
    let helps = how_to_run(&name, &why, names_no_loader);
    vec![finding.do_lines(helps).so(RESTART)]
}

/// What helps against a file that cannot be executed. `bare`: the file is there, and what it names is not.
fn how_to_run(name: &str, why: &str, bare: bool) -> Vec<String> {
    let says = |words: &[&str]| words.iter().any(|one| why.contains(one));
    let other_format = says(&["ENOEXEC", "exec format error"]);
    let path = name.starts_with('/');
    if path && bare {
        vec![
            "See its first line (#!) if it is a script, carriage returns included, else the loader that it asks for:".to_owned(),
            format!("$ head -c 80 {name} | cat -A | head -1; file -L {name}"),
        ]
    } else if says(&["ETXTBSY", "text file busy"]) {
        vec![
            "Somebody has the file open for writing (an update that is not over); see who, and let it end first:".to_owned(),
            format!("$ sudo fuser -v {name}"),
        ]
    } else if says(&["EPERM", NOT_PERMITTED]) {
        vec![
            "A filter of system calls or a security module refuses to make or execute the process, not the file's mode:".to_owned(),
            "$ systemctl show ollama -p SystemCallFilter -p RestrictNamespaces; sudo journalctl -k | grep -i -E 'apparmor|selinux|seccomp|audit' | tail".to_owned(),
        ]
    } else if path && (other_format || is_no_file(why)) {
        let what = if other_format {
            "The file is for another processor or is not whole: see which, and install the release for this machine:"
        } else {
            "The file is not there any more, or the loader that it names is not (NixOS, Alpine have theirs elsewhere):"
        };
        vec![
            what.to_owned(),
            format!("$ ls -l {name}; file -L {name}; uname -m"),
        ]
    } else if path {
        vec![
            "See what it is (a folder is no program), its mode and owner, and whether its mount is noexec, which the mode does not help against; make it executable:".to_owned(),
            format!("$ ls -ld {name}; findmnt -T {name}"),
            format!("$ sudo chmod 0755 {name}"),
        ]
    } else {
        Vec::new()
    }
}

fn is_no_file(why: &str) -> bool {
    why.contains("ENOENT") || why.contains("no such file")
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
pub(super) fn refusal(text: &str) -> String {
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
