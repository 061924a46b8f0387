//! docs/TRACE_FORMAT.md shows what is really written.

use super::super::{Lane, Options};
use super::examples::examples;
use super::{header, reader};
use crate::event::Kind;

const DOCUMENT: &str = include_str!("../../../../docs/TRACE_FORMAT.md");

/// The text between two marks of the document, without the fence around it.
fn between(mark: &str) -> &'static str {
    let begin = format!("<!-- {mark}: begin -->\n```json\n");
    let end = format!("```\n<!-- {mark}: end -->");
    let (_, rest) = DOCUMENT.split_once(&begin).expect("the mark is there");
    rest.split_once(&end).expect("the mark is there").0
}

fn written() -> String {
    let mut writer = super::super::Writer::new(
        Vec::new(),
        std::path::Path::new("x"),
        &header(),
        Options::default(),
    )
    .unwrap();
    let mut events = examples();
    let last = events.pop().unwrap();
    for event in &events {
        writer.write(event, Lane::Story).unwrap();
    }
    let bytes = writer.finish(&last).unwrap().0;
    String::from_utf8(zstd::stream::decode_all(bytes.as_slice()).unwrap()).unwrap()
}

#[test]
fn the_example_lines_of_the_document_are_those_that_are_written() {
    let text = written();
    assert_eq!(
        between("example"),
        text,
        "put this into the document:\n{text}"
    );
}

#[test]
fn the_example_of_the_document_can_be_read() {
    let mut reader = reader(between("example").as_bytes()).unwrap();
    assert_eq!(reader.events().count(), Kind::NAMES.len());
    assert!(reader.is_complete());
}

#[test]
fn the_index_line_of_the_document_is_one_that_is_written() {
    let mut info = super::super::FrameInfo {
        offset: 487,
        size: 1423,
        json: 4915,
        ..Default::default()
    };
    for event in examples().iter().take(3) {
        info.add(event);
    }
    let line = serde_json::to_string(&info).unwrap();
    assert_eq!(
        between("index"),
        format!("{line}\n"),
        "put this into the document:\n{line}"
    );
}

#[test]
fn every_kind_and_field_of_the_line_is_explained() {
    for name in Kind::NAMES {
        assert!(DOCUMENT.contains(&format!("| `{name}` |")), "{name}");
    }
}
