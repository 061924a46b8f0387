//! Return probes on functions of drivers change nothing: a program that leaves such a function in unusual ways does the same
//! bare, traced, and beside a trace.

use vgputrace_tests::neutral::unchanged;
use vgputrace_tests::programs::{library_of, program};
use vgputrace_tests::{gate, test_name, trace};

#[test]
fn a_driver_function_may_be_left_by_longjmp_cancellation_deep_recursion_and_in_a_child() {
    if !gate::engine(test_name!()) {
        return;
    }
    let source = vgputrace_tests::workspace().join("tests/programs/lib/answers_hook.c");
    let driver = library_of(None, &source, "libcuda.so.1", &[] as &[&str]);
    let folder = driver.parent().expect("a folder").to_owned();
    let target = trace(program("leaves_driver"))
        .arg(&driver)
        .env("LD_LIBRARY_PATH", folder);
    let bare = unchanged(&target, &[&driver]);
    let said = "jumped 500\ncancelled\ndived 200 deep: 0\nchild ended with 7\nstarted 0\n";
    assert_eq!(bare.out(), said);
    let record = target.run();
    record.ended_with(0);
    let events = &record.events;
    let calls = events.calls("cuCtxSynchronize");
    assert_eq!(calls.len(), 500 + 1 + 200 + 1, "every call is told");
    let start = events.calls("cuInit");
    assert_eq!(start.len(), 1);
    assert_eq!(
        start[0].event.parent, None,
        "it is not inside a call that was left"
    );
    assert!(start[0].returned.is_some());
}
