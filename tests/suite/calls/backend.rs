//! The real CUDA backend over a small runtime and a driver that fails in each of the ways that matter: who asked whom, and
//! what came back on each level.

use vgputrace::event::call::Value;
use vgputrace_tests::events::calls::Called;
use vgputrace_tests::npm::{self, Parts, pretend::stand_in};
use vgputrace_tests::programs::program;
use vgputrace_tests::{Events, gate, open_folder, test_name, trace};

const STORY: &[&str] = &["call", "return", "unfinished"];

/// The events of a program that loads the backend over a driver built with these macros.
#[track_caller]
fn recorded(parts: &Parts, driver: &[&str]) -> (Events, String) {
    let folder = open_folder();
    let loader = parts.lay_out(folder.path());
    stand_in("runtime.c", "libcudart.so.13", true, &[], folder.path());
    stand_in("cublas.c", "libcublas.so.13", true, &[], folder.path());
    stand_in("driver.c", "libcuda.so.1", false, driver, folder.path());
    let target = trace(program("ggml_load"))
        .arg(loader)
        .arg(folder.path())
        .env("LD_LIBRARY_PATH", folder.path())
        .in_folder("/");
    let bare = target.bare();
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome, bare, "stdout, stderr and status as bare");
    let events = record.events.clone();
    assert!(events.losses().is_empty());
    assert!(events.of_kind("late_library").is_empty());
    (events, bare.err())
}

/// The only call of a function.
#[track_caller]
fn only<'e>(events: &'e Events, function: &str) -> Called<'e> {
    let calls = events.calls(function);
    assert_eq!(calls.len(), 1, "{function}\n{}", events.story(STORY));
    calls[0]
}

/// What a call came back with: name, number, failed.
#[track_caller]
fn answer(called: &Called<'_>) -> (String, Option<i64>, bool) {
    let (_, back) = called.returned.expect("a return");
    match &back.result {
        Value::Name(name) => (name.as_str().to_owned(), back.code, back.failed),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn from(called: &Called<'_>) -> String {
    let site = called.call.from.as_ref().expect("a caller");
    let object = site.object.as_ref().expect("its object").as_str();
    object.rsplit('/').next().unwrap_or_default().to_owned()
}

#[test]
fn each_answer_of_cu_init_is_told_by_name_with_who_asked_and_what_became_of_it() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    for (code, driver, runtime) in [
        (100, "CUDA_ERROR_NO_DEVICE", "cudaErrorNoDevice"),
        (999, "CUDA_ERROR_UNKNOWN", "cudaErrorUnknown"),
        (
            803,
            "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
            "cudaErrorSystemDriverMismatch",
        ),
        (
            3,
            "CUDA_ERROR_NOT_INITIALIZED",
            "cudaErrorInitializationError",
        ),
        (
            46,
            "CUDA_ERROR_DEVICE_UNAVAILABLE",
            "cudaErrorDevicesUnavailable",
        ),
        (
            802,
            "CUDA_ERROR_SYSTEM_NOT_READY",
            "cudaErrorSystemNotReady",
        ),
        (
            804,
            "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE",
            "cudaErrorCompatNotSupportedOnDevice",
        ),
    ] {
        let (events, said) = recorded(&parts, &[&format!("INIT_RESULT={code}")]);
        let (init, count) = (only(&events, "cuInit"), only(&events, "cudaGetDeviceCount"));
        let (wanted, above) = ((driver.to_owned(), Some(code), true), runtime.to_owned());
        assert_eq!(answer(&init), wanted);
        assert_eq!(answer(&count), (above, Some(code), true));
        assert_eq!(init.event.parent, Some(count.event.seq), "{code}");
        assert_eq!(from(&init), "libcudart.so.13");
        assert_eq!(from(&count), "libggml-cuda.so");
        let start = only(&events, "ggml_backend_cuda_reg");
        assert_eq!(count.event.parent, Some(start.event.seq), "{code}");
        // The call of the driver that comes first says what is wrong; nothing after it does better.
        assert!(events.calls("cuDeviceGet").is_empty(), "{code}");
        let text = only(&events, "cudaGetErrorString");
        let words = match text.returned.map(|(_, back)| back.result.clone()) {
            Some(Value::Str(seen)) => seen.whole().map(|words| words.as_str().to_owned()),
            _ => None,
        };
        let words = words.expect("the runtime's words");
        assert!(said.contains(&words) || said.is_empty(), "{words}\n{said}");
    }
}

#[test]
fn an_old_driver_is_told_by_its_version_and_the_runtimes_refusal() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    let (events, _) = recorded(&parts, &["VERSION=12020"]);
    let version = only(&events, "cuDriverGetVersion");
    let outs = version.returned.map(|(_, back)| back.outs.clone());
    let expected = vec![("driverVersion".into(), Value::Name("12.2".into()))];
    assert_eq!(outs, Some(expected));
    let count = only(&events, "cudaGetDeviceCount");
    let refused = "cudaErrorInsufficientDriver".to_owned();
    assert_eq!(answer(&count), (refused, Some(35), true));
    assert!(events.calls("cuInit").is_empty(), "it is not even asked");
}

#[test]
fn a_healthy_driver_is_asked_for_its_device_down_to_name_and_memory() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    let (events, _) = recorded(&parts, &[]);
    let count = only(&events, "cuDeviceGetCount");
    let outs = count.returned.map(|(_, back)| back.outs.clone());
    assert_eq!(outs, Some(vec![("count".into(), Value::Int(1))]));
    let names = events.calls("cuDeviceGetName");
    let name = names.first().and_then(|call| call.returned);
    let outs = name.map(|(_, back)| format!("{:?}", back.outs));
    assert!(
        outs.is_some_and(|outs| outs.contains("NVIDIA H100 80GB HBM3")),
        "{}",
        events.story(STORY)
    );
    let constructors = events
        .entered()
        .iter()
        .filter(|(_, call)| call.api.as_str() == "constructor")
        .count();
    assert!(constructors > 100, "every unit of kernels registers itself");
}
