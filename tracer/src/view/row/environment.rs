//! The environment of an exec: what differs from the one before, what decides about libraries and GPUs first.

use std::collections::BTreeMap;

use crate::event::process::EnvVar;
use crate::event::{Seen, Text};

use super::super::line::{Line, Role};
use super::super::scene::Environment;
use super::super::{amount, escape};
use super::{Context, Detail};

/// Lines in a list; the rest is counted.
const SHORT: usize = 12;
/// Rank of a variable that decides nothing about libraries and GPUs.
const ORDINARY: usize = 5;

/// One line for each variable that differs from `before`; all that matter when there is no `before`. In full detail all of
/// them, those that differ first and with a sign.
pub(super) fn lines(
    env: &Seen<Vec<EnvVar>>,
    before: Option<&Environment>,
    context: Context<'_>,
) -> Vec<Line> {
    let list = match env {
        Seen::Yes(list) | Seen::Cut(list, _) => list,
        Seen::No(why) => {
            let mut line = Line::new();
            line.push(Role::Dim, "environment ").unseen(*why);
            return vec![line];
        }
    };
    let mut found = match before {
        Some(before) if context.detail == Detail::Full => {
            let mut found = differences(list, before, matches!(env, Seen::Cut(..)));
            // What differs from the parent's stands first.
            let same = |var: &&EnvVar| before.get(&var.k) == Some(*var);
            found.extend(list.iter().filter(same).map(|var| {
                let (rank, name, line) = entry("", var, None);
                (rank + 2 * ORDINARY, name, line)
            }));
            found
        }
        _ if context.detail == Detail::Full => all(list),
        Some(before) => differences(list, before, matches!(env, Seen::Cut(..))),
        None => all(list)
            .into_iter()
            .filter(|one| one.0 < ORDINARY)
            .collect(),
    };
    found.sort_by(|one, two| (one.0, &one.1).cmp(&(two.0, &two.1)));
    let left = found.len().saturating_sub(SHORT);
    let hidden = if context.detail == Detail::Short {
        left
    } else {
        0
    };
    let shown = found.len() - hidden;
    let mut lines: Vec<Line> = found.into_iter().take(shown).map(|one| one.2).collect();
    if hidden > 0 {
        let mut line = Line::new();
        let more = amount::of(hidden as u64, "more variable");
        line.push(Role::Dim, &format!("env {} {more}", context.looks.dots()));
        lines.push(line);
    }
    if let Seen::Cut(_, of) = env {
        let mut line = Line::new();
        line.push(
            Role::Warning,
            &format!("env was cut, {of} variables in all"),
        );
        lines.push(line);
    }
    lines
}

/// Rank, name and line.
type Entry = (usize, Text, Line);

fn all(list: &[EnvVar]) -> Vec<Entry> {
    list.iter().map(|var| entry("", var, None)).collect()
}

fn differences(list: &[EnvVar], before: &BTreeMap<Text, EnvVar>, cut: bool) -> Vec<Entry> {
    let now: BTreeMap<&Text, &EnvVar> = list.iter().map(|var| (&var.k, var)).collect();
    let mut found = Vec::new();
    for (name, var) in &now {
        match before.get(*name) {
            None => found.push(entry("+ ", var, None)),
            Some(old) if old != *var => found.push(entry("~ ", var, Some(old))),
            Some(_) => {}
        }
    }
    if !cut {
        for var in before.values().filter(|var| !now.contains_key(&var.k)) {
            let mut line = Line::new();
            line.push(Role::Dim, "env ")
                .push(Role::Warning, "- ")
                .push(Role::Plain, &escape::word(var.k.as_str()));
            found.push((rank(var.k.as_str()), var.k.clone(), line));
        }
    }
    found
}

fn entry(sign: &str, var: &EnvVar, old: Option<&EnvVar>) -> Entry {
    let mut line = Line::new();
    line.push(Role::Dim, "env ")
        .push(Role::Warning, sign)
        .plain(var.k.as_str())
        .push(Role::Dim, "=");
    value(&mut line, Role::Object, var);
    if let Some(old) = old {
        line.push(Role::Dim, "  was ");
        value(&mut line, Role::Dim, old);
    }
    (rank(var.k.as_str()), var.k.clone(), line)
}

fn value(line: &mut Line, role: Role, var: &EnvVar) {
    match (&var.v, var.len) {
        (Some(value), _) if value.is_empty() => line.push(role, "\"\""),
        (Some(value), _) => line.push(role, &escape::word(value.as_str())),
        (None, Some(length)) => {
            let size = amount::size(length);
            line.push(Role::Dim, &format!("<withheld, {size}>"))
        }
        (None, None) => line.push(Role::Dim, "<unknown>"),
    };
}

/// How much a variable decides about libraries and GPUs, the most first.
fn rank(name: &str) -> usize {
    const GROUPS: [&[&str]; ORDINARY] = [
        &["LD_", "GLIBC_TUNABLES"],
        &["GGML_"],
        &["OLLAMA_", "LLAMA_ARG_"],
        &["CUDA_", "NVIDIA_"],
        &[
            "HIP_", "ROCR_", "ROCM_", "HSA_", "GPU_", "VK_", "VGPU_", "MLX_", "JETSON_",
        ],
    ];
    GROUPS
        .iter()
        .position(|group| group.iter().any(|prefix| name.starts_with(prefix)))
        .unwrap_or(ORDINARY)
}
