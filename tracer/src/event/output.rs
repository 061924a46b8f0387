//! What a program wrote to standard output and standard error, wherever these point (also /dev/null).

use serde::{Deserialize, Serialize};

use super::{Errno, Seen, Text};

/// One write, writev, pwrite64, pwritev or sendto on fd 1 or 2. A line may take several, from several threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// 1 or 2.
    pub fd: u32,
    /// The text, screened for secrets; at most 64 KiB. `{"unseen":"withheld"}` for a model's words.
    pub text: Seen<Text>,
    /// Bytes the kernel took.
    pub length: u64,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
}
