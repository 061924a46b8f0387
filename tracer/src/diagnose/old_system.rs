//! What to do where the C or C++ library of a system is older than a file wants.
//!
//! The parts of glibc (libc, libm, the loader ...) are of one build and call each other by private names: none of them can be
//! replaced or taken away alone, and every program of the system needs them. libstdc++ is a plain library with one soname for
//! all its releases (libstdc++ manual, ABI policy): a newer one serves older programs.

use super::words::base;

/// Parts of glibc.
const PARTS: [&str; 10] = [
    "libc.so.6",
    "libm.so.6",
    "libmvec.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libresolv.so.2",
    "libutil.so.1",
    "libanl.so.1",
    "ld-linux-x86-64.so.2",
];
/// Libraries of GCC that its programs need.
const OF_GCC: [&str; 3] = ["libstdc++.so.6", "libgcc_s.so.1", "libgomp.so.1"];
/// Ways by which the loader finds what is not the system's own.
const IN_FRONT: [&str; 3] = ["LD_LIBRARY_PATH", "rpath", "runpath"];

/// A version that a library of the system lacks.
pub(super) struct Older<'a> {
    /// The name that is needed: `libc.so.6`.
    pub(super) needed: &'a str,
    /// The file that answers.
    pub(super) answers: &'a str,
    /// By what it was found: `cache`, `LD_LIBRARY_PATH`; empty where that is not known.
    pub(super) via: &'a str,
    /// The file that asks.
    pub(super) asker: &'a str,
    /// The asker came with Ollama.
    pub(super) of_ollama: bool,
}

impl Older<'_> {
    /// What to do; `None` for a library that is no part of the system's C or C++ library.
    pub(super) fn remedy(&self) -> Option<Vec<String>> {
        let name = base(self.needed);
        let of_c = PARTS.contains(&name) || name.starts_with("ld-linux");
        if !of_c && !OF_GCC.contains(&name) {
            return None;
        }
        let mut lines = Vec::new();
        if IN_FRONT.contains(&self.via) {
            lines.push(format!(
                "{} was found by {} before the system's own {name}: take its folder out of there, or put it behind the \
                 system's",
                self.answers, self.via
            ));
        }
        if of_c {
            lines.push(format!(
                "{name} is a part of the C library, whose parts belong together: it is neither replaced nor moved away alone, \
                 since every program of the system needs it"
            ));
        } else {
            lines.push(format!(
                "a newer {name}, of a newer GCC, serves older programs too: it may lie beside the backend, or come from \
                 the distribution"
            ));
        }
        let asker = base(self.asker);
        lines.push(match self.of_ollama {
            true => format!(
                "{asker} as the release has it wants a newer system: if it is not the release's own file, put that back; else \
                 use a newer distribution, or a container that has one (ollama/ollama)"
            ),
            false => format!(
                "put the release's own file in the place of {asker}, build {asker} on this system or an older one, or use a \
                 newer distribution or a container that has one (ollama/ollama)"
            ),
        });
        lines.push("which version this system has:".to_owned());
        lines.push("$ ldd --version | head -1".to_owned());
        Some(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::Older;

    fn remedy(needed: &str, via: &str, of_ollama: bool) -> Option<String> {
        let older = Older {
            needed,
            answers: "/lib/x86_64-linux-gnu/x",
            via,
            asker: "/usr/lib/ollama/libggml-cuda.so",
            of_ollama,
        };
        older.remedy().map(|lines| lines.join("\n"))
    }

    #[test]
    fn nobody_is_told_to_move_the_c_library() {
        for name in ["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"] {
            for of_ollama in [false, true] {
                let words = remedy(name, "cache", of_ollama).unwrap();
                assert!(words.contains("neither replaced nor moved"), "{words}");
                assert!(words.contains("newer distribution"), "{words}");
                assert!(!words.contains("in front"), "{words}");
            }
        }
        assert_eq!(remedy("libcudart.so.12", "cache", true), None);
    }

    #[test]
    fn a_copy_in_front_of_the_systems_own_is_named() {
        let words = remedy("libc.so.6", "LD_LIBRARY_PATH", true).unwrap();
        assert!(words.contains("found by LD_LIBRARY_PATH before"), "{words}");
    }

    #[test]
    fn a_newer_cpp_library_may_lie_beside_the_backend() {
        let words = remedy("libstdc++.so.6", "cache", true).unwrap();
        assert!(words.contains("beside the backend"), "{words}");
        assert!(!words.contains("neither replaced"), "{words}");
    }
}
