//! Every function of the table is called once, and its event says what the table says.

use std::collections::BTreeMap;
use std::path::Path;

use vgputrace_api::{
    Function, Returns, Struct, Type, cublas, cuda, driver, hip, nvml, runtime, vulkan,
};
use vgputrace_tests::answers::expected::{Named, arguments, is_failure, outputs, result};
use vgputrace_tests::answers::typed::{header, typed_caller};
use vgputrace_tests::answers::{Answer, caller, code, library};
use vgputrace_tests::events::calls::Called;
use vgputrace_tests::{Events, gate, test_name, trace};

use vgputrace::event::Text;
use vgputrace::event::call::Value;

/// Calls all functions of an interface and compares. Returns how many.
#[track_caller]
fn all_are_told(api: &str, functions: &[&'static Function], answer: Answer, which: &str) -> usize {
    let (program, file) = (caller(api, functions), library(api, functions, answer));
    all_of(&program, &file, functions, (answer, which))
}

/// The same with any program that calls them.
#[track_caller]
fn all_of(
    program: &Path,
    file: &Path,
    functions: &[&'static Function],
    (answer, which): (Answer, &str),
) -> usize {
    let folder = file.parent().expect("a folder").to_owned();
    let record = trace(program)
        .arg(file)
        .env("LD_LIBRARY_PATH", folder)
        .options(["--calls", which])
        .run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "all called\n");
    let events = &record.events;
    assert!(events.losses().is_empty(), "{}", events.story(&["loss"]));
    assert!(
        events.of_kind("late_library").is_empty(),
        "known by what it exports before the program runs"
    );
    let mut wrong = Vec::new();
    for (called, (at, function)) in paired(events, functions) {
        let trouble = compare(&called, function, at, answer);
        wrong.extend(trouble.map(|trouble| format!("{}: {trouble}", function.name)));
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    functions.len()
}

/// Each function with its one call.
#[track_caller]
fn paired<'e>(
    events: &'e Events,
    functions: &[&'static Function],
) -> Vec<(Called<'e>, (usize, &'static Function))> {
    let mut calls: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (event, call) in events.entered() {
        if !matches!(call.api.as_str(), "dl" | "ggml") {
            let found = calls.entry(call.function.as_str()).or_default();
            found.push((event, call));
        }
    }
    let back: BTreeMap<_, _> = events
        .returned()
        .into_iter()
        .map(|(event, body)| (body.call, (event, body)))
        .collect();
    let mut pairs = Vec::new();
    for (at, function) in functions.iter().enumerate() {
        let found = calls.remove(function.name).unwrap_or_default();
        assert_eq!(found.len(), 1, "calls of {}", function.name);
        let (event, call) = found[0];
        let called = Called {
            event,
            call,
            returned: back.get(&event.seq).copied(),
            unfinished: None,
        };
        pairs.push((called, (at, *function)));
    }
    assert!(calls.is_empty(), "more than was called: {:?}", calls.keys());
    pairs
}

fn compare(called: &Called<'_>, function: &Function, at: usize, answer: Answer) -> Option<String> {
    if called.call.api.as_str() != function.api {
        return Some(format!("api {}", called.call.api));
    }
    if let Some(trouble) = differs(&called.call.args, &arguments(function, at)) {
        return Some(format!("arguments: {trouble}"));
    }
    let Some((_, back)) = called.returned else {
        return Some("no return".to_owned());
    };
    if back.result != result(function, at, answer) {
        return Some(format!("result {:?}", back.result));
    }
    let number = matches!(function.result, Type::Enum(_)).then(|| code(function, at, answer));
    if (back.code, back.failed) != (number, is_failure(function, at, answer)) {
        return Some(format!("code {:?}, failed {}", back.code, back.failed));
    }
    let expected = outputs(function, at, answer);
    differs(&back.outs, &expected).map(|trouble| format!("outputs: {trouble}"))
}

fn differs(found: &[(Text, Value)], expected: &[Named]) -> Option<String> {
    let fits = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.0.as_str() == expected.0 && expected.1.fits(&found.1));
    (!fits).then(|| format!("{found:?} instead of {expected:?}"))
}

#[test]
fn all_685_functions_of_the_cuda_driver_are_told_with_their_arguments_and_outputs() {
    if !gate::engine(test_name!()) {
        return;
    }
    let functions: Vec<_> = cuda::all().collect();
    assert_eq!(
        all_are_told("cuda", &functions, Answer::Success, "all"),
        685
    );
}

#[test]
fn all_436_functions_of_nvml_are_told_with_their_arguments_and_outputs() {
    if !gate::engine(test_name!()) {
        return;
    }
    let functions: Vec<_> = nvml::all().collect();
    assert_eq!(
        all_are_told("nvml", &functions, Answer::Success, "all"),
        436
    );
}

#[test]
fn the_discovery_set_of_each_interface_is_told_without_being_asked_for() {
    if !gate::engine(test_name!()) {
        return;
    }
    let sets: [(&str, &'static [Function]); 6] = [
        ("cuda-set", cuda::DISCOVERY),
        ("nvml-set", nvml::DISCOVERY),
        ("cudart", runtime::FUNCTIONS),
        ("cublas", cublas::FUNCTIONS),
        ("hip", hip::FUNCTIONS),
        ("vulkan", vulkan::FUNCTIONS),
    ];
    let mut told = 0;
    for (api, set) in sets {
        let functions: Vec<_> = set.iter().collect();
        told += all_are_told(api, &functions, Answer::Success, "discovery");
    }
    assert_eq!(told, driver::discovery().count());
}

#[test]
fn every_code_has_its_name_and_its_number_and_outputs_of_failed_calls_are_left_out() {
    if !gate::engine(test_name!()) {
        return;
    }
    let functions: Vec<_> = cuda::all().collect();
    all_are_told("cuda", &functions, Answer::Codes, "all");
    let functions: Vec<_> = nvml::all().collect();
    all_are_told("nvml", &functions, Answer::Codes, "all");
    let functions: Vec<_> = vulkan::FUNCTIONS.iter().collect();
    assert!(functions.iter().all(|one| one.returns == Returns::Sites));
    all_are_told("vulkan", &functions, Answer::Codes, "discovery");
}

/// Arguments go where a real compiler puts them for the real prototype, and structures are the real ones.
#[track_caller]
fn typed(api: &str, set: &'static [Function], header: &Path, structures: &[Struct]) {
    let functions: Vec<_> = set.iter().collect();
    let declared: Vec<_> = set
        .iter()
        .map(|function| {
            let declared =
                cuda::declaration(function.name).or_else(|| nvml::declaration(function.name));
            (function, declared.expect("the header has it"))
        })
        .collect();
    let file = library(&format!("{api}-typed"), &functions, Answer::Success);
    let program = typed_caller(api, &declared, structures, header, &file);
    all_of(&program, &file, &functions, (Answer::Success, "discovery"));
}

#[test]
fn the_discovery_set_is_told_when_it_is_called_from_c_compiled_against_the_real_headers() {
    if !gate::engine(test_name!()) {
        return;
    }
    if let Some(header) = header(test_name!(), "nvidia-cuda-runtime-13.5.37", "cuda.h") {
        let structures = [Struct::Uuid, Struct::CuDevprop];
        typed("cuda", cuda::DISCOVERY, &header, &structures);
    }
    if let Some(header) = header(test_name!(), "nvidia-nvml-dev-13.5.37", "nvml.h") {
        let structures = [
            Struct::NvmlPciInfo,
            Struct::NvmlMemory,
            Struct::NvmlMemoryV2,
            Struct::NvmlUtilization,
        ];
        typed("nvml", nvml::DISCOVERY, &header, &structures);
    }
}

#[test]
fn calls_none_tells_no_call_of_a_driver() {
    if !gate::engine(test_name!()) {
        return;
    }
    let functions: Vec<_> = cuda::DISCOVERY.iter().collect();
    let program = caller("cuda-set", &functions);
    let file = library("cuda-set", &functions, Answer::Success);
    let record = trace(program).arg(&file).options(["--calls", "none"]).run();
    record.ended_with(0);
    let entered = record.events.entered();
    assert!(entered.iter().all(|(_, call)| call.api.as_str() == "dl"));
    assert!(!entered.is_empty(), "the loader's calls are there");
    let text = record.plain_bytes();
    let first = text.split(|byte| *byte == b'\n').next();
    let header = String::from_utf8_lossy(first.unwrap_or_default());
    assert!(header.contains(r#""calls":"none""#), "{header}");
}
