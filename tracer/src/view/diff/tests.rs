//! The three forms of one hand-made answer, and a hostile one.

use super::{Names, json, markdown, text};
use crate::diagnose::Verdict;
use crate::diff::{Answer, Difference, Divergence, Fact, Key, Ranked, Stage, Value, VerdictChange};
use crate::discover::model::Evidence;
use crate::event::{Seq, Text};
use crate::view::Looks;

fn answer(path: &str) -> Answer {
    let sentence =
        format!("libcublas.so.12 now comes from {path} (was /u/cuda_v12/libcublas.so.12)");
    let fact = |path: &str| Some(Fact::new(Value::plain(path)));
    Answer {
        same: false,
        first: Some(Divergence {
            role: "runner[cuda_v12] pass 1".to_owned(),
            sentence: format!("BAD stops being like GOOD at runner[cuda_v12] pass 1: {sentence}"),
            good: "/u/cuda_v12/libcublas.so.12".to_owned(),
            bad: path.to_owned(),
            evidence: [
                Some(Evidence::event(Seq(12), "mapped")),
                Some(Evidence::event(Seq(14), "mapped")),
            ],
        }),
        verdict_changes: vec![VerdictChange {
            name: Text::from("cuda_v12"),
            good: Some(Verdict::Used),
            bad: Some(Verdict::Failed),
            cause: Some("its version node is missing".to_owned()),
        }],
        differences: vec![Ranked {
            difference: Difference {
                key: Key {
                    stage: Stage::File,
                    role: "runner[cuda_v12] pass 1".to_owned(),
                    name: "libcublas.so.12".to_owned(),
                },
                good: fact("/u/cuda_v12/libcublas.so.12"),
                bad: fact(path),
                technical: false,
            },
            sentence,
            linked: true,
            ripple: false,
        }],
        technical: Vec::new(),
        virtual_gpu: [None, None],
    }
}

fn names() -> Names {
    Names {
        good: "good.vgt".to_owned(),
        bad: "bad.vgt".to_owned(),
    }
}

#[test]
fn the_answer_stands_in_the_first_lines() {
    let page = text(
        &answer("/opt/vgpu/libcublas.so.12"),
        &names(),
        false,
        Looks::default(),
    );
    insta::assert_snapshot!(page);
}

#[test]
fn equal_runs_say_so_and_nothing_else() {
    let same = Answer {
        same: true,
        ..Answer::default()
    };
    let page = text(&same, &names(), true, Looks::default());
    assert!(
        page.ends_with("the two runs are the same in everything that counts\n"),
        "{page}"
    );
}

#[test]
fn the_json_has_the_fields_of_its_schema() {
    let value: serde_json::Value =
        serde_json::from_str(&json(&answer("/x"), &names())).expect("JSON");
    assert_eq!(value["same"], false);
    assert_eq!(value["first_divergence"]["role"], "runner[cuda_v12] pass 1");
    assert_eq!(value["first_divergence"]["evidence"]["bad"], "#14");
    assert_eq!(value["verdict_changes"][0]["bad"], "failed");
    assert_eq!(value["differences"][0]["rank"], 1);
    assert_eq!(value["differences"][0]["kind"], "file");
}

#[test]
fn a_hostile_path_reaches_no_terminal_and_makes_no_markup() {
    let hostile = "/x\u{1b}[2J|<img src=x>\u{202e}";
    let page = text(&answer(hostile), &names(), true, Looks::default());
    assert!(
        !page.contains('\u{1b}') && !page.contains('\u{202e}'),
        "{page}"
    );
    let line = json(&answer(hostile), &names());
    assert!(
        !line.contains('\u{1b}') && !line.contains('\u{202e}'),
        "{line}"
    );
    let report = markdown(&answer(hostile), &names());
    assert!(
        !report.contains("<img") && !report.contains("J|"),
        "{report}"
    );
}

#[test]
fn a_run_without_a_real_gpu_is_called_so_in_every_form() {
    let mut answer = answer("/x");
    answer.virtual_gpu = [None, Some(Text::from("the GPU is\u{1b}[2J pretended"))];
    let page = text(&answer, &names(), false, Looks::default());
    assert!(page.contains("(no real GPU in the bad run)"), "{page}");
    assert!(page.contains("No real GPU: the GPU is"), "{page}");
    let report = markdown(&answer, &names());
    assert!(
        report.contains("No real GPU in the bad run: the GPU is"),
        "{report}"
    );
    assert!(!page.contains('\u{1b}') && !report.contains('\u{1b}'));
    let value: serde_json::Value = serde_json::from_str(&json(&answer, &names())).expect("JSON");
    assert!(value["virtual_gpu"]["good"].is_null());
    assert!(value["virtual_gpu"]["bad"].is_string());
}
