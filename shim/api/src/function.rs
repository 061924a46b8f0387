//! What is known of a function: enough to read its arguments, its result and its outputs.

pub use crate::value::Type;

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Which interface it belongs to: `dl`, `ggml`, `cuda`, `nvml`, `cudart`, `cublas`, `hip`,
    /// `vulkan`.
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

impl Function {
    /// In which of the six argument registers a parameter comes, counted from 0; none for one that comes on the stack or
    /// in a vector register, or is not there (System V ABI for x86-64).
    #[must_use]
    pub fn register(&self, index: usize) -> Option<u8> {
        let taken = |arg: &Arg| arg.kind.registers();
        let own = taken(self.args.get(index)?);
        let mut next = 0;
        for before in self.args.get(..index)? {
            // A pair that does not fit goes to the stack as a whole and takes no register.
            if next + taken(before) <= 6 {
                next += taken(before);
            }
        }
        (own > 0 && next + own <= 6).then_some(next)
    }
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// Name.
    pub name: &'static str,
    /// Type and direction.
    pub kind: Type,
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
    /// A negative number of 32 bits (Vulkan: positive results are no errors).
    Negative,
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
