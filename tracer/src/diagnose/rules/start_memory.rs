//! The free memory that the server counted with before a model was started (server/sched.go).

use crate::discover::Model;
use crate::discover::model::{Evidence, Line, ModelStart};

/// Free memory as the server saw it.
pub(super) struct Memory<'a> {
    /// In words, for the end of a sentence.
    pub(super) words: String,
    /// No card had any of it for a model.
    pub(super) full: bool,
    /// Its lines, one for each card.
    pub(super) seen: Vec<&'a Evidence>,
}

/// The line is about this start. One of which no line is known takes any.
pub(super) fn is_of(start: &ModelStart, line: &Line) -> bool {
    let of_start = |seen: &Evidence| start.reasons.contains(seen);
    start.reasons.is_empty() || line.seen.as_ref().is_some_and(of_start)
}

/// The free memory before this start.
pub(super) fn of<'a>(model: &'a Model, start: &ModelStart) -> Option<Memory<'a>> {
    cards(model, start)
        .or_else(|| sums(model, start))
        .or_else(|| too_little(model, start))
}

/// The line about this start that was written last of those with this message.
fn last<'a>(model: &'a Model, start: &ModelStart, message: &str) -> Option<&'a Line> {
    let about = |line: &&Line| {
        line.message.as_str().starts_with(message)
            && line
                .seen
                .as_ref()
                .is_some_and(|seen| start.reasons.contains(seen))
    };
    model.lines.iter().rfind(about)
}

/// `offload library=cuda ... memory.available="[22.0 GiB]" memory.required.full="127.4 GiB"` (llm/server.go until 0.11).
fn sums<'a>(model: &'a Model, start: &ModelStart) -> Option<Memory<'a>> {
    let line = last(model, start, "offload")?;
    let free = line.field("memory.available")?.trim_matches(['[', ']']);
    let all = line.field("memory.required.full")?;
    let context = line
        .field("memory.required.kv")
        .map_or_else(String::new, |size| {
            format!(", {size} of it for the context")
        });
    let split = line
        .field("layers.split")
        .filter(|split| !split.is_empty())
        .map_or_else(String::new, |split| {
            format!(" The layers were divided {split}.")
        });
    Some(Memory {
        words: format!(" All of it takes {all}{context}; free was {free}.{split}"),
        full: line.field("layers.offload") == Some("0"),
        seen: line.seen.iter().collect(),
    })
}

/// `gpu has too little memory to allocate any layers ... available= layer_size= partial_offload=` (llm/memory.go until 0.11).
fn too_little<'a>(model: &'a Model, start: &ModelStart) -> Option<Memory<'a>> {
    let line = last(model, start, "gpu has too little memory")?;
    let (free, layer) = (line.field("available")?, line.field("layer_size")?);
    let graph = line.field("partial_offload")?;
    let name = line.field("name").unwrap_or("The card");
    Some(Memory {
        words: format!(
            " {name} has {free} free; one layer takes {layer} and the computation besides {graph}, which grows with the context and the requests at once."
        ),
        full: true,
        seen: line.seen.iter().collect(),
    })
}

/// `gpu memory id= available= free=` of each card.
fn cards<'a>(model: &'a Model, start: &ModelStart) -> Option<Memory<'a>> {
    let mut cards: Vec<(&str, &Line)> = Vec::new();
    // The line comes again when the server tries with less: the last one of a card counts.
    for line in model.lines_saying("gpu memory") {
        let id = line.field("id").unwrap_or_default();
        if is_of(start, line) {
            cards.retain(|(known, _)| *known != id);
            cards.push((id, line));
        }
    }
    if start.reasons.is_empty() {
        // Whose they are is not known: the last one is of the last start.
        cards = cards.pop().into_iter().collect();
    }
    let told: Vec<(&str, &str, &str)> = cards
        .iter()
        .filter_map(|(id, line)| Some((*id, line.field("available")?, line.field("free")?)))
        .collect();
    let words = match told.as_slice() {
        [] => return None,
        [(_, available, free)] => {
            let least = cards.first().and_then(|(_, line)| line.field("minimum"));
            let least = least.map_or_else(String::new, |least| {
                format!(", and Ollama keeps at least {least} for itself")
            });
            format!(" It had {free} free, {available} of it for the model{least}.")
        }
        several => {
            let each: Vec<String> = several
                .iter()
                .map(|(id, available, free)| {
                    format!("{id} {free}, {available} of it for the model")
                })
                .collect();
            format!(" Free were: {}.", each.join("; "))
        }
    };
    Some(Memory {
        words,
        full: told.iter().all(|(_, available, _)| *available == "0 B"),
        seen: cards
            .iter()
            .filter_map(|(_, line)| line.seen.as_ref())
            .collect(),
    })
}
