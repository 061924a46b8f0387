//! Bytes that a system call carried: output, folder entries, socket addresses, answers of discovery endpoints.

use vgputrace_ebpf::wire::head::{ANSWER_BYTES, OUTPUT_PIECES, PIECE, What};
use vgputrace_ebpf::wire::offsets::{
    FILE_PRIVATE, SOCK_ADDRESS, SOCK_ADDRESS6, SOCK_FAMILY, SOCK_PORT, SOCKET_SK,
};
use vgputrace_ebpf::wire::syscall::nr;
use vgputrace_ebpf::wire::{Head, Kind, Sys};

use crate::emit::{self, DONE, Lease, MORE};
use crate::kernel::{field, file_of, user};
use crate::maps::{InFlight, SCRATCH_SYS, SOCKETS, Socket};
use crate::probes::stream::Stream;
use crate::probes::syscall_enter::{is_output, socket_key};
use crate::scope::Task;

const AF_INET: u16 = 2;
/// Buffers of one writev that are looked at.
const BUFFERS: u32 = 16;

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
    let Some(lease) = Lease::take(SCRATCH_SYS) else {
        return;
    };
    let what = if output { What::Output } else { What::Answer };
    let mut stream = Stream::new(SCRATCH_SYS, what, args[0] as i32, call.start);
    stream.total = result as u64;
    stream.limit = limit;
    if result <= 0 {
        // An error stands in the place of the length.
        stream.send_empty();
    } else {
        match call.nr as u32 {
            nr::WRITEV | nr::PWRITEV | nr::PWRITEV2 => {
                let mut buffers = Buffers {
                    vector: args[1],
                    count: args[2],
                    stream,
                };
                emit::repeat(BUFFERS, buffer, &mut buffers);
            }
            _ => stream.send(OUTPUT_PIECES, args[1], result as u64),
        }
    }
    lease.end();
}

/// The buffers of a writev.
#[repr(C)]
struct Buffers {
    vector: u64,
    count: u64,
    stream: Stream,
}

/// One buffer of a writev, up to what the kernel took.
extern "C" fn buffer(turn: u64, buffers: *mut Buffers) -> i64 {
    // SAFETY: the loop hands back the pointer to its caller's stack.
    let buffers = unsafe { &mut *buffers };
    let left = buffers.stream.left();
    if turn >= buffers.count || left == 0 {
        return DONE;
    }
    let entry = buffers.vector + turn * 16;
    let (Some(base), Some(length)) = (user::<u64>(entry), user::<u64>(entry + 8)) else {
        return DONE;
    };
    buffers.stream.send(
        OUTPUT_PIECES,
        base,
        if length > left { left } else { length },
    );
    MORE
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
        let Some(lease) = Lease::take(SCRATCH_SYS) else {
            return;
        };
        let mut stream = Stream::new(SCRATCH_SYS, What::Request, call.args[0] as i32, call.start);
        stream.total = length;
        stream.limit = 64;
        stream.send(1, call.args[1], length);
        lease.end();
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
pub(crate) fn listed(call: &InFlight, result: i64) {
    if result > 0 {
        let Some(lease) = Lease::take(SCRATCH_SYS) else {
            return;
        };
        let mut stream = Stream::new(SCRATCH_SYS, What::Listing, call.args[0] as i32, call.start);
        stream.total = result as u64;
        stream.limit = OUTPUT_PIECES * PIECE as u32;
        stream.send(OUTPUT_PIECES, call.args[1], result as u64);
        lease.end();
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
    send_address(&lease, who, call, result, length);
    lease.end();
}

/// listen: the address the socket has, as the kernel knows it (a port of 0 was chosen by now).
#[inline(always)]
pub(crate) fn listening(who: Task, call: &InFlight, result: i64) {
    let Some(lease) = Lease::take(SCRATCH_SYS) else {
        return;
    };
    let at = size_of::<Head>() + size_of::<Sys>();
    let sock = file_of(call.args[0] as i32)
        .and_then(|file| field::<*const u8>(file, FILE_PRIVATE))
        .and_then(|socket| field::<*const u8>(socket, SOCKET_SK));
    let mut length = 0;
    if let Some(sock) = sock {
        let port = field::<u16>(sock, SOCK_PORT).unwrap_or(0);
        // `struct sockaddr_in` or `sockaddr_in6`: family, port, then the address.
        lease.put(at, field::<u16>(sock, SOCK_FAMILY).unwrap_or(0));
        lease.put(at + 2, port.to_be());
        if field::<u16>(sock, SOCK_FAMILY) == Some(AF_INET) {
            lease.put(at + 4, field::<u32>(sock, SOCK_ADDRESS).unwrap_or(0));
        } else {
            lease.put(
                at + 8,
                field::<[u8; 16]>(sock, SOCK_ADDRESS6).unwrap_or([0; 16]),
            );
        }
        length = 28;
    }
    send_address(&lease, who, call, result, length);
    lease.end();
}

/// Sends a socket call whose address stands behind the place of the record.
#[inline(always)]
fn send_address(lease: &Lease, who: Task, call: &InFlight, result: i64, length: i32) {
    let at = size_of::<Head>() + size_of::<Sys>();
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
}
