use vgputrace_ebpf::wire::head::{OUTPUT_PIECES, PIECE, What};

use super::{TARGET, Told};
use crate::event::output::Output;
use crate::event::{Errno, Kind, Seen, Why};

fn outputs(told: &Told) -> Vec<Output> {
    told.all(|kind| match kind {
        Kind::Output(output) => Some(output.clone()),
        _ => None,
    })
}

fn words(output: &Output) -> &str {
    output.text.value().map_or("", |text| text.as_str())
}

#[test]
fn pieces_of_one_write_are_one_output() {
    let mut told = Told::new();
    told.piece(TARGET, What::Output, 1, 0, b"hello ", 11, 7);
    assert!(told.events.is_empty());
    told.piece(TARGET, What::Output, 1, 6, b"world", 11, 7);
    let output = outputs(&told).remove(0);
    assert_eq!((words(&output), output.length), ("hello world", 11));
    assert!(output.text.whole().is_some());
}

#[test]
fn two_writes_are_two_outputs_even_when_the_first_has_lost_its_end() {
    let mut told = Told::new();
    told.piece(TARGET, What::Output, 1, 0, b"hello ", 11, 7);
    told.piece(TARGET, What::Output, 1, 0, b"next\n", 5, 8);
    let all = outputs(&told);
    assert_eq!(all.len(), 2);
    assert!(matches!(all[0].text, Seen::Cut(_, 11)));
    assert_eq!(words(&all[1]), "next\n");
}

#[test]
fn a_piece_that_is_missing_in_the_middle_cuts_the_output_there() {
    let mut told = Told::new();
    told.piece(TARGET, What::Output, 1, 0, b"hello ", 16, 7);
    told.piece(TARGET, What::Output, 1, 11, b"again", 16, 7);
    let all = outputs(&told);
    assert_eq!(words(&all[0]), "hello ");
    assert!(matches!(all[0].text, Seen::Cut(_, 16)));
}

#[test]
fn a_write_longer_than_is_ever_sent_is_told_at_its_last_piece() {
    let mut told = Told::new();
    let block = vec![b'x'; PIECE];
    let total = 1 << 20;
    for at in 0..OUTPUT_PIECES {
        let offset = at * u32::try_from(PIECE).unwrap();
        told.piece(TARGET, What::Output, 1, offset, &block, total, 7);
    }
    let output = outputs(&told).remove(0);
    assert_eq!(output.length, 1 << 20);
    assert!(matches!(output.text, Seen::Cut(_, 1_048_576)));
}

#[test]
fn a_failed_write_is_told_at_once_with_its_errno() {
    let mut told = Told::new();
    let total = usize::MAX - 31;
    told.piece(TARGET, What::Output, 2, 0, b"", total, 7);
    let output = outputs(&told).remove(0);
    assert_eq!((output.err, output.length), (Some(Errno(32)), 0));
}

#[test]
fn what_another_thread_had_in_hand_is_told_when_the_process_ends() {
    let mut told = Told::new();
    told.piece(101, What::Output, 1, 0, b"last words", 99, 7);
    told.exit(TARGET, 0);
    assert_eq!(told.kinds(), ["output", "exit"]);
    let mut told = Told::new();
    told.piece(101, What::Output, 1, 0, b"last words", 99, 7);
    told.end();
    assert_eq!(told.kinds(), ["output"]);
}

#[test]
fn a_secret_in_two_writes_is_none_in_the_trace() {
    let mut told = Told::new();
    told.piece(TARGET, What::Output, 1, 0, b"OLLAMA_API_KEY=", 15, 7);
    told.piece(101, What::Output, 1, 0, b"planted-secret\n", 15, 8);
    let shown = format!("{:?}", told.events);
    assert!(!shown.contains("planted"), "{shown}");
}

#[test]
fn of_a_model_server_only_harmless_lines_are_kept_also_when_its_arguments_were_lost() {
    let mut told = Told::new();
    told.exec(TARGET, "/bin/ollama", b"ollama\0runner\0--model\0/m\0", b"");
    told.piece(TARGET, What::Output, 1, 0, b"dear diary\n", 11, 7);
    assert_eq!(outputs(&told)[0].text, Seen::No(Why::Withheld));
    let mut told = Told::new();
    told.exec_head(TARGET, 9, 0);
    told.path(
        TARGET,
        TARGET,
        vgputrace_ebpf::wire::path::OF_EXE,
        "/bin/llama-server",
    );
    told.exec_head(TARGET, 9, 0);
    told.piece(TARGET, What::Output, 1, 0, b"dear diary\n", 11, 7);
    assert_eq!(outputs(&told)[0].text, Seen::No(Why::Withheld));
}

#[test]
fn a_request_is_its_path_and_its_answer_names_it() {
    let mut told = Told::new();
    let request = b"GET /info?key=planted HTTP/1.1\r\nAuthorization: Bearer planted\r\n";
    told.piece(TARGET, What::Request, 5, 0, request, request.len(), 7);
    told.piece(TARGET, What::Answer, 5, 0, b"[]", 2, 8);
    let asked = told.all(|kind| match kind {
        Kind::Http(http) => Some((http.request.as_str().to_owned(), http.answer.is_some())),
        _ => None,
    });
    let info = "GET /info".to_owned();
    assert_eq!(asked, [(info.clone(), false), (info, true)]);
    assert!(!format!("{:?}", told.events).contains("planted"));
}
