//! Two hand-made runs that differ in one planted thing: it must come first, and noise must not come at all.

mod files;
mod given;
mod properties;
mod ranked;
mod sides;
mod told;

use super::{Answer, Run, Stage, diff};
use crate::diagnose::{BackendVerdict, Certainty, Explanation, Finding, Verdict};
use crate::discover::model::{
    Attempt, Child, End, Era, Evidence, Folder, Load, Missing, Outcome, Place, Said, Search,
    Server, Words,
};
use crate::discover::{Model, Role, Step};
use crate::event::process::EnvVar;
use crate::event::{Proc, Seq, Text};

fn text(text: &str) -> Text {
    Text::from(text)
}

fn variable(name: &str, value: &str) -> EnvVar {
    EnvVar {
        k: text(name),
        v: Some(text(value)),
        len: None,
    }
}

fn child(number: u32, pid: u32) -> Child {
    Child {
        process: Some(Proc {
            number,
            generation: 1,
        }),
        pid,
        argv: vec![
            text("ollama"),
            text("runner"),
            text("--port"),
            text("34095"),
        ],
        env: vec![
            variable("LD_LIBRARY_PATH", "/u/lib/ollama:/u/lib/ollama/cuda_v12"),
            variable("PATH", "/usr/bin"),
        ],
        env_whole: true,
        cwd: text("/"),
        begun: 10,
        ended: 20,
        loads: vec![Load {
            asked: text("/u/lib/ollama/cuda_v12/libggml-cuda.so"),
            outcome: Outcome::Loaded,
            seen: Some(Evidence::event(Seq(40), "dlopen")),
            ..Load::default()
        }],
        uid: Some(0),
        gid: Some(0),
        searches: vec![Search {
            name: text("libcublas.so.12"),
            tried: vec![text("/u/lib/ollama")],
            found: Some(text("/u/lib/ollama/cuda_v12/libcublas.so.12")),
            file: Some(text("/u/lib/ollama/cuda_v12/libcublas.so.12")),
            seen: Evidence::event(Seq(38), "open"),
        }],
        mapped: vec![
            (text("/u/lib/ollama/cuda_v12/libggml-cuda.so"), Seq(38)),
            (text("/u/lib/ollama/cuda_v12/libcublas.so.12"), Seq(39)),
        ],
        said: vec![Said {
            text: text(&format!(
                "time=2026-11-21T10:00:0{number}.1Z pid={pid} ready"
            )),
            seen: Evidence::event(Seq(50), "ready"),
        }],
        end: End::KilledByServer {
            before_answer: false,
            after: u64::from(pid),
            seen: None,
        },
        ..Child::new(Role::Attempt {
            step: Step::Runner,
            dir: text("cuda_v12"),
            pass: 1,
        })
    }
}

/// A healthy run; `number` and `pid` are noise.
fn model(number: u32, pid: u32) -> Model {
    Model {
        era: Era::Runner,
        version: Some(text("0.16.3")),
        server: Some(Server {
            pid,
            exe: text("/u/bin/ollama"),
            env: vec![variable("PATH", "/usr/bin")],
            env_whole: true,
            ..Server::default()
        }),
        folders: vec![Folder {
            name: text("cuda_v12"),
            path: text("/u/lib/ollama/cuda_v12"),
            place: Place::Below,
            names: Some(vec![text("libggml-cuda.so"), text("libcublas.so.12")]),
            matches: vec![text("libggml-cuda.so")],
            ..Folder::default()
        }],
        attempts: vec![Attempt {
            dir: text("cuda_v12"),
            pass: 1,
            children: vec![0],
            begun: u64::from(number),
            took: Some(u64::from(pid) * 1_000),
            ..Attempt::default()
        }],
        children: vec![child(number, pid)],
        finished: true,
        ..Model::default()
    }
}

fn explanation(verdict: Verdict, finding: Option<Finding>) -> Explanation {
    Explanation {
        backends: vec![BackendVerdict {
            name: text("cuda_v12"),
            dir: text("/u/lib/ollama/cuda_v12"),
            verdict,
            findings: finding.into_iter().collect(),
            warnings: Vec::new(),
            to_settle: Vec::new(),
        }],
        ..Explanation::default()
    }
}

fn finding(sentence: &str, object: &str) -> Finding {
    Finding {
        rule: "VG001",
        stage: "load",
        sentence: sentence.to_owned(),
        missing_object: Some(text(object)),
        missing: Vec::new(),
        certainty: Certainty::Certain,
        evidence: Vec::new(),
        remedy: Vec::new(),
    }
}

fn compare(good: &Model, bad: &Model, cause: Option<Finding>) -> Answer {
    let before = explanation(Verdict::Used, None);
    let after = match cause {
        Some(cause) => explanation(Verdict::Failed, Some(cause)),
        None => before.clone(),
    };
    diff(Run::new(good, &before), Run::new(bad, &after), &|_| false)
}

#[track_caller]
fn first(answer: &Answer) -> &str {
    &answer.first.as_ref().expect("a first difference").sentence
}

#[test]
fn two_runs_that_differ_only_in_noise_are_the_same() {
    let answer = compare(&model(2, 4711), &model(7, 99_999), None);
    assert!(answer.same, "{:#?}", answer.differences);
    assert_eq!(answer.first, None);
}

#[test]
fn a_library_that_comes_from_elsewhere_and_breaks_the_load_comes_first() {
    let good = model(2, 4711);
    let mut bad = model(3, 4712);
    let other = text("/opt/vgpu/lib/libcublas.so.12");
    bad.children[0].mapped[1].0 = other.clone();
    bad.children[0].loads[0] = Load {
        asked: text("/u/lib/ollama/cuda_v12/libggml-cuda.so"),
        outcome: Outcome::Failed,
        words: vec![Words {
            object: other.clone(),
            text: text("version `libcublas.so.12' not found"),
            occasion: Text::default(),
            err: None,
            seen: Evidence::event(Seq(41), "loader"),
        }],
        missing: vec![Missing::Version {
            version: text("libcublas.so.12"),
            file: other,
            by: text("/u/lib/ollama/cuda_v12/libggml-cuda.so"),
        }],
        seen: Some(Evidence::event(Seq(41), "dlopen")),
        ..Load::default()
    };
    let cause = "the version node libcublas.so.12 is missing in /opt/vgpu/lib/libcublas.so.12";
    let answer = compare(&good, &bad, Some(finding(cause, "libcublas.so.12")));
    assert_eq!(
        first(&answer),
        "BAD stops being like GOOD at runner[cuda_v12] pass 1: libcublas.so.12 now comes from \
         /opt/vgpu/lib/libcublas.so.12 (was /u/lib/ollama/cuda_v12/libcublas.so.12); cuda_v12 is failed (was used): \
         the version node libcublas.so.12 is missing in /opt/vgpu/lib/libcublas.so.12"
    );
    assert!(answer.differences.iter().skip(1).all(|one| one.ripple));
}

#[test]
fn the_search_path_that_leads_to_the_other_file_comes_before_it() {
    let good = model(2, 4711);
    let mut bad = model(3, 4712);
    bad.children[0].mapped[1].0 = text("/opt/vgpu/lib/libcublas.so.12");
    let server = bad.server.as_mut().expect("a server");
    server
        .env
        .push(variable("LD_LIBRARY_PATH", "/opt/vgpu/lib"));
    server.env.push(variable("ALSO_NEW", "whatever it is"));
    let cause = finding("libcublas.so.12 lacks its version node", "libcublas.so.12");
    let answer = compare(&good, &bad, Some(cause));
    assert!(
        first(&answer).starts_with(
            "BAD stops being like GOOD at the start of the server: LD_LIBRARY_PATH is `/opt/vgpu/lib` (was not set)"
        ),
        "{}",
        first(&answer)
    );
    assert_eq!(answer.differences[1].difference.key.stage, Stage::File);
}

#[test]
fn a_variable_that_the_cause_names_comes_before_others() {
    let good = model(2, 4711);
    let mut bad = model(3, 4712);
    let server = bad.server.as_mut().expect("a server");
    server.env.push(variable("AAA", "1"));
    server.env.push(variable("OLLAMA_LLM_LIBRARY", "cuda_v13"));
    bad.attempts.clear();
    bad.children.clear();
    let cause = finding(
        "OLLAMA_LLM_LIBRARY asks for cuda_v13 only",
        "OLLAMA_LLM_LIBRARY",
    );
    let answer = compare(&good, &bad, Some(cause));
    assert!(
        first(&answer).contains("OLLAMA_LLM_LIBRARY is `cuda_v13` (was not set)"),
        "{}",
        first(&answer)
    );
}

#[test]
fn a_file_that_is_gone_from_its_folder_is_named() {
    let good = model(2, 4711);
    let mut bad = model(3, 4712);
    bad.folders[0].names = Some(vec![text("libggml-cuda.so")]);
    bad.children[0].mapped.pop();
    bad.children[0].loads[0].outcome = Outcome::Failed;
    let cause = finding("libcublas.so.12 is nowhere to be found", "libcublas.so.12");
    let answer = compare(&good, &bad, Some(cause));
    assert!(
        first(&answer).contains("libcublas.so.12 is not in the folder cuda_v12 any more"),
        "{}",
        first(&answer)
    );
}

#[test]
fn what_one_side_cannot_show_is_no_difference() {
    let good = model(2, 4711);
    let mut bad = model(3, 4712);
    bad.children[0].env_whole = false;
    bad.children[0].env.clear();
    bad.server.as_mut().expect("a server").env_whole = false;
    bad.server.as_mut().expect("a server").env.clear();
    let answer = compare(&good, &bad, None);
    assert!(answer.same, "{:#?}", answer.differences);
}

#[test]
fn the_other_way_round_the_same_things_differ() {
    let good = model(2, 4711);
    let mut bad = model(3, 4712);
    bad.children[0].mapped.pop();
    bad.folders[0].names = Some(vec![text("libggml-cuda.so")]);
    let (one, two) = (compare(&good, &bad, None), compare(&bad, &good, None));
    let mut keys: Vec<_> = one
        .differences
        .iter()
        .map(|one| &one.difference.key)
        .collect();
    let mut back: Vec<_> = two
        .differences
        .iter()
        .map(|one| &one.difference.key)
        .collect();
    keys.sort();
    back.sort();
    assert_eq!(keys, back);
    for mine in &one.differences {
        let theirs = two
            .differences
            .iter()
            .find(|theirs| theirs.difference.key == mine.difference.key)
            .expect("the same key");
        assert_eq!(mine.difference.good, theirs.difference.bad);
    }
}
