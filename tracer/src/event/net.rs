//! Loopback sockets, and the bodies of the discovery endpoints. No other address and no other body is recorded.

use serde::{Deserialize, Serialize};

use super::{Errno, Seen, Text};

/// bind, listen, connect, accept on a loopback or unspecified address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Socket {
    /// `bind`, `listen`, `connect` or `accept`.
    pub call: Text,
    /// Address and port, `127.0.0.1:36123`; absent where the call has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<Text>,
    /// The descriptor the call was about; for accept the new one.
    pub fd: i32,
    /// The error; EINPROGRESS is a connect that goes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
    /// It listened already when the recording began.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub already: bool,
}

/// One read request or written answer of a discovery endpoint: `GET /info`, `/health`, `/props`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Http {
    /// `GET /info`.
    pub request: Text,
    /// Absent for the request; bytes of the answer, screened for secrets, at most 16 KiB a request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<Seen<Text>>,
    /// The descriptor.
    pub fd: i32,
}
