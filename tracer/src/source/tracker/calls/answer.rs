//! What a call came back with: its result, whether that is a failure, and its outputs.

use vgputrace_api::{Arg, Failed, Function, Names, Type};
use vgputrace_ebpf::wire::FnReturn;

use super::OpenCall;
use super::value::{Decoder, structure, text};
use crate::event::call::{Return, Value};
use crate::event::{Hex, Kind, Text, Why};
use crate::source::record::Bytes;
use crate::source::tracker::{Tracker, Wish};

impl Tracker {
    pub(super) fn tell_return(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        call: &OpenCall,
        (back, blob): (&FnReturn, Option<&Bytes>),
    ) {
        let function = call.function;
        let failed = is_failure(function, back.result);
        let mut decoder = Decoder {
            handles: &mut self.handles,
            tgid,
        };
        // What a call jumped to in its last step has outputs of its own.
        let own = call.number == back.function;
        let outs = if own {
            outputs(function, back, blob, failed, &mut decoder)
        } else {
            Vec::new()
        };
        let result = match function.result {
            Type::Str if own => text(blob.cloned()),
            kind => decoder.value(back.result, kind),
        };
        let code = matches!(function.result, Type::Enum(_))
            .then(|| i64::from((back.result as u32).cast_signed()));
        if failed {
            self.ask_behind(tgid, tid, call);
        } else {
            self.forget_destroyed(tgid, call);
        }
        let found = outs.iter().find_map(|(name, value)| match value {
            Value::Hex(Hex(address)) if is_entry_point(name.as_str()) && *address != 0 => {
                Some(*address)
            }
            _ => None,
        });
        let resolved = found.map(|address| self.site(tgid, address, true));
        if let (Some(site), Some(asked)) = (&resolved, &call.asked)
            && let (Some(object), Some(function)) = (&site.object, asked.function())
        {
            self.learn(tgid, object.as_str().to_owned(), site.offset.0, function);
        }
        let kind = Kind::Return(Return {
            call: call.seq,
            function: call.name.clone(),
            result,
            code,
            outs,
            resolved,
            failed,
        });
        self.tell(tgid, tid, time, Some(time.saturating_sub(call.start)), kind);
    }

    /// Wishes for a probe where a look-up leads to, once for each place.
    fn learn(&mut self, tgid: u32, object: String, address: u64, function: &'static Function) {
        /// Places at most; a driver has fewer functions.
        const MOST: usize = 65_536;
        if self.learned.len() < MOST && self.learned.insert((object.clone(), address)) {
            self.story.wishes.push(Wish::EntryPoint {
                tgid,
                object,
                address,
                function,
            });
        }
    }

    /// An object that was given back: its address may get another one.
    fn forget_destroyed(&mut self, tgid: u32, call: &OpenCall) {
        let name = call.function.name;
        if !name.contains("Destroy") && !name.contains("Unload") {
            return;
        }
        if let Some(Type::Handle(kind)) = call.function.args.first().map(|arg| arg.kind) {
            self.handles.forget(tgid, kind, call.first);
        }
    }
}

/// The result says that the call failed.
fn is_failure(function: &Function, result: u64) -> bool {
    let narrow = if function.result.width() == 4 {
        result & 0xffff_ffff
    } else {
        result
    };
    match function.failed {
        Failed::Never => false,
        Failed::Null | Failed::Zero => narrow == 0,
        Failed::NonZero => narrow != 0,
        Failed::Negative => narrow & 0x8000_0000 != 0,
    }
}

/// Outputs in order of the parameters. After a failure the memory behind most of them holds what was there before, which
/// says nothing; why a look-up failed is told by an output.
fn outputs(
    function: &Function,
    back: &FnReturn,
    blob: Option<&Bytes>,
    failed: bool,
    decoder: &mut Decoder<'_>,
) -> Vec<(Text, Value)> {
    let mut found = Vec::new();
    let mut small = (0..).zip(back.outs);
    for arg in function.args {
        let next = arg.kind.out_size().and_then(|_| small.next());
        if failed && !tells_why(arg) {
            continue;
        }
        match (arg.kind, next) {
            (kind, Some((index, raw))) => {
                let bit = |bit: u32| back.read >> bit & 1 == 1;
                let value = match (bit(index), bit(index + 4)) {
                    (true, _) => decoder.value(raw, kind),
                    (_, true) => Value::Unseen(Why::Null),
                    _ => Value::Unseen(Why::Fault),
                };
                found.push((Text::from(arg.name), value));
            }
            (Type::OutText(_), None) => found.push((Text::from(arg.name), text(blob.cloned()))),
            (Type::OutStruct(of), None) => structure(arg.name, of, blob.cloned(), &mut found),
            _ => {}
        }
    }
    found
}

/// An output that says why the call failed.
fn tells_why(arg: &Arg) -> bool {
    arg.kind == Type::OutEnum(Names::CuProcAddressResult) || arg.name == "driverStatus"
}

/// An output that is the address of a function.
fn is_entry_point(name: &str) -> bool {
    matches!(name, "pfn" | "funcPtr")
}
