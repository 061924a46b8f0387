//! Arguments that are not where others are: numbers in vector registers and structures by value. They are said to be not read, and
//! move none of the arguments behind them.

use vgputrace::event::Why;
use vgputrace::event::call::Value;
use vgputrace_api::{Function, Type, cuda};
use vgputrace_tests::answers::expected::arguments;
use vgputrace_tests::answers::{Answer, caller, library};
use vgputrace_tests::{gate, test_name, trace};

#[test]
fn arguments_behind_floats_and_structures_by_value_are_their_own_under_either_engine() {
    if !gate::engine(test_name!()) {
        return;
    }
    let apart = |function: &&Function| {
        let mut kinds = function.args.iter().map(|arg| arg.kind);
        kinds.any(|kind| matches!(kind, Type::Float | Type::OnStack | Type::Pair))
    };
    // Those with a structure of 8 bytes by value, which takes a register.
    let location = |function: &&Function| function.args.iter().any(|arg| arg.name == "location");
    let functions: Vec<_> = cuda::all()
        // By cuInit the library is known before the program runs.
        .filter(|function| apart(function) || location(function) || function.name == "cuInit")
        .collect();
    let names: Vec<_> = functions.iter().map(|function| function.name).collect();
    for name in [
        "cuIpcOpenMemHandle_v2",
        "cuParamSetf",
        "cuMemPrefetchAsync_v2",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    let program = caller("by-value", &functions);
    let file = library("by-value", &functions, Answer::Success);
    let folder = file.parent().expect("a folder");
    for engine in ["ebpf", "ptrace"] {
        let record = trace(&program)
            .arg(&file)
            .env("LD_LIBRARY_PATH", folder)
            .options(["--calls", "all", "--engine", engine])
            .run();
        // Not `ended_with`: another recorder's probes on the C library are places that ptrace cannot take.
        assert_eq!(record.code(), 0, "{engine}");
        let mut unread = 0;
        for (at, function) in functions.iter().enumerate() {
            let calls = record.events.calls(function.name);
            assert_eq!(calls.len(), 1, "{engine}: {}", function.name);
            let (found, expected) = (&calls[0].call.args, arguments(function, at));
            let fits = found.len() == expected.len()
                && found.iter().zip(&expected).all(|(found, expected)| {
                    found.0.as_str() == expected.0 && expected.1.fits(&found.1)
                });
            assert!(
                fits,
                "{engine}: {}: {found:?}, not {expected:?}",
                function.name
            );
            let gaps = found
                .iter()
                .filter(|(_, value)| *value == Value::Unseen(Why::Unread));
            unread += gaps.count();
        }
        assert_eq!(unread, 7, "{engine}: 4 numbers and 3 structures");
    }
}
