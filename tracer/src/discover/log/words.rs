//! The dynamic loader's words, taken apart: what is missing, where, and the errno behind it.
//!
//! In: text as `dlerror` gives it or as ld.so prints it (glibc's elf/dl-load.c, dl-lookup.c, dl-version.c). Out: [`Words`] and
//! the one thing that this text names. The text does not tell who needs a library, so `by` is empty then.

use crate::discover::model::{Evidence, Missing, Words};
use crate::event::{Errno, Text};

/// Errno by the words of strerror.
const ERRORS: &[(&str, u16)] = &[
    ("No such file or directory", 2),
    ("Permission denied", 13),
    ("Operation not permitted", 1),
    ("Too many open files", 24),
    ("Cannot allocate memory", 12),
    ("Input/output error", 5),
    ("Stale file handle", 116),
    ("Too many levels of symbolic links", 40),
    ("Is a directory", 21),
];

/// What the loader says of files that are no library of this machine.
const UNFIT: &[&str] = &[
    "wrong ELF class",
    "file too short",
    "invalid ELF header",
    "ELF load command",
    "ELF file's phentsize",
    "ELF file ABI version",
    "ELF file OS ABI",
    "ELF file version",
    "only ET_DYN and ET_EXEC",
    "cannot read file data",
    "cannot open shared object file: Is a directory",
    "object file has no dynamic section",
    "nonzero padding in e_ident",
];

/// One message of the loader.
pub(super) struct Told {
    /// The words.
    pub(super) words: Words,
    /// What they name as missing.
    pub(super) missing: Option<Missing>,
}

/// Takes a message apart; `occasion` is what ld.so writes before it (`symbol lookup error`), or empty.
pub(super) fn parse(text: &str, occasion: &str, seen: &Evidence) -> Told {
    let text = text.trim();
    let (object, said) = split_object(text);
    let err = ERRORS
        .iter()
        .find(|(words, _)| said.ends_with(words))
        .map(|(_, number)| Errno(*number));
    Told {
        missing: missing(object, said),
        words: Words {
            object: Text::from(object),
            text: Text::from(said),
            occasion: Text::from(occasion),
            err,
            seen: seen.clone(),
        },
    }
}

/// `OBJECT: what is wrong`. Paths of Windows have a colon too, but no space behind it.
fn split_object(text: &str) -> (&str, &str) {
    match text.split_once(": ") {
        Some((object, said)) if is_object(object) => (object, said),
        _ => ("", text),
    }
}

fn is_object(text: &str) -> bool {
    text.starts_with(['/', '.', '\\'])
        || text.contains(".so")
        || text.contains(".dll")
        || text.contains(".dylib")
}

fn missing(object: &str, said: &str) -> Option<Missing> {
    let object_text = || Text::from(object);
    if let Some(symbol) = said.strip_prefix("undefined symbol: ") {
        return Some(Missing::Symbol {
            name: symbol_name(symbol),
            by: object_text(),
        });
    }
    if let Some(rest) = said.strip_prefix("symbol ")
        && let Some((symbol, _)) = rest.split_once(" not defined in file ")
    {
        return Some(Missing::Symbol {
            name: symbol_name(symbol),
            by: object_text(),
        });
    }
    if let Some(rest) = said.strip_prefix("version ")
        && let Some((version, after)) = rest.split_once(" not found")
    {
        let by = after
            .trim_start()
            .strip_prefix("(required by ")
            .map_or("", |by| by.trim_end_matches(')'));
        return Some(Missing::Version {
            version: Text::from(version.trim_matches(['`', '\'', '"'])),
            file: object_text(),
            by: Text::from(by),
        });
    }
    if UNFIT.iter().any(|words| said.starts_with(words)) {
        return Some(Missing::Unfit {
            file: object_text(),
            problem: Text::from(said),
        });
    }
    let absent = said.starts_with("cannot open shared object file: No such file");
    (absent && !object.is_empty()).then(|| Missing::Library {
        name: object_text(),
        by: Text::default(),
        searched: Vec::new(),
    })
}

/// `cuInit`, or `cudaMalloc@libcudart.so.12` from `cudaMalloc, version libcudart.so.12`.
fn symbol_name(text: &str) -> Text {
    let text = text.trim_end_matches([')', '.']);
    match text.split_once(", version ") {
        Some((name, version)) => format!("{name}@{version}").into(),
        None => Text::from(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::discover::model::{Evidence, Missing};
    use crate::event::{Errno, Text};

    fn told(text: &str) -> (Option<Missing>, Option<Errno>) {
        let told = parse(text, "", &Evidence::line(1, "x"));
        (told.missing, told.words.err)
    }

    #[test]
    fn a_missing_library_is_named() {
        assert_eq!(
            told("libcuda.so.1: cannot open shared object file: No such file or directory"),
            (
                Some(Missing::Library {
                    name: Text::from("libcuda.so.1"),
                    by: Text::default(),
                    searched: Vec::new()
                }),
                Some(Errno(2))
            )
        );
    }

    #[test]
    fn missing_symbols_and_versions_are_named_with_who_needs_them() {
        let symbol = |name, by| Missing::Symbol {
            name: Text::from(name),
            by: Text::from(by),
        };
        assert_eq!(
            told("/a/libggml-cuda.so: undefined symbol: cuGetErrorString").0,
            Some(symbol("cuGetErrorString", "/a/libggml-cuda.so"))
        );
        assert_eq!(
            told("/a/b.so: undefined symbol: cudaMalloc, version libcudart.so.12").0,
            Some(symbol("cudaMalloc@libcudart.so.12", "/a/b.so"))
        );
        assert_eq!(
            told(
                "/a/b.so: symbol f, version V_1 not defined in file c.so.1 with link time reference"
            )
            .0,
            Some(symbol("f@V_1", "/a/b.so"))
        );
        assert_eq!(
            told("/lib/libcudart.so.12: version `libcudart.so.12' not found (required by /a/libggml-cuda.so)").0,
            Some(Missing::Version {
                version: Text::from("libcudart.so.12"),
                file: Text::from("/lib/libcudart.so.12"),
                by: Text::from("/a/libggml-cuda.so")
            })
        );
    }

    #[test]
    fn a_file_that_fits_not_is_told_from_one_that_may_not_be_read() {
        let (missing, _) = told("/a/b.so: ELF load command past end of file");
        assert!(matches!(missing, Some(Missing::Unfit { .. })));
        let refused = told("/a/b.so: cannot open shared object file: Permission denied");
        assert_eq!(refused, (None, Some(Errno(13))));
        let windows =
            told(r"C:\ollama\cuda_v12\ggml-cuda.dll: The specified module could not be found.");
        assert_eq!(windows, (None, None));
        assert_eq!(told("no object here"), (None, None));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r"(lib[a-z]\.so\.1|/a/b\.so|: |undefined symbol: |version `|' not found|symbol |, version | not defined in file |[a-z ]){0,8}") {
            let _ = parse(&text, "", &Evidence::line(1, "x"));
        }
    }
}
