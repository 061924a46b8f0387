//! How Ollama discovers, read out of its program's own text and not from which files are there.

use std::io::Read as _;

use memchr::memmem::Finder;

use crate::event::tree::Markers;
use crate::source::library::root::Located;

/// Started by 0.12 to 0.24 (llm/server.go).
const RUNNER: &[u8] = b"--ollama-engine";
/// The hidden command of 0.30 and later (cmd/cmd.go).
const LLAMA_SERVER: &[u8] = b"gpu-discover";
/// Bytes of the program that are searched; real ones have 30 to 60 MB.
const LIMIT: u64 = 512 << 20;
/// Bytes looked at together.
const PIECE: usize = 1 << 20;

/// Searches the file. `None` when it cannot be read.
pub(super) fn read(located: &Located) -> Option<Markers> {
    let file = located.open().ok()?;
    let whole = located.metadata.len() <= LIMIT;
    let mut file = file.take(LIMIT);
    let finders = [Finder::new(RUNNER), Finder::new(LLAMA_SERVER)];
    let keep = RUNNER.len().max(LLAMA_SERVER.len());
    let mut found = [false; 2];
    let mut piece = Vec::with_capacity(PIECE + keep);
    loop {
        let before = piece.len();
        let mut next = file.by_ref().take(PIECE as u64);
        if next.read_to_end(&mut piece).is_err() || piece.len() == before {
            break;
        }
        for (finder, found) in finders.iter().zip(&mut found) {
            *found = *found || finder.find(&piece).is_some();
        }
        // A word may stand across two pieces.
        piece.drain(..piece.len().saturating_sub(keep));
    }
    let [runner, llama_server] = found;
    Some(Markers {
        runner,
        llama_server,
        whole,
    })
}
