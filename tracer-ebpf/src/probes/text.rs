//! Bytes that a system call carried: output, folder entries, socket addresses, answers of discovery endpoints.

use vgputrace_ebpf::wire::head::{ANSWER_BYTES, Data, FLAG_CUT, OUTPUT_PIECES, PIECE, What};
use vgputrace_ebpf::wire::syscall::nr;
use vgputrace_ebpf::wire::{Head, Kind, Sys};

use crate::emit::Lease;
use crate::kernel::user;
use crate::maps::{InFlight, SCRATCH_SYS, SOCKETS, Socket};
use crate::probes::syscall_enter::{is_output, socket_key};
use crate::scope::Task;

const BYTES_AT: usize = size_of::<Head>() + size_of::<Data>();
/// Buffers of one writev that are looked at.
const BUFFERS: u32 = 16;

/// Bytes for one destination: which, of which call, how many in all.
#[derive(Clone, Copy)]
struct Stream {
    what: What,
    fd: i32,
    total: u64,
    start: u64,
    limit: u32,
}

/// write, writev and relatives on fd 1, 2 or an accepted socket.
#[inline(always)]
pub(crate) fn written(who: Task, call: &InFlight, result: i64) {
    let args = &call.args;
    let output = is_output(args[0]);
    let mut limit = OUTPUT_PIECES * PIECE as u32;
    if !output {
        let Some(socket) = SOCKETS.get_ptr_mut(&socket_key(who, args[0])) else {
            return;
        };
        if result <= 0 {
            return;
        }
        // SAFETY: a map value.
        unsafe {
            limit = (*socket).left as u32;
            (*socket).left = (*socket).left.saturating_sub(result as u64);
        }
        if limit == 0 {
            return;
        }
    }
    let stream = Stream {
        what: if output { What::Output } else { What::Answer },
        fd: args[0] as i32,
        total: result as u64,
        start: call.start,
        limit,
    };
    if result < 0 {
        send_failed(who, stream, result);
        return;
    }
    match call.nr as u32 {
        nr::WRITEV | nr::PWRITEV | nr::PWRITEV2 => send_buffers(who, stream, args[1], args[2]),
        _ => {
            send_range(who, stream, 0, args[1], result as u64);
        }
    }
}

/// read or recvfrom on an accepted socket: is it a request of a discovery endpoint?
#[inline(always)]
pub(crate) fn received(who: Task, call: &InFlight, result: i64) {
    if result <= 0 {
        return;
    }
    let wanted = result >= 12 && is_discovery_request(call.args[1]);
    let state = Socket {
        left: if wanted { ANSWER_BYTES.into() } else { 0 },
    };
    let _ = SOCKETS.insert(&socket_key(who, call.args[0]), &state, 0);
    if wanted {
        // The request line; user space cuts at its end.
        let length = if result > 64 { 64 } else { result as u64 };
        let stream = Stream {
            what: What::Request,
            fd: call.args[0] as i32,
            total: length,
            start: call.start,
            limit: 64,
        };
        send_range(who, stream, 0, call.args[1], length);
    }
}

/// `GET /info`, `GET /health`, `GET /props`, and nothing that only begins like them.
#[inline(always)]
fn is_discovery_request(address: u64) -> bool {
    let Some(start) = user::<[u8; 12]>(address) else {
        return false;
    };
    let ends = |byte: u8| byte == b' ' || byte == b'?';
    match &start {
        [
            b'G',
            b'E',
            b'T',
            b' ',
            b'/',
            b'i',
            b'n',
            b'f',
            b'o',
            end,
            ..,
        ] => ends(*end),
        [
            b'G',
            b'E',
            b'T',
            b' ',
            b'/',
            b'p',
            b'r',
            b'o',
            b'p',
            b's',
            end,
            ..,
        ] => ends(*end),
        [
            b'G',
            b'E',
            b'T',
            b' ',
            b'/',
            b'h',
            b'e',
            b'a',
            b'l',
            b't',
            b'h',
            end,
        ] => ends(*end),
        _ => false,
    }
}

/// getdents64: the entries as they stand.
#[inline(always)]
pub(crate) fn listed(who: Task, call: &InFlight, result: i64) {
    if result > 0 {
        let stream = Stream {
            what: What::Listing,
            fd: call.args[0] as i32,
            total: result as u64,
            start: call.start,
            limit: OUTPUT_PIECES * PIECE as u32,
        };
        send_range(who, stream, 0, call.args[1], result as u64);
    }
}

/// bind, connect, accept: the address. An accepted socket is watched for discovery requests.
#[inline(always)]
pub(crate) fn socket(who: Task, call: &InFlight, result: i64) {
    let accepted = matches!(call.nr as u32, nr::ACCEPT | nr::ACCEPT4);
    if accepted && result >= 0 {
        let _ = SOCKETS.insert(&socket_key(who, result as u64), &Socket { left: 0 }, 0);
    }
    let Some(lease) = Lease::take(SCRATCH_SYS) else {
        return;
    };
    let at = size_of::<Head>() + size_of::<Sys>();
    let mut length = 0;
    if call.args[1] != 0 && (!accepted || result >= 0) {
        // sockaddr_in6 is the longest that is looked at: 28 bytes.
        let code = lease.user_bytes(at, 28, call.args[1]);
        // A shorter address at the end of a page.
        let code = if code < 0 {
            lease.user_bytes(at, 16, call.args[1])
        } else {
            code
        };
        length = if code < 0 { code } else { 28 };
    }
    lease.put(0, who.head(Kind::Sys));
    lease.put(
        size_of::<Head>(),
        Sys {
            nr: call.nr as u32,
            text: length,
            result,
            args: [call.args[0], 0, 0, 0, 0, 0],
            start: call.start,
            extra: [0; 2],
            second: 0,
            zero: 0,
        },
    );
    lease.send(at + if length > 0 { 28 } else { 0 });
    lease.end();
}

/// The buffers of a writev, one after the other, up to what the kernel took.
#[inline(always)]
fn send_buffers(who: Task, stream: Stream, vector: u64, count: u64) {
    let mut offset = 0_u64;
    let mut index = 0;
    while index < BUFFERS {
        if u64::from(index) >= count || offset >= stream.total {
            break;
        }
        let entry = vector + u64::from(index) * 16;
        let (Some(base), Some(length)) = (user::<u64>(entry), user::<u64>(entry + 8)) else {
            break;
        };
        let left = stream.total - offset;
        let length = if length > left { left } else { length };
        // A buffer of a vector is short in practice; one piece of each is kept.
        send_piece(who, stream, offset as u32, base, length);
        offset += length;
        index += 1;
    }
}

/// One range in pieces.
#[inline(always)]
fn send_range(who: Task, stream: Stream, from: u32, address: u64, length: u64) {
    let mut piece = 0;
    while piece < OUTPUT_PIECES {
        let done = u64::from(piece) * PIECE as u64;
        if done >= length || done >= u64::from(stream.limit) {
            break;
        }
        send_piece(
            who,
            stream,
            from + done as u32,
            address + done,
            length - done,
        );
        piece += 1;
    }
}

/// At most one piece of what is left.
#[inline(always)]
fn send_piece(who: Task, stream: Stream, offset: u32, address: u64, left: u64) {
    let Some(lease) = Lease::take(SCRATCH_SYS) else {
        return;
    };
    let room = if stream.limit < PIECE as u32 {
        u64::from(stream.limit)
    } else {
        PIECE as u64
    };
    let length = if left > room { room } else { left } as u32 & (PIECE as u32 * 2 - 1);
    let length = if length > PIECE as u32 {
        PIECE as u32
    } else {
        length
    };
    let code = lease.user_bytes(BYTES_AT, length, address);
    let mut head = who.head(Kind::Data);
    if left > PIECE as u64 {
        head.flags = FLAG_CUT;
    }
    lease.put(0, head);
    lease.put(
        size_of::<Head>(),
        Data {
            what: stream.what as u32,
            fd: stream.fd,
            offset,
            length: if code < 0 { code } else { length as i32 },
            total: stream.total,
            start: stream.start,
        },
    );
    lease.send(BYTES_AT + if code < 0 { 0 } else { length as usize });
    lease.end();
}

/// A write that failed: its error in place of the total.
#[inline(always)]
fn send_failed(who: Task, stream: Stream, result: i64) {
    let Some(lease) = Lease::take(SCRATCH_SYS) else {
        return;
    };
    lease.put(0, who.head(Kind::Data));
    lease.put(
        size_of::<Head>(),
        Data {
            what: stream.what as u32,
            fd: stream.fd,
            offset: 0,
            length: 0,
            total: result as u64,
            start: stream.start,
        },
    );
    lease.send(BYTES_AT);
    lease.end();
}
