//! What processes pay that are not traced: the end says how many of their calls met a probe, and nothing else of them is
//! in the trace.

use vgputrace_tests::programs::{library_of, program};
use vgputrace_tests::{gate, open_folder, test_name, trace};

#[test]
fn calls_of_a_process_that_is_not_traced_are_counted_and_not_told() {
    if !gate::engine(test_name!()) {
        return;
    }
    let source = vgputrace_tests::workspace().join("tests/programs/lib/answers_attribute.c");
    let driver = library_of(None, &source, "libcuda.so.1", &["-DCODE=0"]);
    let folder = driver.parent().expect("a folder").to_owned();
    let own = open_folder();
    let sign = own.path().join("over");
    let wait = "echo ready; while [ ! -e \"$0\" ]; do sleep 0.05; done";
    let mut recording = trace("/bin/sh")
        .args(["-c", wait])
        .arg(&sign)
        .env("LD_LIBRARY_PATH", &folder)
        .start();
    recording.wait_for("ready");
    let outside = trace(program("asks_driver"))
        .arg(&driver)
        .args(["300", "1"])
        .bare();
    assert_eq!(outside.out(), "asked\n");
    std::fs::write(&sign, "").unwrap();
    let record = recording.record();
    record.ended_with(0);
    let ends = record.events.ends();
    let (_, end) = ends.first().expect("an end");
    // The other process also calls the loader, which has probes too.
    assert!(end.others.is_some_and(|others| others >= 300), "{end:?}");
    assert!(end.probes.is_some_and(|probes| probes >= 2), "{end:?}");
    assert!(record.events.calls("cuDeviceGetAttribute").is_empty());
}
