//! Function calls: which call is inside which, which came back, and what the loader said.

mod answer;
mod constructor;
mod errors;
mod handle;
mod lookup;
mod name;
mod place;
mod probe;
mod value;

use vgputrace_api::{Class, Function, Returns};
use vgputrace_ebpf::wire::function::INPUTS;
use vgputrace_ebpf::wire::{FnEnter, FnReturn};

pub use constructor::Label;
pub use handle::Handles;
use lookup::Asked;
pub use probe::{Probe, Probes, constructor_descriptor, descriptor};
pub(super) use value::Decoder;
use value::is_global;

use super::Tracker;
use crate::event::call::{Because, Call, Unfinished, Value};
use crate::event::{Kind, Seen, Seq, Text, Why};
use crate::source::model_output;
use crate::source::record::Bytes;

/// A call that has been entered.
#[derive(Clone, Debug)]
pub(super) struct OpenCall {
    pub(super) seq: Seq,
    number: u32,
    function: &'static Function,
    name: Text,
    sp: u64,
    /// Return address, where nothing has replaced it.
    caller: Option<u64>,
    start: u64,
    /// The first argument register.
    first: u64,
    /// The file a dlopen was asked for.
    file: Option<String>,
    /// The function that a look-up was asked for.
    asked: Option<Asked>,
    /// The object that called.
    from: Option<String>,
    told: bool,
}

/// A stack pointer further away than this belongs to another stack of the thread (signal stack, Go's g0, a fiber), so
/// it says nothing about frames left behind. The default thread stack is 8 MiB.
const SAME_STACK: u64 = 8 << 20;

impl Tracker {
    pub(super) fn entered(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        enter: &FnEnter,
        inputs: [Option<Bytes>; INPUTS],
    ) {
        let Some((probe, object)) = self.probes.get(enter.function) else {
            return;
        };
        let object = object.to_owned();
        let function = probe.function;
        let name = Text::from(self.probes.name(&probe));
        let which = self.probes.label(&probe).map(|label| label.which.clone());
        self.leave_frames(tgid, tid, time, enter);
        if function.class == Class::LoaderError {
            self.loader_error(tgid, tid, time, function, enter, &inputs);
            return;
        }
        let from = self.site(tgid, enter.caller, true);
        let mut decoder = Decoder {
            handles: &mut self.handles,
            tgid,
        };
        let mut args = decoder.arguments(function, enter, &inputs);
        if function.class == Class::Log && self.known(tgid).model {
            args.iter_mut().for_each(withhold_words);
        }
        if let Some(which) = which {
            args.push((Text::from("which"), Value::Name(Text::from(which))));
        }
        let file = args.iter().find_map(|(name, value)| match value {
            Value::Str(seen) if name.as_str() == "file" || name.as_str() == "path" => {
                seen.whole().map(|text| text.as_str().to_owned())
            }
            _ => None,
        });
        let caller = from.object.as_ref().map(|path| path.as_str().to_owned());
        if let Some(file) = file.as_ref()
            && args.iter().any(|(_, value)| is_global(value))
        {
            let global = &mut self.known(tgid).global;
            if !global.contains(file) {
                global.push(file.clone());
            }
        }
        let asked = Asked::of(function, enter, &args);
        let call = Call {
            api: Text::from(function.api),
            function: name.clone(),
            of: Some(Text::from(object)),
            args,
            from: Some(from),
            entry_only: probe.entry_only,
        };
        let seq = self.tell(tgid, tid, time, None, Kind::Call(call));
        let open = OpenCall {
            seq,
            number: enter.function,
            function,
            name,
            sp: enter.sp,
            caller: (function.returns != Returns::Probe && enter.caller != 0)
                .then_some(enter.caller),
            start: time,
            first: enter.args[0],
            file,
            asked,
            from: caller,
            told: false,
        };
        let thread = self.thread(tgid, tid);
        thread.last = None;
        if probe.entry_only {
            thread.last = Some(open);
        } else {
            thread.open.push(open);
        }
    }

    /// Frames at or below the new one's place are gone without a return: left by longjmp, an exception or a
    /// cancellation, or its return was lost. A function at the very place of another one, with the same way back, was
    /// jumped to (a tail call): both go on.
    fn leave_frames(&mut self, tgid: u32, tid: u32, time: u64, enter: &FnEnter) {
        let sp = enter.sp;
        let thread = self.thread(tgid, tid);
        let mut left = Vec::new();
        while let Some(call) = thread.open.last() {
            let below = call.sp < sp && sp - call.sp < SAME_STACK;
            let other =
                enter.caller != 0 && call.caller.is_some_and(|caller| caller != enter.caller);
            let again = call.sp == sp && (call.number == enter.function || other);
            if !below && !again {
                break;
            }
            left.extend(thread.open.pop());
        }
        for call in left {
            self.tell_unfinished(tgid, tid, time, &call, Because::Unwound);
        }
    }

    pub(super) fn returned(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        back: &FnReturn,
        blob: Option<&Bytes>,
    ) {
        let thread = self.thread(tgid, tid);
        let Some(at) = thread
            .open
            .iter()
            .rposition(|call| call.sp == back.sp && call.number == back.function)
        else {
            return;
        };
        let gone = thread.open.split_off(at + 1);
        let mut back_now = Vec::new();
        while let Some(call) = thread.open.pop() {
            // One that jumped here comes back too, and tells so itself where it has a return probe.
            let other = call.number != back.function && call.function.returns == Returns::Probe;
            if call.sp != back.sp || other {
                thread.open.push(call);
                break;
            }
            back_now.push(call);
        }
        for call in gone {
            self.tell_unfinished(tgid, tid, time, &call, Because::Unwound);
        }
        for call in back_now {
            self.tell_return(tgid, tid, time, &call, (back, blob));
        }
    }

    /// Tells every open call of a process as unfinished and forgets it.
    pub(super) fn unfinished_calls(&mut self, tgid: u32, time: u64, because: Because) {
        let process = self.known(tgid);
        let mut calls: Vec<(u32, OpenCall)> = Vec::new();
        for (tid, thread) in &mut process.threads {
            calls.extend(thread.open.drain(..).map(|call| (*tid, call)));
            thread.last = None;
        }
        calls.sort_by_key(|(_, call)| std::cmp::Reverse(call.seq));
        for (tid, call) in calls {
            self.tell_unfinished(tgid, tid, time, &call, because);
        }
    }

    /// Part of [`Tracker::sweep`] for one process. With `slow`, calls stay open and are told once.
    pub(super) fn sweep_process(&mut self, tgid: u32, now: u64, slow: Option<u64>) {
        let Some(slow) = slow else {
            self.unfinished_calls(tgid, now, Because::End);
            self.counted_ioctls(tgid, tgid, now);
            return;
        };
        let Some(process) = self.processes.get_mut(&tgid) else {
            return;
        };
        let mut calls = Vec::new();
        for (tid, thread) in &mut process.threads {
            for call in &mut thread.open {
                if !call.told && now.saturating_sub(call.start) > slow {
                    call.told = true;
                    calls.push((*tid, call.clone()));
                }
            }
        }
        calls.sort_by_key(|(_, call)| call.seq);
        for (tid, call) in calls {
            self.tell_unfinished(tgid, tid, now, &call, Because::Slow);
        }
    }

    fn tell_unfinished(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        call: &OpenCall,
        because: Because,
    ) {
        if because == Because::Exit {
            self.ask_behind(tgid, tid, call);
        }
        let kind = Kind::Unfinished(Unfinished {
            call: Some(call.seq),
            function: call.name.clone(),
            about: None,
            because,
        });
        self.tell(tgid, tid, time, Some(time.saturating_sub(call.start)), kind);
    }
}

/// A log line of a model's process is kept under the same rules as its output.
fn withhold_words((_, value): &mut (Text, Value)) {
    if let Value::Str(seen) = value
        && let Some(text) = seen.value()
        && !model_output::keep(text.as_str().as_bytes())
    {
        *seen = Seen::No(Why::Withheld);
    }
}
