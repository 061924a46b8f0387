//! The register of proofs: for every rule a model on which it must speak, and models near to that on which it must not.
//!
//! A rule without both fails here, so none is added without them. Pages about beliefs are no rules that look for anything.

mod answer;
mod crash;
mod device;
mod device_answers;
mod file;
mod filter;
mod host;
mod init;
mod load;
mod machine;
mod piece;
mod scan;
mod skip;
mod source;
mod spawn;
mod stand_in;
mod start;
mod symbols;
mod system;
mod validate;

use std::collections::BTreeSet;

use crate::diagnose::{Certainty, Finding, Stage, explain, rules};
use crate::discover::Model;

/// What proves one rule.
pub(super) struct Proof {
    rule: &'static str,
    /// Models on which it must speak, and how sure it must be.
    speaks: Vec<(Certainty, Model)>,
    /// Models on which it must be silent, each with what is different there.
    silent: Vec<(&'static str, Model)>,
}

impl Proof {
    /// A rule that is certain on this model.
    fn of(rule: &'static str, model: Model) -> Self {
        Self {
            rule,
            speaks: vec![(Certainty::Certain, model)],
            silent: Vec::new(),
        }
    }

    /// A rule that is likely on this model, and never certain.
    fn likely(rule: &'static str, model: Model) -> Self {
        Self {
            rule,
            speaks: Vec::new(),
            silent: Vec::new(),
        }
        .weaker(model)
    }

    /// On this one it is certain too.
    fn also(mut self, model: Model) -> Self {
        self.speaks.push((Certainty::Certain, model));
        self
    }

    /// On this one other causes fit, too.
    fn weaker(mut self, model: Model) -> Self {
        self.speaks.push((Certainty::Likely, model));
        self
    }

    /// On this one it has nothing to say.
    fn silent(mut self, difference: &'static str, model: Model) -> Self {
        self.silent.push((difference, model));
        self
    }
}

/// A model with a change.
fn but(mut model: Model, change: impl FnOnce(&mut Model)) -> Model {
    change(&mut model);
    model
}

fn all() -> Vec<Proof> {
    [
        scan::proofs(),
        scan::of_a_folder(),
        scan::holding(),
        skip::proofs(),
        spawn::proofs(),
        spawn::at_work(),
        load::proofs(),
        symbols::proofs(),
        load::refused_or_mute(),
        system::proofs(),
        file::proofs(),
        crash::proofs(),
        crash::ends(),
        init::proofs(),
        device::proofs(),
        device::between(),
        device::none(),
        device_answers::proofs(),
        answer::proofs(),
        validate::proofs(),
        validate::checked_by_server(),
        filter::proofs(),
        stand_in::proofs(),
        start::proofs(),
        host::proofs(),
        machine::proofs(),
        source::proofs(),
        piece::proofs(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// All findings on a model; those that are not a backend's first cause are marked.
fn findings(model: &Model) -> Vec<(bool, Finding)> {
    let explanation = explain(model);
    let causes = explanation.backends.iter().flat_map(|backend| {
        let numbered = backend.findings.iter().enumerate();
        numbered.map(|(at, finding)| (at == 0, finding.clone()))
    });
    let others = explanation
        .backends
        .iter()
        .flat_map(|backend| &backend.warnings)
        .chain(&explanation.general)
        .chain(&explanation.models)
        .map(|finding| (true, finding.clone()));
    causes.chain(others).collect()
}

fn told(all: &[(bool, Finding)]) -> String {
    let words: Vec<String> = all
        .iter()
        .map(|(_, finding)| {
            format!(
                "{} ({}) {}",
                finding.rule,
                finding.certainty.name(),
                finding.sentence
            )
        })
        .collect();
    words.join("\n  ")
}

#[test]
fn each_rule_speaks_where_it_must_and_is_silent_next_to_it() {
    let mut wrong = Vec::new();
    for proof in all() {
        for (at, (certainty, model)) in proof.speaks.iter().enumerate() {
            let found = findings(model);
            let cause = found
                .iter()
                .find(|(first, finding)| *first && finding.rule == proof.rule);
            if cause.map(|(_, finding)| finding.certainty) != Some(*certainty) {
                wrong.push(format!(
                    "{} must speak on model {at}, {}; there is\n  {}",
                    proof.rule,
                    certainty.name(),
                    told(&found)
                ));
            }
        }
        for (difference, model) in &proof.silent {
            let found = findings(model);
            if found.iter().any(|(_, finding)| finding.rule == proof.rule) {
                wrong.push(format!(
                    "{} must be silent: {difference}; there is\n  {}",
                    proof.rule,
                    told(&found)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_model_on_which_it_speaks_and_one_near_to_it_on_which_it_does_not() {
    let proofs = all();
    let proved = |ask: fn(&Proof) -> bool| -> BTreeSet<&str> {
        let those = proofs.iter().filter(|proof| ask(proof));
        those.map(|proof| proof.rule).collect()
    };
    let wanted: BTreeSet<&str> = rules::all()
        .filter(|rule| rule.stage != Stage::Myth)
        .map(|rule| rule.id)
        .collect();
    assert_eq!(proved(|proof| !proof.speaks.is_empty()), wanted);
    assert_eq!(proved(|proof| !proof.silent.is_empty()), wanted);
}
