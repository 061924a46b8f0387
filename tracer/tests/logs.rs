//! Logs of the corpus: what each is understood as, in any wrapping, and in pieces.

mod logs {
    pub(crate) mod outline;
}

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use vgputrace::discover::{Model, log};
use vgputrace::source::screen;

use logs::outline::outline;

fn model(text: &[u8]) -> Model {
    log::read(text, screen::text).expect("memory can be read")
}

/// The logs of a folder of the corpus, by name.
fn logs(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/corpus/logs")
        .join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("the corpus can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    paths.sort();
    let named = |path: PathBuf| {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        (name, fs::read(path).expect("the corpus can be read"))
    };
    paths.into_iter().map(named).collect()
}

fn outlines(folder: &str) -> String {
    let mut out = String::new();
    for (name, log) in logs(folder) {
        let _ = writeln!(out, "== {name}\n{}", outline(&model(&log)));
    }
    out
}

#[test]
fn logs_of_a_real_0_16_3_give_the_facts_they_hold() {
    insta::assert_snapshot!("runner", outlines("real/runner"));
}

#[test]
fn logs_of_a_real_0_32_8_give_the_facts_they_hold() {
    insta::assert_snapshot!("llama_server", outlines("real/llama-server"));
}

#[test]
fn logs_written_after_reports_give_the_facts_they_hold() {
    insta::assert_snapshot!("reports", outlines("reports"));
}

#[test]
fn the_same_log_in_any_wrapping_gives_the_same_facts() {
    let plain = String::from_utf8(
        logs("real/llama-server")
            .into_iter()
            .find(|(name, _)| name == "6-undefsym.debug2")
            .expect("it is there")
            .1,
    )
    .expect("it is there");
    let wrapped = |wrap: &dyn Fn(&str) -> String| {
        plain
            .lines()
            .map(|line| wrap(line) + "\r\n")
            .collect::<String>()
    };
    let expected = outline(&model(plain.as_bytes()));
    for log in [
        wrapped(&|line| line.to_owned()),
        wrapped(&|line| format!("Nov 21 10:29:24 host ollama[77]: {line}")),
        wrapped(&|line| format!("\x1b[33mollama-1  | \x1b[0m{line}")),
        wrapped(&|line| {
            serde_json::json!({"log": format!("{line}\n"), "stream": "stderr"}).to_string()
        }),
        wrapped(&|line| format!("2026-11-21T10:29:24.885123456Z stderr F {line}")),
    ] {
        assert_eq!(outline(&model(log.as_bytes())), expected, "{}", &log[..200]);
    }
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(plain.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(outline(&model(&wide)), expected);
}

proptest! {
    #[test]
    fn lines_of_real_logs_in_any_order_never_panic(order in prop::collection::vec(any::<prop::sample::Index>(), 0..60), cut in any::<prop::sample::Index>()) {
        static LINES: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(|| {
            let all = ["real/runner", "real/llama-server"].into_iter().flat_map(logs);
            let lines = all.flat_map(|(_, log)| log.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>());
            lines.filter(|line| !line.starts_with(b"\t")).collect()
        });
        let mut log = order.iter().map(|index| index.get(&LINES).as_slice()).collect::<Vec<_>>().join(&b'\n');
        log.truncate(cut.index(log.len() + 1));
        let model = model(&log);
        let _ = outline(&model);
        for attempt in &model.attempts {
            prop_assert_eq!(model.children_of(attempt).count(), attempt.children.len());
        }
    }
}

#[test]
fn every_log_written_after_a_report_has_its_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/logs");
    let answers = fs::read_to_string(folder.join("reports.toml")).expect("the answers are there");
    let named: BTreeSet<String> = answers
        .lines()
        .filter_map(|line| line.strip_prefix("log = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .collect();
    let written: BTreeSet<String> = logs("reports").into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, written);
}
