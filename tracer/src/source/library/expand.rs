//! Search lists of the loader: split, `$ORIGIN`, `$LIB`, `$PLATFORM`, empty entries (glibc, elf/dl-load.c).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::layout::Layout;
use super::limit;
use crate::event::Text;

/// What the tokens of a search list stand for.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// `$ORIGIN`: the folder of the object that has the list; `None` where the loader does not know it.
    pub origin: Option<&'a Path>,
    /// `$PLATFORM`.
    pub platform: &'a Text,
    /// `$LIB` and the trusted folders.
    pub layout: &'a Layout,
    /// Where relative folders, the empty one included, begin.
    pub cwd: &'a Path,
    /// AT_SECURE: `$ORIGIN` may then lead to a trusted folder only.
    pub secure: bool,
}

/// Folders of a list in order, each once. `separators` are `:` for DT_RPATH and DT_RUNPATH, `:;` for LD_LIBRARY_PATH.
#[must_use]
pub fn folders(list: &Text, separators: &[u8], tokens: &Tokens<'_>) -> Vec<PathBuf> {
    let bytes = list.to_bytes();
    let mut found: Vec<PathBuf> = Vec::new();
    if bytes.is_empty() {
        return found;
    }
    for entry in bytes.split(|byte| separators.contains(byte)) {
        if let Some(folder) = folder(entry, tokens)
            && !found.contains(&folder)
            && found.len() < limit::FOLDERS
        {
            found.push(folder);
        }
    }
    found
}

fn folder(entry: &[u8], tokens: &Tokens<'_>) -> Option<PathBuf> {
    if entry.is_empty() {
        return Some(tokens.cwd.to_owned());
    }
    let expanded = expand(entry, tokens)?;
    if expanded.is_empty() {
        return None;
    }
    // `join` keeps an absolute path; components drop doubled and trailing slashes, `..` stays as the kernel sees it.
    let path = tokens.cwd.join(OsStr::from_bytes(&expanded));
    let folder: PathBuf = path.components().collect();
    let trusted = || tokens.layout.default_folders.contains(&folder);
    (!tokens.secure || !has_origin(entry) || trusted()).then_some(folder)
}

/// Replaces the tokens. `None` when one of them has no value: the loader drops such an entry.
#[must_use]
pub fn expand(entry: &[u8], tokens: &Tokens<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(entry.len());
    let mut rest = entry;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let after = after.get(1..).unwrap_or_default();
        if let Some(length) = token(after, b"ORIGIN") {
            out.extend_from_slice(tokens.origin?.as_os_str().as_bytes());
            rest = after.get(length..).unwrap_or_default();
        } else if let Some(length) = token(after, b"PLATFORM") {
            out.extend_from_slice(&tokens.platform.to_bytes());
            rest = after.get(length..).unwrap_or_default();
        } else if let Some(length) = token(after, b"LIB") {
            out.extend_from_slice(&tokens.layout.lib.to_bytes());
            rest = after.get(length..).unwrap_or_default();
        } else {
            out.push(b'$');
            rest = after;
        }
        if out.len() > limit::NAME as usize {
            return None;
        }
    }
    out.extend_from_slice(rest);
    Some(out)
}

fn has_origin(entry: &[u8]) -> bool {
    entry.windows(6).any(|part| part == b"ORIGIN")
}

/// Length of a token behind its `$`: `NAME` not followed by a letter, digit or `_`, or `{NAME}`.
fn token(text: &[u8], name: &[u8]) -> Option<usize> {
    if let Some(inside) = text.strip_prefix(b"{") {
        let rest = inside.strip_prefix(name)?;
        return rest.starts_with(b"}").then_some(name.len() + 2);
    }
    let rest = text.strip_prefix(name)?;
    let longer = rest
        .first()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (!longer).then_some(name.len())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;

    use super::{Tokens, folders};
    use crate::event::Text;
    use crate::source::library::layout::Layout;

    fn expand(list: &str, secure: bool) -> Vec<PathBuf> {
        let (layout, platform) = (Layout::debian(), Text::from("x86_64"));
        let tokens = Tokens {
            origin: Some(Path::new("/opt/x/bin")),
            platform: &platform,
            layout: &layout,
            cwd: Path::new("/home/u"),
            secure,
        };
        folders(&Text::from(list), b":", &tokens)
    }

    #[test]
    fn lists_are_expanded_as_the_loader_does() {
        for (list, wanted) in [
            ("", vec![]),
            ("$ORIGIN:", vec!["/opt/x/bin", "/home/u"]),
            ("${ORIGIN}/../lib//", vec!["/opt/x/bin/../lib"]),
            ("/a/:/a:/b", vec!["/a", "/b"]),
            ("/x/$LIB/$PLATFORM", vec!["/x/lib/x86_64-linux-gnu/x86_64"]),
            ("/$ORIGINAL:$OTHER", vec!["/$ORIGINAL", "/home/u/$OTHER"]),
            ("rel", vec!["/home/u/rel"]),
        ] {
            assert_eq!(
                expand(list, false),
                wanted.iter().map(PathBuf::from).collect::<Vec<_>>(),
                "{list}"
            );
        }
        assert_eq!(expand("$ORIGIN:/b", true), [PathBuf::from("/b")]);
    }

    proptest! {
        #[test]
        fn no_list_panics_or_grows_without_bound(list: Vec<u8>) {
            let (layout, platform) = (Layout::generic(), Text::from("x"));
            let tokens = Tokens { origin: None, platform: &platform, layout: &layout, cwd: Path::new("/"), secure: false };
            prop_assert!(folders(&Text::from_bytes(&list), b":;", &tokens).len() <= 256);
        }
    }
}
