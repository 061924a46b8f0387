//! Objects that drivers hand out, by short names of the trace: `ctx#1`.

use std::collections::BTreeMap;

use vgputrace_api::Handle;

use crate::event::call::Value;
use crate::event::{Hex, Text};

/// Objects that have names at a time. Beyond it an object is shown as the number it is.
const MOST: usize = 65_536;

/// Names given so far.
#[derive(Debug, Default)]
pub struct Handles {
    names: BTreeMap<(u32, Handle, u64), u32>,
    last: BTreeMap<Handle, u32>,
}

impl Handles {
    /// An object of a process as a value. A device is its own number; of streams the first three are no objects.
    pub(super) fn value(&mut self, tgid: u32, kind: Handle, raw: u64) -> Value {
        let number = match (kind, raw) {
            (Handle::Device, _) => return named(kind, raw & 0xffff_ffff),
            // CU_STREAM_LEGACY and CU_STREAM_PER_THREAD (cuda.h).
            (Handle::Stream, 1) => return Value::Name(Text::from("CU_STREAM_LEGACY")),
            (Handle::Stream, 2) => return Value::Name(Text::from("CU_STREAM_PER_THREAD")),
            (_, 0) => return Value::Hex(Hex(0)),
            _ => self.number(tgid, kind, raw),
        };
        match number {
            Some(number) => named(kind, number.into()),
            None => Value::Hex(Hex(raw)),
        }
    }

    /// An object is gone; another one may get its address.
    pub(super) fn forget(&mut self, tgid: u32, kind: Handle, raw: u64) {
        self.names.remove(&(tgid, kind, raw));
    }

    /// A process is gone, with all that it had.
    pub(in crate::source::tracker) fn forget_process(&mut self, tgid: u32) {
        self.names.retain(|(of, ..), _| *of != tgid);
    }

    fn number(&mut self, tgid: u32, kind: Handle, raw: u64) -> Option<u32> {
        if let Some(number) = self.names.get(&(tgid, kind, raw)) {
            return Some(*number);
        }
        if self.names.len() >= MOST {
            return None;
        }
        let last = self.last.entry(kind).or_default();
        *last += 1;
        self.names.insert((tgid, kind, raw), *last);
        Some(*last)
    }
}

fn named(kind: Handle, number: u64) -> Value {
    Value::Name(Text::from(format!("{}#{number}", kind.prefix())))
}

#[cfg(test)]
mod tests {
    use vgputrace_api::Handle;

    use super::Handles;
    use crate::event::call::Value;
    use crate::event::{Hex, Text};

    #[test]
    fn an_object_keeps_its_name_until_it_is_gone() {
        let mut handles = Handles::default();
        let mut name = |tgid, raw| handles.value(tgid, Handle::Context, raw);
        let ctx = |number: u32| Value::Name(Text::from(format!("ctx#{number}")));
        assert_eq!(name(7, 0x1000), ctx(1));
        assert_eq!(name(7, 0x2000), ctx(2));
        assert_eq!(name(7, 0x1000), ctx(1));
        assert_eq!(name(8, 0x1000), ctx(3));
        assert_eq!(name(8, 0), Value::Hex(Hex(0)));
        handles.forget(7, Handle::Context, 0x1000);
        assert_eq!(handles.value(7, Handle::Context, 0x1000), ctx(4));
        assert_eq!(
            handles.value(7, Handle::Device, 0),
            Value::Name(Text::from("dev#0"))
        );
    }
}
