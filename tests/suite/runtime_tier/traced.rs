//! A real backend on the shim's runtime under the recorder: its calls are there, with the driver's below them.

use vgputrace_tests::npm::Release;
use vgputrace_tests::runtime_tier::{Driver, Series};
use vgputrace_tests::{Events, gate, test_name};

use super::backends::ggml;

const STORY: &[&str] = &["call", "return", "loader_error", "output"];

/// Every call of a function came back, with these marks of failure in order.
#[track_caller]
fn came_back(events: &Events, function: &str, failed: &[bool]) {
    let calls = events.calls(function).into_iter();
    let marks: Vec<Option<bool>> = calls
        .map(|called| called.returned.map(|(_, back)| back.failed))
        .collect();
    let expected: Vec<Option<bool>> = failed.iter().copied().map(Some).collect();
    assert_eq!(marks, expected, "{function}\n{}", events.story(STORY));
}

#[test]
fn a_recording_shows_the_runtimes_calls_and_the_drivers() {
    if !gate::engine(test_name!()) {
        return;
    }
    let release = (Release::B10361, Series::Thirteen);
    let Some((_tier, target)) = ggml(test_name!(), Driver::Apart, release, "list") else {
        return;
    };
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome, target.bare(), "as without the recorder");
    came_back(&record.events, "cudaGetDeviceCount", &[false]);
    came_back(&record.events, "cuInit", &[false]);
    came_back(&record.events, "cudaMemGetInfo", &[false]);
    came_back(&record.events, "cuMemGetInfo_v2", &[false]);

    let record = target.env("APART_DRIVER_FAULTS", "cuInit=999").run();
    record.ended_with(0);
    came_back(&record.events, "cudaGetDeviceCount", &[true]);
    came_back(&record.events, "cuInit", &[true]);
}
