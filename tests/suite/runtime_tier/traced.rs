//! A real backend on the shim's runtime under the recorder: its calls are there, with the driver's below them.

use std::path::Path;
use std::process::Command;

use vgputrace::event::call::Value;
use vgputrace_tests::npm::Release;
use vgputrace_tests::runtime_tier::{Driver, Series};
use vgputrace_tests::{Events, binary, gate, test_name};

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

/// What `explain --json` says of a trace.
#[track_caller]
fn explained(trace: &Path) -> serde_json::Value {
    let binary = binary().expect("the gate has looked");
    let told = Command::new(binary)
        .arg("explain")
        .arg("--json")
        .arg(trace)
        .output();
    let told = told.expect("explain starts");
    serde_json::from_slice(&told.stdout).expect("one object")
}

#[test]
fn device_code_that_the_driver_refuses_is_told_with_who_asked_and_explained() {
    if !gate::engine(test_name!()) {
        return;
    }
    for (code, name, above, words) in [
        (
            209,
            "CUDA_ERROR_NO_BINARY_FOR_GPU",
            "cudaErrorNoKernelImageForDevice",
            "architecture of this device",
        ),
        (
            222,
            "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
            "cudaErrorUnsupportedPtxVersion",
            "newer CUDA than the driver",
        ),
    ] {
        let release = (Release::B10361, Series::Thirteen);
        let Some((_tier, target)) = ggml(test_name!(), Driver::Apart, release, "add") else {
            return;
        };
        let record = target
            .env("APART_DRIVER_FAULTS", format!("cuLibraryLoadData={code}"))
            .run();
        assert_eq!(record.code(), 134, "ggml aborts: {}", record.outcome.err());
        let events = &record.events;
        let load = events.calls("cuLibraryLoadData")[0];
        let back = load.returned.expect("a return").1;
        assert_eq!(
            (&back.result, back.code),
            (&Value::Name(name.into()), Some(code))
        );
        let asked = events.calls("cudaFuncGetAttributes")[0];
        assert_eq!(load.event.parent, Some(asked.event.seq), "who asked");
        let heard = asked.returned.expect("a return").1;
        assert_eq!(heard.result, Value::Name(above.into()));
        let value = explained(&record.path);
        let backend = &value["backends"][0];
        assert_eq!(backend["verdict"], "used", "{value:#}");
        let warning = &backend["warnings"][0];
        assert_eq!(warning["rule"], "VG217", "{value:#}");
        let cause = warning["cause"].as_str().unwrap_or_default();
        assert!(cause.contains(words), "{cause}");
    }
    // The same program with a driver that takes the code, and refuses the launch: another story.
    let release = (Release::B10361, Series::Thirteen);
    let Some((_tier, target)) = ggml(test_name!(), Driver::Apart, release, "add") else {
        return;
    };
    let value = explained(&target.run().path);
    assert!(!value.to_string().contains("VG217"), "{value:#}");
}
