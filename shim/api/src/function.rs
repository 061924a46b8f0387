//! What is known of a function: enough to read its arguments, its result and its outputs.

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Which interface it belongs to: `dl`, `ggml`.
    pub api: &'static str,
    /// The symbol's name, without version.
    pub name: &'static str,
    /// The name in the symbol table where that is another one (C++); empty otherwise.
    pub mangled: &'static str,
    /// Parameters in order; at most six are read.
    pub args: &'static [Arg],
    /// Strings reached through a pointer argument: argument, offset in bytes, name.
    pub inside: &'static [(u8, u8, &'static str)],
    /// The result.
    pub result: Type,
    /// How its return is seen.
    pub returns: Returns,
    /// Which results mean failure.
    pub failed: Failed,
    /// What its calls are.
    pub class: Class,
    /// What it does, in a few words of our own.
    pub meaning: &'static str,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Name.
    pub name: &'static str,
    /// Type and direction.
    pub kind: Type,
}

/// Type and direction of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Nothing (a function without result).
    Void,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 64 bits.
    U64,
    /// A pointer or handle.
    Pointer,
    /// A string the function reads.
    Str,
    /// `mode` of dlopen: RTLD_* bits.
    DlopenMode,
    /// `handle` of dlsym: RTLD_DEFAULT, RTLD_NEXT or a handle.
    DlHandle,
    /// `ggml_log_level`.
    LogLevel,
    /// An errno, 0 for none.
    Errno,
    /// Points to where the function writes 32 bits.
    OutI32,
    /// Points to where the function writes 64 bits.
    OutU64,
}

impl Type {
    /// The argument is a string to read at entry.
    #[must_use]
    pub const fn is_string(self) -> bool {
        matches!(self, Self::Str)
    }

    /// Bytes to read behind the pointer when the function comes back.
    #[must_use]
    pub const fn out_size(self) -> Option<u8> {
        match self {
            Self::OutI32 => Some(4),
            Self::OutU64 => Some(8),
            _ => None,
        }
    }
}

/// How a function's return may be seen without changing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// Not at all: the function looks at its return address (dlsym), never returns, or nobody asks.
    No,
    /// At its own `ret` instructions: it looks at its return address (dlopen), or runs foreign code that may throw,
    /// unwind or take a backtrace.
    Sites,
    /// By a return probe: a plain C function that calls nobody back.
    Probe,
}

/// Which results mean that the call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// None does.
    Never,
    /// NULL.
    Null,
    /// 0 of a number.
    Zero,
    /// Anything but 0.
    NonZero,
}

/// What the calls of a function are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Calls.
    Call,
    /// Finished lines of a log.
    Log,
    /// Errors of the dynamic loader.
    LoaderError,
}
