//! Functions that are called by the thousand: the first calls are told, the rest is counted, and no call is in neither.

use std::path::{Path, PathBuf};

use vgputrace::event::call::{Counted, Value};
use vgputrace::event::{Event, Kind};
use vgputrace_tests::libraries::soname;
use vgputrace_tests::programs::{library_of, program};
use vgputrace_tests::{Events, Target, gate, test_name, trace};

/// A driver whose attribute query answers `code`.
fn driver(code: u32) -> PathBuf {
    let source = vgputrace_tests::workspace().join("tests/programs/lib/answers_attribute.c");
    let mut flags = vec![format!("-DCODE={code}")];
    flags.extend(soname("libcuda.so.1"));
    library_of(None, &source, "libcuda.so.1", &flags)
}

/// The program that asks it, so often and on so many threads. The driver is known before.
fn asking(driver: &Path, amount: [&str; 2]) -> Target {
    let folder = driver.parent().expect("a folder");
    trace(program("asks_driver"))
        .arg(driver)
        .args(amount)
        .env("LD_LIBRARY_PATH", folder)
}

fn counted(events: &Events) -> Vec<(&Event, &Counted)> {
    events
        .0
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Counted(body) => Some((event, body)),
            _ => None,
        })
        .collect()
}

#[test]
fn calls_beyond_the_first_thousand_are_counted_exactly_on_many_threads() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = asking(&driver(0), ["20000", "4"]).run();
    record.ended_with(0);
    let events = &record.events;
    assert!(events.losses().is_empty(), "{}", events.story(&["loss"]));
    let told = events.calls("cuDeviceGetAttribute");
    assert!(told.len() >= 1_000, "{} told", told.len());
    assert!(told.len() < 1_100, "{} told", told.len());
    assert!(told.iter().all(|call| call.returned.is_some()));
    let counted = counted(events);
    let sum: u64 = counted.iter().map(|(_, body)| body.calls).sum();
    let back: u64 = counted.iter().map(|(_, body)| body.returned).sum();
    assert_eq!((sum + told.len() as u64, back), (80_000, sum));
    for (event, body) in counted {
        assert_eq!(body.api.as_str(), "cuda");
        assert!(body.nanos > 0 && body.failed == 0 && body.result.is_none());
        assert!(event.process.is_some());
    }
}

#[test]
fn failures_of_counted_calls_are_counted_with_a_code() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = asking(&driver(999), ["1500", "1"]).run();
    record.ended_with(0);
    let counted = counted(&record.events);
    let failed: u64 = counted.iter().map(|(_, body)| body.failed).sum();
    assert_eq!(failed, 500);
    let (_, last) = counted.last().expect("counted calls");
    assert_eq!(last.result, Some(Value::Name("CUDA_ERROR_UNKNOWN".into())));
    assert_eq!(last.code, Some(999));
}
