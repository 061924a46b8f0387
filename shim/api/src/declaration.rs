//! A function as its header declares it: names and types of a whole interface, without knowledge of what its
//! pointers are for.

use crate::function::Function;
use crate::generated::c_types::C_TYPES;

/// One exported function.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// What a probe needs. Directions are by rule only: a pointer to something constant is an input.
    pub function: Function,
    /// The name programs use, without version and without mark for a stream per thread.
    pub base: &'static str,
    /// Version of its binary interface: 1 for a name without one, N for `_vN`.
    pub version: u8,
    /// Which default stream it means.
    pub per_thread: PerThread,
    /// The CUDA version that brought it, as 1000 * major + 10 * minor; 0 where the headers do not say.
    pub since: u16,
    /// Bit 0: a header of the 12 series declares it; bit 1: one of the 13 series.
    pub series: u8,
    /// Its result's type and then its parameters', as indices of the table of types.
    types: &'static [u16],
}

/// Which default stream a function means where no stream is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerThread {
    /// The one all threads share, or the function has nothing to do with streams.
    No,
    /// Each thread's own, for functions without a stream parameter (`_ptds`).
    Ptds,
    /// Each thread's own, for functions with one (`_ptsz`).
    Ptsz,
}

impl PerThread {
    /// What ends the name.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Ptds => "_ptds",
            Self::Ptsz => "_ptsz",
        }
    }
}

impl Declaration {
    /// The name in the library.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.function.name
    }

    /// The result's type in C.
    #[must_use]
    pub fn result_c_type(&self) -> &'static str {
        self.c_type(0)
    }

    /// A parameter's type in C, counted from 0; empty when there is none.
    #[must_use]
    pub fn parameter_c_type(&self, index: usize) -> &'static str {
        self.c_type(index + 1)
    }

    fn c_type(&self, index: usize) -> &'static str {
        let at = self.types.get(index).copied().unwrap_or(u16::MAX);
        C_TYPES.get(usize::from(at)).copied().unwrap_or_default()
    }

    /// Parts for the macro below.
    pub(crate) const fn new(
        function: Function,
        base: &'static str,
        (version, per_thread): (u8, PerThread),
        (since, series): (u16, u8),
        types: &'static [u16],
    ) -> Self {
        Self {
            function,
            base,
            version,
            per_thread,
            since,
            series,
            types,
        }
    }
}

/// Finds a name in a list that is sorted by name.
pub(crate) fn find(list: &'static [Declaration], name: &str) -> Option<&'static Declaration> {
    let at = list
        .binary_search_by_key(&name, |declared| declared.name())
        .ok()?;
    list.get(at)
}

/// One row per function: name, base, version, stream, since, series; then the result and each parameter with the index of
/// its C type and its kind. A plain C function that calls nobody back, so its return may carry a probe.
macro_rules! declarations {
    ($api:literal
        $([$name:ident $base:ident $version:literal $thread:ident $since:literal $series:literal,
            ($of:literal $($result:tt)+) $failed:ident $(, ($arg:ident $type:literal $($kind:tt)+))*];)*
    ) => {
        /// The table, sorted by name.
        pub static DECLARATIONS: &[$crate::declaration::Declaration] = &[$(
            $crate::declaration::Declaration::new(
                $crate::Function {
                    api: $api,
                    name: stringify!($name),
                    mangled: "",
                    args: &[$($crate::Arg {
                        name: stringify!($arg),
                        kind: $crate::Type::$($kind)+,
                    }),*],
                    inside: &[],
                    result: $crate::Type::$($result)+,
                    returns: $crate::Returns::Probe,
                    failed: $crate::Failed::$failed,
                    class: $crate::Class::Call,
                    meaning: "",
                },
                stringify!($base),
                ($version, $crate::declaration::PerThread::$thread),
                ($since, $series),
                &[$of $(, $type)*],
            ),
        )*];
    };
}
pub(crate) use declarations;
