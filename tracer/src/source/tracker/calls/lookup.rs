//! Look-ups of driver functions by name (cuGetProcAddress): which function of the table is meant.

use vgputrace_api::declaration::PerThread;
use vgputrace_api::{Function, cuda, driver};
use vgputrace_ebpf::wire::FnEnter;

use crate::event::Text;
use crate::event::call::Value;

/// `CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM` (cuda.h).
const PER_THREAD: u64 = 2;

/// What a program asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    symbol: String,
    /// 1000 * major + 10 * minor; the highest there is where the call has none.
    version: u16,
    per_thread: bool,
}

impl Asked {
    /// What a call asks for; `None` when it is no look-up, or its name was not seen.
    pub(super) fn of(function: &Function, enter: &FnEnter, args: &[(Text, Value)]) -> Option<Self> {
        let looks_up = function.name.starts_with("cuGetProcAddress")
            || function.name.starts_with("cudaGetDriverEntryPoint");
        if !looks_up {
            return None;
        }
        let symbol = args.iter().find_map(|(_, value)| match value {
            Value::Str(seen) => seen.whole().map(|text| text.as_str().to_owned()),
            _ => None,
        })?;
        let raw = |name: &str| {
            let index = function.args.iter().position(|arg| arg.name == name)?;
            enter
                .args
                .get(usize::from(function.register(index)?))
                .copied()
        };
        let version = raw("cudaVersion").and_then(|raw| u16::try_from(raw & 0xffff_ffff).ok());
        Some(Self {
            symbol,
            version: version.unwrap_or(u16::MAX),
            per_thread: raw("flags").unwrap_or(0) & PER_THREAD != 0,
        })
    }

    /// The newest function of that name that a driver of the version asked for has.
    pub(super) fn function(&self) -> Option<&'static Function> {
        let fits = |per_thread: bool| {
            cuda::FUNCTIONS
                .iter()
                .filter(|declared| declared.base == self.symbol && declared.since <= self.version)
                .filter(|declared| (declared.per_thread != PerThread::No) == per_thread)
                .max_by_key(|declared| declared.version)
        };
        let found = self
            .per_thread
            .then(|| fits(true))
            .flatten()
            .or_else(|| fits(false))?;
        driver::by_name(found.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Asked;

    fn asked(symbol: &str, version: u16, per_thread: bool) -> Option<&'static str> {
        let asked = Asked {
            symbol: symbol.to_owned(),
            version,
            per_thread,
        };
        asked.function().map(|function| function.name)
    }

    #[test]
    fn a_name_means_the_newest_function_of_the_version_asked_for() {
        assert_eq!(asked("cuInit", 12_080, false), Some("cuInit"));
        assert_eq!(asked("cuMemAlloc", 12_080, false), Some("cuMemAlloc_v2"));
        assert_eq!(asked("cuMemAlloc", 3_010, false), Some("cuMemAlloc"));
        assert_eq!(asked("cuCtxCreate", 12_000, false), Some("cuCtxCreate_v3"));
        assert_eq!(
            asked("cuStreamSynchronize", 12_000, true),
            Some("cuStreamSynchronize_ptsz")
        );
        assert_eq!(asked("cuInit", 12_000, true), Some("cuInit"));
        assert_eq!(asked("cuMadeUp", 12_000, false), None);
    }
}
