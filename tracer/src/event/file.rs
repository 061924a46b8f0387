//! Files and folders, as the program named them and with the kernel's answer.
//!
//! A relative path carries `in`: the absolute folder it starts from, the working directory or that of the call's fd.

use serde::{Deserialize, Serialize};

use super::{Errno, Hex, Seen, Text};

/// open, openat, openat2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// As the program gave it.
    pub path: Seen<Text>,
    /// The folder a relative path starts from.
    #[serde(skip_serializing_if = "Option::is_none", default, rename = "in")]
    pub base: Option<Seen<Text>>,
    /// Open flags, `O_*` of x86-64.
    pub flags: Hex,
    /// The descriptor, on success.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fd: Option<i32>,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
    /// It was open already when the recording began.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub already: bool,
}

/// stat, lstat, newfstatat, statx. An fd without a path (fstat) is not recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stat {
    /// As the program gave it.
    pub path: Seen<Text>,
    /// The folder a relative path starts from.
    #[serde(skip_serializing_if = "Option::is_none", default, rename = "in")]
    pub base: Option<Seen<Text>>,
    /// The link itself was asked about (lstat, AT_SYMLINK_NOFOLLOW).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub nofollow: bool,
    /// `st_mode`, on success: type and permission bits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mode: Option<u32>,
    /// `st_size` in bytes, on success.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
}

/// access, faccessat, faccessat2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// As the program gave it.
    pub path: Seen<Text>,
    /// The folder a relative path starts from.
    #[serde(skip_serializing_if = "Option::is_none", default, rename = "in")]
    pub base: Option<Seen<Text>>,
    /// What was asked: 0 exists, 4 read, 2 write, 1 execute.
    pub mode: u32,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
}

/// readlink, readlinkat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Readlink {
    /// As the program gave it.
    pub path: Seen<Text>,
    /// The folder a relative path starts from.
    #[serde(skip_serializing_if = "Option::is_none", default, rename = "in")]
    pub base: Option<Seen<Text>>,
    /// Where the link points, on success.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<Seen<Text>>,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
}

/// getcwd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Getcwd {
    /// The kernel's answer, on success.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<Seen<Text>>,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
}

/// ioctl on a device node of a GPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ioctl {
    /// The node, as the kernel knows it.
    pub path: Seen<Text>,
    /// The descriptor.
    pub fd: i32,
    /// What was asked of it: direction, size, type and number packed as in asm-generic/ioctl.h.
    pub request: Hex,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
}

/// One getdents64 call that returned entries or failed. The last, empty one of a listing has `entries` 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct List {
    /// The folder, absolute in its mount namespace, as the kernel knows it.
    pub path: Seen<Text>,
    /// How many entries this call returned, `.` and `..` included.
    pub entries: u32,
    /// Names in the order returned: all of them in library folders, elsewhere those with `ggml` in them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub names: Vec<Text>,
    /// Names not shown because the folder is nobody's business.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub withheld: u32,
    /// Not all entries could be read.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cut: bool,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
}

/// chdir, fchdir.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chdir {
    /// As the program gave it; absent for fchdir.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<Seen<Text>>,
    /// The working directory from now on, on success.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cwd: Option<Seen<Text>>,
    /// The error.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub err: Option<Errno>,
}

/// The absolute form of a path, joined by text only; `None` when a part of it was not seen whole.
#[must_use]
pub fn absolute(path: &Seen<Text>, base: Option<&Seen<Text>>) -> Option<Text> {
    let given = path.whole()?;
    if given.as_str().starts_with('/') {
        return Some(given.clone());
    }
    let base = base?.whole()?.as_str().trim_end_matches('/');
    if given.is_empty() {
        return Some(Text::from(base.to_owned()));
    }
    Some(Text::from(format!("{base}/{}", given.as_str())))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::absolute;
    use crate::event::{Seen, Text, Why};

    #[test]
    fn a_relative_path_starts_from_its_folder() {
        let yes = |text: &str| Seen::Yes(Text::from(text));
        assert_eq!(absolute(&yes("/a"), None), Some(Text::from("/a")));
        assert_eq!(
            absolute(&yes("a/b"), Some(&yes("/c/"))),
            Some(Text::from("/c/a/b"))
        );
        assert_eq!(absolute(&yes("a"), Some(&yes("/"))), Some(Text::from("/a")));
        assert_eq!(absolute(&yes("a"), Some(&Seen::No(Why::Fault))), None);
        assert_eq!(absolute(&Seen::Cut(Text::from("/a"), 5000), None), None);
    }
}
