//! OLLAMA_HOST as Ollama reads it: where a server would listen.
//!
//! In: the variable's value. Out: host and port, as an address where that needs no name look-up. Pure.
//! Facts: Ollama's envconfig/config.go (`Host`, `Var`) and Go's net.SplitHostPort and net.Listen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OllamaHost {
    /// A name or address without brackets; empty for all addresses.
    pub host: String,
    /// Port; 0 is one the kernel chooses.
    pub port: u16,
}

impl OllamaHost {
    /// Reads the value; unset is the empty text.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let value = value.trim().trim_matches(['"', '\'']).trim();
        let (default, rest) = match value.split_once("://") {
            Some(("http", rest)) => (80, rest),
            Some(("https", rest)) => (443, rest),
            Some((_, rest)) => (11434, rest),
            None if value == "ollama.com" => (443, value),
            None => (11434, value),
        };
        let authority = rest.split('/').next().unwrap_or_default();
        if let Some((host, port)) = split(authority) {
            let port = port.parse().ok().unwrap_or(default);
            return Self {
                host: host.to_owned(),
                port,
            };
        }
        let host = match authority.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) if authority.is_empty() => Ipv4Addr::LOCALHOST.to_string(),
            Err(_) => authority.to_owned(),
        };
        Self {
            host,
            port: default,
        }
    }

    /// The address, where no name must be looked up. No host at all is all addresses, for Go an IPv6 socket that takes
    /// IPv4 too.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        let ip = match self.host.as_str() {
            "" => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            host => host.parse().ok()?,
        };
        Some(SocketAddr::new(ip, self.port))
    }
}

/// Go's net.SplitHostPort; `None` where that is an error.
fn split(text: &str) -> Option<(&str, &str)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once("]:")?,
        None => text.rsplit_once(':')?,
    };
    let stray = |part: &str| part.contains(['[', ']']);
    let colon = port.contains(':') || (!text.starts_with('[') && host.contains(':'));
    (!stray(host) && !stray(port) && !colon).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::OllamaHost;

    #[test]
    fn values_are_read_as_ollama_reads_them() {
        for (value, host, port) in [
            ("", "127.0.0.1", 11434),
            ("1.2.3.4", "1.2.3.4", 11434),
            (":1234", "", 1234),
            ("1.2.3.4:1234", "1.2.3.4", 1234),
            ("example.com", "example.com", 11434),
            ("example.com:1234", "example.com", 1234),
            (":0", "", 0),
            (":66000", "", 11434),
            (":-1", "", 11434),
            ("127.0.0.1:", "127.0.0.1", 11434),
            ("[::1]", "::1", 11434),
            ("[::]", "::", 11434),
            ("::1", "::1", 11434),
            ("[::1]:1337", "::1", 1337),
            (" 1.2.3.4 ", "1.2.3.4", 11434),
            (" \" 1.2.3.4 \" ", "1.2.3.4", 11434),
            ("'1.2.3.4'", "1.2.3.4", 11434),
            ("http://1.2.3.4", "1.2.3.4", 80),
            ("http://1.2.3.4:4321/", "1.2.3.4", 4321),
            ("https://1.2.3.4", "1.2.3.4", 443),
            ("https://example.com/ollama", "example.com", 443),
            ("ollama.com", "ollama.com", 443),
            ("0.0.0.0", "0.0.0.0", 11434),
        ] {
            let read = OllamaHost::parse(value);
            assert_eq!((read.host.as_str(), read.port), (host, port), "{value}");
        }
    }

    #[test]
    fn an_address_is_known_without_a_look_up() {
        for (value, address) in [
            ("", Some("127.0.0.1:11434")),
            ("localhost:1", Some("127.0.0.1:1")),
            (":2", Some("[::]:2")),
            ("0.0.0.0", Some("0.0.0.0:11434")),
            ("[::1]:3", Some("[::1]:3")),
            ("example.com", None),
        ] {
            let address = address.map(|text| text.parse().unwrap());
            assert_eq!(OllamaHost::parse(value).address(), address, "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read_without_a_panic(value: String) {
            let _ = OllamaHost::parse(&value).address();
        }

        #[test]
        fn an_address_reads_back(address: std::net::SocketAddr) {
            prop_assume!(!matches!(address, std::net::SocketAddr::V6(v6) if v6.scope_id() != 0 || v6.flowinfo() != 0));
            prop_assert_eq!(OllamaHost::parse(&address.to_string()).address(), Some(address));
        }
    }
}
