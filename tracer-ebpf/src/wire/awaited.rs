//! What a recording waits for: which programs are followed from their next start on.

/// Bytes of a program's name, with its NUL.
pub const NAME: usize = 64;
/// Bytes of a control group's name, with its NUL. That of a container is an id of 64 digits and some words.
pub const GROUP: usize = 128;
/// Names and groups at most, each.
pub const MOST: u32 = 64;
/// Levels of control groups that are looked at, from the process's own up.
pub const LEVELS: u32 = 8;

/// Programs are awaited by name.
pub const BY_NAME: u32 = 1;
/// Members of groups with certain names are.
pub const BY_GROUP_NAME: u32 = 2;
/// Members of certain groups are.
pub const BY_GROUP_ID: u32 = 4;
/// Every program is.
pub const ALL: u32 = 8;
