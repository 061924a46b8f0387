//! The starts of models: the folder each was given, how many layers went to a GPU, what speaks for why.

use crate::discover::model::{Child, Evidence, Level, Line, Model, ModelStart};
use crate::discover::role::Role;
use crate::discover::starts_of_models::{asked, is_reason, offloaded, place};
use crate::event::Text;

/// Reasons kept of one start.
const MAX_REASONS: usize = 40;

/// Starts of models, in order.
pub(super) fn starts(model: &Model) -> Vec<ModelStart> {
    let mut children: Vec<(usize, &Child)> = model
        .children
        .iter()
        .enumerate()
        .filter(|(_, child)| matches!(child.role, Role::Model { .. }))
        .collect();
    children.sort_by_key(|(_, child)| child.begun);
    let mut starts: Vec<ModelStart> = children
        .iter()
        .map(|(index, child)| start(*index, child))
        .collect();
    let begins: Vec<u64> = children.iter().map(|(_, child)| child.begun).collect();
    for line in &model.lines {
        let after = begins.partition_point(|begun| *begun <= line.time);
        // Free memory is asked before the process is made, all else is said once it runs (server/sched.go, llm/server.go).
        let of = if line.message.as_str().starts_with("unable to refresh") {
            after
        } else {
            after.saturating_sub(1)
        };
        if let Some(start) = starts.get_mut(of) {
            take(start, line, model.finished);
        }
    }
    for (start, (_, child)) in starts.iter_mut().zip(&children) {
        for said in &child.said {
            if place(&mut start.placed, said.text.as_str()) == Some(true) {
                reason(start, Some(&said.seen));
            }
            if let Some(layers) = offloaded(said.text.as_str()) {
                start.offloaded = Some(layers);
                reason(start, Some(&said.seen));
            }
        }
    }
    starts
}

fn start(index: usize, child: &Child) -> ModelStart {
    let words: Vec<&str> = child.argv.iter().map(Text::as_str).collect();
    ModelStart {
        dir: child.role.dir().cloned().unwrap_or_default(),
        child: Some(index),
        num_gpu: asked(&words.join(" ")),
        seen: child
            .exec
            .map(|seq| Evidence::event(seq, format!("{} is started", child.role))),
        ..ModelStart::default()
    }
}

/// A line of the server that is about this start.
fn take(start: &mut ModelStart, line: &Line, finished: bool) {
    let message = line.message.as_str();
    if message == "loading model"
        && let Some(layers) = line.field("requested").and_then(|value| value.parse().ok())
    {
        start.num_gpu = Some(layers);
    }
    let tells = offloaded(message);
    start.offloaded = tells.or(start.offloaded);
    let failed = finished && line.level == Level::Error;
    if tells.is_some() || is_reason(message) || failed {
        reason(start, line.seen.as_ref());
    }
}

/// The server passes its child's lines on: one that is known is not told twice.
fn reason(start: &mut ModelStart, seen: Option<&Evidence>) {
    let room = start.reasons.len() < MAX_REASONS;
    if let Some(seen) = seen.filter(|_| room)
        && !start.reasons.iter().any(|known| known.text == seen.text)
    {
        start.reasons.push(seen.clone());
    }
}
