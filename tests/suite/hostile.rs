//! Input that is meant to hurt, through the real commands: a log of a gigabyte, bytes that are no UTF-8, escape sequences
//! in every name and line, thousands of folders. Memory is limited by the kernel (RLIMIT_AS), and nothing that a terminal
//! would obey comes out.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use vgputrace_tests::standin::{self, Era};
use vgputrace_tests::{binary, gate, open_folder, test_name, workspace};

/// What a process may map, in KiB. The tool itself and its threads need some 100 MiB of it.
const ROOM: u64 = 512 * 1024;
/// Bytes of the large log.
const GIGABYTE: u64 = 1 << 30;
/// More than an answer has; its size does not depend on that of the input.
const LONGEST_ANSWER: usize = 256 * 1024;

/// The tool, limited in memory, with what is written to its standard input.
#[track_caller]
fn limited(
    arguments: &[&OsStr],
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Output {
    let tool = binary().expect("vgputrace is built");
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -v {ROOM} && exec \"$@\""))
        .arg("sh")
        .arg(tool)
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    let written = write(&mut input);
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(written.is_ok(), "{written:?} {} {why}", output.status);
    output
}

/// It answered, in bounds, and with nothing that a terminal obeys.
#[track_caller]
fn answered(output: &Output, codes: &[i32]) -> String {
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| codes.contains(&code)),
        "{} {why}",
        output.status
    );
    assert!(told.len() < LONGEST_ANSWER, "{} bytes", told.len());
    harmless(&told);
    harmless(&why);
    told
}

#[track_caller]
fn harmless(text: &str) {
    let obeyed = |one: &char| one.is_control() && *one != '\n';
    let bad: Vec<char> = text.chars().filter(obeyed).collect();
    assert!(bad.is_empty(), "{bad:?} in {text}");
}

/// A log of the corpus that ends on the CPU for a reason that it tells.
fn telling() -> Vec<u8> {
    let log = "tests/corpus/logs/real/llama-server/2-cuda13-nodriver.debug1.log";
    fs::read(workspace().join(log)).expect("the corpus")
}

/// Lines of requests, of models, of nobody, each another one, so that none can be kept once for all; then one that does not end.
fn endless(input: &mut dyn Write, bytes: u64) -> std::io::Result<()> {
    input.write_all(&telling())?;
    let mut written = 0;
    let mut number = 0_u64;
    let mut block = Vec::new();
    while written < bytes {
        block.clear();
        while block.len() < 1 << 20 {
            number += 1;
            writeln!(
                block,
                "[GIN] 2026/11/21 - 10:30:01 | 200 | {number}ms | 10.0.0.1 | POST \"/api/chat/{number}\"\n\
                 time=2026-11-21T10:30:01.000Z level=DEBUG source=server.go:{number} msg=\"loading {number}\" path=/models/{number}\n\
                 llama_model_loader: - kv {number}: general.name str = {number}\n\
                 time=2026-11-21T10:30:01.000Z level=INFO source=sched.go:1 msg=\"offloaded {number}/{number} layers to GPU\""
            )?;
        }
        written += block.len() as u64;
        input.write_all(&block)?;
    }
    let one = vec![b'x'; 1 << 20];
    (0..64).try_for_each(|_| input.write_all(&one))
}

#[test]
fn a_log_of_a_gigabyte_is_explained_in_bounded_memory() {
    let tool = binary().expect("vgputrace is built");
    let released = tool
        .parent()
        .is_some_and(|folder| folder.ends_with("release"));
    let bytes = if released { GIGABYTE } else { GIGABYTE / 64 };
    let output = limited(&["explain".as_ref(), "-".as_ref()], |input| {
        endless(input, bytes)
    });
    let told = answered(&output, &[0]);
    assert!(told.contains("libcuda.so.1"), "{told}");
    if !released {
        gate::skip(
            test_name!(),
            "a debug build takes minutes for a gigabyte; a part of it was read",
        );
    }
}

#[test]
fn a_log_full_of_escape_sequences_and_of_bytes_that_are_no_text_is_told_harmlessly() {
    let mut log = telling();
    let evil: &[u8] = b"\x1b]0;owned\x07\x1b[2J\xff\xfe\xc3\x28\x00\x9b31m\xe2\x80\xae";
    for _ in 0..200 {
        log.extend_from_slice(b"time=2026-11-21T10:30:01.000Z level=INFO source=runner.go:522 msg=\"failure during llama-server GPU discovery\" OLLAMA_LIBRARY_PATH=\"[/usr/local/lib/ollama /usr/local/lib/ollama/cuda_v12");
        log.extend_from_slice(evil);
        log.extend_from_slice(b"]\" extra_envs=map[] error=\"");
        log.extend_from_slice(evil);
        log.extend_from_slice(b"\" detail=\"");
        log.extend_from_slice(evil);
        log.extend_from_slice(b"\"\n");
    }
    for form in ["--verbose", "--markdown", "--json"] {
        let arguments = ["explain", "-", form].map(OsStr::new);
        let output = limited(&arguments, |input| input.write_all(&log));
        let told = answered(&output, &[0]);
        if form == "--json" {
            let parsed: serde_json::Value = serde_json::from_str(&told).expect("JSON");
            assert!(parsed["backends"].is_array());
        }
    }
}

#[test]
fn what_is_neither_a_log_nor_a_trace_is_one_sentence() {
    let mut noise: Vec<u8> = (0..=255_u8).cycle().take(1 << 20).collect();
    for head in [&b""[..], b"\x28\xb5\x2f\xfd", b"{\"vgputrace\":"] {
        noise.splice(..head.len(), head.iter().copied());
        let output = limited(&["explain".as_ref(), "-".as_ref()], |input| {
            input.write_all(&noise)
        });
        assert_eq!(output.status.code(), Some(2));
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        harmless(&why);
        assert!(!why.contains("panicked"), "{why}");
    }
}

/// Names that a shell, a terminal or a parser could trip over.
fn odd(number: usize) -> Vec<u8> {
    let mut name = match number % 5 {
        0 => b"cuda_v".to_vec(),
        1 => b"\x1b[31m\x1b]0;owned\x07".to_vec(),
        2 => b"\xff\xfe\xc3\x28".to_vec(),
        3 => b"a b\n$(reboot);'\"`".to_vec(),
        _ => "\u{202e}\u{2028}vulkan".as_bytes().to_vec(),
    };
    name.extend_from_slice(number.to_string().as_bytes());
    name
}

fn fill(library: &Path, count: usize, file: Option<&str>) {
    for number in 0..count {
        let folder = library.join(OsStr::from_bytes(&odd(number)));
        fs::create_dir_all(&folder).expect("a folder");
        if let Some(file) = file {
            fs::write(folder.join(file), "none").expect("a file");
        }
    }
}

#[test]
fn a_tree_of_thousands_of_oddly_named_folders_is_checked_in_bounds() {
    let root = open_folder();
    let library = root.path().join("usr/local/lib/ollama");
    fs::create_dir_all(root.path().join("usr/local/bin")).expect("a folder");
    let program = root.path().join("usr/local/bin/ollama");
    fs::write(&program, "no program").expect("a file");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    fill(&library, 3_000, Some("libggml-cuda.so"));
    for form in [None, Some("--json")] {
        let mut arguments: Vec<&OsStr> =
            vec!["check".as_ref(), "--root".as_ref(), root.path().as_os_str()];
        arguments.extend(form.map(OsStr::new));
        let output = limited(&arguments, |_| Ok(()));
        let told = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{told}");
        harmless(&told);
        harmless(&String::from_utf8_lossy(&output.stderr));
        if form.is_some() {
            let parsed: serde_json::Value = serde_json::from_str(&told).expect("JSON");
            assert!(parsed.is_object());
        }
    }
}

#[test]
fn a_recording_of_a_server_with_thousands_of_oddly_named_folders_is_explained_in_bounds() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let Some(tree) = standin::tree(Era::Runner, folder.path()) else {
        return;
    };
    fill(&tree.library, 2_000, None);
    let record = tree.record(tree.command());
    record.ended_with(0);
    for form in ["--verbose", "--markdown", "--json"] {
        let arguments = ["explain".as_ref(), record.path.as_os_str(), form.as_ref()];
        let output = limited(&arguments, |_| Ok(()));
        let told = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        harmless(&told);
        assert!(told.contains("cuda_v0"), "{form}");
    }
}
