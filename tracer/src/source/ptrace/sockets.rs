//! Sockets: output and its relatives on them, the discovery endpoints, and addresses.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use vgputrace_ebpf::wire::Sys;
use vgputrace_ebpf::wire::head::{ANSWER_BYTES, OUTPUT_PIECES, PIECE, What};
use vgputrace_ebpf::wire::syscall::nr;

use super::engine::Engine;
use super::memory;
use super::stream::Stream;
use super::system_calls::{Call, is_output};
use crate::event::{Seen, Why};
use crate::source::advice::listening;
use crate::source::record::{Body, Bytes};

/// Accepted sockets by process and descriptor: bytes of the answer that may still be recorded; 0 when the request was none
/// of the discovery endpoints.
#[derive(Default)]
pub(super) struct Sockets {
    left: HashMap<(u32, u32), u64>,
}

impl Sockets {
    pub(super) fn is_accepted(&self, tgid: u32, fd: u64) -> bool {
        self.left.contains_key(&(tgid, fd as u32))
    }

    /// A process has ended.
    pub(super) fn forget(&mut self, tgid: u32) {
        self.left.retain(|(owner, _), _| *owner != tgid);
    }
}

/// `AF_INET`, `AF_INET6`, and the length of `struct sockaddr_in6`, the longest address that is looked at.
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const ADDRESS: usize = 28;
/// Buffers of one writev that are looked at.
const BUFFERS: u64 = 16;
/// Bytes of a request that are told: its first line, which the tracker cuts at its end.
const REQUEST: u64 = 64;

impl Engine {
    /// write, writev and relatives on fd 1, 2 or an accepted socket.
    pub(super) fn written(&mut self, tid: u32, call: &Call, result: i64) {
        let (tgid, fd) = (self.process_of(tid), call.args[0]);
        let mut stream = Stream {
            what: What::Output,
            fd: fd as i32,
            start: call.start,
            total: result.cast_unsigned(),
            limit: u64::from(OUTPUT_PIECES) * PIECE as u64,
        };
        if !is_output(fd) {
            let Some(left) = self.sockets.left.get_mut(&(tgid, fd as u32)) else {
                return;
            };
            stream.what = What::Answer;
            stream.limit = *left;
            if result > 0 {
                *left = left.saturating_sub(result.cast_unsigned());
            }
            if result <= 0 || stream.limit == 0 {
                return;
            }
        }
        if result <= 0 {
            // An error stands in the place of the length.
            return self.tell_nothing(tid, stream);
        }
        let ranges = match call.nr {
            nr::WRITEV | nr::PWRITEV | nr::PWRITEV2 => {
                buffers(tid, call.args[1], call.args[2], stream.total)
            }
            _ => vec![(call.args[1], stream.total)],
        };
        self.tell_stream(tid, stream, &ranges);
    }

    /// read or recvfrom on an accepted socket: is it a request of a discovery endpoint?
    pub(super) fn received(&mut self, tid: u32, call: &Call, result: i64) {
        if result <= 0 {
            return;
        }
        let (tgid, fd) = (self.process_of(tid), call.args[0]);
        let start = memory::bytes(tid, call.args[1], result.min(12) as usize);
        let wanted = start.is_some_and(|start| is_discovery_request(&start));
        let left = if wanted { ANSWER_BYTES.into() } else { 0 };
        self.sockets.left.insert((tgid, fd as u32), left);
        if wanted {
            let total = result.cast_unsigned().min(REQUEST);
            let stream = Stream {
                what: What::Request,
                fd: fd as i32,
                start: call.start,
                total,
                limit: REQUEST,
            };
            self.tell_stream(tid, stream, &[(call.args[1], total)]);
        }
    }

    /// bind, connect, accept, listen: the address. An accepted socket is watched for discovery requests.
    pub(super) fn socket_call(&mut self, tid: u32, call: &Call, result: i64) {
        let tgid = self.process_of(tid);
        let accepted = matches!(call.nr, nr::ACCEPT | nr::ACCEPT4);
        if accepted && result >= 0 {
            self.sockets.left.insert((tgid, result as u32), 0);
        }
        let address: Option<Bytes> = if call.nr == nr::LISTEN {
            own_address(tid, call.args[0] as i32).map(Seen::Yes)
        } else if call.args[1] != 0 && (!accepted || result >= 0) {
            // A shorter address may stand at the end of a page.
            let found = memory::bytes(tid, call.args[1], ADDRESS).or_else(|| {
                let mut short = memory::bytes(tid, call.args[1], 16)?;
                short.resize(ADDRESS, 0);
                Some(short)
            });
            Some(found.map_or(Seen::No(Why::Fault), Seen::Yes))
        } else {
            None
        };
        let sys = Sys {
            nr: call.nr,
            text: 0,
            result,
            args: [call.args[0], 0, 0, 0, 0, 0],
            start: call.start,
            extra: [0; 2],
            second: 0,
            zero: 0,
        };
        self.tell(tgid, tid, Body::Sys(sys, address, None));
    }
}

/// The buffers of a writev, up to what the kernel took.
fn buffers(tid: u32, vector: u64, count: u64, total: u64) -> Vec<(u64, u64)> {
    let mut left = total;
    let mut ranges = Vec::new();
    for turn in 0..count.min(BUFFERS) {
        let entry = vector.wrapping_add(turn * 16);
        let (Some(base), Some(length)) = (
            memory::word(tid, entry),
            memory::word(tid, entry.wrapping_add(8)),
        ) else {
            break;
        };
        let length = length.min(left);
        if length > 0 {
            ranges.push((base, length));
        }
        left -= length;
    }
    ranges
}

/// `GET /info`, `GET /health`, `GET /props`, and nothing that only begins like them.
fn is_discovery_request(start: &[u8]) -> bool {
    if start.len() < 12 {
        return false;
    }
    [b"GET /info".as_slice(), b"GET /props", b"GET /health"]
        .iter()
        .any(|request| {
            start
                .strip_prefix(*request)
                .and_then(<[u8]>::first)
                .is_some_and(|next| matches!(next, b' ' | b'?'))
        })
}

/// The address that a listening socket has, as the kernel knows it (a port of 0 was chosen by now): `struct sockaddr_in` or
/// `sockaddr_in6`.
fn own_address(tid: u32, fd: i32) -> Option<Vec<u8>> {
    let link = std::fs::read_link(format!("/proc/{tid}/fd/{fd}")).ok()?;
    let name = link.to_string_lossy().into_owned();
    let inode: u64 = name
        .strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()?;
    let all = listening::listening(&PathBuf::from(format!("/proc/{tid}/net"))).ok()?;
    let found = all.into_iter().find(|one| one.inode == inode)?;
    Some(written_out(found.address))
}

fn written_out(address: SocketAddr) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ADDRESS);
    let family = match address.ip() {
        IpAddr::V4(_) => AF_INET,
        IpAddr::V6(_) => AF_INET6,
    };
    bytes.extend(family.to_ne_bytes());
    bytes.extend(address.port().to_be_bytes());
    match address.ip() {
        IpAddr::V4(ip) => bytes.extend(ip.octets()),
        IpAddr::V6(ip) => {
            bytes.extend([0; 4]);
            bytes.extend(ip.octets());
        }
    }
    bytes.resize(ADDRESS, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::{is_discovery_request, written_out};

    #[test]
    fn requests_of_discovery_are_known_and_their_neighbours_are_not() {
        for yes in [
            "GET /info HTTP/1",
            "GET /info?a=b",
            "GET /props HT",
            "GET /health HT",
        ] {
            assert!(is_discovery_request(&yes.as_bytes()[..12]), "{yes}");
        }
        for no in [
            "GET /information",
            "POST /info HTTP",
            "GET /healthy",
            "GET /info",
        ] {
            let start = no.as_bytes();
            assert!(!is_discovery_request(&start[..start.len().min(12)]), "{no}");
        }
    }

    #[test]
    fn an_address_is_written_as_the_kernel_writes_it() {
        let bytes = written_out("127.0.0.1:11434".parse().unwrap());
        assert_eq!(bytes[..8], [2, 0, 0x2c, 0xaa, 127, 0, 0, 1]);
        let bytes = written_out("[::1]:80".parse().unwrap());
        assert_eq!(
            (bytes[0], bytes[3], bytes[23], bytes.len()),
            (10, 80, 1, 28)
        );
    }
}
