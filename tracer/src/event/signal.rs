//! Signals: sent by somebody, or raised by a fault.

use serde::{Deserialize, Serialize};

use super::call::Site;
use super::{Hex, Proc, Text};

/// A signal was generated (tracepoint `signal_generate`). The event's process is the one that sent it (none when that
/// is not in the trace), or, for a fault, the one that faulted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// `SIGSEGV`.
    pub name: Text,
    /// The number.
    pub number: u32,
    /// The process it is for, when that is in the trace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<Proc>,
    /// Its pid (tgid), raw.
    pub to_pid: u32,
    /// The sender's pid (tgid), raw; absent for a fault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from_pid: Option<u32>,
    /// Command name of a sender that is not in the trace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from_name: Option<Text>,
    /// `si_code`: above 0 by the kernel (`1` of SIGSEGV: address not mapped), 0 or below by a process.
    pub code: i32,
    /// What the kernel did with it.
    pub result: Outcome,
    /// The address that was accessed, of a fault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<Hex>,
    /// Where the program was, of a fault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Site>,
}

/// The kernel's word on a signal (include/trace/events/signal.h, TRACE_SIGNAL_*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Queued for delivery.
    Delivered,
    /// The receiver ignores it.
    Ignored,
    /// One was pending already.
    Pending,
    /// The queue was full and the signal failed.
    Overflow,
    /// The queue was full, the signal goes through without its details.
    Bare,
    /// A number this release does not know.
    Other,
}

/// The kernel chose this process for lack of memory (tracepoint `mark_victim`); SIGKILL follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Oom {
    /// The victim, when it is in the trace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub victim: Option<Proc>,
    /// Its pid, raw.
    pub pid: u32,
}
