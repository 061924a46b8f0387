use super::super::{Error, Reader};
use super::{header, note, read, reader, small_frames, trace};

fn words(bytes: &[u8]) -> String {
    match reader(bytes) {
        Ok(_) => "opened".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_empty_file_and_foreign_files_are_named() {
    assert!(words(b"").starts_with("test.vgt is empty"));
    for (bytes, what) in [
        (b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "a gzip file"),
        (
            b"\x7fELF\x02\x01\x01".to_vec(),
            "a program or library (ELF)",
        ),
        (b"time=2025 level=INFO\n".to_vec(), "a text of another kind"),
        (b"{\"a\":1}\n{\"b\":2}\n".to_vec(), "JSON of another kind"),
        (
            b"{\n  \"vgputrace\": 1\n}\n".to_vec(),
            "JSON spread over several lines",
        ),
        (b"{\"vgputrace\":\"x\"}\n".to_vec(), "JSON of another kind"),
        (
            zstd::bulk::compress(b"hello\n", 3).unwrap(),
            "zstd data, in it a text",
        ),
        (
            zstd::bulk::compress(b"", 3).unwrap(),
            "zstd data that is damaged or empty",
        ),
        (
            b"\x28\xb5\x2f\xfd\x08random bytes that are no frame".to_vec(),
            "zstd data that is damaged",
        ),
    ] {
        let words = words(&bytes);
        assert!(
            words.contains("is no trace of vgputrace: it is "),
            "{words}, not {what}"
        );
        assert!(words.contains(what), "{words}");
    }
}

#[test]
fn a_future_version_is_one_clear_error() {
    let line = b"{\"vgputrace\":2,\"tool\":[\"of another shape\"]}\n";
    for bytes in [line.to_vec(), zstd::bulk::compress(line, 3).unwrap()] {
        assert!(matches!(
            reader(&bytes),
            Err(Error::Future {
                found: 2,
                known: 1,
                ..
            })
        ));
        assert!(words(&bytes).contains("read it with a newer vgputrace"));
    }
}

#[test]
fn a_missing_file_and_a_folder_are_errors_with_their_name() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none.vgt")] {
        let error = Reader::open(&path).err().unwrap();
        assert!(matches!(error, Error::Open { .. }));
        assert!(error.to_string().contains(&*path.to_string_lossy()));
    }
}

#[test]
fn an_unpacked_trace_reads_the_same() {
    let events: Vec<_> = (1..=40).map(|seq| note(seq, "line")).collect();
    let packed = trace(&events, small_frames(9));
    let plain = zstd::stream::decode_all(packed.as_slice()).unwrap();
    assert_eq!(read(&plain), read(&packed));
    let plain_reader = reader(&plain).unwrap();
    assert_eq!(plain_reader.header(), Some(&header()));
    // Packed again as one frame, as `zstd -19` would.
    let again = zstd::bulk::compress(&plain, 19).unwrap();
    assert_eq!(read(&again), read(&packed));
}

#[test]
fn an_unpacked_trace_without_its_last_newline_is_whole() {
    let packed = trace(&[note(1, "x")], small_frames(9));
    let mut plain = zstd::stream::decode_all(packed.as_slice()).unwrap();
    assert_eq!(plain.pop(), Some(b'\n'));
    let (events, warnings, complete) = read(&plain);
    assert_eq!((events.len(), warnings.len(), complete), (2, 0, true));
}

#[test]
fn a_header_with_unknown_fields_is_read_and_one_of_another_shape_is_a_warning() {
    let packed = trace(&[note(1, "x")], small_frames(9));
    let plain = zstd::stream::decode_all(packed.as_slice()).unwrap();
    let text = String::from_utf8(plain).unwrap();
    let newer = text.replacen(
        "{\"vgputrace\":1,",
        "{\"new\":{\"a\":[1]},\"vgputrace\":1,",
        1,
    );
    assert_eq!(reader(newer.as_bytes()).unwrap().header(), Some(&header()));
    let other = text.replacen("\"cpus\":2", "\"cpus\":\"two\"", 1);
    let mut reader = reader(other.as_bytes()).unwrap();
    assert_eq!(reader.header(), None);
    assert_eq!(reader.events().count(), 2);
    assert_eq!(reader.warnings().len(), 1);
    assert!(reader.is_complete());
}
