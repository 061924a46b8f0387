//! Traced functions of a process: which are open, and the driver calls with their answers.

use super::super::MAX_EACH;
use super::super::values::{named, telling};
use super::{Building, Open};
use crate::discover::model::{DriverCall, Evidence};
use crate::event::call::{Because, Call, Return, Unfinished};
use crate::event::{Event, Seen, Seq, Text};

/// Tables of functions whose calls are driver calls.
const DRIVERS: [&str; 6] = ["cuda", "nvml", "cudart", "hip", "vulkan", "cublas"];

impl Building {
    pub(super) fn call(&mut self, event: &Event, call: &Call) {
        if !call.entry_only && self.open.len() < MAX_EACH {
            self.open.insert(
                event.seq,
                Open {
                    function: call.function.clone(),
                    tid: event.tid,
                    constructor: (call.api.as_str() == "constructor")
                        .then(|| call.of.clone())
                        .flatten(),
                },
            );
        }
        self.loading.call(event, call, &mut self.child);
        if !DRIVERS.contains(&call.api.as_str()) {
            return;
        }
        self.full |= self.child.calls.len() >= self.most;
        let begun = DriverCall {
            api: call.api.clone(),
            function: call.function.clone(),
            of: call.of.clone(),
            result: Text::default(),
            code: None,
            failed: false,
            values: call.args.iter().filter_map(telling).collect(),
            took: None,
            from: call.from.as_ref().and_then(|site| site.object.clone()),
            seq: event.seq,
        };
        if self.child.calls.len() < self.most {
            self.open_calls.insert(event.seq, self.child.calls.len());
            self.child.calls.push(begun);
        } else {
            self.beyond.begun(begun);
        }
    }

    pub(super) fn returned(&mut self, event: &Event, back: &Return) {
        self.open.remove(&back.call);
        if self.slow == Some(back.call) {
            // It came back in the end.
            self.slow = None;
            self.child.hanging = None;
        }
        self.loading.returned(event, back, &mut self.child);
        let index = self.open_calls.remove(&back.call);
        if let Some(call) = index.and_then(|index| self.child.calls.get_mut(index)) {
            answered(call, event, back);
        } else if let Some(mut call) = self.beyond.open.remove(&back.call) {
            answered(&mut call, event, back);
            self.beyond.came_back(call);
        }
    }

    pub(super) fn unfinished(&mut self, event: &Event, open: &Unfinished) {
        self.loading.unfinished(event, open, &mut self.child);
        let about = open.about.as_ref().and_then(Seen::value);
        let telling = open.call.is_some() || about.is_some();
        if matches!(open.because, Because::Slow | Because::End) && telling {
            let seconds = event.duration.unwrap_or(0) / 1_000_000_000;
            let about = about.map_or_else(String::new, |about| format!(" {about}"));
            let function = self.name_of(open.call, &open.function);
            let text = format!("{function}{about}, for {seconds} s");
            self.slow = open.call;
            self.child.hanging = Some(Evidence::event(event.seq, text));
        }
    }

    /// A function with whose it is, where that is known of its call.
    fn name_of(&self, call: Option<Seq>, function: &Text) -> String {
        let constructor = call.and_then(|call| self.open.get(&call)?.constructor.as_ref());
        if let Some(of) = constructor {
            return format!("a constructor of {of}");
        }
        let index = call.and_then(|call| self.open_calls.get(&call));
        let call = index.and_then(|index| self.child.calls.get(*index));
        match call.and_then(|call| call.of.as_ref()) {
            Some(of) => format!("{function} of {of}"),
            None => function.as_str().to_owned(),
        }
    }

    /// What hangs is the innermost call. Only the one around it is told to be slow where the process did not live to see
    /// the other become so.
    pub(super) fn hangs_inside(&mut self) {
        let Some(around) = self.slow else { return };
        let Some(tid) = self.open.get(&around).map(|open| open.tid) else {
            return;
        };
        let inner = self.open.range(around..).rev();
        let Some((seq, open)) = inner.into_iter().find(|(_, open)| open.tid == tid) else {
            return;
        };
        if let Some(hanging) = self.child.hanging.as_ref().filter(|_| *seq != around) {
            let text = hanging.text.as_str();
            let time = text.rfind(", for ").and_then(|at| text.get(at..));
            let function = self.name_of(Some(*seq), &open.function);
            let text = format!("{function}{}", time.unwrap_or_default());
            self.child.hanging = Some(Evidence::event(*seq, text));
        }
    }
}

/// A call with its answer.
fn answered(call: &mut DriverCall, event: &Event, back: &Return) {
    let (result, number) = named(&back.result);
    call.result = result;
    call.code = back.code.or(number);
    call.failed = back.failed;
    call.took = event.duration.or(Some(0));
    call.values.extend(back.outs.iter().filter_map(telling));
}
