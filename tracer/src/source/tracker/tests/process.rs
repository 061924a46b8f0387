use super::{TARGET, Told};
use crate::event::{Kind, Proc};

fn id(number: u32, generation: u32) -> Option<Proc> {
    Some(Proc { number, generation })
}

fn exits(told: &Told) -> Vec<(u32, Option<u8>, Option<String>)> {
    told.all(|kind| match kind {
        Kind::Exit(exit) => Some((
            exit.pid,
            exit.code,
            exit.signal.as_ref().map(|name| name.as_str().to_owned()),
        )),
        _ => None,
    })
}

#[test]
fn generations_count_execs_and_numbers_count_processes() {
    let mut told = Told::new();
    told.exec(TARGET, "/bin/a", b"a\0", b"");
    told.fork(TARGET, 200);
    told.exec(200, "/bin/b", b"b\0", b"");
    told.exec(200, "/bin/c", b"c\0", b"");
    told.exit(200, 3 << 8);
    told.exit(TARGET, 9);
    assert_eq!(
        told.kinds(),
        ["exec", "fork", "exec", "exec", "exit", "exit"]
    );
    let ids: Vec<_> = told.events.iter().map(|event| event.process).collect();
    assert_eq!(
        ids,
        [id(1, 1), id(1, 1), id(2, 1), id(2, 2), id(2, 2), id(1, 1)]
    );
    assert_eq!(
        exits(&told),
        [
            (200, Some(3), None),
            (TARGET, None, Some("SIGKILL".to_owned()))
        ]
    );
    assert_eq!(told.tracker.alive(), 0);
}

#[test]
fn a_pid_that_is_used_again_is_another_process() {
    let mut told = Told::new();
    for _ in 0..3 {
        told.fork(TARGET, 200);
        told.exit(200, 0);
    }
    let children = told.all(|kind| match kind {
        Kind::Fork(fork) => Some(fork.child.number),
        _ => None,
    });
    assert_eq!(children, [2, 3, 4]);
}

#[test]
fn a_pid_used_again_after_a_lost_exit_ends_the_calls_of_the_one_before() {
    let mut told = Told::new();
    told.fork(TARGET, 200);
    told.enter(200, "dlopen", super::STACK, 1, &["/x.so"]);
    told.fork(TARGET, 200);
    assert_eq!(told.kinds(), ["fork", "call", "unfinished", "fork"]);
    assert_eq!(told.events[2].process, id(2, 0));
    told.enter(200, "dlopen", super::STACK, 1, &["/y.so"]);
    assert_eq!(told.events[4].process, id(3, 0));
    assert_eq!(told.events[4].parent, None);
}

#[test]
fn a_child_starts_where_its_parent_is_and_has_no_call_of_it() {
    let mut told = Told::new();
    told.enter(TARGET, "dlopen", super::STACK, 1, &["/x.so"]);
    told.fork(TARGET, 200);
    told.back(200, "dlopen", super::STACK, 5);
    let child = told.tracker.process(200).unwrap();
    assert_eq!(
        child.cwd.value().map(|cwd| cwd.as_str().to_owned()),
        Some("/start".to_owned())
    );
    assert_eq!(child.parent, id(1, 0));
    assert_eq!(told.kinds(), ["call", "fork"], "the call is the parent's");
}

#[test]
fn a_process_that_was_never_announced_gets_an_id_and_an_unknown_place() {
    let mut told = Told::new();
    told.exit(4321, 0);
    assert_eq!(told.events[0].process, id(2, 0));
    assert!(told.tracker.process(4321).unwrap().cwd.value().is_none());
}

#[test]
fn an_ended_process_keeps_its_id_and_nothing_that_grows() {
    let mut told = Told::new();
    told.fork(TARGET, 200);
    told.exec(200, "/bin/b", b"b\0--long\0", b"LD_LIBRARY_PATH=/l\0");
    told.exit(200, 0);
    let ended = told.tracker.process(200).unwrap();
    assert!(ended.ended && ended.argv.is_empty() && ended.search.is_empty());
    told.signal(TARGET, 200, 9);
    let to = told.one(|kind| match kind {
        Kind::Signal(signal) => Some(signal.to),
        _ => None,
    });
    assert_eq!(to, id(2, 1), "a signal to the zombie");
}

#[test]
fn numbers_of_events_rise_by_one() {
    let mut told = Told::new();
    told.fork(TARGET, 200);
    told.exec(200, "/bin/b", b"b\0", b"A=1\0");
    told.exit(200, 0);
    told.end();
    let numbers: Vec<u64> = told.events.iter().map(|event| event.seq.0).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
}
