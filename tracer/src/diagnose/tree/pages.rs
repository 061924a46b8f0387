//! What the rules of `check` are, in words: a page for each, printed by `explain --code VG320` and kept in docs/diagnoses.

mod files;
mod load;
mod machine;
mod program;

use crate::diagnose::rule::{Check, Rule, Stage};

/// The rules of `check`, in order of their ids.
pub static ALL: &[&[Rule]] = &[
    files::RULES,
    program::RULES,
    load::RULES,
    machine::RULES,
    machine::OF_VARIABLES,
];

/// A rule of `check`: its findings are made beside the facts, and no row of the tables of runs is its.
const fn page(
    id: &'static str,
    stage: Stage,
    title: &'static str,
    story: &'static str,
    proof: &'static str,
    remedy: &'static [&'static str],
) -> Rule {
    Rule {
        id,
        stage,
        title,
        story,
        proof,
        remedy,
        rows: &[],
        check: Check::Given,
    }
}
