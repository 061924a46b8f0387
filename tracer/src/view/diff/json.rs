//! One JSON object on one line; docs/diff.schema.json describes it.

use serde_json::{Value, json};

use super::super::escape;
use super::{Names, place};
use crate::diff::{Answer, Fact};

/// Writes the object.
#[must_use]
pub fn json(answer: &Answer, names: &Names) -> String {
    let first = answer.first.as_ref().map(|first| {
        json!({
            "role": first.role,
            "sentence": first.sentence,
            "good": first.good,
            "bad": first.bad,
            "evidence": {
                "good": place(first.evidence[0].as_ref()),
                "bad": place(first.evidence[1].as_ref()),
            },
        })
    });
    let changes: Value = answer
        .verdict_changes
        .iter()
        .map(|change| {
            json!({
                "name": change.name,
                "good": change.good.map(crate::diagnose::Verdict::name),
                "bad": change.bad.map(crate::diagnose::Verdict::name),
                "cause": change.cause,
            })
        })
        .collect();
    let differences: Value = answer
        .differences
        .iter()
        .enumerate()
        .map(|(at, one)| {
            json!({
                "rank": at + 1,
                "role": one.difference.key.role,
                "kind": one.difference.key.stage.name(),
                "name": one.difference.key.name,
                "sentence": one.sentence,
                "good": shown(one.difference.good.as_ref()),
                "bad": shown(one.difference.bad.as_ref()),
                "linked": one.linked,
                "ripple": one.ripple,
            })
        })
        .collect();
    let technical: Value = answer
        .technical
        .iter()
        .map(|one| {
            json!({
                "name": one.key.name,
                "good": shown(one.good.as_ref()),
                "bad": shown(one.bad.as_ref()),
            })
        })
        .collect();
    let value = json!({
        "good": names.good,
        "bad": names.bad,
        "same": answer.same,
        "first_divergence": first,
        "verdict_changes": changes,
        "differences": differences,
        "technical": technical,
        "virtual_gpu": { "good": answer.virtual_gpu[0], "bad": answer.virtual_gpu[1] },
    });
    let mut line = escape::json(&value.to_string()).into_owned();
    line.push('\n');
    line
}

fn shown(fact: Option<&Fact>) -> Option<&str> {
    fact.map(|fact| fact.value.shown.as_str())
}
