//! Sockets that listen, and free ports.
//!
//! In: a /proc folder. Out: addresses from net/tcp and net/tcp6 (Documentation/networking/proc_net_tcp.rst). Nothing is
//! connected to. [`free_host_port`] alone opens a socket, and closes it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;

use super::host::OllamaHost;
use super::process::read;

/// A listening TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listening {
    /// Address and port.
    pub address: SocketAddr,
    /// Owner.
    pub uid: u32,
    /// Socket inode.
    pub inode: u64,
}

/// What became of looking for a free address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortUse {
    /// Where the server would listen; absent for a name that would have to be looked up.
    pub address: Option<SocketAddr>,
    /// What listens there already.
    pub taken_by: Option<Listening>,
}

/// Where a server with this OLLAMA_HOST would listen, and whether it could.
///
/// # Errors
/// `proc/net/tcp` could not be read.
pub fn port_in_use(host: &OllamaHost, proc: &Path) -> io::Result<PortUse> {
    let address = host.address();
    let taken_by = match address {
        Some(address) if address.port() != 0 => listening(&proc.join("net"))?
            .into_iter()
            .find(|one| collide(one.address, address)),
        _ => None,
    };
    Ok(PortUse { address, taken_by })
}

/// All listening TCP sockets of `folder` (`/proc/net`, `/proc/PID/net`), sorted.
///
/// # Errors
/// `tcp` could not be read. A system without IPv6 has no `tcp6`.
pub fn listening(folder: &Path) -> io::Result<Vec<Listening>> {
    let mut text = read(&folder.join("tcp"))?;
    text.push(b'\n');
    text.extend(read(&folder.join("tcp6")).unwrap_or_default());
    let mut found: Vec<_> = String::from_utf8_lossy(&text)
        .lines()
        .filter_map(line)
        .collect();
    found.sort_unstable();
    Ok(found)
}

/// A port of 127.0.0.1 that was free a moment ago.
///
/// # Errors
/// No socket could be bound.
pub fn free_host_port() -> io::Result<u16> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket.local_addr()?.port())
}

/// `sl local remote state queues timer retransmits uid timeout inode ...`; state 0A is LISTEN.
fn line(text: &str) -> Option<Listening> {
    let words: Vec<_> = text.split_whitespace().collect();
    let [_, local, _, "0A", _, _, _, uid, _, inode, ..] = words[..] else {
        return None;
    };
    let (ip, port) = local.split_once(':')?;
    Some(Listening {
        address: SocketAddr::new(address(ip)?, u16::from_str_radix(port, 16).ok()?),
        uid: uid.parse().ok()?,
        inode: inode.parse().ok()?,
    })
}

/// Words of 32 bits in the machine's byte order, each as hexadecimal digits.
fn address(digits: &str) -> Option<IpAddr> {
    let word = |at: usize| -> Option<[u8; 4]> {
        let text = digits.get(at * 8..at * 8 + 8)?;
        u32::from_str_radix(text, 16).ok().map(u32::to_ne_bytes)
    };
    match digits.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(IpAddr::from(Ipv6Addr::from(bytes)).to_canonical())
        }
        _ => None,
    }
}

/// One of them keeps the other from listening. An IPv6 socket on all addresses takes IPv4 too, unless it was made
/// otherwise, which cannot be seen from here.
fn collide(one: SocketAddr, two: SocketAddr) -> bool {
    let covers = |wide: IpAddr, narrow: IpAddr| match wide {
        IpAddr::V4(wide) => wide.is_unspecified() && narrow.is_ipv4(),
        IpAddr::V6(wide) => wide.is_unspecified(),
    };
    let (a, b) = (one.ip().to_canonical(), two.ip().to_canonical());
    one.port() == two.port() && (a == b || covers(a, b) || covers(b, a))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::{OllamaHost, address, collide, free_host_port, line, listening, port_in_use};

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 31337 1 0000000000000000 100 0 0 10 0\n\
   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 20 4 0 10 -1\n\
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1 0000000000000000 100 0 0 10 0\n";
    const TCP6: &str = "header\n\
   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5 1\n\
   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 6 1\n";

    fn proc() -> tempfile::TempDir {
        let proc = tempfile::tempdir().unwrap();
        std::fs::create_dir(proc.path().join("net")).unwrap();
        std::fs::write(proc.path().join("net/tcp"), TCP).unwrap();
        std::fs::write(proc.path().join("net/tcp6"), TCP6).unwrap();
        proc
    }

    #[test]
    fn only_listening_sockets_are_found() {
        let proc = proc();
        let found: Vec<_> = listening(&proc.path().join("net"))
            .unwrap()
            .iter()
            .map(|one| format!("{} {} {}", one.address, one.uid, one.inode))
            .collect();
        assert_eq!(
            found,
            [
                "0.0.0.0:22 0 22",
                "127.0.0.1:11434 998 31337",
                "[::]:8081 0 5",
                "[::1]:80 0 6"
            ]
        );
        assert!(listening(Path::new("/no/such/folder")).is_err());
    }

    #[test]
    fn a_taken_address_is_recognised_also_when_one_side_takes_all() {
        let proc = proc();
        for (value, taken) in [
            ("", true),
            ("0.0.0.0", true),
            (":11434", true),
            ("localhost", true),
            ("[::1]", false),
            ("127.0.0.2", false),
            ("127.0.0.1:11435", false),
            ("127.0.0.1:8081", true),
            ("[::1]:80", true),
            ("[::1]:22", false),
            ("10.0.0.1:22", true),
            (":0", false),
            ("example.com", false),
        ] {
            let found = port_in_use(&OllamaHost::parse(value), proc.path()).unwrap();
            assert_eq!(found.taken_by.is_some(), taken, "{value}");
        }
    }

    #[test]
    fn a_free_port_is_free() {
        let port = free_host_port().unwrap();
        assert_ne!(port, 0);
        std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_a_panic(text: String, digits in "\\PC{8}|\\PC{32}|[0-9A-F]{32}") {
            let _ = line(&text);
            let _ = address(&digits);
        }

        #[test]
        fn colliding_is_mutual(a: std::net::SocketAddr, b: std::net::SocketAddr) {
            prop_assert_eq!(collide(a, b), collide(b, a));
            prop_assert!(collide(a, a));
        }
    }
}
