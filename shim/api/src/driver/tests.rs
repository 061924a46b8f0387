extern crate std;

use std::collections::BTreeSet;
use std::string::String;
use std::vec::Vec;

use super::{all, by_name, discovery};
use crate::declaration::{Declaration, PerThread};
use crate::layout::Struct;
use crate::names::Names;
use crate::value::{Handle, Size, Type};
use crate::{Failed, Function, cublas, cuda, hip, nvml, runtime, vulkan};

/// Parameters and results the present probe reads of a call.
const REGISTERS: usize = 6;
const STRINGS: usize = 3;
const OUTPUTS: usize = 4;

fn bases(list: &'static [Declaration]) -> BTreeSet<&'static str> {
    list.iter().map(|declared| declared.base).collect()
}

#[test]
fn the_driver_has_685_names_with_485_bases() {
    assert_eq!(cuda::FUNCTIONS.len(), 685);
    assert_eq!(bases(cuda::FUNCTIONS).len(), 485);
    let per_thread = cuda::FUNCTIONS
        .iter()
        .filter(|declared| declared.per_thread != PerThread::No);
    assert_eq!(per_thread.count(), 105);
}

/// The header of the 12 series gives programs built now 364 names (363 that return a code, and `nvmlErrorString`) and
/// declares 23 more that older programs use; the 13 series adds 49.
#[test]
fn nvml_has_387_names_in_the_12_series_and_436_in_both() {
    let of = |bit: u8| {
        nvml::FUNCTIONS
            .iter()
            .filter(move |declared| declared.series & bit != 0)
    };
    assert_eq!(nvml::FUNCTIONS.len(), 436);
    assert_eq!(of(2).count(), 436);
    assert_eq!(of(1).count(), 387);
    let without_code = of(1).filter(|declared| declared.result_c_type() != "nvmlReturn_t");
    let without_code: Vec<&str> = without_code.map(Declaration::name).collect();
    assert_eq!(without_code, ["nvmlErrorString"]);
}

#[test]
fn every_list_is_sorted_and_holds_no_name_twice() {
    let sorted = |names: Vec<&str>| names.windows(2).all(|pair| pair[0] < pair[1]);
    for list in [cuda::FUNCTIONS, nvml::FUNCTIONS] {
        assert!(sorted(list.iter().map(Declaration::name).collect()));
    }
    for list in [
        cuda::DISCOVERY,
        nvml::DISCOVERY,
        runtime::FUNCTIONS,
        cublas::FUNCTIONS,
        hip::FUNCTIONS,
        vulkan::FUNCTIONS,
    ] {
        assert!(sorted(list.iter().map(|function| function.name).collect()));
    }
    let names: BTreeSet<&str> = all().map(|function| function.name).collect();
    assert_eq!(names.len(), all().count());
    for names in Names::ALL {
        let numbers: Vec<i64> = names.list().iter().map(|name| name.number).collect();
        assert!(!numbers.is_empty(), "{}", names.c_name());
        assert!(
            numbers.windows(2).all(|pair| pair[0] < pair[1]),
            "{}",
            names.c_name()
        );
    }
}

#[test]
fn every_per_thread_name_has_its_base_and_ends_with_its_mark() {
    for declared in cuda::FUNCTIONS {
        if declared.per_thread == PerThread::No {
            assert!(!declared.name().ends_with("_ptsz") && !declared.name().ends_with("_ptds"));
            continue;
        }
        let plain = declared.name().strip_suffix(declared.per_thread.suffix());
        let plain = plain.and_then(cuda::declaration);
        let plain = plain.unwrap_or_else(|| panic!("{} has no base", declared.name()));
        assert_eq!(
            (plain.base, plain.version),
            (declared.base, declared.version)
        );
        assert_eq!(plain.function.args.len(), declared.function.args.len());
    }
}

#[test]
fn every_driver_function_says_which_version_brought_it() {
    let since = |name| cuda::declaration(name).map(|declared| declared.since);
    assert_eq!(since("cuGetProcAddress"), Some(11030));
    assert_eq!(since("cuGetProcAddress_v2"), Some(12000));
    assert_eq!(since("cuMemcpyHtoD_v2_ptds"), Some(7000));
    assert!(
        cuda::FUNCTIONS
            .iter()
            .all(|declared| declared.since >= 2000)
    );
}

/// What a C type of the pointer allows as a description.
fn fits(kind: Type, c_type: &str) -> bool {
    let target = c_type.strip_suffix('*').map(str::trim_end);
    let is_pointer = target.is_some();
    match kind {
        Type::OutI32 | Type::OutCudaVersion => target == Some("int"),
        Type::OutU32 => matches!(target, Some("unsigned int" | "nvmlDeviceArchitecture_t")),
        Type::OutU64 => matches!(
            target,
            Some("size_t" | "unsigned long long" | "CUmemGenericAllocationHandle")
        ),
        Type::OutPointer => target.is_some_and(|to| to.ends_with('*') || to == "CUdeviceptr"),
        Type::OutText(_) => target == Some("char"),
        Type::OutEnum(names) => target == Some(names.c_name()),
        Type::OutHandle(Handle::Device) => target == Some("CUdevice"),
        Type::OutHandle(_) => target.is_some_and(|to| to.starts_with("CU") || to == "nvmlDevice_t"),
        Type::OutStruct(of) => target == Some(of.layout().c_name),
        Type::InStruct(of) => c_type.starts_with("const ") && c_type.contains(of.layout().c_name),
        Type::Input => c_type.starts_with("const "),
        Type::Str => c_type == "const char *",
        Type::Pointer => is_pointer || c_type == "CUdeviceptr",
        Type::CudaVersion => c_type == "int",
        Type::Flags(_) => matches!(c_type, "unsigned int" | "cuuint64_t"),
        _ => !is_pointer,
    }
}

#[test]
fn every_description_agrees_with_the_header() {
    let described = cuda::DISCOVERY.iter().chain(nvml::DISCOVERY);
    for function in described {
        let declared =
            cuda::declaration(function.name).or_else(|| nvml::declaration(function.name));
        let declared = declared.unwrap_or_else(|| panic!("{} is in no header", function.name));
        let names = |of: &Function| of.args.iter().map(|arg| arg.name).collect::<Vec<_>>();
        assert_eq!(
            names(function),
            names(&declared.function),
            "{}",
            function.name
        );
        assert_eq!(
            function.result, declared.function.result,
            "{}",
            function.name
        );
        assert_eq!(
            function.failed, declared.function.failed,
            "{}",
            function.name
        );
        for (index, arg) in function.args.iter().enumerate() {
            let c_type = declared.parameter_c_type(index);
            assert!(
                fits(arg.kind, c_type),
                "{}: {} is {c_type}, described as {:?}",
                function.name,
                arg.name,
                arg.kind
            );
            if !c_type.ends_with('*') && !matches!(arg.kind, Type::Flags(_) | Type::CudaVersion) {
                let plain = declared.function.args[index].kind;
                assert_eq!(
                    arg.kind.width(),
                    plain.width(),
                    "{}: {}",
                    function.name,
                    arg.name
                );
            }
        }
    }
}

#[test]
fn every_function_of_the_discovery_set_fits_what_a_probe_can_read() {
    for function in discovery() {
        let name = function.name;
        let of = |wanted: fn(&Type) -> bool| {
            function
                .args
                .iter()
                .enumerate()
                .filter(move |(_, arg)| wanted(&arg.kind))
                .map(|(index, _)| index)
                .collect::<Vec<_>>()
        };
        let strings = of(|kind| kind.is_string());
        let outputs = of(|kind| kind.output().is_some());
        assert!(
            strings.len() <= STRINGS && outputs.len() <= OUTPUTS,
            "{name}"
        );
        // What lies beyond the registers is neither text nor output: at most a pointer or a number.
        assert!(
            strings
                .iter()
                .chain(&outputs)
                .all(|index| *index < REGISTERS),
            "{name}"
        );
        for arg in function.args {
            if let Some(Size::Argument(length)) = arg.kind.output() {
                let length = function.args.get(usize::from(length)).map(|arg| arg.kind);
                assert!(matches!(length, Some(Type::I32 | Type::U32)), "{name}");
            }
        }
        assert!(
            !function.meaning.is_empty() && !function.meaning.ends_with('.'),
            "{name}"
        );
    }
}

#[test]
fn names_are_found_with_directions_before_declarations() {
    let argument = |name: &str, index: usize| {
        by_name(name).and_then(|function| function.args.get(index).map(|arg| arg.kind))
    };
    assert_eq!(argument("cuDeviceGetCount", 0), Some(Type::OutI32));
    assert_eq!(
        argument("cuLaunchKernel", 0),
        Some(Type::Handle(Handle::Function))
    );
    assert_eq!(
        argument("nvmlDeviceGetPciInfo_v3", 1),
        Some(Type::OutStruct(Struct::NvmlPciInfo))
    );
    assert!(by_name("cudaGetDeviceCount").is_some() && by_name("hipInit").is_some());
    assert!(
        by_name("vkCreateInstance").is_some_and(|function| function.failed == Failed::Negative)
    );
    assert!(by_name("cuNothing").is_none() && by_name("").is_none());
    assert_eq!(all().filter(|function| function.api == "cuda").count(), 685);
    assert!(crate::all().all(|function| matches!(function.api, "dl" | "ggml")));
}

#[test]
fn values_on_the_stack_and_in_vector_registers_take_no_argument_register() {
    let registers = |name: &str| {
        let function = by_name(name).unwrap_or_else(|| panic!("{name}"));
        (0..function.args.len())
            .map(|index| function.register(index))
            .collect::<Vec<_>>()
    };
    assert_eq!(registers("cuIpcOpenMemHandle_v2"), [Some(0), None, Some(1)]);
    assert_eq!(registers("cuParamSetf"), [Some(0), Some(1), None]);
    assert_eq!(registers("cuLaunchKernel").iter().flatten().count(), 6);
    assert_eq!(registers("cuInit"), [Some(0)]);
}

#[test]
fn result_codes_have_names_and_meanings() {
    assert_eq!(Names::CuResult.name(100), Some("CUDA_ERROR_NO_DEVICE"));
    assert_eq!(Names::CuResult.number("CUDA_ERROR_UNKNOWN"), Some(999));
    assert_eq!(
        Names::CudaError.name(35),
        Some("cudaErrorInsufficientDriver")
    );
    assert_eq!(
        Names::NvmlReturn.name(9),
        Some("NVML_ERROR_DRIVER_NOT_LOADED")
    );
    assert_eq!(
        Names::VkResult.name(-9),
        Some("VK_ERROR_INCOMPATIBLE_DRIVER")
    );
    assert_eq!(
        Names::CuDeviceAttribute.name(75),
        Some("CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR")
    );
    assert_eq!(Names::CuResult.name(12345), None);
    for number in [1, 2, 3, 46, 100, 201, 209, 222, 801, 802, 803, 804, 999] {
        assert!(Names::CuResult.meaning(number).is_some(), "{number}");
    }
    assert!(Names::CudaError.meaning(35).is_some() && Names::NvmlReturn.meaning(18).is_some());
    for names in Names::ALL {
        let noted: Vec<String> = (-20..1000)
            .filter(|number| names.meaning(*number).is_some() && names.name(*number).is_none())
            .map(|number| std::format!("{} {number}", names.c_name()))
            .collect();
        assert!(noted.is_empty(), "meanings of no code: {noted:?}");
    }
}

#[test]
fn layouts_hold_their_fields_in_order_and_without_overlap() {
    for of in Struct::ALL {
        let layout = of.layout();
        let mut end = 0;
        for field in layout.fields {
            assert!(field.offset >= end, "{}.{}", layout.c_name, field.name);
            end = field.offset + field.kind.size();
        }
        assert!(end <= layout.size, "{}", layout.c_name);
    }
}
