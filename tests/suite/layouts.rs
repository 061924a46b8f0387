//! Every layout under every server of its eras: recorded once, its facts checked.
//!
//! A layout is data, `tests/layouts/NAME.toml`. Here is one line for each, so that each is a test with a name.

use std::collections::BTreeSet;

use vgputrace::diagnose::rules;
use vgputrace_tests::layouts::{self, Era};
use vgputrace_tests::test_name;

macro_rules! layouts {
    ($($name:ident),* $(,)?) => {
        const LISTED: &[&str] = &[$(stringify!($name)),*];

        $(
            mod $name {
                use super::*;

                #[test]
                fn holds_in_the_runner_era() {
                    layouts::check(test_name!(), stringify!($name), Era::Runner);
                }

                #[test]
                fn holds_in_the_llama_server_era() {
                    layouts::check(test_name!(), stringify!($name), Era::LlamaServer);
                }

                #[test]
                fn is_told_alike_by_ptrace() {
                    layouts::same::same_under_both(test_name!(), stringify!($name));
                }
            }
        )*
    };
}

layouts! {
    api_version_wrong,
    argument_variable,
    backend_alone,
    backup_name_only,
    blas_first,
    card_by_two,
    card_too_new,
    card_without_kernels,
    cards_many,
    cards_of_two_series,
    constructor_crash,
    core_not_linked,
    cwd_gone,
    dangling_link,
    devices_hidden,
    driver_535,
    driver_535_by_name,
    driver_absent,
    driver_broken_pipe,
    driver_busy,
    driver_core_gone,
    driver_count_fails,
    driver_lacks,
    driver_memory_fails,
    driver_mismatch,
    driver_no_count,
    driver_no_device,
    driver_not_ready,
    driver_old,
    driver_stub,
    driver_unknown_error,
    file_closed,
    folder_link,
    folder_moved,
    folder_not_entered,
    gpu_healthy,
    gpu_healthy_12,
    gpu_healthy_prebuilt,
    gpu_runtime_tier,
    gpu_runtime_tier_12,
    gpu_virtual,
    healthy_cpu,
    init_abort,
    init_crash,
    init_exit,
    init_hang,
    init_kill,
    init_null,
    jetson_folder,
    library_closed,
    library_gone,
    llama_server_gone,
    llama_server_lacks,
    llama_server_mode,
    loopback_closed,
    missing_dependency,
    missing_dependency_below,
    model_asked,
    model_late_card,
    model_no_room,
    model_on_nothing,
    model_refresh,
    mount_noexec,
    no_init,
    no_ollama_in_path,
    nodes_gone,
    on_top,
    one_card_twice,
    other_engine,
    other_libstdcxx,
    other_pattern,
    other_release,
    other_tree,
    part_of_processor,
    port_answered,
    port_taken,
    preload_count,
    preload_crash,
    preload_exit,
    preload_interposes,
    preload_missing,
    preload_refuses,
    preload_start,
    private_tables,
    probe_alone,
    program_gone,
    requested_absent,
    runtime_alone,
    runtime_first,
    score_none,
    second_arch,
    second_busy,
    second_hang,
    second_refused,
    skipped_by_request,
    start_alone,
    temporary_unwritable,
    thread_storage,
    truncated,
    truncated_data,
    two_series,
    undefined_symbol,
    undefined_symbol_driver,
    unreadable_folder,
    version_missing,
    version_none,
    vulkan_icd,
    vulkan_loader,
    vulkan_off,
    wrong_class,
}

#[test]
fn every_layout_has_its_line_here_and_can_be_read() {
    let there: BTreeSet<String> = layouts::names().into_iter().collect();
    let listed: BTreeSet<String> = LISTED.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(there, listed);
    for name in there {
        let layout = layouts::read(&name).unwrap();
        assert!(
            !layout.title.is_empty() && !layout.eras.is_empty(),
            "{name}"
        );
    }
}

/// Rows of a table of docs/DIAGNOSES.md: those that layouts show, and those for which it says why none can.
fn rows(table: &str, document: &str) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let number = |row: &str| row.strip_prefix(table)?.trim().parse::<u32>().ok();
    let shown = layouts::names()
        .iter()
        .flat_map(|name| layouts::read(name).expect("a layout").rows)
        .filter_map(|row| number(&row))
        .collect();
    let section = document
        .split_once("## What no layout can make here")
        .and_then(|(_, rest)| rest.split_once("\n## ").or(Some((rest, ""))))
        .map_or("", |(section, _)| section);
    let mut excused = BTreeSet::new();
    for line in section.lines().filter(|line| line.starts_with("| ")) {
        let cell = line.split('|').nth(1).unwrap_or_default();
        for group in cell.split(';').map(str::trim) {
            let Some(list) = group.strip_prefix(table) else {
                continue;
            };
            excused.extend(
                list.split(',')
                    .filter_map(|one| one.trim().parse::<u32>().ok()),
            );
        }
    }
    (shown, excused)
}

#[test]
fn a_rule_that_a_layout_expects_answers_each_row_that_it_shows() {
    let mut wrong = Vec::new();
    for name in layouts::names() {
        let layout = layouts::read(&name).unwrap();
        let judged = layout.expect.verdict.iter();
        let judged = judged.filter_map(|one| one.rule.as_deref());
        let told = layout.expect.told.iter().map(|one| one.rule.as_str());
        let rules: Vec<_> = judged.chain(told).filter_map(rules::by_id).collect();
        for row in &layout.rows {
            let answers = rules.iter().any(|rule| rule.rows.contains(&row.as_str()));
            if !answers {
                wrong.push(format!("{name}: {row}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_row_of_both_tables_has_a_layout_or_a_reason_why_not_and_the_counts_are_told() {
    let path = vgputrace_tests::workspace().join("docs/DIAGNOSES.md");
    let document = std::fs::read_to_string(path).unwrap();
    let mut counts = Vec::new();
    for (table, count) in [("runner", 55), ("llama-server", 32)] {
        let (shown, excused) = rows(table, &document);
        let both: Vec<&u32> = shown.intersection(&excused).collect();
        assert!(both.is_empty(), "{table} {both:?} has both");
        let all: BTreeSet<u32> = shown.union(&excused).copied().collect();
        assert_eq!(all, (1..=count).collect(), "{table}");
        counts.push(format!(
            "{} of {count} rows of the {table} table",
            shown.len()
        ));
    }
    let sentence = format!("Layouts show {}.", counts.join(" and "));
    assert!(
        document.contains(&sentence),
        "docs/DIAGNOSES.md must say: {sentence}"
    );
}

/// Argument, path and environment of a traced process must not tell which layout it is in.
#[test]
fn no_name_that_a_server_sees_says_what_is_wrong() {
    const TELLING: &[&str] = &[
        "absent",
        "missing",
        "undefined",
        "version",
        "wrong",
        "trunc",
        "unreadable",
        "dangling",
        "backup",
        "skip",
        "null",
        "crash",
        "abort",
        "exit",
        "hang",
        "preload",
        "interpose",
        "unwritable",
        "noexec",
        "healthy",
        "fault",
        "fail",
        "pretend",
    ];
    for name in layouts::names() {
        let layout = layouts::read(&name).unwrap();
        let mut seen: Vec<String> = layout.put.iter().map(|put| put.at.clone()).collect();
        seen.extend(layout.put.iter().filter_map(|put| put.link.clone()));
        seen.extend(layout.put.iter().filter_map(|put| put.soname.clone()));
        seen.extend(layout.server.env.values().cloned());
        seen.extend(layout.server.cwd.clone());
        for one in seen {
            let lower = one.to_lowercase();
            assert!(!lower.contains(&name), "{name}: {one}");
            for word in TELLING {
                assert!(!lower.contains(word), "{name}: {one} says {word}");
            }
        }
    }
}
