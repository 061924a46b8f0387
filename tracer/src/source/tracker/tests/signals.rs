use super::{TARGET, Told};
use crate::event::Kind;
use crate::event::signal::Signal;

fn signals(told: &Told) -> Vec<Signal> {
    told.all(|kind| match kind {
        Kind::Signal(signal) => Some(signal.clone()),
        _ => None,
    })
}

#[test]
fn a_signal_of_an_untraced_sender_happens_in_no_traced_process_and_names_the_sender() {
    let mut told = Told::new();
    told.signal(9999, TARGET, 15);
    let signal = signals(&told).remove(0);
    assert_eq!((signal.from_pid, signal.number), (Some(9999), 15));
    assert_eq!(signal.from_name.unwrap().as_str(), "bash");
    let event = &told.events[0];
    assert_eq!((event.process, event.tid), (None, None));
    assert!(signal.to.is_some());
    assert!(
        told.tracker.process(9999).is_none(),
        "the sender is not a traced process now"
    );
}

#[test]
fn a_signal_between_traced_processes_belongs_to_its_sender() {
    let mut told = Told::new();
    told.fork(TARGET, 200);
    told.signal(TARGET, 200, 9);
    let signal = signals(&told).remove(0);
    assert_eq!(signal.to.unwrap().number, 2);
    assert_eq!(signal.from_name, None);
    assert_eq!(told.events[1].process.unwrap().number, 1);
}
