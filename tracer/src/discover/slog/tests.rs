use proptest::prelude::*;

use super::{line, parse};
use crate::discover::model::{Evidence, Level};
use crate::event::Text;

fn field(record: &super::Record, name: &str) -> Option<String> {
    record
        .fields
        .get(&Text::from(name))
        .map(|value| value.as_str().to_owned())
}

#[test]
fn a_line_of_the_server_is_taken_apart() {
    let record = parse(
        br#"time=2026-11-21T10:29:15.084Z level=DEBUG source=native_probe.go:259 msg="native GPU discovery failed" error="exit status 1" stderr="load_backend: \"a\"\nError: dlopen\n" libDirs="[/usr/local/lib/ollama /usr/local/lib/ollama/cuda_v13]""#,
    )
    .unwrap();
    assert_eq!(record.level, Level::Debug);
    assert_eq!(record.wall, Some(1_795_256_955_084_000_000));
    assert_eq!(record.source, Some(Text::from("native_probe.go:259")));
    assert_eq!(record.message.as_str(), "native GPU discovery failed");
    assert_eq!(field(&record, "error").as_deref(), Some("exit status 1"));
    assert_eq!(
        field(&record, "stderr").as_deref(),
        Some("load_backend: \"a\"\nError: dlopen\n")
    );
    assert_eq!(record.fields.len(), 3);
}

#[test]
fn words_without_quotes_quoted_keys_and_a_second_message_are_kept() {
    let record = parse(
        br#"time=2025-12-18T09:00:00.000+01:00 level=INFO msg=subprocess "total vram"="0 B" PATH=/a=b:/c msg=two level=odd flag EMPTY= last="no end"#,
    )
    .unwrap();
    assert_eq!(record.message.as_str(), "subprocess");
    assert_eq!(record.wall, Some(1_766_044_800_000_000_000));
    assert_eq!(field(&record, "total vram").as_deref(), Some("0 B"));
    assert_eq!(field(&record, "PATH").as_deref(), Some("/a=b:/c"));
    assert_eq!(field(&record, "msg").as_deref(), Some("two"));
    assert_eq!(field(&record, "level").as_deref(), Some("odd"));
    assert_eq!(field(&record, "flag").as_deref(), Some(""));
    assert_eq!(field(&record, "EMPTY").as_deref(), Some(""));
    assert_eq!(field(&record, "last").as_deref(), Some("\"no"));
}

#[test]
fn levels_between_the_named_ones_count_as_the_lower_name() {
    for (text, level) in [
        ("TRACE", Level::Trace),
        ("DEBUG-4", Level::Trace),
        ("DEBUG-8", Level::Trace),
        ("DEBUG", Level::Debug),
        ("DEBUG+1", Level::Debug),
        ("INFO", Level::Info),
        ("WARN", Level::Warn),
        ("ERROR+4", Level::Error),
    ] {
        let record = parse(format!("level={text} msg=x").as_bytes());
        assert_eq!(record.map(|record| record.level), Some(level), "{text}");
    }
}

#[test]
fn the_older_form_of_go_is_read_too() {
    let record = parse(
        br#"2024/10/17 06:27:26 routes.go:1158: INFO server config env="map[OLLAMA_DEBUG:true HTTP_PROXY:]" n=1"#,
    )
    .unwrap();
    assert_eq!(record.level, Level::Info);
    assert_eq!(record.message.as_str(), "server config");
    assert_eq!(record.source, Some(Text::from("routes.go:1158")));
    assert_eq!(
        field(&record, "env").as_deref(),
        Some("map[OLLAMA_DEBUG:true HTTP_PROXY:]")
    );
    assert_eq!(record.fields.len(), 2);
    let record = parse(b"2023/12/25 11:11:11 gpu.go:34: Detecting GPU type, a=b").unwrap();
    assert_eq!(record.message.as_str(), "Detecting GPU type, a=b");
    assert_eq!((record.level, record.wall), (Level::Info, None));
    assert_eq!(parse(b"2023/12/25 11:11:11 no source: x"), None);
    assert_eq!(parse(b"2023/12/25 11:11:11"), None);
}

#[test]
fn a_line_whose_time_and_level_were_cut_off_counts_as_info() {
    let record = parse(b"source=runner.go:67 msg=\"discovering available GPUs...\"").unwrap();
    assert_eq!((record.level, record.wall), (Level::Info, None));
    assert_eq!(parse(b"source=list msg=x"), None);
}

#[test]
fn other_text_is_raw() {
    for text in [
        "",
        "load_backend: loaded CPU backend",
        "time=now",
        "time=2026-11-21T10:29:15Z level=LOUD msg=x",
        "time=2026-11-21T10:29:15Z level=INFO",
        "level=INFO-99999999999999999999 msg=x",
    ] {
        assert_eq!(parse(text.as_bytes()), None, "{text}");
        let text = Text::from(text);
        let line = line(&text, 5, Evidence::line(1, text.clone()));
        assert_eq!((line.level, line.time), (Level::Raw, 5));
        assert_eq!(line.message, text);
    }
}

#[test]
fn escapes_of_go_are_undone_and_others_stand_for_themselves() {
    let record = parse(br#"level=INFO msg="\a\t\x1b[1m\u00e9\U0001f600\\\q\xzz\ud800""#).unwrap();
    assert_eq!(
        record.message.to_bytes().as_ref(),
        "\x07\t\x1b[1m\u{e9}\u{1f600}\\\\q\\xzz\\ud800".as_bytes()
    );
    let record = parse(b"level=INFO msg=\"\\xff\xfe\"").unwrap();
    assert_eq!(record.message.to_bytes().as_ref(), b"\xff\xfe");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, prefix in "(time=2026-11-21T10:29:15Z )?level=INFO (msg=)?\"?") {
        let _ = parse(&bytes);
        let _ = parse(&[b"2023/12/25 11:11:11 gpu.go:3: WARN ".as_slice(), &bytes].concat());
        let _ = parse(&[prefix.as_bytes(), &bytes].concat());
    }

    #[test]
    fn what_was_quoted_comes_back(value in r#"[ -~é"\\\n\t=]{0,30}"#) {
        let quoted = format!("{value:?}");
        let record = parse(format!("level=INFO msg={quoted} after=1").as_bytes()).unwrap();
        prop_assert_eq!(record.message.as_str(), value);
        let after = field(&record, "after");
        prop_assert_eq!(after.as_deref(), Some("1"));
    }
}

#[test]
fn a_line_that_begins_with_its_message_or_its_file_is_read() {
    let record = parse(br#"msg="NVIDIA driver too old" device=X driver=535"#).unwrap();
    assert_eq!(record.message.as_str(), "NVIDIA driver too old");
    let record = parse(br#"runner.go:396 msg="dropping integrated GPU" id=1"#).unwrap();
    assert_eq!(record.source.unwrap().as_str(), "runner.go:396");
    assert_eq!(parse(b"msg=word that stands alone"), None);
    assert_eq!(parse(b"main.go:12 something else"), None);
}
