//! Which module of the tracer may use which: one table, and a reader of `crate::` and `super::` paths.
//!
//! Cargo checks arrows between packages only; the layers here are modules of one package.

use super::code::words;
use super::{File, Finding, Repository, numbered};

const WHY: &str = "layers depend one way only (docs/ARCHITECTURE.md, \"Arrows\")";

/// Every top-level module of tracer/src and what it may use. `*` is everything. The vocabulary (`event`) is open to
/// all above it, since every layer hands its values on.
const ARROWS: &[(&str, &[&str])] = &[
    ("event", &[]),
    ("sys", &[]),
    ("trace", &["event"]),
    ("discover", &["event"]),
    ("diagnose", &["discover", "event"]),
    ("diff", &["diagnose", "discover", "event"]),
    ("view", &["diff", "diagnose", "discover", "event"]),
    ("tui", &["view", "diff", "diagnose", "discover", "event"]),
    ("export", &["view", "diff", "diagnose", "discover", "event"]),
    ("source", &["sys", "event"]),
    ("cli", &["*"]),
    ("cmd", &["*"]),
    ("main", &["*"]),
    ("lib", &["*"]),
];

/// Packages and parts of the standard library that only some layers may use.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("aya", &["source", "sys", "cmd"]),
    ("aya_log", &["source", "cmd"]),
    ("vgputrace_ebpf", &["source", "sys"]),
    ("tokio", &["source", "sys", "cmd"]),
    ("ratatui", &["tui"]),
    ("clap", &["cli", "cmd", "main"]),
    ("indicatif", &["cmd"]),
    ("std::env", &["source", "sys", "cli", "cmd", "main"]),
    ("std::net", &["source", "sys", "cmd"]),
    ("std::process", &["source", "sys", "cli", "cmd", "main"]),
    ("std::thread", &["source", "sys", "cmd", "tui"]),
    (
        "std::fs",
        &["source", "sys", "trace", "export", "cli", "cmd", "main"],
    ),
];

/// Checks every file of the tracer.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files.iter().filter(|file| file.is_rust()) {
        let Some(inside) = file.path.strip_prefix("tracer/src/") else {
            continue;
        };
        let modules = modules(inside);
        let Some(layer) = modules.first().copied() else {
            continue;
        };
        let Some(allowed) = allowed(layer) else {
            let what = format!("module `{layer}` has no arrows");
            let remedy = "add it to the table of xtask/src/tidy/arrows.rs, with what it may use";
            findings.push(Finding::error(&file.path, 0, what).because(WHY).so(remedy));
            continue;
        };
        findings.extend(inner(file, layer, allowed, modules.len()));
        findings.extend(outer(file, layer));
    }
    findings
}

/// `trace/reader.rs` is in `trace`, then `reader`.
fn modules(inside: &str) -> Vec<&str> {
    inside.trim_end_matches(".rs").split('/').collect()
}

fn allowed(layer: &str) -> Option<&'static [&'static str]> {
    ARROWS
        .iter()
        .find(|(name, _)| *name == layer)
        .map(|(_, allowed)| *allowed)
}

fn inner(file: &File, layer: &str, allowed: &[&str], depth: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, used) in used_modules(&file.code, depth) {
        let fine = used == layer || allowed.contains(&"*") || allowed.contains(&used.as_str());
        let is_layer = self::allowed(&used).is_some() && used != "main" && used != "lib";
        if is_layer && !fine {
            let may = if allowed.is_empty() {
                "nothing".to_owned()
            } else {
                allowed.join(", ")
            };
            let remedy = format!(
                "`{layer}` may use {may}: move the shared part there, or hand it in from `cmd`"
            );
            let finding = Finding::error(&file.path, line, format!("`{layer}` uses `{used}`"));
            findings.push(finding.because(WHY).so(remedy));
        }
    }
    findings
}

fn outer(file: &File, layer: &str) -> Vec<Finding> {
    let forbidden = OUTSIDE
        .iter()
        .filter(|(_, layers)| !layers.contains(&layer));
    let mut findings = Vec::new();
    for (name, layers) in forbidden {
        let direct = numbered(&file.code)
            .filter(|(_, code)| uses(code, name))
            .map(|(line, _)| line);
        for line in direct.chain(grouped(&file.code, name)) {
            let remedy = format!(
                "only {} may use `{name}`: hand its result in from there",
                layers.join(", ")
            );
            let finding = Finding::error(&file.path, line, format!("`{layer}` uses `{name}`"));
            findings.push(finding.because(WHY).so(remedy));
        }
    }
    findings
}

/// Lines where `std::fs` is imported as `std::{..., fs}`.
fn grouped(code: &str, name: &str) -> Vec<usize> {
    let Some((parent, child)) = name.split_once("::") else {
        return Vec::new();
    };
    let group = format!("{parent}::{{");
    let mut heads = Vec::new();
    for (at, _) in code.match_indices(&group) {
        push_heads(code, at + group.len() - 1, &mut heads);
    }
    heads
        .into_iter()
        .filter(|(_, head)| head == child)
        .map(|(line, _)| line)
        .collect()
}

/// True when a line of code names the package or path: `name::` or `use name;`, and not as a part of another path.
pub(super) fn uses(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code.get(..at).unwrap_or_default();
        let after = code.get(at + name.len()..).unwrap_or_default();
        let starts = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
            && (!before.ends_with("::") || before.trim_end_matches("::").is_empty());
        let imported = before.trim_start().starts_with("use ") || before.contains(" use ");
        starts
            && (after.starts_with("::") || (imported && after.trim_start().starts_with([';', ' '])))
    })
}

/// Names that follow `crate::`, or enough `super::` to reach the root, with their lines. Groups are opened.
fn used_modules(code: &str, depth: usize) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code.get(..at).unwrap_or_default();
        if !before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            push_heads(code, at + "crate::".len(), &mut found);
        }
    }
    let climb = "super::".repeat(depth);
    for (at, _) in code.match_indices(&climb) {
        let before = code.get(..at).unwrap_or_default();
        if !before.ends_with("super::") {
            push_heads(code, at + climb.len(), &mut found);
        }
    }
    // The binary's own name for the library.
    for (at, name) in code.match_indices("vgputrace::") {
        push_heads(code, at + name.len(), &mut found);
    }
    found
}

/// The first name of a path, or of every branch of a group `{a::b, c}`.
fn push_heads(code: &str, at: usize, found: &mut Vec<(usize, String)>) {
    let rest = code.get(at..).unwrap_or_default();
    let line_of = |offset: usize| {
        code.get(..at + offset)
            .unwrap_or_default()
            .matches('\n')
            .count()
            + 1
    };
    if !rest.starts_with('{') {
        found.extend(words(rest).next().map(|name| (line_of(0), name.to_owned())));
        return;
    }
    let mut depth = 0_usize;
    let mut expects = true;
    for (offset, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 1 => expects = true,
            _ if c.is_alphabetic() && depth == 1 && expects => {
                let name = words(rest.get(offset..).unwrap_or_default()).next();
                found.extend(name.map(|name| (line_of(offset), name.to_owned())));
                expects = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Repository;
    use super::check;

    fn found(path: &str, text: &str) -> Vec<(usize, String)> {
        let findings = check(&Repository::of(&[(path, text)]));
        findings
            .into_iter()
            .map(|finding| (finding.line, finding.what))
            .collect()
    }

    fn uses(line: usize, one: &str, other: &str) -> (usize, String) {
        (line, format!("`{one}` uses `{other}`"))
    }

    #[test]
    fn a_path_against_the_arrows_is_found() {
        let text = "//! x\nuse crate::source::Ring;\n";
        assert_eq!(
            found("tracer/src/tui/app.rs", text),
            [uses(2, "tui", "source")]
        );
        let inline = "fn f() {\n    crate::cmd::run()\n}\n";
        assert_eq!(
            found("tracer/src/trace.rs", inline),
            [uses(2, "trace", "cmd")]
        );
    }

    #[test]
    fn groups_and_climbing_paths_are_followed() {
        let group = "use crate::{\n    event::{Event, sys},\n    trace::Reader,\n};\n";
        assert_eq!(
            found("tracer/src/view/text.rs", group),
            [uses(3, "view", "trace")]
        );
        let climb = "use super::super::trace::Reader;\n";
        assert_eq!(
            found("tracer/src/view/text.rs", climb),
            [uses(1, "view", "trace")]
        );
    }

    #[test]
    fn allowed_uses_comments_and_strings_are_no_finding() {
        let text = "//! Not crate::source::x.\nuse crate::event::Event;\nuse super::row;\nconst A: &str = \"crate::cmd::x\";\n";
        assert!(found("tracer/src/view/text.rs", text).is_empty());
        assert_eq!(
            found(
                "tracer/src/cmd/run.rs",
                "use crate::source::Ring;\nuse std::fs;\n"
            ),
            []
        );
    }

    #[test]
    fn packages_stay_in_their_layer() {
        assert_eq!(
            found("tracer/src/trace/writer.rs", "use tokio::time;\n"),
            [uses(1, "trace", "tokio")]
        );
        assert_eq!(
            found("tracer/src/event/text.rs", "use std::fs;\n"),
            [uses(1, "event", "std::fs")]
        );
        let group = "use std::{\n    collections::BTreeMap,\n    fs::File,\n};\n";
        assert_eq!(
            found("tracer/src/view/text.rs", group),
            [uses(3, "view", "std::fs")]
        );
        assert_eq!(
            found("tracer/src/view/text.rs", "let a = my_tokio::x();\n"),
            []
        );
    }

    #[test]
    fn a_module_without_arrows_is_found() {
        assert_eq!(
            found("tracer/src/stuff.rs", "//! x\n"),
            [(0, "module `stuff` has no arrows".to_owned())]
        );
    }
}
