//! Function calls: which call is inside which, which came back, and what the loader said.

use vgputrace_api::{Class, Failed, Function, Returns, Type};
use vgputrace_ebpf::wire::function::{DESC_OUTS, DESC_RETURN_PROBE, FnDesc, NONE, STRINGS};
use vgputrace_ebpf::wire::{FnEnter, FnReturn};

use super::{LoadContext, Tracker, Wish};
use crate::event::call::{Because, Call, LoaderError, Return, Site, Unfinished, Value};
use crate::event::{Errno, Hex, Kind, Seen, Seq, Text, Why};
use crate::source::record::Bytes;
use crate::source::screen;

/// A function of an object that carries a probe.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// What is known of the function.
    pub function: &'static Function,
    /// Index of the object in [`Probes`].
    object: usize,
    /// Virtual address of its first probed instruction in the object.
    address: u64,
    /// Its return will not be seen.
    pub entry_only: bool,
}

/// All probes, by the number the kernel side reports.
#[derive(Debug, Default)]
pub struct Probes {
    list: Vec<Probe>,
    objects: Vec<String>,
}

impl Probes {
    /// Adds an object; its index is for [`Self::add`].
    pub fn object(&mut self, path: &str) -> usize {
        self.objects.push(path.to_owned());
        self.objects.len() - 1
    }

    /// Adds a function of an object and returns its number. `entry_only` when its return cannot be seen.
    pub fn add(
        &mut self,
        function: &'static Function,
        object: usize,
        address: u64,
        entry_only: bool,
    ) -> u32 {
        self.list.push(Probe {
            function,
            object,
            address,
            entry_only,
        });
        u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// True when no function carries a probe.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn get(&self, number: u32) -> Option<(Probe, &str)> {
        let probe = *self.list.get(number as usize)?;
        Some((probe, self.objects.get(probe.object)?))
    }
}

/// What the kernel side has to read for a function.
#[must_use]
pub fn descriptor(function: &Function) -> FnDesc {
    let mut desc = FnDesc {
        strings: [NONE; 4],
        inside: [NONE; 4],
        outs: [NONE; 4],
        out_sizes: [0; 4],
        flags: 0,
        arguments: u32::try_from(function.args.len().min(6)).unwrap_or(6),
    };
    let mut strings = 0;
    let mut outs = 0;
    for (index, arg) in (0_u8..).zip(function.args) {
        if arg.kind.is_string() && strings < STRINGS {
            desc.strings[strings] = index;
            strings += 1;
        }
        if let Some(size) = arg.kind.out_size()
            && outs < desc.outs.len()
        {
            desc.outs[outs] = index;
            desc.out_sizes[outs] = size;
            desc.flags |= DESC_OUTS;
            outs += 1;
        }
    }
    for (argument, offset, _) in function.inside {
        if strings < STRINGS {
            desc.strings[strings] = *argument;
            desc.inside[strings] = *offset;
            strings += 1;
        }
    }
    if function.returns == Returns::Probe {
        desc.flags |= DESC_RETURN_PROBE;
    }
    desc
}

/// A call that has been entered.
#[derive(Clone, Debug)]
pub(super) struct OpenCall {
    pub(super) seq: Seq,
    number: u32,
    function: &'static Function,
    sp: u64,
    /// Return address, where nothing has replaced it.
    caller: Option<u64>,
    start: u64,
    /// The file a dlopen was asked for.
    file: Option<String>,
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
        strings: [Option<Bytes>; STRINGS],
    ) {
        let Some((probe, object)) = self.probes.get(enter.function) else {
            return;
        };
        let object = object.to_owned();
        let function = probe.function;
        self.leave_frames(tgid, tid, time, enter);
        if function.class == Class::LoaderError {
            self.loader_error(tgid, tid, time, function, enter, &strings);
            return;
        }
        let from = self.site(tgid, enter.caller, true);
        let args = arguments(function, enter, &strings);
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
        let call = Call {
            api: Text::from(function.api),
            function: Text::from(function.name),
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
            sp: enter.sp,
            caller: (function.returns != Returns::Probe && enter.caller != 0)
                .then_some(enter.caller),
            start: time,
            file,
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

    pub(super) fn returned(&mut self, tgid: u32, tid: u32, time: u64, back: &FnReturn) {
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
            if call.sp != back.sp {
                thread.open.push(call);
                break;
            }
            back_now.push(call);
        }
        for call in gone {
            self.tell_unfinished(tgid, tid, time, &call, Because::Unwound);
        }
        for call in back_now {
            self.tell_return(tgid, tid, time, &call, back);
        }
    }

    fn tell_return(&mut self, tgid: u32, tid: u32, time: u64, call: &OpenCall, back: &FnReturn) {
        let function = call.function;
        // What a call jumped to in its last step has outputs of its own.
        let own = call.number == back.function;
        let outs = function
            .args
            .iter()
            .filter(|arg| own && arg.kind.out_size().is_some())
            .zip(back.outs)
            .enumerate()
            .map(|(index, (arg, raw))| {
                let read = back.read >> index & 1 == 1;
                let value = if read {
                    number(raw, arg.kind)
                } else {
                    Value::Unseen(Why::Fault)
                };
                (Text::from(arg.name), value)
            })
            .collect();
        let narrow = if function.result == Type::I32 {
            back.result & 0xffff_ffff
        } else {
            back.result
        };
        let failed = match function.failed {
            Failed::Never => false,
            Failed::Null | Failed::Zero => narrow == 0,
            Failed::NonZero => narrow != 0,
            Failed::Negative => narrow & 0x8000_0000 != 0,
        };
        let kind = Kind::Return(Return {
            call: call.seq,
            function: Text::from(function.name),
            result: number(back.result, function.result),
            outs,
            failed,
        });
        self.tell(tgid, tid, time, Some(time.saturating_sub(call.start)), kind);
    }

    fn loader_error(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        function: &'static Function,
        enter: &FnEnter,
        strings: &[Option<Bytes>; STRINGS],
    ) {
        let named = named_strings(function, strings);
        let get = |name: &str| {
            named
                .iter()
                .find(|entry| entry.0 == name)
                .and_then(|entry| entry.1.clone())
                .map(|seen| seen.map(|bytes| screen::text(&bytes)))
        };
        let object = get("object").unwrap_or_else(|| Seen::Yes(Text::default()));
        let text = get("text").unwrap_or(Seen::No(Why::Null));
        let call = self.call_of_error(tgid, tid, enter.sp);
        let shown = |seen: &Seen<Text>| seen.value().cloned().unwrap_or_default();
        let key = (
            call.as_ref().map(|call| call.seq),
            shown(&object),
            shown(&text),
        );
        let thread = self.thread(tgid, tid);
        // The same failure passes here again while the loader unwinds.
        if thread.error.as_ref() == Some(&key) {
            return;
        }
        thread.error = Some(key);
        let code = u16::try_from(enter.args[0] & 0xffff_ffff).unwrap_or(0);
        let kind = Kind::LoaderError(LoaderError {
            object,
            text,
            err: (code != 0).then_some(Errno(code)),
            occasion: get("occasion"),
            call: call.as_ref().map(|call| call.seq),
        });
        let seq = self.tell(tgid, tid, time, None, kind);
        if let Some(OpenCall {
            file: Some(file),
            from,
            start,
            ..
        }) = call
        {
            let context = Box::new(self.load_context(tgid, from, start));
            self.story.wishes.push(Wish::Closure {
                error: seq,
                file,
                context,
            });
        }
    }

    /// The process as it was when the call began: what the call itself brought in does not count.
    fn load_context(&self, tgid: u32, caller: Option<String>, start: u64) -> LoadContext {
        let Some(process) = self.processes.get(&tgid) else {
            return LoadContext::default();
        };
        let mut loaded: Vec<String> = Vec::new();
        for mapping in process
            .maps
            .values()
            .filter(|mapping| mapping.since < start)
        {
            if let Some(path) = mapping.path.whole()
                && !loaded.iter().any(|known| known == path.as_str())
            {
                loaded.push(path.as_str().to_owned());
            }
        }
        LoadContext {
            tgid,
            exe: process.exe.clone(),
            cwd: process
                .cwd
                .value()
                .map(|cwd| cwd.as_str().to_owned())
                .unwrap_or_default(),
            library_path: process.search.get("LD_LIBRARY_PATH").cloned(),
            secure: process.secure,
            caller,
            loaded,
            global: process.global.clone(),
        }
    }

    /// Where a thread is while the kernel runs the first instruction of a probed function from a copy of its own: in the
    /// function that was entered last.
    pub(super) fn entered_last(&self, tgid: u32, tid: u32) -> Option<Site> {
        let thread = self.processes.get(&tgid)?.threads.get(&tid)?;
        let open = thread
            .open
            .iter()
            .chain(&thread.last)
            .max_by_key(|call| call.seq)?;
        let (probe, object) = self.probes.get(open.number)?;
        Some(Site {
            object: Some(screen::text(object.as_bytes())),
            offset: Hex(probe.address),
            symbol: Some(Text::from(probe.function.name)),
        })
    }

    /// The call that is being served: the innermost one whose frame is above the error's.
    fn call_of_error(&mut self, tgid: u32, tid: u32, sp: u64) -> Option<OpenCall> {
        let thread = self.thread(tgid, tid);
        let open = thread.open.iter().rev().find(|call| call.sp > sp);
        let last = thread.last.as_ref().filter(|call| call.sp > sp);
        match (open, last) {
            (Some(open), Some(last)) => Some(if last.sp < open.sp { last } else { open }),
            (open, last) => open.or(last),
        }
        .cloned()
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
        let kind = Kind::Unfinished(Unfinished {
            call: Some(call.seq),
            function: Text::from(call.function.name),
            about: None,
            because,
        });
        self.tell(tgid, tid, time, Some(time.saturating_sub(call.start)), kind);
    }
}

/// RTLD_GLOBAL is in a mode.
fn is_global(value: &Value) -> bool {
    matches!(value, Value::Name(name) if name.as_str().contains("RTLD_GLOBAL"))
}

fn named_strings<'a>(
    function: &'static Function,
    strings: &'a [Option<Bytes>; STRINGS],
) -> Vec<(&'static str, &'a Option<Bytes>)> {
    let direct = function
        .args
        .iter()
        .filter(|arg| arg.kind.is_string())
        .map(|arg| arg.name);
    direct
        .chain(function.inside.iter().map(|entry| entry.2))
        .zip(strings)
        .collect()
}

/// Arguments by name; a string takes the place of its pointer.
fn arguments(
    function: &'static Function,
    enter: &FnEnter,
    strings: &[Option<Bytes>; STRINGS],
) -> Vec<(Text, Value)> {
    let mut next = strings.iter();
    function
        .args
        .iter()
        .zip(enter.args)
        .filter(|(arg, _)| arg.kind.out_size().is_none())
        .map(|(arg, raw)| {
            let value = if arg.kind.is_string() {
                match next.next() {
                    Some(Some(seen)) => Value::Str(seen.clone().map(|bytes| screen::text(&bytes))),
                    _ => Value::Str(Seen::No(Why::Null)),
                }
            } else {
                number(raw, arg.kind)
            };
            (Text::from(arg.name), value)
        })
        .collect()
}

/// A register's value by its type.
fn number(raw: u64, kind: Type) -> Value {
    let narrow = (raw & 0xffff_ffff) as u32;
    match kind {
        Type::I32 | Type::OutI32 => Value::Int(i64::from(narrow.cast_signed())),
        Type::Errno => Value::Name(Text::from(Errno(narrow as u16).to_string())),
        Type::LogLevel => Value::Name(Text::from(log_level(narrow))),
        Type::DlopenMode => Value::Name(Text::from(dlopen_mode(narrow))),
        Type::DlHandle if raw == 0 => Value::Name(Text::from("RTLD_DEFAULT")),
        Type::DlHandle if raw == u64::MAX => Value::Name(Text::from("RTLD_NEXT")),
        Type::U64 | Type::OutU64 if raw < 1 << 53 => Value::Int(raw.cast_signed()),
        Type::Void => Value::Name(Text::from("void")),
        _ => Value::Hex(Hex(raw)),
    }
}

/// `enum ggml_log_level` (ggml/include/ggml.h).
fn log_level(level: u32) -> String {
    match level {
        0 => "none".to_owned(),
        1 => "debug".to_owned(),
        2 => "info".to_owned(),
        3 => "warn".to_owned(),
        4 => "error".to_owned(),
        5 => "cont".to_owned(),
        other => other.to_string(),
    }
}

/// RTLD_* bits of dlopen's mode (bits/dlfcn.h of glibc).
fn dlopen_mode(mode: u32) -> String {
    const BITS: [(u32, &str); 6] = [
        (1, "RTLD_LAZY"),
        (2, "RTLD_NOW"),
        (4, "RTLD_NOLOAD"),
        (8, "RTLD_DEEPBIND"),
        (0x100, "RTLD_GLOBAL"),
        (0x1000, "RTLD_NODELETE"),
    ];
    let mut names: Vec<String> = Vec::new();
    let mut rest = mode;
    for (bit, name) in BITS {
        if mode & bit != 0 {
            names.push(name.to_owned());
            rest &= !bit;
        }
    }
    if rest != 0 {
        names.push(format!("{rest:#x}"));
    }
    if names.is_empty() {
        "0".to_owned()
    } else {
        names.join("|")
    }
}
