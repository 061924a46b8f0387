//! The facts of a file or of standard input: a trace or a log, told apart by content.

mod reading;
mod strace;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use reading::Reading;

use crate::cmd::Report;
use crate::discover::events::Discovery;
use crate::discover::strace::is_strace;
use crate::discover::{Model, log};
use crate::source::screen;
use crate::trace::{Error, Reader};

/// Bytes by which a trace is known: a frame of zstd, or one that is to be skipped (RFC 8878), or its first line as plain text.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The key of a trace's first line.
const FIRST_KEY: &[u8] = b"{\"vgputrace\":";
/// A trace from standard input is kept in a file up to this size, in bytes.
const LARGEST: u64 = 8 << 30;

/// The facts of a file.
///
/// # Errors
/// It cannot be read, or is neither a trace nor a log.
pub(in crate::cmd) fn file(path: &Path) -> Result<Model, Report> {
    let cannot =
        |error: &io::Error| Report::new(format!("cannot read {}", path.display())).because(error);
    let absent = |error: &io::Error| cannot(error).near(path);
    let mut file = match File::open(path) {
        Ok(file) => file,
        // strace -ff -o NAME writes NAME.PID and no NAME.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return strace::prefix(path).unwrap_or_else(|| Err(absent(&error)));
        }
        Err(error) => return Err(cannot(&error)),
    };
    let mut head = [0; 16];
    let known = fill(&mut file, &mut head).map_err(|error| cannot(&error))?;
    if is_trace(head.get(..known).unwrap_or_default()) {
        return trace(path);
    }
    file.seek(SeekFrom::Start(0))
        .map_err(|error| cannot(&error))?;
    let mut input = BufReader::with_capacity(256 * 1024, file);
    let head = input.fill_buf().map_err(|error| cannot(&error))?;
    if is_strace(head) {
        return strace::file(path, input);
    }
    read_log(input, &path.display().to_string())
}

/// The facts tell of a discovery, so that they can be compared with others.
///
/// # Errors
/// They do not.
pub(in crate::cmd) fn comparable(model: &Model, path: &Path) -> Result<(), Report> {
    if model.server.is_none() && model.children.is_empty() && model.lines.is_empty() {
        return Err(Report::new(format!(
            "cannot judge {}: it holds no Ollama and no program that loads ggml",
            path.display()
        ))
        .help("record one with: sudo vgputrace run --until discovery -o FILE -- ollama serve"));
    }
    Ok(())
}

/// The facts of standard input.
///
/// # Errors
/// As for a file.
pub(super) fn standard_input() -> Result<Model, Report> {
    let cannot = |error: &io::Error| Report::new("cannot read standard input").because(error);
    let mut input = io::stdin().lock();
    let head = input.fill_buf().map_err(|error| cannot(&error))?;
    if is_strace(head) {
        return strace::stream(input);
    }
    if !is_trace(head) {
        return read_log(input, "standard input");
    }
    // A trace is read by place; what comes through a pipe needs a file first.
    let mut kept = tempfile::NamedTempFile::new().map_err(|error| cannot(&error))?;
    let copied =
        io::copy(&mut input.take(LARGEST), kept.as_file_mut()).map_err(|error| cannot(&error))?;
    if copied == LARGEST {
        return Err(
            Report::new("standard input is larger than 8 GiB").help("give the trace by its name")
        );
    }
    trace(kept.path())
}

fn is_trace(head: &[u8]) -> bool {
    let skippable = head.len() >= 4
        && head.get(1..4) == Some(&[0x2a, 0x4d, 0x18])
        && head.first().is_some_and(|byte| byte & 0xf0 == 0x50);
    head.starts_with(&ZSTD) || skippable || head.starts_with(FIRST_KEY)
}

fn fill(file: &mut File, head: &mut [u8]) -> io::Result<usize> {
    let mut known = 0;
    while let Some(rest) = head.get_mut(known..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(count) => known += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(known)
}

/// Folds a trace.
fn trace(path: &Path) -> Result<Model, Report> {
    let fail = |error: &Error| Report::from_error(error);
    let mut reader = Reader::open(path).map_err(|error| fail(&error))?;
    let mut discovery = Discovery::new(reader.header());
    let mut progress = Reading::new(path);
    while let Some(item) = reader.next_item().map_err(|error| fail(&error))? {
        discovery.push(&item.event);
        progress.one();
    }
    drop(progress);
    let mut model = discovery.finish();
    let warnings = reader.warnings();
    model.blind.damaged = reader.is_damaged();
    for warning in warnings.iter().take(8) {
        let state = if model.blind.damaged {
            "damaged"
        } else {
            "not whole"
        };
        model
            .notes
            .push(format!("The trace is {state}: {warning}."));
    }
    Ok(model)
}

/// Reads a log; one without a single telling line is told, not explained.
pub(super) fn read_log(input: impl BufRead, name: &str) -> Result<Model, Report> {
    let model = log::read(input, screen::text)
        .map_err(|error| Report::new(format!("cannot read {name}")).because(&error))?;
    let nothing = model.lines.is_empty() && model.children.is_empty() && model.attempts.is_empty();
    if nothing && model.models.is_empty() {
        return Err(Report::new(format!("{name} is neither a trace nor a log of Ollama or ggml: no line of it tells of a discovery"))
            .help("a log must reach back to the start of the server: journalctl -u ollama -o cat | vgputrace explain -")
            .help("a recording: sudo vgputrace run --until discovery -- ollama serve"));
    }
    Ok(model)
}
