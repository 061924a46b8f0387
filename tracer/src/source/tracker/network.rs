//! Sockets on loopback. Other addresses are nobody's business and leave no event.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use vgputrace_ebpf::wire::Sys;
use vgputrace_ebpf::wire::syscall::nr;

use super::Tracker;
use crate::event::net::Socket;
use crate::event::{Errno, Kind, Seen, Text};
use crate::source::record::Bytes;

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

impl Tracker {
    pub(super) fn socket(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        sys: &Sys,
        address: Option<Bytes>,
    ) {
        let err = Errno::from_result(sys.result);
        let bytes = match &address {
            Some(Seen::Yes(bytes) | Seen::Cut(bytes, _)) => bytes.as_slice(),
            _ => &[],
        };
        let address = parse(bytes);
        let local = address.is_some_and(|address| {
            let ip = address.ip().to_canonical();
            ip.is_loopback() || ip.is_unspecified()
        });
        let call = match sys.nr {
            nr::BIND if local => "bind",
            nr::CONNECT if local => "connect",
            nr::LISTEN if local || bytes.is_empty() => "listen",
            // accept without an address asked for: where it comes from is not known.
            nr::ACCEPT | nr::ACCEPT4 if local || bytes.is_empty() => "accept",
            _ => return,
        };
        let fd = if call == "accept" && err.is_none() {
            sys.result
        } else {
            sys.args[0].cast_signed()
        };
        let socket = Socket {
            call: Text::from(call),
            address: address.map(|address| Text::from(address.to_string())),
            fd: fd as i32,
            err,
            already: false,
        };
        self.tell(
            tgid,
            tid,
            time,
            Some(time.saturating_sub(sys.start)),
            Kind::Socket(socket),
        );
    }
}

/// `struct sockaddr_in` or `sockaddr_in6`.
fn parse(bytes: &[u8]) -> Option<SocketAddr> {
    let family = u16::from_ne_bytes(*bytes.first_chunk()?);
    let port = u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    let ip = match family {
        AF_INET => IpAddr::from(Ipv4Addr::from(*bytes.get(4..)?.first_chunk::<4>()?)),
        AF_INET6 => IpAddr::from(Ipv6Addr::from(*bytes.get(8..)?.first_chunk::<16>()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn addresses_of_both_families_are_read_and_others_are_not() {
        let four = [2, 0, 0x2c, 0xaa, 127, 0, 0, 1];
        assert_eq!(parse(&four).unwrap().to_string(), "127.0.0.1:11434");
        let mut six = vec![10, 0, 0x2c, 0xaa, 0, 0, 0, 0];
        six.extend([0; 15]);
        six.push(1);
        assert_eq!(parse(&six).unwrap().to_string(), "[::1]:11434");
        assert_eq!(parse(&[1, 0, b'/', b'x']), None);
        assert_eq!(parse(&[]), None);
    }
}
