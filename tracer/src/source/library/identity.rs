//! What a file is, from its first 64 bytes.

use std::fs::File;
use std::os::unix::fs::FileExt;

use object::elf::{self, FileHeader64};
use object::pod;

use super::Problem;
use super::image::{LE, Le};

/// What the first bytes of a file say.
#[derive(Debug)]
pub struct Identity {
    /// ELF class in bits.
    pub bits: Option<u8>,
    /// ELF machine number.
    pub machine: Option<u16>,
    /// Its header, when it is an x86-64 object.
    pub header: Result<FileHeader64<Le>, Problem>,
}

/// Reads the first bytes of a file and says what it is.
pub(super) fn identify(file: &File, length: u64) -> Identity {
    let mut start = [0; size_of::<FileHeader64<Le>>()];
    let mut have = 0;
    while have < start.len() {
        let Some(rest) = start.get_mut(have..) else {
            break;
        };
        match file.read_at(rest, have as u64) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Identity {
                    bits: None,
                    machine: None,
                    header: Err((&error).into()),
                };
            }
        }
    }
    identify_bytes(start.get(..have).unwrap_or_default(), length)
}

/// What a file that begins with `start` is. `start` is the first 64 bytes, or all of a shorter file.
pub(super) fn identify_bytes(start: &[u8], length: u64) -> Identity {
    let unknown = |problem| Identity {
        bits: None,
        machine: None,
        header: Err(problem),
    };
    if length == 0 || start.is_empty() {
        return unknown(Problem::Empty);
    }
    if !start.starts_with(b"\x7fELF") {
        let text = start
            .iter()
            .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 32..127));
        let script =
            start.starts_with(b"/*") || start.starts_with(b"INPUT") || start.starts_with(b"GROUP");
        return unknown(if text && script {
            Problem::LinkerScript
        } else if start.iter().all(|byte| *byte == 0) {
            Problem::Zeros
        } else {
            Problem::NotElf
        });
    }
    let bits = match start.get(4) {
        Some(1) => Some(32),
        Some(2) => Some(64),
        _ => None,
    };
    let little = start.get(5) == Some(&1);
    let machine = start
        .get(18..20)
        .and_then(|two| <[u8; 2]>::try_from(two).ok())
        .map(|two| {
            if little {
                u16::from_le_bytes(two)
            } else {
                u16::from_be_bytes(two)
            }
        });
    let header = match (bits, machine) {
        (Some(32), _) => Err(Problem::Bits32),
        (Some(_), Some(_)) if !little || !is_known_abi(start) => Err(Problem::Foreign),
        (Some(_), Some(machine)) if machine != elf::EM_X86_64.0 => Err(Problem::Machine(machine)),
        (Some(_), Some(_)) => pod::from_bytes::<FileHeader64<Le>>(start)
            .map(|(header, _)| *header)
            .map_err(|()| Problem::Short)
            .and_then(|header| match header.e_type.get(LE) {
                elf::ET_DYN | elf::ET_EXEC => Ok(header),
                other => Err(Problem::Kind(other.0)),
            }),
        (None, Some(_)) => Err(Problem::Foreign),
        (_, None) => Err(Problem::Short),
    };
    Identity {
        bits,
        machine,
        header,
    }
}

/// ELF version 1 of System V or GNU, as the loader wants it.
fn is_known_abi(start: &[u8]) -> bool {
    start.get(6) == Some(&1) && matches!(start.get(7), Some(0 | 3))
}
