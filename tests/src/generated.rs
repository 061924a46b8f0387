//! A long trace made from a short one: the story of a server once, then the work of its runners over and over, each
//! runner forked, executed and ended.

use std::collections::BTreeSet;
use std::path::Path;

use vgputrace::event::process::{Exec, Exit, Fork};
use vgputrace::event::{Event, Kind, Proc, Seq};
use vgputrace::trace::{Lane, Options, Reader, Writer};

/// Turns of work that one runner does before the next one is started.
const TURNS: u64 = 200;
/// Nanoseconds from one event to the next.
const STEP: u64 = 5_000;

/// The pieces of the short trace.
struct Story {
    events: Vec<Event>,
    exec: Exec,
    /// What the runner did between its exec and its exit.
    work: Vec<Event>,
    server: Option<Proc>,
}

/// Where the long trace is written, and how far it has come.
struct Pen {
    writer: Writer,
    seq: u64,
    time: u64,
}

impl Pen {
    fn put(&mut self, event: &Event) -> Result<(), String> {
        (self.seq, self.time) = (event.seq.0, event.time);
        let done = self.writer.write(event, Lane::Story);
        done.map(|_| ()).map_err(|error| error.to_string())
    }

    /// The next event.
    fn own(&self, process: Option<Proc>, kind: Kind) -> Event {
        Event {
            seq: Seq(self.seq + 1),
            time: self.time + STEP,
            duration: None,
            process,
            tid: None,
            parent: None,
            late: false,
            kind,
        }
    }

    /// A runner is made and becomes its program.
    fn begin(&mut self, story: &Story, runner: Proc) -> Result<(), String> {
        let child = Proc {
            generation: 0,
            ..runner
        };
        let pid = runner.number;
        let fork = self.own(story.server, Kind::Fork(Fork { child, pid }));
        self.put(&fork)?;
        let exec = Exec {
            pid,
            ..story.exec.clone()
        };
        let exec = self.own(Some(runner), Kind::Exec(exec));
        self.put(&exec)
    }

    fn end(&mut self, runner: Proc) -> Result<(), String> {
        let exit = Exit {
            pid: runner.number,
            code: Some(0),
            signal: None,
            core: false,
        };
        let exit = self.own(Some(runner), Kind::Exit(exit));
        self.put(&exit)
    }

    /// One turn of a runner's work.
    fn work(&mut self, story: &Story, runner: Proc) -> Result<(), String> {
        let first = story.work.first().map_or(0, |event| event.seq.0);
        let base = self.seq + 1;
        let moved = |old: Seq| Seq(old.0.saturating_sub(first) + base);
        for event in &story.work {
            let mut event = event.clone();
            event.seq = moved(event.seq);
            event.parent = event.parent.map(moved);
            event.process = Some(runner);
            event.time = self.time + STEP;
            if let Kind::Return(back) = &mut event.kind {
                back.call = moved(back.call);
            }
            self.put(&event)?;
        }
        Ok(())
    }
}

/// Writes a trace with about so many events.
///
/// # Errors
/// The short trace cannot be read or has no runner, or the long one cannot be written.
pub fn long_trace(short: &Path, long: &Path, events: u64) -> Result<(), String> {
    let mut reader = Reader::open(short).map_err(|error| error.to_string())?;
    let header = reader.header().cloned().ok_or("no header")?;
    let story = story(reader.events().filter_map(Result::ok).collect())?;
    let options = Options {
        level: 1,
        ..Options::default()
    };
    let mut pen = Pen {
        writer: Writer::create(long, &header, options).map_err(|error| error.to_string())?,
        seq: 0,
        time: 0,
    };
    let (end, begin) = story.events.split_last().ok_or("no events")?;
    for event in begin {
        pen.put(event)?;
    }
    let mut runner = Proc {
        number: 1_000,
        generation: 1,
    };
    while pen.seq < events {
        pen.begin(&story, runner)?;
        for _ in 0..TURNS {
            pen.work(&story, runner)?;
        }
        pen.end(runner)?;
        runner.number += 1;
    }
    let end = pen.own(None, end.kind.clone());
    pen.writer.finish(&end).map_err(|error| error.to_string())?;
    Ok(())
}

fn story(events: Vec<Event>) -> Result<Story, String> {
    let is_runner = |exec: &Exec| {
        let argv = exec.argv.value().map_or(&[][..], Vec::as_slice);
        argv.iter().any(|word| word.as_str() == "runner")
    };
    let begun = events.iter().find_map(|event| match &event.kind {
        Kind::Exec(exec) if is_runner(exec) => Some((event.process?, exec.clone())),
        _ => None,
    });
    let (process, exec) = begun.ok_or("no runner in the short trace")?;
    let own = events.iter().filter(|event| {
        let lasting = matches!(
            event.kind,
            Kind::Exec(_)
                | Kind::Exit(_)
                | Kind::Fork(_)
                | Kind::Library(_)
                | Kind::Unfinished(_)
                | Kind::LoaderError(_)
        );
        event.process == Some(process) && !lasting
    });
    // A call that never comes back would stay open in every turn.
    let back: BTreeSet<Seq> = events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Return(back) => Some(back.call),
            _ => None,
        })
        .collect();
    let comes_back = |event: &&Event| match &event.kind {
        Kind::Call(call) => call.entry_only || back.contains(&event.seq),
        _ => true,
    };
    let work: Vec<Event> = own.filter(comes_back).cloned().collect();
    let server = events.iter().find_map(|event| match event.kind {
        Kind::Exec(_) => event.process,
        _ => None,
    });
    if work.is_empty() {
        return Err("the runner did nothing".to_owned());
    }
    Ok(Story {
        events,
        exec,
        work,
        server,
    })
}
