//! Answer: VG130 to VG139.

use super::super::build::{child, discovery, line, load, look, seen};
use super::crash::dead;
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Answer, Attempt, End, Era, Evidence, Missing, Origin, Outcome};
use crate::discover::role::Step;
use crate::event::{Errno, Seq, Text};

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG093", alone("failed to finish discovery before timeout"))
            .also(alone("runner crashed"))
            .silent(
                "a folder was looked into too",
                but(alone("runner crashed"), |model| {
                    look(model, vec![child(Step::Runner)], Vec::new());
                }),
            )
            .silent(
                "it is a recording, which tells more",
                but(alone("runner crashed"), |model| {
                    model.origin = Origin::Trace;
                }),
            ),
        Proof::of(
            "VG130",
            answered(500, "failed to initialize backend: no memory"),
        )
        .weaker(answered(404, "not found"))
        .silent("it answered with a list", answered(200, ""))
        .silent(
            "the temporary file is the reason",
            answered(
                500,
                "failed to initialize backend: open /tmp/1.bin: permission denied",
            ),
        ),
        Proof::of("VG131", nonsense(true, true))
            .silent("the server did not complain", nonsense(true, false))
            .silent("the answer is a list", nonsense(false, true)),
        Proof::of("VG132", connect(101))
            .weaker(listening(false))
            .silent("a connection came, so it hung", listening(true))
            .silent(
                "the recording began late and may not have seen one",
                but(listening(false), |model| model.blind.began_late = true),
            )
            .silent(
                "it answered in the end",
                but(connect(101), |model| {
                    model.children[0].answer = Some(Answer::default());
                    model.attempts[0].answer = Some(Answer::default());
                }),
            )
            .silent(
                "it hung, and nothing refused the server",
                but(connect(101), |model| {
                    model.children[0].refused.clear();
                }),
            ),
        Proof::likely("VG139", runner(Vec::new())).silent(
            "a library is missing",
            runner(vec![Missing::Library {
                name: Text::from("libcublas.so.12"),
                by: Text::default(),
                searched: Vec::new(),
            }]),
        ),
    ]
}

#[test]
fn a_runner_that_the_server_could_not_reach_did_not_hang() {
    let explanation = crate::diagnose::explain(&connect(101));
    let rules: Vec<&str> = explanation.backends[0]
        .findings
        .iter()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(rules, ["VG132"]);
}

/// A runner that listened until the server gave it up, with a connection or without.
fn listening(asked: bool) -> Model {
    let mut one = child(Step::Runner);
    one.answer = None;
    one.end = End::KilledByServer {
        before_answer: true,
        after: 30_000_000_000,
        seen: seen("SIGKILL"),
    };
    one.unasked = seen("listen 127.0.0.1:40000").filter(|_| !asked);
    but(discovery(Era::Runner), |model| {
        look(model, vec![one], Vec::new());
    })
}

fn runner(missing: Vec<Missing>) -> Model {
    let mut one = child(Step::Runner);
    if !missing.is_empty() {
        one.loads.push(load(Outcome::Failed, missing));
    }
    but(discovery(Era::Runner), |model| {
        look(model, vec![one], Vec::new());
    })
}

fn answered(status: u16, text: &str) -> Model {
    but(runner(Vec::new()), |model| {
        model.attempts[0].answer = Some(Answer {
            status: Some(status),
            error: (status != 200).then(|| Text::from(text)),
            seen: seen(text),
            ..Answer::default()
        });
    })
}

fn nonsense(unreadable: bool, warned: bool) -> Model {
    but(runner(Vec::new()), |model| {
        model.attempts[0].answer = Some(Answer {
            status: Some(200),
            unreadable,
            seen: seen("["),
            ..Answer::default()
        });
        if warned {
            let fields = [("dir", "/usr/local/lib/ollama/cuda_v12")];
            model.lines.push(line("unmarshal encode response", &fields));
        }
    })
}

/// Connects of the server were refused, and it killed the runner at the end of its time.
fn connect(err: u16) -> Model {
    let mut one = dead(
        Step::Runner,
        End::KilledByServer {
            before_answer: true,
            after: 30_000_000_000,
            seen: seen("SIGKILL"),
        },
    );
    let text = "connect 127.0.0.1:41234 by the server";
    one.refused
        .push((Errno(err), Evidence::event(Seq(4), text)));
    but(discovery(Era::Runner), |model| {
        look(model, vec![one], Vec::new());
    })
}

/// A log in which the look into the library folder itself failed so.
fn alone(error: &str) -> Model {
    but(discovery(Era::Runner), |model| {
        super::super::build::as_log(model, crate::discover::model::Level::Info);
        model.attempts = vec![Attempt {
            dir: Text::from("cpu"),
            pass: 1,
            failure_line: seen(error),
            ..Attempt::default()
        }];
    })
}
