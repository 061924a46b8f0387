//! Secrets never reach a trace: every byte string of a tracee passes here before it becomes an event.
//!
//! Input: bytes as the kernel handed them over. Output: [`Text`](crate::event::Text) and
//! [`EnvVar`](crate::event::process::EnvVar) in which each secret is replaced by [`MARK`]. No I/O, no state but
//! what a caller keeps in a [`Stream`], linear time on any input.
//!
//! ```text
//! environment  name on the allowlist? ----------------> value, user info of URLs removed
//! argv         option or NAME of a secret? -----------> value withheld, else as text
//! text         glance: nothing suspicious? -----------> as it is (almost every line)
//!              url, label, shape: places of secrets --> copy without them
//! ```
//!
//! What a diagnosis needs stays: paths, sonames, symbols and versions, numbers, UUIDs, hosts and ports. In doubt
//! between a withheld word of prose and a secret in a trace, the word goes.

mod argv;
mod environment;
mod glance;
mod label;
mod name;
mod netrc;
mod shape;
mod spans;
mod text;
mod url;
mod value;

pub use argv::argv;
pub use environment::environment;
pub use spans::MARK;
pub use text::{Stream, text};

/// Which values of the environment are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Of variables that decide about loading and devices.
    #[default]
    Allowlist,
    /// Of all variables whose names announce no secret.
    All,
}

#[cfg(test)]
mod tests;
