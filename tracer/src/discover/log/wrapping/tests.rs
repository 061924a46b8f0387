use std::borrow::Cow;

use proptest::prelude::*;

use super::Wrapping;

fn strip(lines: &[&str]) -> Vec<String> {
    let mut wrapping = Wrapping::default();
    let text = |line: Cow<'_, [u8]>| String::from_utf8_lossy(&line).into_owned();
    let mut found: Vec<_> = lines
        .iter()
        .filter_map(|line| wrapping.strip(Cow::Borrowed(line.as_bytes())).map(text))
        .collect();
    found.extend(wrapping.rest().map(text));
    found
}

#[test]
fn what_tools_put_around_a_line_is_taken_off() {
    let line = r#"time=2026-11-21T10:29:15.084Z level=INFO source=runner.go:60 msg="discovering available GPUs...""#;
    let quoted = line.replace('"', r#"\""#);
    for wrapped in [
        line.to_owned(),
        format!("Nov 21 10:29:15 host ollama[812]: {line}"),
        format!("Nov  1 10:29:15.084231 my.host ollama[812]: {line}"),
        format!("2026-11-21T10:29:15+0100 host ollama[812]: {line}"),
        format!("Sat 2026-11-21 10:29:15 CET host ollama[812]: {line}"),
        format!("[   12.345678] host ollama[812]: {line}"),
        format!(r#"{{"log":"{quoted}\n","stream":"stderr","time":"2026-11-21T10:29:15.1Z"}}"#),
        format!(r#"{{"MESSAGE":"{quoted}","_PID":"812"}}"#),
        format!(r#"> {{"MESSAGE":"{quoted}","_PID":"812"}}"#),
        format!("2026-11-21T10:29:15.084000000Z {line}"),
        format!("2026-11-21T10:29:15.084000000Z stderr F {line}"),
        format!("ollama-1  | {line}"),
        format!("ollama  | 2026-11-21T10:29:15.084000000Z {line}"),
        format!("ollama.1.x2f@node    | {line}"),
        format!("[pod/ollama-0/ollama] {line}"),
        format!("\x1b[36mollama  |\x1b[0m \x1b[2m{line}\x1b[0m"),
        format!("2026-11-21 10:29:15 {line}"),
        format!("11月 21 10:29:15 ollama[812]: {line}"),
        format!("2026-11-21T10:29:15+01:00 ollama.server[812]: {line}"),
        format!("> {line}"),
        format!("    {line}"),
        format!("[1732184955] <info> {line}"),
    ] {
        assert_eq!(strip(&[&wrapped]), [line], "{wrapped}");
    }
}

#[test]
fn words_without_an_end_of_line_are_parted_from_the_record_that_follows() {
    let record = "time=2026-11-21T10:29:15.084Z level=WARN msg=x";
    assert_eq!(
        strip(&[&format!("failed to get device context 800{record}"), record]),
        [
            format!("failed to get device context 800\n{record}"),
            record.to_owned()
        ]
    );
}

#[test]
fn raw_text_is_found_behind_the_same_wrappings() {
    let line = "  Device 0: NVIDIA H100, compute capability 9.0, VMM: yes";
    for wrapped in [
        line.to_owned(),
        format!("Nov 21 10:29:15 host ollama[812]: {line}"),
        format!("2026-11-21T10:29:15.084000000Z {line}"),
        format!("ollama  | {line}"),
        format!("2026-11-21 10:29:15 {line}"),
        format!("11月 21 10:29:15 ollama[812]: {line}"),
        format!(r#"{{"log":"{line}\r\n","stream":"stderr"}}"#),
    ] {
        assert_eq!(strip(&[&wrapped]), [line], "{wrapped}");
    }
    assert_eq!(
        strip(&["    source=runner.go:67 msg=x"]),
        ["source=runner.go:67 msg=x"]
    );
    assert_eq!(
        strip(&["Nov 21 10:29:15 host kernel: NVRM: API mismatch"]),
        ["kernel: NVRM: API mismatch"]
    );
}

#[test]
fn lines_that_only_look_wrapped_stay() {
    for line in [
        "[GIN] 2026/11/21 - 07:21:58 | 200 | 108.982µs | 127.0.0.1 | GET \"/api/version\"",
        "0.00.011.022 I cmn  common_param: system_info: n_threads = 2 | CPU : SSE3 = 1 |",
        "load_backend: failed to load /a/libggml-cuda.so: libcuda.so.1: cannot open shared object file",
        "{\"models\":[]}",
        "{",
        "msg time=1 level",
    ] {
        assert_eq!(strip(&[line]), [line]);
    }
}

#[test]
fn words_behind_a_line_of_slog_lose_what_stood_in_front_of_it() {
    let line = "time=2026-11-21T10:29:15.084Z level=INFO source=runner.go:60 msg=a";
    let words = "  CUDA0: NVIDIA H100 (81559 MiB, 80903 MiB free)";
    for (first, second) in [
        ("> ", "> "),
        ("    ", "    "),
        ("[ollama] ", "[ollama] "),
        ("server.log:9:", "server.log:10:"),
        ("     9\t", "    10\t"),
        (
            "<30>1 2026-11-21T10:29:15Z host ollama 81 - - ",
            "<30>1 2026-11-21T10:29:16Z host ollama 81 - - ",
        ),
    ] {
        let lines = [&format!("{first}{line}"), &format!("{second}{words}")];
        assert_eq!(strip(&lines.map(String::as_str)), [line, words], "{first}");
    }
    // What looks otherwise is left alone, and so is what follows a line with nothing in front of it.
    assert_eq!(strip(&[&format!("> {line}"), words]), [line, words]);
    assert_eq!(
        strip(&[&format!("> {line}"), line, "> /usr/lib/x.so"]),
        [line, line, "> /usr/lib/x.so"]
    );
    let old = "2024/01/04 14:36:04 gpu.go:37: Detecting GPU type";
    assert_eq!(
        strip(&[&format!("> {old}"), "> found 1 CUDA devices"]),
        [old, "found 1 CUDA devices"]
    );
}

#[test]
fn parts_of_one_line_are_joined() {
    assert_eq!(
        strip(&[
            "2026-11-21T10:29:15.084Z stderr P first ",
            "2026-11-21T10:29:15.084Z stderr F second",
            "2026-11-21T10:29:15.084Z stderr F third",
        ]),
        ["first second", "third"]
    );
    assert_eq!(
        strip(&[
            r#"{"log":"a ","stream":"stderr"}"#,
            r#"{"log":"b\n"}"#,
            r#"{"log":"c"}"#
        ]),
        ["a b", "c"]
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(lines: Vec<Vec<u8>>) {
        let mut wrapping = Wrapping::default();
        for line in &lines {
            let _ = wrapping.strip(Cow::Borrowed(line));
        }
        let _ = wrapping.rest();
    }

    #[test]
    fn almost_wrapped_lines_never_panic(line in r#"(\{"log":"|Nov 21 10:29:15 |2026-11-21T10:29:15Z |std(out|err) [FP] |[a-z]+ \| |\x1b\[|\[|time=|"|\}|[a-z ]){0,12}"#) {
        let _ = strip(&[&line]);
    }
}

/// Engines of containers wrap lines in ways that nothing else has; a log with paths of Ollama's image is of one too.
#[test]
fn a_log_out_of_a_container_is_known_by_what_wraps_its_lines() {
    use crate::discover::model::{Container, Starter};
    const LISTENING: &str = r#"time=2026-01-02T03:04:05.001Z level=INFO source=routes.go:1718 msg="Listening on [::]:11434 (version 0.17.1)""#;
    const CONFIG: &str = r#"time=2026-01-02T03:04:05.000Z level=INFO source=routes.go:1663 msg="server config" env="map[OLLAMA_MODELS:/root/models]""#;
    let starter = |lines: &str| {
        let model = crate::discover::log::read(lines.as_bytes(), crate::event::Text::from_bytes);
        model.unwrap().starter
    };
    let container = Starter::Container(Container::default());
    let json = serde_json::json!({"log": format!("{LISTENING}\n"), "stream": "stderr", "time": "2026-01-02T03:04:05Z"});
    let message = serde_json::json!({"log": format!("{LISTENING}\n")});
    for (line, by) in [
        (format!("ollama-1  | {LISTENING}"), &container),
        (format!("[pod/ollama-0/ollama] {LISTENING}"), &container),
        (
            format!("2026-01-02T03:04:05.1Z stderr F {LISTENING}"),
            &container,
        ),
        (json.to_string(), &container),
        (message.to_string(), &Starter::Unknown),
        (
            format!("2026-01-02T03:04:05.1Z {LISTENING}"),
            &Starter::Unknown,
        ),
        (
            format!("Jan 02 03:04:05 host ollama[7]: {LISTENING}"),
            &Starter::Unknown,
        ),
        (LISTENING.to_owned(), &Starter::Unknown),
    ] {
        assert_eq!(starter(&line), *by, "{line}");
    }
    assert_eq!(starter(&format!("{CONFIG}\n{LISTENING}")), container);
}
