//! One load of one library by dlopen, and the start of the backend in it.

use crate::event::library::{Closure, Tried};
use crate::event::{Errno, Seq, Text};

use super::Evidence;

/// One dlopen of a backend, driver or runtime.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// As it was asked for: a path or a soname.
    pub asked: Text,
    /// The file that answered, or that the path names.
    pub file: Option<Text>,
    /// The `call` event; `None` in a log.
    pub call: Option<Seq>,
    /// The object that called dlopen.
    pub from: Option<Text>,
    /// What became of it.
    pub outcome: Outcome,
    /// The loader's words inside this call, in order.
    pub words: Vec<Words>,
    /// Everything that is missing, from the library facts of that very run; with a log the one thing it names.
    pub missing: Vec<Missing>,
    /// The closure those facts come from.
    pub closure: Option<Closure>,
    /// The system's refusal next to it: open or executable mapping, with errno and where.
    pub refused: Option<(Errno, Evidence)>,
    /// It was opened only to ask its score (a variant of the CPU backend), or closed again after a successful load.
    pub given_back: bool,
    /// Nanoseconds it took.
    pub took: Option<u64>,
    /// Where the result was seen.
    pub seen: Option<Evidence>,
}

/// What became of a load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// A handle came back.
    Loaded,
    /// NULL came back.
    Failed,
    /// The process crashed or ended inside: in a constructor, or in the loader.
    Died,
    /// It had not come back when the process was killed or the recording ended.
    Hanging,
    /// Not known.
    #[default]
    Unknown,
}

/// The loader's own words (`_dl_signal_error`).
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// The object it names.
    pub object: Text,
    /// What is wrong.
    pub text: Text,
    /// "symbol lookup error" and the like.
    pub occasion: Text,
    /// Errno, where there was one.
    pub err: Option<Errno>,
    /// Where.
    pub seen: Evidence,
}

/// One thing that a load lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// No file answers to a needed name.
    Library {
        /// The name asked for.
        name: Text,
        /// The object that needs it.
        by: Text,
        /// Every place that was searched.
        searched: Vec<Tried>,
    },
    /// Nothing defines a symbol.
    Symbol {
        /// `name` or `name@VERSION`.
        name: Text,
        /// The object that needs it, where it is known.
        by: Text,
    },
    /// A file lacks a symbol version.
    Version {
        /// The version node.
        version: Text,
        /// The file that answered and lacks it.
        file: Text,
        /// The object that needs it.
        by: Text,
    },
    /// The file is no library of this machine: wrong class, truncated, damaged, no ELF.
    Unfit {
        /// The file.
        file: Text,
        /// What is wrong with it.
        problem: Text,
    },
}

/// One start of a backend: `ggml_backend_score`, `ggml_backend_init`, registration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Init {
    /// The backend's file.
    pub file: Text,
    /// The `call` event of `ggml_backend_init`; `None` when it was never called or in a log.
    pub call: Option<Seq>,
    /// `ggml_backend_score` answered this; 0 refuses this machine.
    pub score: Option<i64>,
    /// The symbol `ggml_backend_init` is not in the file.
    pub no_symbol: bool,
    /// It came back with NULL.
    pub null: bool,
    /// It had not come back: crashed, hung or killed.
    pub unfinished: bool,
    /// It came back with a backend, which was registered.
    pub registered: bool,
    /// Nanoseconds it took.
    pub took: Option<u64>,
    /// Where it was seen.
    pub seen: Option<Evidence>,
}
