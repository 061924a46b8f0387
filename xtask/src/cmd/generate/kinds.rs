//! C types to the table's types.
//!
//! A direction cannot be read from a header. Text of constant characters is a string, a pointer to something constant is
//! an input, any other pointer is a pointer and no more.

use anyhow::bail;

use super::parse::{Header, Meaning};

/// Type names of objects.
const HANDLES: &[(&str, &str)] = &[
    ("CUdevice", "Device"),
    ("CUcontext", "Context"),
    ("CUgreenCtx", "GreenContext"),
    ("CUmodule", "Module"),
    ("CUfunction", "Function"),
    ("CUlibrary", "Library"),
    ("CUkernel", "Kernel"),
    ("CUstream", "Stream"),
    ("CUevent", "Event"),
    ("CUgraph", "Graph"),
    ("CUgraphNode", "GraphNode"),
    ("CUgraphExec", "GraphExec"),
    ("CUmemoryPool", "MemoryPool"),
    ("CUarray", "Array"),
    ("CUmipmappedArray", "Array"),
    ("CUlinkState", "Linker"),
    ("nvmlDevice_t", "NvmlDevice"),
];

/// Enumerations the table keeps: the list's name, the variant of `Names`, the type's name in C.
pub(super) const ENUMS: &[(&str, &str, &str)] = &[
    ("CU_RESULT", "CuResult", "CUresult"),
    (
        "CU_DEVICE_ATTRIBUTE",
        "CuDeviceAttribute",
        "CUdevice_attribute",
    ),
    ("CU_CTX_FLAGS", "CuCtxFlags", "CUctx_flags"),
    ("CU_LIMIT", "CuLimit", "CUlimit"),
    ("CU_FUNC_CACHE", "CuFuncCache", "CUfunc_cache"),
    ("CU_SHARED_CONFIG", "CuSharedConfig", "CUsharedconfig"),
    ("CU_COMPUTE_MODE", "CuComputeMode", "CUcomputemode"),
    (
        "CU_FUNCTION_ATTRIBUTE",
        "CuFunctionAttribute",
        "CUfunction_attribute",
    ),
    (
        "CU_POINTER_ATTRIBUTE",
        "CuPointerAttribute",
        "CUpointer_attribute",
    ),
    ("CU_JIT_OPTION", "CuJitOption", "CUjit_option"),
    ("CU_JIT_INPUT_TYPE", "CuJitInputType", "CUjitInputType"),
    ("CU_LIBRARY_OPTION", "CuLibraryOption", "CUlibraryOption"),
    (
        "CU_MODULE_LOADING_MODE",
        "CuModuleLoadingMode",
        "CUmoduleLoadingMode",
    ),
    (
        "CU_PROC_ADDRESS_RESULT",
        "CuProcAddressResult",
        "CUdriverProcAddressQueryResult",
    ),
    (
        "CU_PROC_ADDRESS_FLAGS",
        "CuProcAddressFlags",
        "CUdriverProcAddress_flags",
    ),
    (
        "CU_MEM_GRANULARITY",
        "CuMemGranularity",
        "CUmemAllocationGranularity_flags",
    ),
    ("CU_STREAM_FLAGS", "CuStreamFlags", "CUstream_flags"),
    ("CU_EVENT_FLAGS", "CuEventFlags", "CUevent_flags"),
    ("CU_CAPTURE_MODE", "CuCaptureMode", "CUstreamCaptureMode"),
    (
        "CU_CAPTURE_STATUS",
        "CuCaptureStatus",
        "CUstreamCaptureStatus",
    ),
    ("CU_EXEC_AFFINITY", "CuExecAffinity", "CUexecAffinityType"),
    ("CUDA_ERROR", "CudaError", "cudaError"),
    (
        "CUDA_DEVICE_ATTRIBUTE",
        "CudaDeviceAttribute",
        "cudaDeviceAttr",
    ),
    ("CUDA_MEMCPY_KIND", "CudaMemcpyKind", "cudaMemcpyKind"),
    ("NVML_RETURN", "NvmlReturn", "nvmlReturn_t"),
    ("NVML_BRAND", "NvmlBrand", "nvmlBrandType_t"),
    ("NVML_COMPUTE_MODE", "NvmlComputeMode", "nvmlComputeMode_t"),
    ("NVML_ENABLE_STATE", "NvmlEnableState", "nvmlEnableState_t"),
    (
        "NVML_TEMPERATURE_SENSOR",
        "NvmlTemperatureSensor",
        "nvmlTemperatureSensors_t",
    ),
    ("NVML_CLOCK", "NvmlClock", "nvmlClockType_t"),
];

/// Structures by value, and how the System V ABI passes them: up to 8 bytes in a register, above 16 on the stack.
const BY_VALUE: &[(&str, &str)] = &[
    ("CUmemLocation", "U64"),
    ("CUipcEventHandle", "OnStack"),
    ("CUipcMemHandle", "OnStack"),
];

/// The kind of a value of this type, as it stands in the generated rows.
///
/// # Errors
/// A structure by value whose size is not known here, or a type name the header does not declare.
pub(super) fn kind(words: &[String], header: &Header) -> anyhow::Result<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let stars = words.iter().filter(|word| **word == "*").count();
    if stars > 0 {
        return Ok(pointer(&words, stars).to_owned());
    }
    let plain: Vec<&str> = words.into_iter().filter(|word| *word != "const").collect();
    named(&plain, header, 0)
}

fn pointer(words: &[&str], stars: usize) -> &'static str {
    let last = words.iter().rposition(|word| *word == "*").unwrap_or(0);
    let before = words.get(..last).unwrap_or_default();
    // What the last star points to is constant: `const T *`, `T *const *`, and not `const T **`.
    let inner = before.iter().rposition(|word| *word == "*");
    let constant = before
        .get(inner.unwrap_or(0)..)
        .is_some_and(|part| part.contains(&"const"));
    match (constant, stars) {
        (true, 1) if before.contains(&"char") && !before.contains(&"unsigned") => "Str",
        (true, _) => "Input",
        _ => "Pointer",
    }
}

fn named(words: &[&str], header: &Header, depth: usize) -> anyhow::Result<String> {
    if depth > 8 {
        bail!("`{}` stands for itself", words.join(" "));
    }
    let name = match words {
        ["enum" | "struct" | "union", name] | [name] => *name,
        _ => return Ok(builtin(words).to_owned()),
    };
    if let Some((_, handle)) = HANDLES.iter().find(|entry| entry.0 == name) {
        return Ok(format!("Handle(Handle::{handle})"));
    }
    if let Some((_, variant, _)) = ENUMS.iter().find(|entry| entry.2 == name) {
        return Ok(format!("Enum(Names::{variant})"));
    }
    // Addresses are no quantities: they are shown as addresses are.
    if matches!(name, "CUdeviceptr" | "CUdeviceptr_v2") {
        return Ok("Pointer".to_owned());
    }
    if let Some((_, kind)) = BY_VALUE.iter().find(|entry| entry.0 == name) {
        return Ok((*kind).to_owned());
    }
    match header.types.get(name) {
        Some(Meaning::Function) => Ok("Pointer".to_owned()),
        Some(Meaning::Enumeration) => Ok("I32".to_owned()),
        Some(Meaning::Structure) => bail!("structure `{name}` is passed by value: add its size"),
        Some(Meaning::Alias(of)) if of.iter().any(|word| word == "*") => Ok("Pointer".to_owned()),
        Some(Meaning::Alias(of)) => {
            let of: Vec<&str> = of.iter().map(String::as_str).collect();
            named(&of, header, depth + 1)
        }
        None if matches!(words, ["enum", _]) => Ok("I32".to_owned()),
        None if words.len() == 1 && is_builtin(name) => Ok(builtin(words).to_owned()),
        None => bail!("nothing declares the type `{name}`"),
    }
}

fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "void" | "char" | "short" | "int" | "long" | "unsigned" | "signed" | "float" | "double"
    )
}

fn builtin(words: &[&str]) -> &'static str {
    let has = |word: &str| words.contains(&word);
    if has("void") {
        "Void"
    } else if has("float") || has("double") {
        "Float"
    } else if has("long") {
        "U64"
    } else if has("unsigned") {
        "U32"
    } else {
        "I32"
    }
}

#[cfg(test)]
mod tests {
    use super::kind;
    use crate::cmd::generate::parse::{Header, parse};

    fn of(words: &str, header: &Header) -> String {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        kind(&words, header).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn constant_targets_are_inputs_and_the_rest_are_pointers() {
        let none = Header::default();
        assert_eq!(of("const char *", &none), "Str");
        assert_eq!(of("const char * *", &none), "Pointer");
        assert_eq!(of("const void *", &none), "Input");
        assert_eq!(of("void * const *", &none), "Input");
        assert_eq!(of("int *", &none), "Pointer");
    }

    #[test]
    fn type_names_are_followed_to_what_they_stand_for() {
        let header = parse(
            "typedef unsigned long long u; typedef u v; typedef struct x *h; typedef struct { int a; } s;",
        );
        assert_eq!(of("v", &header), "U64");
        assert_eq!(of("h", &header), "Pointer");
        assert_eq!(of("CUdevice", &header), "Handle(Handle::Device)");
        assert!(of("s", &header).contains("by value"));
        assert!(of("nowhere", &header).contains("nothing declares"));
    }
}
