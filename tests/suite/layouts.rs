//! Every layout under every server of its eras: recorded once, its facts checked.
//!
//! A layout is data, `tests/layouts/NAME.toml`. Here is one line for each, so that each is a test with a name.

use std::collections::BTreeSet;

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
            }
        )*
    };
}

layouts! {
    api_version_wrong,
    backup_name_only,
    constructor_crash,
    dangling_link,
    driver_absent,
    driver_memory_fails,
    driver_no_count,
    driver_no_device,
    driver_old,
    driver_unknown_error,
    gpu_healthy,
    gpu_healthy_prebuilt,
    gpu_runtime_tier,
    gpu_runtime_tier_12,
    gpu_virtual,
    healthy_cpu,
    init_abort,
    init_crash,
    init_exit,
    init_hang,
    init_null,
    missing_dependency,
    missing_dependency_below,
    mount_noexec,
    preload_interposes,
    preload_missing,
    requested_absent,
    skipped_by_request,
    temporary_unwritable,
    truncated,
    truncated_data,
    undefined_symbol,
    undefined_symbol_driver,
    unreadable_folder,
    version_missing,
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
