//! cuGetProcAddress: what was asked, what it led to, and calls of functions that a driver hands out without exporting them.

use vgputrace::event::Why;
use vgputrace::event::call::Value;
use vgputrace_tests::events::calls::Called;
use vgputrace_tests::programs::{library_of, program};
use vgputrace_tests::{gate, test_name, trace};

fn argument(called: &Called<'_>, name: &str) -> Option<Value> {
    let found = called
        .call
        .args
        .iter()
        .find(|(key, _)| key.as_str() == name);
    found.map(|(_, value)| value.clone())
}

#[test]
fn a_look_up_says_what_was_asked_and_where_it_led_and_hidden_functions_are_learned() {
    if !gate::engine(test_name!()) {
        return;
    }
    let source = vgputrace_tests::workspace().join("tests/programs/lib/answers_hidden.c");
    let driver = library_of(None, &source, "libcuda.so.1", &[] as &[&str]);
    let record = trace(program("looks_up"))
        .arg(&driver)
        .env("LD_LIBRARY_PATH", driver.parent().expect("a folder"))
        .run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "0\n0\n");
    let events = &record.events;
    let asked = events.calls("cuGetProcAddress_v2");
    assert_eq!(asked.len(), 8);
    let by_name: Vec<_> = asked.iter().take(4).collect();
    assert_eq!(by_name[0].string(), Some("cuInit"));
    let version = argument(by_name[0], "cudaVersion");
    assert_eq!(version, Some(Value::Name("12.8".into())));
    let place = |called: &Called<'_>| {
        let (_, back) = called.returned.expect("a return");
        let site = back.resolved.clone();
        (site.and_then(|site| site.object), back.failed)
    };
    let of = driver.display().to_string();
    let (object, failed) = place(by_name[0]);
    assert_eq!((object, failed), (Some(of.as_str().into()), false));
    let (_, back) = by_name[0].returned.expect("a return");
    let symbol = back.resolved.clone().and_then(|site| site.symbol);
    assert_eq!(symbol, Some("cuInit".into()));
    // The one that is not there says why.
    let (_, back) = by_name[3].returned.expect("a return");
    assert_eq!((back.code, back.failed), (Some(500), true));
    let why = Value::Name("CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND".into());
    assert_eq!(back.outs, vec![("symbolStatus".into(), why)]);
    // NVIDIA's own runtime does not ask for the status of any.
    let (_, back) = by_name[2].returned.expect("a return");
    let status = back
        .outs
        .iter()
        .find(|(name, _)| name.as_str() == "symbolStatus");
    assert_eq!(
        status.map(|(_, value)| value),
        Some(&Value::Unseen(Why::Null))
    );
    // The exported one carries its probe once.
    assert_eq!(events.calls("cuInit").len(), 2);
    let learned = events.of_kind("late_library");
    assert_eq!(learned.len(), 1, "both in one go\n{learned:?}");
    let counts = events.calls("cuDeviceGetCount");
    let last = counts.last().and_then(|called| called.returned);
    let outs = last.map(|(_, back)| back.outs.clone());
    assert_eq!(outs, Some(vec![("count".into(), Value::Int(3))]));
    assert!(!events.calls("cuDriverGetVersion").is_empty());
}
