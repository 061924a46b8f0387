//! Calls of traced functions: the dl family, ggml, drivers.
//!
//! A call that can hold others is two events, `call` when it is entered and `return` when it comes back, so that
//! nested events can name it and a crash inside it leaves it open. A call without a return probe (dlsym) is a `call`
//! alone.

use serde::{Deserialize, Serialize};

use super::{Hex, Seen, Seq, Text};

/// A place in a mapped object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Site {
    /// Path of the object; absent when the address is in none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub object: Option<Text>,
    /// Address relative to the object's load address; the raw address when there is no object.
    pub offset: Hex,
    /// Nearest symbol at or below, `name+0x12`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub symbol: Option<Text>,
}

/// A traced function was entered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Which table it is from: `dl`, `ggml`, ...
    pub api: Text,
    /// The function.
    #[serde(rename = "fn")]
    pub function: Text,
    /// The object that provides it (libc, or one that interposes it).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of: Option<Text>,
    /// Arguments in order: name and value.
    pub args: Vec<(Text, Value)>,
    /// Who called: the return address on the stack.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Site>,
    /// No return is recorded for this function.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub entry_only: bool,
}

/// A traced function came back. The event's duration is that of the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Return {
    /// The `call` event.
    pub call: Seq,
    /// The function, for reading without the other line.
    #[serde(rename = "fn")]
    pub function: Text,
    /// Its result.
    pub result: Value,
    /// The number behind a result that is a code with names, 0 for success included.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<i64>,
    /// Outputs: name and value.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub outs: Vec<(Text, Value)>,
    /// Where the function is that a look-up (cuGetProcAddress) gave.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resolved: Option<Site>,
    /// The result says that the call failed, by the function's table.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub failed: bool,
}

/// A call or system call that had not come back when it was looked at: it hangs, or its thread is gone.
/// The event's duration says for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The `call` event; absent for a system call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call: Option<Seq>,
    /// Function or system call.
    #[serde(rename = "fn")]
    pub function: Text,
    /// What the system call was about, where it is a path or descriptor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<Seen<Text>>,
    /// Why the recorder looked.
    pub because: Because,
}

/// Calls of one function in one process that were not told one by one: those beyond the first 1,000. Told about once a
/// second while they come, and when the process ends; each event counts on from the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// Which table it is from.
    pub api: Text,
    /// The function.
    #[serde(rename = "fn")]
    pub function: Text,
    /// The object that provides it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of: Option<Text>,
    /// How many calls began.
    pub calls: u64,
    /// How many came back.
    pub returned: u64,
    /// Time that those took, in nanoseconds.
    pub nanos: u64,
    /// Sum of the sizes they were about, in bytes.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub bytes: u64,
    /// How many failed.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub failed: u64,
    /// Result of one that failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<Value>,
    /// The number behind that result, where it is a code with names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// When an unfinished call was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It has been running for seconds; it may still come back.
    Slow,
    /// Its thread or process ended.
    Exit,
    /// An exec replaced the program.
    Exec,
    /// A longjmp, exception or cancellation left the frame.
    Unwound,
    /// The recording ended.
    End,
}

/// An argument, result or output.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A signed or unsigned integer below 2^53.
    Int(i64),
    /// A pointer, handle, mask or larger integer.
    Hex(Hex),
    /// A string.
    Str(Seen<Text>),
    /// A named constant: its name (or the number as text).
    Name(Text),
    /// Could not be read.
    Unseen(super::Why),
}

/// The dynamic loader's own error, from `_dl_signal_error` and relatives: also when nobody asks `dlerror`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoaderError {
    /// The object the loader names. For a missing dependency: the dependency.
    pub object: Seen<Text>,
    /// What is wrong, in the loader's words.
    pub text: Seen<Text>,
    /// `errcode`, 0 where it is no errno.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<super::Errno>,
    /// `occasion`, such as "symbol lookup error".
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub occasion: Option<Seen<Text>>,
    /// The dlopen, dlsym or dlmopen call it belongs to; absent before main and in lazy binding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub call: Option<Seq>,
}
