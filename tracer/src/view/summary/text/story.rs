//! The middle of the summary: processes, folders with backends, libraries.

use std::collections::BTreeMap;

use crate::event::Text;
use crate::event::failure::is_crash;

use super::super::super::line::{Line, Role};
use super::super::super::{Looks, amount, escape};
use super::super::{Class, Process, Summary};
use super::{NAMES, Page, who, words};

pub(super) fn processes(page: &mut Page, summary: &Summary) {
    page.section("processes");
    let list = &summary.processes;
    let trivial = list
        .known
        .values()
        .filter(|process| process.is_trivial())
        .count();
    let rows = list.tree().into_iter().filter_map(|(depth, number)| {
        let process = list.known.get(&number)?;
        (!process.is_trivial()).then_some((depth, number, process))
    });
    page.list(16, rows, |line, looks, (depth, number, process)| {
        one_process(line, looks, (depth, number), process);
    });
    if trivial > 0 {
        page.line(|line, _| {
            let (noun, verb) = if trivial == 1 {
                ("child", "its")
            } else {
                ("children", "their")
            };
            let text =
                format!("{trivial} {noun} that ran no program of {verb} own and ended with 0");
            line.push(Role::Dim, &text);
        });
    }
    if list.dropped > 0 {
        page.line(|line, _| {
            line.push(Role::Warning, "more processes than a summary holds");
        });
    }
}

fn one_process(line: &mut Line, looks: Looks, (depth, number): (usize, u32), process: &Process) {
    let depth = depth.min(8);
    if depth > 0 {
        line.plain(&"  ".repeat(depth - 1))
            .push(Role::Dim, looks.corner());
    }
    line.push(Role::Process, &format!("p{number}.{}", process.generation));
    if let Some(pid) = process.pid {
        line.push(Role::Dim, &format!(" pid {pid}"));
    }
    match process.programs.last() {
        Some((exe, arguments)) => {
            line.plain(" ").word(Role::Object, exe);
            let rest = words(arguments.iter().map(Text::as_str), 60, looks);
            if !rest.is_empty() {
                line.plain(" ").plain(&rest);
            }
        }
        None => drop(line.push(Role::Dim, " (no program of its own)")),
    }
    if process.programs.len() > 1 {
        let before = process.programs.len() - 1;
        line.push(
            Role::Dim,
            &format!(" (after {})", amount::of(before as u64, "other program")),
        );
    }
    let nanos = process.end.map(|end| end.saturating_sub(process.begin));
    if let Some(nanos) = nanos {
        line.push(
            Role::Dim,
            &format!("  {}", amount::duration(nanos, looks.unicode)),
        );
    }
    line.plain("  ");
    match (&process.signal, process.code) {
        (Some(signal), _) => {
            let crash = is_crash(signal.as_str());
            let role = if crash { Role::Failed } else { Role::Warning };
            line.push(role, &format!("killed by {}", signal.as_str()))
        }
        (None, Some(0)) => line.push(Role::Result, "exit 0"),
        (None, Some(code)) => line.push(Role::Failed, &format!("exit {code}")),
        (None, None) if process.end.is_some() => line.plain("ended"),
        (None, None) => line.push(Role::Dim, "runs"),
    };
}

pub(super) fn folders(page: &mut Page, summary: &Summary) {
    page.section("folders");
    page.list(
        10,
        &summary.folders.listed,
        |line, looks, (path, folder)| {
            let names = words(
                stems(&folder.names).iter().map(String::as_str),
                NAMES,
                looks,
            );
            line.push(Role::Object, &escape::word(path.as_str()))
                .plain(": ")
                .plain(&names)
                .push(
                    Role::Dim,
                    &format!("  listed by {}", who(&folder.processes)),
                );
        },
    );
    page.list(
        6,
        &summary.folders.variables,
        |line, _, ((name, value), processes)| {
            line.plain(name)
                .push(Role::Dim, "=")
                .push(Role::Object, &escape::word(value.as_str()))
                .push(Role::Dim, &format!("  {}", who(processes)));
        },
    );
}

/// `libggml-cuda.so` as `cuda`, the CPU variants counted.
fn stems<'a>(names: impl IntoIterator<Item = &'a Text>) -> Vec<String> {
    let mut stems: BTreeMap<String, u64> = BTreeMap::new();
    for name in names {
        let name = name.as_str();
        let stem = name
            .split_once("ggml-")
            .and_then(|(_, rest)| rest.split_once(".so"))
            .map_or(name, |(stem, _)| stem);
        match stem.split_once('-') {
            Some(("cpu", _)) => *stems.entry("cpu".to_owned()).or_default() += 1,
            _ => {
                stems.entry(stem.to_owned()).or_insert(0);
            }
        }
    }
    let word = |(stem, variants): (String, u64)| match variants {
        0 | 1 => stem,
        _ => format!("{stem}({variants})"),
    };
    stems.into_iter().map(word).collect()
}

pub(super) fn loaded(page: &mut Page, summary: &Summary) {
    for (section, kept) in [("loaded", true), ("given back", false)] {
        page.section(section);
        let classes = Class::ALL.iter().filter(|class| **class != Class::System);
        let groups = classes.flat_map(|class| {
            let groups = summary.libraries.of(*class, kept);
            groups
                .into_iter()
                .map(|(folder, group)| (class.word(), folder, group))
        });
        page.list(12, groups, |line, looks, (class, folder, group)| {
            let begin = line.width();
            line.plain(class).pad_to(begin + 8);
            let names = words(group.names.iter().map(String::as_str), NAMES, looks);
            line.push(Role::Object, &escape::word(&folder))
                .plain(": ")
                .plain(&names)
                .push(Role::Dim, &format!("  {}", who(&group.processes)));
        });
        let system = summary.libraries.of(Class::System, kept);
        let number: usize = system.values().map(|group| group.names.len()).sum();
        if kept && number > 0 {
            page.line(|line, _| {
                line.push(Role::Dim, &amount::of(number as u64, "system file"));
            });
        }
    }
}
