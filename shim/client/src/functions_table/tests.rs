//! Every signature against the table that is generated from the driver's header.

use vgputrace_api::cuda;

use super::SIGNATURES;

/// Bytes of a parameter of this C type, where it is a number; pointers and handles, which are pointers, have 8.
fn bytes(c_type: &str) -> usize {
    if c_type.contains('*') {
        return 8;
    }
    match c_type {
        "unsigned char" => 1,
        "int" | "unsigned int" | "CUdevice" | "cuuint32_t" => 4,
        // Enumerations.
        "CUdevice_attribute"
        | "CUdevice_P2PAttribute"
        | "CUlimit"
        | "CUfunc_cache"
        | "CUsharedconfig"
        | "CUmemPool_attribute"
        | "CUstreamCaptureMode"
        | "CUfunction_attribute" => 4,
        "size_t" | "unsigned long long" | "CUdeviceptr" | "cuuint64_t" => 8,
        "CUcontext" | "CUstream" | "CUevent" | "CUgraph" | "CUgraphNode" | "CUgraphExec"
        | "CUmemoryPool" | "CUlibrary" | "CUkernel" | "CUfunction" | "CUuserObject"
        | "CUhostFn" | "CUstreamCallback" => 8,
        other => panic!("{other}: how long is it?"),
    }
}

/// In a header of their own (cudaProfiler.h), without parameters.
const ELSEWHERE: [&str; 2] = ["cuProfilerStart", "cuProfilerStop"];

#[test]
fn signatures_are_those_of_the_header() {
    for (name, ours) in SIGNATURES {
        if ELSEWHERE.contains(name) {
            assert!(ours.is_empty(), "{name}");
            continue;
        }
        let declared = cuda::declaration(name);
        let declared = declared.unwrap_or_else(|| panic!("{name} is no function of the driver"));
        let theirs: Vec<usize> = (0..declared.function.args.len())
            .map(|index| bytes(declared.parameter_c_type(index)))
            .collect();
        assert_eq!(theirs, *ours, "{name}");
        assert_eq!(declared.result_c_type(), "CUresult", "{name}");
    }
}

#[test]
fn no_name_stands_there_twice() {
    let mut names: Vec<&str> = SIGNATURES.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|one, next| one != next));
}
