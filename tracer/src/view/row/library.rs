//! Rows of mappings and of the facts about library files.

use crate::event::library::{Closure, LateLibrary, Library, Map, Resolved, Unmap};
use crate::event::{Seen, Text};

use super::super::line::{Line, Role};
use super::super::{amount, decode, escape};
use super::{Context, Detail, Row};

/// Hexadecimal digits of a build-id in a list.
const BUILD_ID: usize = 8;
/// Names of a closure shown in a list.
const NAMES: usize = 8;

/// `map /usr/lib/libcuda.so.1 (build-id 1f2e3d4c…) at 0x7f0000001000`.
pub(super) fn map(body: &Map, context: Context<'_>) -> Row {
    let mut row = Row::new("map");
    row.first.plain(" ").word(Role::Object, &body.path);
    let id = body
        .path
        .whole()
        .and_then(|path| context.scene.build_id(path));
    if let Some(id) = id {
        let short = shorten(id, context);
        row.first.push(Role::Dim, &format!(" (build-id {short})"));
    }
    if let Some(err) = body.err {
        row.error(err, context.looks);
    } else if let Some(address) = body.address {
        row.first.push(Role::Dim, &format!(" at {address}"));
    }
    if body.already {
        row.first.push(Role::Dim, "  (was there already)");
    }
    row
}

pub(super) fn unmap(body: &Unmap) -> Row {
    let mut row = Row::new("unmap");
    row.first
        .plain(" ")
        .word(Role::Object, &body.path)
        .push(Role::Dim, &format!(" at {}", body.address));
    row
}

pub(super) fn late(body: &LateLibrary) -> Row {
    let mut row = Row::new("late library");
    let functions = amount::of(u64::from(body.functions), "function");
    row.first
        .plain(" ")
        .push(Role::Object, &escape::word(body.path.as_str()))
        .push(
            Role::Warning,
            &format!("  {functions} probed from now on; earlier calls may be missing"),
        );
    row
}

/// Facts about a file, and under it what a failed load misses.
pub(super) fn library(body: &Library, context: Context<'_>) -> Row {
    let mut row = Row::new("library");
    row.first
        .plain(" ")
        .push(Role::Object, &escape::word(body.path.as_str()));
    if let Some(size) = body.size {
        row.first.plain(" ").push(Role::Dim, &amount::size(size));
    }
    if let Some(id) = &body.build_id {
        let short = shorten(id, context);
        row.first.push(Role::Dim, &format!(" build-id {short}"));
    }
    if !body.needed.is_empty() {
        row.first
            .push(Role::Dim, " needs ")
            .plain(&list(&body.needed, context));
    }
    for (name, path) in [("RPATH", &body.rpath), ("RUNPATH", &body.runpath)] {
        if let Some(path) = path {
            row.first
                .push(Role::Dim, &format!(" {name} "))
                .plain(&escape::word(path.as_str()));
        }
    }
    if !body.interposes.is_empty() {
        row.first
            .push(Role::Warning, " exports ")
            .push(Role::Warning, &list(&body.interposes, context));
    }
    if let Some(problem) = &body.problem {
        row.first
            .plain("  ")
            .push(Role::Failed, problem.as_str())
            .plain(" ")
            .push(Role::Failed, context.looks.cross());
    }
    if context.detail == Detail::Full {
        row.more.extend(facts(body, context));
    }
    if let Some(found) = &body.closure {
        closure(&mut row.more, found, context);
    }
    row
}

fn facts(body: &Library, context: Context<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            let mut line = Line::new();
            line.push(Role::Dim, name).plain(" ").plain(&value);
            lines.push(line);
        }
    };
    let text = |text: &Option<Text>| {
        text.as_ref()
            .map(|text| escape::word(text.as_str()).into_owned())
            .unwrap_or_default()
    };
    fact("soname", text(&body.soname));
    fact("build-id", text(&body.build_id));
    fact("inode", text(&body.inode));
    fact("links", list(&body.links, context));
    if let Some(mode) = body.mode {
        let owner = body.owner.map_or(String::new(), |[user, group]| {
            format!(" owner {user}:{group}")
        });
        fact("mode", format!("{}{owner}", decode::permissions(mode)));
    }
    fact("defines versions", list(&body.defines_versions, context));
    let versions = body
        .needs_versions
        .iter()
        .map(|[file, version]| format!("{file}:{version}"));
    fact("needs versions", versions.collect::<Vec<_>>().join(" "));
    if let Some(names) = body.undefined.as_ref().and_then(Seen::value) {
        fact("undefined", list(names, context));
    }
    lines
}

/// What the loader would look for in vain: objects, versions, symbols. All of it, not the first only.
pub(in super::super) fn closure(lines: &mut Vec<Line>, found: &Closure, context: Context<'_>) {
    for object in found.objects.iter().filter(|object| object.file.is_none()) {
        lines.push(missing(object, context));
    }
    for [object, file, version] in &found.missing_versions {
        let mut line = Line::new();
        line.push(Role::Failed, "no version ")
            .push(Role::Failed, &escape::word(version.as_str()))
            .plain(" in ")
            .push(Role::Object, &escape::word(file.as_str()))
            .push(Role::Dim, " needed by ")
            .plain(&escape::word(object.as_str()));
        lines.push(line);
    }
    if !found.missing_symbols.is_empty() {
        let mut line = Line::new();
        let number = found.missing_symbols.len() as u64;
        line.push(
            Role::Failed,
            &format!("nobody defines {}: ", amount::of(number, "symbol")),
        )
        .plain(&list(&found.missing_symbols, context));
        lines.push(line);
    }
}

fn missing(object: &Resolved, context: Context<'_>) -> Line {
    let mut line = Line::new();
    line.push(Role::Failed, "no file for ")
        .push(Role::Object, &escape::word(object.name.as_str()))
        .push(Role::Dim, " needed by ")
        .plain(&escape::word(object.by.as_str()));
    if context.detail == Detail::Full {
        for tried in &object.tried {
            line.push(Role::Dim, " tried ")
                .plain(&escape::word(tried.file.as_str()))
                .push(Role::Dim, &format!(" ({})", tried.via));
            if let Some(problem) = &tried.problem {
                line.push(Role::Failed, &format!(" {problem}"));
            }
        }
    } else if !object.tried.is_empty() {
        let places = amount::of(object.tried.len() as u64, "place");
        line.push(Role::Dim, &format!(", {places} tried"));
    }
    line
}

fn shorten(id: &Text, context: Context<'_>) -> String {
    match id.as_str().get(..BUILD_ID) {
        Some(short) if context.detail == Detail::Short && id.as_str().len() > BUILD_ID => {
            format!("{short}{}", context.looks.dots())
        }
        _ => id.as_str().to_owned(),
    }
}

fn list(names: &[Text], context: Context<'_>) -> String {
    let limit = if context.detail == Detail::Short {
        NAMES
    } else {
        names.len()
    };
    let shown = names
        .iter()
        .take(limit)
        .map(|name| escape::word(name.as_str()));
    let mut text = shown.collect::<Vec<_>>().join(" ");
    if names.len() > limit {
        text.push_str(&format!(
            " {} {} more",
            context.looks.dots(),
            names.len() - limit
        ));
    }
    text
}
