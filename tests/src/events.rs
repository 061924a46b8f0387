//! Questions to the events of a trace. Answers that should be there and are not fail with the story so far.

pub mod calls;
pub mod line;

use vgputrace::event::call::{Call, LoaderError, Return, Unfinished};
use vgputrace::event::file::{Access, Chdir, Getcwd, Ioctl, List, Open, Readlink, Stat};
use vgputrace::event::host::End;
use vgputrace::event::library::{Library, Map};
use vgputrace::event::loss::{Loss, Note};
use vgputrace::event::net::{Http, Socket};
use vgputrace::event::output::Output;
use vgputrace::event::process::{Compat, Exec, ExecFailed, Exit, Fork};
use vgputrace::event::signal::Signal;
use vgputrace::event::{Event, Kind, Proc, Seen, Text};

/// The events of a trace, in its order.
#[derive(Clone, Debug)]
pub struct Events(pub Vec<Event>);

macro_rules! kinds {
    ($($method:ident: $kind:ident),* $(,)?) => {
        $(
            #[doc = concat!("Every `", stringify!($kind), "` event with its body.")]
            #[must_use]
            pub fn $method(&self) -> Vec<(&Event, &$kind)> {
                self.0
                    .iter()
                    .filter_map(|event| match &event.kind {
                        Kind::$kind(body) => {
                            // Of a boxed one what is in the box.
                            let body: &$kind = body;
                            Some((event, body))
                        }
                        _ => None,
                    })
                    .collect()
            }
        )*
    };
}

impl Events {
    kinds! {
        forks: Fork, execs: Exec, failed_execs: ExecFailed, exits: Exit, compat: Compat,
        signals: Signal, opens: Open, stats: Stat, accesses: Access, readlinks: Readlink,
        getcwds: Getcwd, lists: List, chdirs: Chdir, ioctls: Ioctl, maps: Map, libraries: Library,
        entered: Call, returned: Return, unfinished: Unfinished, loader_errors: LoaderError,
        outputs: Output, sockets: Socket, https: Http, losses: Loss, notes: Note, ends: End,
    }

    /// The events of a kind, by its key in the trace.
    #[must_use]
    pub fn of_kind(&self, name: &str) -> Vec<&Event> {
        let named = |event: &&Event| event.kind.name() == name;
        self.0.iter().filter(named).collect()
    }

    /// The execs of programs with this base name.
    #[must_use]
    pub fn execs_of(&self, name: &str) -> Vec<(&Event, &Exec)> {
        let mut all = self.execs();
        all.retain(|(_, exec)| base_name(&exec.exe) == Some(name));
        all
    }

    /// The only exec of a program with this base name.
    ///
    /// # Panics
    /// When there is none or more than one.
    #[must_use]
    #[track_caller]
    pub fn exec_of(&self, name: &str) -> (&Event, &Exec) {
        let found = self.execs_of(name);
        assert_eq!(
            found.len(),
            1,
            "execs of {name}\n{}",
            self.story(&["fork", "exec", "exit"])
        );
        found[0]
    }

    /// The generation of the process that ran this program.
    ///
    /// # Panics
    /// When the program ran never or more than once.
    #[must_use]
    #[track_caller]
    pub fn process_of(&self, name: &str) -> Proc {
        self.some(
            self.exec_of(name).0.process,
            "process of an exec",
            &["exec"],
        )
    }

    /// The exit of a process, whatever its last generation was.
    ///
    /// # Panics
    /// When there is none or more than one.
    #[must_use]
    #[track_caller]
    pub fn exit_of(&self, process: Proc) -> (&Event, &Exit) {
        let of = |event: &Event| {
            event
                .process
                .is_some_and(|one| one.number == process.number)
        };
        let mut found = self.exits();
        found.retain(|(event, _)| of(event));
        assert_eq!(
            found.len(),
            1,
            "exits of {process}\n{}",
            self.story(&["fork", "exec", "exit"])
        );
        found[0]
    }

    /// The children of a process, in any of its generations, in order.
    #[must_use]
    pub fn children_of(&self, process: Proc) -> Vec<Proc> {
        self.forks()
            .into_iter()
            .filter(|(event, _)| {
                event
                    .process
                    .is_some_and(|one| one.number == process.number)
            })
            .map(|(_, fork)| fork.child)
            .collect()
    }

    /// What was written to this descriptor by all processes together, in order, as text.
    #[must_use]
    pub fn written(&self, fd: u32) -> String {
        let mut bytes = Vec::new();
        for (_, output) in self.outputs() {
            if output.fd == fd
                && let Some(text) = output.text.value()
            {
                bytes.extend_from_slice(&text.to_bytes());
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The only element that fulfils a condition.
    ///
    /// # Panics
    /// When there is none or more than one; shows the events of these kinds then.
    #[track_caller]
    pub fn one<T>(&self, list: Vec<T>, what: &str, kinds: &[&str], is: impl Fn(&T) -> bool) -> T {
        let mut found: Vec<T> = list.into_iter().filter(|one| is(one)).collect();
        assert_eq!(found.len(), 1, "number of: {what}\n{}", self.story(kinds));
        self.some(found.pop(), what, kinds)
    }

    /// What should be there.
    ///
    /// # Panics
    /// When it is not; shows the events of these kinds then.
    #[track_caller]
    pub fn some<T>(&self, value: Option<T>, what: &str, kinds: &[&str]) -> T {
        match value {
            Some(value) => value,
            None => panic!("missing: {what}\n{}", self.story(kinds)),
        }
    }

    /// The events of these kinds (all kinds for none), one a line, for the message of a failed test.
    #[must_use]
    pub fn story(&self, kinds: &[&str]) -> String {
        let mut lines = vec!["the trace says:".to_owned()];
        for event in &self.0 {
            if kinds.is_empty() || kinds.contains(&event.kind.name()) {
                let process = event
                    .process
                    .map_or_else(String::new, |one| one.to_string());
                let line = format!("  {} {process} {:?}", event.seq, event.kind);
                lines.push(line.chars().take(600).collect());
            }
        }
        let shown = lines.len().min(400);
        lines[..shown].join("\n")
    }
}

/// The last part of a path that was seen whole.
#[must_use]
pub fn base_name(path: &Seen<Text>) -> Option<&str> {
    path.whole()?.as_str().rsplit('/').next()
}

/// The text of a path that was seen whole, else an empty one.
#[must_use]
pub fn text(seen: &Seen<Text>) -> &str {
    seen.whole().map_or("", Text::as_str)
}
