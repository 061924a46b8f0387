//! Calls that the kernel side counted instead of telling them one by one.

use vgputrace_api::Type;
use vgputrace_ebpf::wire::{Count, CountKey};

use super::Tracker;
use super::calls::Decoder;
use crate::event::call::Counted;
use crate::event::{Event, Kind, Text};

impl Tracker {
    /// An event for what was counted since `before`; none when nothing was, or for a function or process that is not
    /// known.
    pub fn counted(
        &mut self,
        time: u64,
        key: CountKey,
        now: &Count,
        before: Option<&Count>,
    ) -> Option<Event> {
        let (probe, object) = self.probes.get(key.function)?;
        let (function, object) = (probe.function, Text::from(object));
        let process = self.processes.get(&key.tgid)?.id;
        let since = |of: fn(&Count) -> u64| of(now).saturating_sub(before.map_or(0, of));
        let (calls, returned) = (since(|count| count.calls), since(|count| count.returned));
        if calls == 0 && returned == 0 {
            return None;
        }
        let failed = since(|count| count.failed);
        let mut decoder = Decoder {
            handles: &mut self.handles,
            tgid: key.tgid,
        };
        let result = (failed > 0).then(|| decoder.value(now.code, function.result));
        let named = failed > 0 && matches!(function.result, Type::Enum(_));
        let kind = Kind::Counted(Counted {
            api: Text::from(function.api),
            function: Text::from(function.name),
            of: Some(object),
            calls,
            returned,
            nanos: since(|count| count.nanos),
            bytes: since(|count| count.bytes),
            failed,
            result,
            code: named.then(|| i64::from((now.code as u32).cast_signed())),
        });
        Some(self.own(time, None, Some(process), kind))
    }
}
