//! The beginning of a file: what it is, and its header.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

use super::super::blocks::{Blocks, Form};
use super::super::cursor::Cursor;
use super::super::foreign::{self, ZSTD};
use super::super::section::{Section, Sections};
use super::super::seek_table::number;
use super::super::warning::{Place, Warnings, What};
use super::super::{Error, VERSION, frame};
use super::Reader;
use crate::event::Seq;
use crate::event::host::Header;

/// Reads up to the first event.
pub(super) fn begin<R: Read + Seek>(mut input: R, path: &Path) -> Result<Reader<R>, Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        offset: 0,
        source,
    };
    let length = input.seek(SeekFrom::End(0)).map_err(failed)?;
    input.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut first = Vec::new();
    (&mut input)
        .take(256)
        .read_to_end(&mut first)
        .map_err(failed)?;
    let form = form(&first, path)?;
    let blocks = Blocks::new(form, length, Place::default()).map_err(failed)?;
    let mut reader = Reader {
        path: path.to_owned(),
        input,
        length,
        form,
        header: None,
        sections: Sections::new(blocks),
        current: None,
        ahead: None,
        last: Seq(0),
        end_seen: false,
        done: false,
        warnings: Warnings::default(),
        frames: None,
    };
    reader.begin()?;
    Ok(reader)
}

/// Tells a compressed trace from a plain one, by the first bytes.
fn form(first: &[u8], path: &Path) -> Result<Form, Error> {
    if first.is_empty() {
        return Err(Error::Empty(path.to_owned()));
    }
    if first.starts_with(&ZSTD) || number(first, 0).is_some_and(foreign::is_skippable) {
        return Ok(Form::Zstd);
    }
    if ZSTD.starts_with(first) {
        return Err(Error::CutHeader(path.to_owned()));
    }
    if first.starts_with(b"{") {
        return Ok(Form::Plain);
    }
    // A damaged first byte should not make a trace a foreign file.
    if first
        .get(4..)
        .is_some_and(|rest| memchr::memmem::find(rest, &ZSTD).is_some())
    {
        return Ok(Form::Zstd);
    }
    Err(Error::Foreign {
        path: path.to_owned(),
        what: foreign::describe(first).to_owned(),
    })
}

impl<R: Read + Seek> Reader<R> {
    fn begin(&mut self) -> Result<(), Error> {
        let Some(mut section) = self.next_section()? else {
            return Err(self.nothing(&[]));
        };
        let end = memchr::memchr(b'\n', &section.text);
        let line = section.text.get(..end.unwrap_or(section.text.len()));
        let line = line.unwrap_or_default();
        match header(line, &self.path)? {
            Parsed::Header(header) => self.header = Some(*header),
            Parsed::Wrong(words) if end.is_some() => {
                let what = What::Header(words);
                self.warnings.push(section.place, Some(1), what);
            }
            Parsed::Wrong(_) | Parsed::None => return self.begin_damaged(section),
        }
        let rest = section
            .text
            .split_off(end.map_or(section.text.len(), |end| end + 1));
        if !rest.is_empty() {
            let rest = Section {
                text: rest,
                lines_before: 1,
                ..section
            };
            self.current = Some(Cursor::new(rest, &mut self.warnings));
        }
        Ok(())
    }

    /// The first text there is, is no header: perhaps it is what damage left over.
    fn begin_damaged(&mut self, section: Section) -> Result<(), Error> {
        let text = section.text.clone();
        let damaged = section.torn || section.place.offset > 0;
        let first = if section.text.starts_with(frame::MARK) {
            Some(section)
        } else if section.torn {
            self.next_section()?
                .filter(|section| section.text.starts_with(frame::MARK))
        } else {
            None
        };
        match first {
            Some(first) if damaged => {
                let what = What::Header("its frame is damaged".to_owned());
                self.warnings.push(Place::default(), None, what);
                self.current = Some(Cursor::new(first, &mut self.warnings));
                Ok(())
            }
            _ => Err(self.nothing(&text)),
        }
    }

    fn next_section(&mut self) -> Result<Option<Section>, Error> {
        self.sections
            .next(&mut self.input, &mut self.warnings)
            .map_err(|source| Error::Read {
                path: self.path.clone(),
                offset: self.sections.place().offset,
                source,
            })
    }

    /// Why there is no trace in this file.
    fn nothing(&self, text: &[u8]) -> Error {
        let path = self.path.clone();
        let ours =
            text.is_empty() || b"{\"vgputrace\":".starts_with(text.get(..13).unwrap_or(text));
        let cut = |what: &What| matches!(what, What::CutOff | What::CutTail);
        let at_end = self.form == Form::Plain
            || self.warnings.all().iter().any(|warning| cut(&warning.what));
        if ours && at_end && !text.contains(&b'\n') {
            return Error::CutHeader(path);
        }
        let what = match self.form {
            Form::Plain if text.starts_with(b"{\n") => {
                "JSON spread over several lines; a trace has one object a line (`jq -c .` makes that)"
                    .to_owned()
            }
            Form::Plain => "JSON of another kind".to_owned(),
            Form::Zstd if text.is_empty() => "zstd data that is damaged or empty".to_owned(),
            Form::Zstd => format!("zstd data, in it {}", foreign::describe(text)),
        };
        Error::Foreign { path, what }
    }
}

enum Parsed {
    Header(Box<Header>),
    /// A header that cannot be read, and why.
    Wrong(String),
    None,
}

fn header(line: &[u8], path: &Path) -> Result<Parsed, Error> {
    #[derive(Deserialize)]
    struct Version {
        vgputrace: u32,
    }
    if !line.starts_with(b"{") || line.starts_with(frame::MARK) {
        return Ok(Parsed::None);
    }
    let version = match serde_json::from_slice::<Version>(line) {
        Ok(version) if version.vgputrace > 0 => version.vgputrace,
        Ok(_) | Err(_) => return Ok(Parsed::None),
    };
    if version > VERSION {
        return Err(Error::Future {
            path: path.to_owned(),
            found: version,
            known: VERSION,
        });
    }
    Ok(match serde_json::from_slice(line) {
        Ok(header) => Parsed::Header(Box::new(header)),
        Err(error) => Parsed::Wrong(error.to_string()),
    })
}
