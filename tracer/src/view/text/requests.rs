//! Requests of device nodes in a row as one line: a driver asks its kernel module a hundred things in one `cuInit`.

use std::collections::BTreeMap;

use crate::event::{Event, Kind};
use crate::view::calls::is_device_file;
use crate::view::line::Role;
use crate::view::row::{Row, request_name};
use crate::view::{Looks, amount};

/// As many stand each for itself.
pub(super) const FEW: usize = 3;
/// From this duration on a request is worth a line of its own, in nanoseconds.
const SLOW: u64 = 10_000_000;
/// Different requests and nodes that are told of one run.
const TOLD: usize = 6;

/// Successful opens and requests of device nodes by one thread inside of one call.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// The first of them, as many as may stand for themselves.
    pub(super) first: Vec<Event>,
    count: usize,
    nanoseconds: u64,
    names: BTreeMap<String, usize>,
    nodes: BTreeMap<String, usize>,
}

impl Requests {
    /// The event may be one of a run.
    pub(super) fn may_take(event: &Event) -> bool {
        event.duration.is_none_or(|duration| duration < SLOW) && parts(event).is_some()
    }

    /// Takes the event if it goes on with this run, or if there is none yet.
    pub(super) fn take(&mut self, event: &Event) -> bool {
        let same = self.first.first().is_none_or(|first| {
            (first.process, first.tid, first.parent) == (event.process, event.tid, event.parent)
        });
        let Some((name, node)) = parts(event).filter(|_| same) else {
            return false;
        };
        if self.first.len() <= FEW {
            self.first.push(event.clone());
        }
        self.count += 1;
        self.nanoseconds += event.duration.unwrap_or(0);
        count(&mut self.names, name);
        count(&mut self.nodes, node);
        true
    }

    /// The run in one line; `None` while each stands for itself.
    pub(super) fn row(&self, looks: Looks) -> Option<Row> {
        if self.count <= FEW {
            return None;
        }
        let mut row = Row::default();
        row.first
            .plain(&format!("{} requests of ", self.count))
            .push(Role::Object, &told(&self.nodes, false, looks))
            .push(Role::Dim, &format!("  {}", told(&self.names, true, looks)))
            .plain(" = ")
            .push(Role::Result, "ok");
        row.first.push(
            Role::Dim,
            &format!("  {}", amount::duration(self.nanoseconds, looks.unicode)),
        );
        Some(row)
    }
}

/// What is asked, and of which node.
fn parts(event: &Event) -> Option<(String, String)> {
    let node = |path: &crate::event::Seen<crate::event::Text>| {
        let path = path.value()?.as_str();
        is_device_file(path).then(|| path.to_owned())
    };
    match &event.kind {
        Kind::Ioctl(body) if body.err.is_none() => {
            let name = match request_name(body) {
                Some(name) => name.to_owned(),
                None => body.request.to_string(),
            };
            Some((name, node(&body.path)?))
        }
        Kind::Open(body) if body.err.is_none() => Some(("open".to_owned(), node(&body.path)?)),
        _ => None,
    }
}

/// Counts one more; beyond a bound of different ones (a hostile program makes them up) all others are one.
fn count(all: &mut BTreeMap<String, usize>, what: String) {
    let what = if all.len() < 64 || all.contains_key(&what) {
        what
    } else {
        "others".to_owned()
    };
    *all.entry(what).or_default() += 1;
}

/// The most frequent first, with their number if asked.
fn told(all: &BTreeMap<String, usize>, numbers: bool, looks: Looks) -> String {
    let mut sorted: Vec<(&String, &usize)> = all.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut shown: Vec<String> = sorted
        .iter()
        .take(TOLD)
        .map(|(what, count)| match (numbers, **count) {
            (true, 2..) => format!("{what} x{count}"),
            _ => (*what).clone(),
        })
        .collect();
    if sorted.len() > TOLD {
        shown.push(format!("{} {} more", looks.dots(), sorted.len() - TOLD));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::event::file::Ioctl;
    use crate::event::{Errno, Event, Hex, Kind, Seen, Seq, Text};
    use crate::view::filter::Filter;
    use crate::view::samples::{event, open};
    use crate::view::text::Renderer;
    use crate::view::{Looks, calls};

    fn request(at: u64, number: u64, err: Option<u16>) -> Event {
        let body = Ioctl {
            path: Seen::Yes(Text::from("/dev/nvidiactl")),
            fd: 3,
            request: Hex(number),
            err: err.map(Errno),
        };
        event(at, at * 1000, "p1.1", Kind::Ioctl(body))
    }

    fn diary(events: &[Event], numbers: bool) -> Vec<String> {
        let mut renderer = Renderer::new(Some(0), Looks::default(), numbers);
        renderer.only(calls::belongs);
        let mut out = String::new();
        for event in events {
            renderer.event(event, &Filter::All(Vec::new()), &mut out);
        }
        renderer.finish(&mut out);
        out.lines().map(str::to_owned).collect()
    }

    #[test]
    fn many_requests_in_a_row_are_one_line_with_what_was_asked_most_first() {
        let mut events: Vec<Event> = (1..=40).map(|at| request(at, 0xc020_462a, None)).collect();
        events.push(request(41, 0xc030_462b, None));
        events.push(event(42, 42_000, "p1.1", open("/dev/nvidia0", None)));
        let lines = diary(&events, false);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains("42 requests of /dev/nvidiactl, /dev/nvidia0  RM_CONTROL x40"),
            "{lines:?}"
        );
        assert_eq!(diary(&events, true).len(), 42, "numbered ones stay apart");
    }

    #[test]
    fn a_failure_a_slow_one_another_thread_and_a_few_stand_for_themselves() {
        let mut events: Vec<Event> = (1..=5).map(|at| request(at, 0xc020_462a, None)).collect();
        events[1].duration = Some(20_000_000);
        events[2] = request(3, 0xc020_462a, Some(5));
        let lines = diary(&events, false);
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert!(lines[2].contains("EIO"), "{lines:?}");
        let mut events: Vec<Event> = (1..=10).map(|at| request(at, 0xc020_462a, None)).collect();
        for event in &mut events[5..] {
            event.parent = Some(Seq(77));
        }
        assert_eq!(diary(&events, false).len(), 2);
    }
}
