//! One record as an engine hands it over: the wire form, checked and owned.

use vgputrace_ebpf::wire::function::INPUTS;
use vgputrace_ebpf::wire::head::{FLAG_SLOTS, SLOT, What};
use vgputrace_ebpf::wire::syscall::nr;
use vgputrace_ebpf::wire::{
    Compat, Data, Exec, Exit, FnEnter, FnReturn, Fork, Head, Kind, Oom, PathHead, Record as Wire,
    Signal, Sys,
};

use crate::event::{Seen, Why};

/// Bytes that were or were not readable.
pub type Bytes = Seen<Vec<u8>>;

/// A record: who and when, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Process id.
    pub tgid: u32,
    /// Thread id.
    pub tid: u32,
    /// CLOCK_BOOTTIME in nanoseconds.
    pub time: u64,
    /// What.
    pub body: Body,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A system call came back; its string and a second one.
    Sys(Sys, Option<Bytes>, Option<Bytes>),
    /// The kernel's path of something, for the next record of the thread.
    Path(PathHead, Seen<Vec<u8>>),
    /// A child.
    Fork(Fork),
    /// A new image and the name it was started by.
    Exec(Box<Exec>, Bytes),
    /// The end of a process.
    Exit(Exit),
    /// A signal.
    Signal(Signal),
    /// Out of memory.
    Oom(Oom),
    /// A function was entered; its inputs as they stand in memory, `None` for NULL or none.
    Enter(FnEnter, [Option<Bytes>; INPUTS]),
    /// A function came back; its longer output, `None` for NULL or none.
    Return(FnReturn, Option<Bytes>),
    /// A piece of bytes; `None` when unreadable.
    Data(What, Data, Option<Vec<u8>>),
    /// 32-bit system calls.
    Compat(Compat),
}

impl Record {
    /// Reads a record. `None` for bytes that are none: of another release, or damaged.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = Head::read(bytes)?;
        let body = match Kind::from_number(head.kind)? {
            Kind::Sys => {
                let (sys, rest) = Sys::read(rest)?;
                let (text, rest) = if is_address(sys.nr) {
                    raw(sys.text, rest)?
                } else {
                    string(sys.text, rest)?
                };
                let (second, _) = string(sys.second, rest)?;
                Body::Sys(sys, text, second)
            }
            Kind::Path => {
                let (path, rest) = PathHead::read(rest)?;
                let names = rest.get(..path.length as usize)?;
                Body::Path(path, joined(names, path.state))
            }
            Kind::Fork => Body::Fork(Fork::read(rest)?.0),
            Kind::Exec => {
                let (exec, rest) = Exec::read(rest)?;
                let (file, _) = string(exec.file, rest)?;
                Body::Exec(Box::new(exec), file.unwrap_or(Seen::No(Why::Null)))
            }
            Kind::Exit => Body::Exit(Exit::read(rest)?.0),
            Kind::Signal => Body::Signal(Signal::read(rest)?.0),
            Kind::Oom => Body::Oom(Oom::read(rest)?.0),
            Kind::FnEnter => {
                let (enter, rest) = FnEnter::read(rest)?;
                Body::Enter(enter, inputs(&enter, rest, head.flags & FLAG_SLOTS != 0)?)
            }
            Kind::FnReturn => {
                let (back, rest) = FnReturn::read(rest)?;
                let (blob, _) = input(back.blob, rest)?;
                Body::Return(back, blob)
            }
            Kind::Data => {
                let (data, rest) = Data::read(rest)?;
                let what = What::from_number(data.what)?;
                let bytes = match usize::try_from(data.length) {
                    Ok(length) => Some(rest.get(..length)?.to_vec()),
                    Err(_) => None,
                };
                Body::Data(what, data, bytes)
            }
            Kind::Compat => Body::Compat(Compat::read(rest)?.0),
        };
        Some(Self {
            tgid: head.tgid,
            tid: head.tid,
            time: head.time,
            body,
        })
    }
}

/// A string of `length` bytes with its NUL at the start of `bytes`, and what follows. The outer `None` is damage, the
/// inner one no string.
fn string(length: i32, bytes: &[u8]) -> Option<(Option<Bytes>, &[u8])> {
    if length == 0 {
        return Some((None, bytes));
    }
    let Ok(length) = usize::try_from(length) else {
        return Some((Some(Seen::No(Why::Fault)), bytes));
    };
    let (text, rest) = bytes.split_at_checked(length)?;
    Some((Some(ended(text)), rest))
}

/// Calls whose text is a socket address.
fn is_address(number: u32) -> bool {
    matches!(
        number,
        nr::BIND | nr::CONNECT | nr::ACCEPT | nr::ACCEPT4 | nr::LISTEN
    )
}

/// Bytes in which a NUL is nothing special.
fn raw(length: i32, bytes: &[u8]) -> Option<(Option<Bytes>, &[u8])> {
    let Ok(length) = usize::try_from(length) else {
        return Some((Some(Seen::No(Why::Fault)), bytes));
    };
    let (text, rest) = bytes.split_at_checked(length)?;
    Some(((length > 0).then(|| Seen::Yes(text.to_vec())), rest))
}

/// A C string without its NUL. One that fills its whole buffer without a NUL of its own was cut.
fn ended(text: &[u8]) -> Bytes {
    let end = text
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(text.len());
    let bytes = text.get(..end).unwrap_or(text).to_vec();
    // The helpers put a NUL at the end of a full buffer, so only its length tells.
    if text.len() >= SLOT {
        Seen::Cut(bytes, text.len() as u64)
    } else {
        Seen::Yes(bytes)
    }
}

/// What a function reads or fills: bytes that say themselves where they end.
fn input(length: i32, bytes: &[u8]) -> Option<(Option<Bytes>, &[u8])> {
    if length == 0 {
        return Some((None, bytes));
    }
    let Ok(length) = usize::try_from(length) else {
        return Some((Some(Seen::No(Why::Fault)), bytes));
    };
    let (found, rest) = bytes.split_at_checked(length)?;
    let found = if length >= SLOT {
        Seen::Cut(found.to_vec(), length as u64)
    } else {
        Seen::Yes(found.to_vec())
    };
    Some((Some(found), rest))
}

fn inputs(enter: &FnEnter, bytes: &[u8], slots: bool) -> Option<[Option<Bytes>; INPUTS]> {
    let mut out = [const { None }; INPUTS];
    let mut rest = bytes;
    for (index, place) in out.iter_mut().enumerate() {
        let length = *enter.inputs.get(index)?;
        if slots {
            let slot = bytes.get(index * SLOT..(index + 1) * SLOT)?;
            *place = input(length.min(SLOT as i32), slot)?.0;
        } else {
            (*place, rest) = input(length, rest)?;
        }
    }
    Some(out)
}

/// An absolute path from names that stand leaf first, each with its NUL.
fn joined(names: &[u8], state: u32) -> Seen<Vec<u8>> {
    let mut parts: Vec<&[u8]> = names.split(|byte| *byte == 0).collect();
    parts.pop();
    let mut path = Vec::with_capacity(names.len() + 1);
    for part in parts.iter().rev() {
        path.push(b'/');
        path.extend_from_slice(part);
    }
    if path.is_empty() {
        path.push(b'/');
    }
    match state {
        0 => Seen::Yes(path),
        1 => Seen::Cut(path, 0),
        _ => Seen::No(Why::Fault),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Record, joined};
    use crate::event::{Seen, Why};

    #[test]
    fn names_from_leaf_to_root_become_a_path() {
        assert_eq!(
            joined(b"libc.so.6\0lib\0usr\0", 0),
            Seen::Yes(b"/usr/lib/libc.so.6".to_vec())
        );
        assert_eq!(joined(b"", 0), Seen::Yes(b"/".to_vec()));
        assert_eq!(joined(b"b\0", 1), Seen::Cut(b"/b".to_vec(), 0));
        assert_eq!(joined(b"b\0", 2), Seen::No(Why::Fault));
    }

    proptest! {
        #[test]
        fn hostile_records_are_refused_or_read_but_never_panic(kind in 0_u16..14, mut rest: Vec<u8>) {
            let mut bytes = kind.to_ne_bytes().to_vec();
            bytes.append(&mut rest);
            bytes.resize(bytes.len() + 600, 0);
            let _ = Record::decode(&bytes);
        }
    }
}
