//! Logs that end early: of no piece of a log may be said for certain what the whole one does not say, too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use vgputrace::diagnose::{Certainty, Explanation, Finding, Verdict, explain};
use vgputrace::discover::{events::Discovery, log};
use vgputrace::source::screen;
use vgputrace::trace::Reader;

/// What says of itself that it does not know the cause.
const CANNOT_TELL: [&str; 4] = ["VG200", "VG201", "VG202", "VG207"];

/// A rule that says of what was seen until then what another one says with what comes later: a backend that gave nothing,
/// and which other backend it kept away; a refused first call, and the backend whose it is.
const LATER: [(&str, &str); 2] = [("VG082", "VG060"), ("VG208", "VG111")];

/// Stacks and registers of a crash tell nothing.
fn is_dump(line: &[u8]) -> bool {
    let starts = |words: &[u8]| line.starts_with(words);
    starts(b"\t") || starts(b"goroutine ") || starts(b"created by ") || starts(b"runtime.")
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus")
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus().join(folder)).expect("the corpus is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the corpus can be listed").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder}");
    paths
}

fn explained(text: &[u8]) -> Explanation {
    explain(&log::read(text, screen::text).expect("memory can be read"))
}

/// Findings with the backend that they are about.
fn findings(explanation: &Explanation) -> impl Iterator<Item = (&str, &Finding)> {
    let of_backends = explanation.backends.iter().flat_map(|backend| {
        let all = backend.findings.iter().chain(&backend.warnings);
        all.map(|finding| (backend.name.as_str(), finding))
    });
    let others = explanation.general.iter().chain(&explanation.models);
    of_backends.chain(others.map(|finding| ("", finding)))
}

fn verdict(explanation: &Explanation, name: &str) -> Option<Verdict> {
    let mut backends = explanation.backends.iter();
    let found = backends.find(|backend| backend.name.as_str() == name);
    found.map(|backend| backend.verdict)
}

/// What is said for certain after some line and not of the whole log.
fn too_early(name: &str, log: &[u8]) -> Vec<String> {
    let whole = explained(log);
    let known: BTreeSet<(&str, &str)> = findings(&whole)
        .map(|(backend, finding)| (backend, finding.rule))
        .collect();
    let mut wrong = BTreeSet::new();
    let mut told = Vec::new();
    let ends = (1..log.len()).filter(|end| log.get(end - 1) == Some(&b'\n'));
    let mut begun = 0;
    for (line, end) in (1..).zip(ends) {
        let dump = is_dump(&log[std::mem::replace(&mut begun, end)..end]);
        if dump {
            continue;
        }
        let piece = explained(&log[..end]);
        for (backend, finding) in findings(&piece) {
            let weak = CANNOT_TELL.contains(&finding.rule)
                && matches!(
                    verdict(&whole, backend),
                    Some(Verdict::Failed | Verdict::Unknown)
                );
            let later = LATER.iter().any(|(rule, later)| {
                let known = known.iter().any(|(_, known)| known == later);
                finding.rule == *rule && known
            });
            let fits = weak || later || known.contains(&(backend, finding.rule));
            if finding.certainty == Certainty::Certain
                && !fits
                && wrong.insert((backend.to_owned(), finding.rule))
            {
                told.push(format!(
                    "{name}, cut after line {line}: {backend} {} {}",
                    finding.rule, finding.sentence
                ));
            }
        }
        for backend in &piece.backends {
            let sure = match backend.verdict {
                Verdict::Used => true,
                Verdict::Unknown => false,
                _ => backend
                    .findings
                    .first()
                    .is_some_and(|first| first.certainty == Certainty::Certain),
            };
            let other = verdict(&whole, backend.name.as_str());
            if sure && other != Some(backend.verdict) && backend.verdict != Verdict::Unknown {
                let key = (backend.name.as_str().to_owned(), backend.verdict.name());
                if wrong.insert(key) {
                    told.push(format!(
                        "{name}, cut after line {line}: {} is {}, and {:?} in the end",
                        backend.name,
                        backend.verdict.name(),
                        other
                    ));
                }
            }
        }
    }
    told
}

fn right(logs: impl Iterator<Item = (String, Vec<u8>)>) {
    let wrong: Vec<String> = logs
        .flat_map(|(name, log)| too_early(&name, &log))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn of_folder(folder: &str) -> impl Iterator<Item = (String, Vec<u8>)> {
    files(folder, "log").into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        (
            name.into_owned(),
            fs::read(&path).expect("the corpus can be read"),
        )
    })
}

#[test]
fn of_a_real_0_16_3() {
    right(of_folder("logs/real/runner"));
}

#[test]
fn of_a_real_0_32_8() {
    right(of_folder("logs/real/llama-server"));
}

#[test]
fn written_after_reports() {
    right(of_folder("logs/reports"));
}

/// The server's own lines of a recording, as its log would have them.
#[test]
fn of_the_servers_of_recordings() {
    right(files("traces", "vgt").into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut reader = Reader::open(&path).expect("the corpus can be read");
        let mut discovery = Discovery::new(reader.header());
        for event in reader.events() {
            discovery.push(&event.expect("the corpus can be read"));
        }
        let model = discovery.into_model();
        let lines = model.lines.iter().filter_map(|line| line.seen.as_ref());
        let log: String = lines.map(|seen| format!("{}\n", seen.text)).collect();
        (name.into_owned(), log.into_bytes())
    }));
}
