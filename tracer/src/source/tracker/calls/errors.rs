//! The loader's own errors: which call each belongs to, and what the process looked like then.

use vgputrace_api::Function;
use vgputrace_ebpf::wire::FnEnter;
use vgputrace_ebpf::wire::function::INPUTS;

use super::OpenCall;
use super::value::named_strings;
use crate::event::call::{LoaderError, Site};
use crate::event::{Errno, Hex, Kind, Seen, Text, Why};
use crate::source::record::Bytes;
use crate::source::screen;
use crate::source::tracker::{LoadContext, Tracker, Wish};

/// When glibc binds a symbol to a definition (elf/dl-lookup.c).
const BINDING: &str = "symbol lookup error";

impl Tracker {
    pub(super) fn loader_error(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        function: &'static Function,
        enter: &FnEnter,
        inputs: &[Option<Bytes>; INPUTS],
    ) {
        let named = named_strings(function, inputs);
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
        let occasion = get("occasion");
        // Before main, or at the first call of a function: the loader names one symbol and ends the process.
        let bound = occasion.as_ref().and_then(Seen::value);
        let unbound = bound
            .filter(|occasion| occasion.as_str() == BINDING && call.is_none())
            .and_then(|_| object.whole())
            .map(|object| object.as_str().to_owned())
            .filter(|object| object.starts_with('/'));
        let kind = Kind::LoaderError(LoaderError {
            object,
            text,
            err: (code != 0).then_some(Errno(code)),
            occasion,
            call: call.as_ref().map(|call| call.seq),
        });
        let seq = self.tell(tgid, tid, time, None, kind);
        if let Some(file) = unbound {
            let mut context = Box::new(self.load_context(tgid, None, time));
            context.loaded.retain(|loaded| *loaded != file);
            self.story.wishes.push(Wish::Closure {
                error: seq,
                file,
                context,
            });
        }
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

    /// A load of a GPU backend that gave nothing, or never came back, and of which the loader said nothing (somebody answered in
    /// its place, a file is cut short): what its files lack all the same.
    pub(super) fn ask_behind(&mut self, tgid: u32, tid: u32, call: &OpenCall) {
        let error = self.thread(tgid, tid).error.as_ref();
        let said = error.is_some_and(|(of, ..)| *of == Some(call.seq));
        let is_backend = |file: &&String| {
            let name = file.rsplit('/').next().unwrap_or_default();
            name.contains("ggml-") && !name.contains("ggml-cpu") && !name.contains("ggml-base")
        };
        let loads = call.name.as_str() == "dlopen" && !said;
        let Some(file) = call.file.as_ref().filter(|_| loads).filter(is_backend) else {
            return;
        };
        let context = Box::new(self.load_context(tgid, call.from.clone(), call.start));
        self.story.wishes.push(Wish::Closure {
            error: call.seq,
            file: file.clone(),
            context,
        });
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
    pub(in crate::source::tracker) fn entered_last(&self, tgid: u32, tid: u32) -> Option<Site> {
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
            symbol: Some(Text::from(self.probes.name(&probe))),
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
}
