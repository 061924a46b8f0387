//! `show` over a recording in memory.

use super::source::{self, Item, Source};
use super::{Form, Props, filter, show};
use crate::cmd::Report;
use crate::event::Event;
use crate::event::host::Header;
use crate::trace::{Lane, Options, Writer};
use crate::view::Looks;
use crate::view::samples::bootstrap;

struct Memory {
    header: Header,
    events: std::vec::IntoIter<Event>,
}

impl Source for Memory {
    fn header(&self) -> Option<&Header> {
        Some(&self.header)
    }

    fn next_item(&mut self) -> Result<Option<Item<'_>>, Report> {
        Ok(self.events.next().map(|event| Item { event, raw: None }))
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    fn size(&self) -> Option<u64> {
        Some(5)
    }
}

fn props() -> Props {
    Props {
        trace: "run.vgt".into(),
        form: Form::Text,
        numbers: false,
        filter: String::new(),
        kinds: Vec::new(),
        processes: Vec::new(),
        texts: Vec::new(),
        time: None,
        failures: false,
    }
}

fn shown(props: &Props) -> (String, bool) {
    let mut source = Memory {
        header: bootstrap::header(),
        events: bootstrap::events().into_iter(),
    };
    let mut out = String::new();
    let filter = filter(props).unwrap();
    let any = show(&mut source, props, &filter, Looks::default(), &mut |text| {
        out.push_str(text);
        Ok(true)
    });
    (out, any.unwrap())
}

#[test]
fn options_and_expression_must_all_hold() {
    let all = shown(&props()).0.lines().count();
    let one = Props {
        processes: vec!["p3".to_owned(), "104".to_owned(), "nobody".to_owned()],
        texts: vec!["LIBCUDA".to_owned(), "enoent".to_owned()],
        kinds: vec!["open".to_owned(), "stat".to_owned()],
        time: Some("..1s".to_owned()),
        failures: true,
        filter: "not /usr/lib/x86".to_owned(),
        ..props()
    };
    let (text, any) = shown(&one);
    assert!(any && all > 30);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("/usr/local/lib/ollama/libcuda.so.1"));
}

#[test]
fn nothing_that_matches_is_told() {
    let none = Props {
        texts: vec!["no such text".to_owned()],
        ..props()
    };
    assert_eq!(shown(&none), (String::new(), false));
}

#[test]
fn a_wrong_filter_is_one_report_with_a_caret() {
    let wrong = Props {
        filter: "failed kind:opne".to_owned(),
        ..props()
    };
    let report = filter(&wrong).unwrap_err().to_string();
    let lines: Vec<&str> = report.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            "vgputrace: cannot read the filter: `opne` is no kind of event; did you mean `open`?",
            "  failed kind:opne",
            "              ^^^^",
        ]
    );
    assert!(report.contains("\nhelp: allowed: fork, fork_failed"));
    let option = Props {
        time: Some("3".to_owned()),
        ..props()
    };
    assert!(
        filter(&option)
            .unwrap_err()
            .to_string()
            .contains("cannot read --time")
    );
}

#[test]
fn json_lines_begin_with_the_header_and_each_stands_alone() {
    let json = Props {
        form: Form::Json,
        kinds: vec!["exit".to_owned()],
        ..props()
    };
    let (text, _) = shown(&json);
    let values: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(values.len(), 4);
    assert_eq!(values[0]["vgputrace"], 1);
    assert!(
        values[1..]
            .iter()
            .all(|value| value["n"].is_u64() && value["t"].is_u64())
    );
}

#[test]
fn the_summary_comes_as_text_and_as_json() {
    let summary = |form| shown(&Props { form, ..props() }).0;
    assert!(summary(Form::Summary).contains("libcuda.so.1: cannot open shared object file"));
    let json: serde_json::Value = serde_json::from_str(&summary(Form::JsonSummary)).unwrap();
    assert_eq!(json["failed"][0]["processes"][0], "p3.1");
    assert_eq!(json["crashes"][0]["what"], "SIGSEGV");
}

#[test]
fn a_reader_that_goes_away_ends_the_work() {
    let mut source = Memory {
        header: bootstrap::header(),
        events: bootstrap::events().into_iter(),
    };
    let filter = filter(&props()).unwrap();
    let mut calls = 0;
    show(
        &mut source,
        &props(),
        &filter,
        Looks::default(),
        &mut |_| {
            calls += 1;
            Ok(false)
        },
    )
    .unwrap();
    assert_eq!(calls, 1);
}

/// Writes the recording to a file, its end `cut` bytes short.
fn on_disk(cut: usize) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.vgt");
    let options = Options::default();
    let mut writer = Writer::create(&path, &bootstrap::header(), options).unwrap();
    let mut events = bootstrap::events();
    let end = events.pop().unwrap();
    for event in &events {
        writer.write(event, Lane::Story).unwrap();
    }
    writer.finish(&end).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - cut.min(bytes.len())]).unwrap();
    (folder, path)
}

fn read(path: &std::path::Path, props: &Props) -> (String, Vec<String>) {
    let mut source = source::open(path, false).unwrap();
    let mut out = String::new();
    let filter = filter(props).unwrap();
    show(
        source.as_mut(),
        props,
        &filter,
        Looks::default(),
        &mut |text| {
            out.push_str(text);
            Ok(true)
        },
    )
    .unwrap();
    (out, source.warnings())
}

#[test]
fn a_file_shows_what_the_recording_in_memory_shows() {
    let (_folder, path) = on_disk(0);
    for form in [Form::Text, Form::Json] {
        let props = Props { form, ..props() };
        let (text, warnings) = read(&path, &props);
        assert_eq!(text, shown(&props).0);
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[test]
fn a_file_that_was_cut_off_is_shown_up_to_the_tear() {
    let whole = std::fs::metadata(on_disk(0).1).unwrap().len();
    let (_folder, path) = on_disk(usize::try_from(whole / 2).unwrap());
    let (_, warnings) = read(&path, &props());
    assert!(!warnings.is_empty());
    let summary = Props {
        form: Form::Summary,
        ..props()
    };
    let (page, _) = read(&path, &summary);
    assert!(page.starts_with("DAMAGE"), "{page}");
}

#[test]
fn what_is_no_trace_is_one_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    for (bytes, says) in [
        (None, "cannot open"),
        (Some(""), "is empty"),
        (Some("\u{7f}ELF"), "no trace"),
    ] {
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let report = source::open(&path, false).err().unwrap().to_string();
        assert!(report.contains(says), "{report}");
    }
}

#[test]
fn a_role_is_known_from_a_pass_over_the_whole_trace() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/version-node.vgt");
    let of = |expression: &str| {
        let props = Props {
            filter: expression.to_owned(),
            ..props()
        };
        let filter = filter(&props).unwrap();
        let mut source = source::open(&path, filter.asks_for_roles()).unwrap();
        let mut out = String::new();
        show(
            source.as_mut(),
            &props,
            &filter,
            Looks::default(),
            &mut |text| {
                out.push_str(text);
                Ok(true)
            },
        )
        .unwrap();
        out
    };
    let text = of("role:runner[cuda_v12] kind:dlopen failed");
    assert!(text.contains("libggml-cuda.so"), "{text}");
    assert!(of("role:probe").is_empty());
}
