//! What the dynamic loader of one thread does, from the files it looks for (glibc, elf/dl-load.c).
//!
//! A name is looked for in one folder after another. When the search ends without a file, the load fails: the thread's next
//! call is about something else. A backend that is opened begins a load; what is searched then, it needs.

use crate::discover::events::base;
use crate::event::call::{Call, LoaderError, Return, Value};
use crate::event::{Errno, Hex, Kind, Seen, Seq, Text, Why};

/// No such file.
const ENOENT: Errno = Errno(2);

/// The state of one thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Loader {
    /// A name that was not found yet, and the line of the last place.
    searching: Option<(Text, u64)>,
    /// The load that is going on: the line where it began.
    load: Option<u64>,
    /// The program's own libraries are still being loaded.
    starting: bool,
}

/// What a call is to the loader.
pub(super) enum Step<'a> {
    /// A library was opened, or was not there.
    Library(&'a Text, Option<Errno>),
    /// A call that the loader makes between two files.
    Between,
    /// Anything else.
    Else,
}

impl Loader {
    /// A new program begins.
    pub(super) fn starting() -> Self {
        Self {
            starting: true,
            ..Self::default()
        }
    }

    /// The load that is going on, as the parent of events.
    pub(super) fn parent(&self) -> Option<Seq> {
        self.load.map(Seq)
    }

    /// Takes the next call of the thread; gives events with the number of the line each stands in.
    pub(super) fn step(&mut self, step: &Step<'_>, line: u64, out: &mut Vec<(u64, Kind)>) {
        match step {
            Step::Library(path, err) => {
                let name = Text::from(base(path.as_str()));
                if self
                    .searching
                    .as_ref()
                    .is_some_and(|(searched, _)| *searched != name)
                {
                    self.failed(out);
                }
                match err {
                    Some(err) if *err == ENOENT => self.searching = Some((name, line)),
                    Some(_) => {}
                    None => {
                        self.searching = None;
                        self.opened(path, line, out);
                    }
                }
            }
            Step::Between => {}
            Step::Else => {
                self.failed(out);
                self.over(line, out);
                self.starting = false;
            }
        }
    }

    /// The load is over, or what comes now may as well come after it. How it ended is not shown.
    pub(super) fn over(&mut self, line: u64, out: &mut Vec<(u64, Kind)>) {
        if let Some(load) = self.load.take() {
            out.push((line, back(load, Value::Unseen(Why::Gone), false)));
        }
    }

    fn opened(&mut self, path: &Text, line: u64, out: &mut Vec<(u64, Kind)>) {
        let name = base(path.as_str());
        let is_backend = name.starts_with("libggml-") && !name.starts_with("libggml-base");
        if is_backend && !self.starting {
            self.over(line, out);
            self.load = Some(line);
            out.push((line, dlopen(path)));
        }
    }

    /// The search is over and nothing was found.
    fn failed(&mut self, out: &mut Vec<(u64, Kind)>) {
        let Some((name, line)) = self.searching.take() else {
            return;
        };
        let call = match self.load.take() {
            Some(load) => Some(load),
            None if self.starting => None,
            None => {
                out.push((line, dlopen(&name)));
                Some(line)
            }
        };
        let occasion = "error while loading shared libraries";
        out.push((
            line,
            Kind::LoaderError(LoaderError {
                object: Seen::Yes(name),
                text: Seen::Yes(Text::from("cannot open shared object file")),
                err: Some(ENOENT),
                occasion: call.is_none().then(|| Seen::Yes(Text::from(occasion))),
                call: call.map(Seq),
            }),
        ));
        if let Some(call) = call {
            out.push((line, back(call, Value::Hex(Hex(0)), true)));
        }
    }
}

fn back(call: u64, result: Value, failed: bool) -> Kind {
    Kind::Return(Return {
        call: Seq(call),
        function: Text::from("dlopen"),
        result,
        code: None,
        outs: Vec::new(),
        resolved: None,
        failed,
    })
}

fn dlopen(path: &Text) -> Kind {
    Kind::Call(Call {
        api: Text::from("dl"),
        function: Text::from("dlopen"),
        of: None,
        args: vec![(Text::from("file"), Value::Str(Seen::Yes(path.clone())))],
        from: None,
        entry_only: false,
    })
}

/// The name of a library: `libcuda.so.1`.
pub(super) fn is_library(path: &str) -> bool {
    let name = base(path);
    !name.starts_with("ld.so.") && (name.ends_with(".so") || name.contains(".so."))
}
