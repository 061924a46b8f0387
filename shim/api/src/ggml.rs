//! ggml's functions that find and start backends, and the ones that get its finished log lines.
//!
//! `ggml_backend_init` and the registration functions run drivers and foreign code, which may throw, unwind or take a
//! backtrace: their returns are seen at `ret` instructions only. Signatures: ggml/include/ggml-backend.h,
//! ggml/src/ggml-backend-impl.h, ggml/include/ggml.h.

use crate::function::{Arg, Class, Failed, Function, Returns, Type};

const API: &str = "ggml";

const fn register(name: &'static str) -> Function {
    Function {
        api: API,
        name,
        mangled: "",
        args: &[],
        inside: &[],
        result: Type::Pointer,
        returns: Returns::Sites,
        failed: Failed::Null,
        class: Class::Call,
        meaning: "start a backend and hand over its registration",
    }
}

const fn load(name: &'static str, args: &'static [Arg], result: Type) -> Function {
    Function {
        args,
        result,
        failed: if matches!(result, Type::Pointer) {
            Failed::Null
        } else {
            Failed::Never
        },
        meaning: "load a backend",
        ..register(name)
    }
}

const fn log(name: &'static str) -> Function {
    Function {
        args: &[
            Arg {
                name: "level",
                kind: Type::LogLevel,
            },
            Arg {
                name: "text",
                kind: Type::Str,
            },
            Arg {
                name: "user_data",
                kind: Type::Pointer,
            },
        ],
        result: Type::Void,
        returns: Returns::No,
        failed: Failed::Never,
        class: Class::Log,
        meaning: "take a finished log line",
        ..register(name)
    }
}

/// The table.
pub const FUNCTIONS: &[Function] = &[
    register("ggml_backend_init"),
    Function {
        result: Type::I32,
        failed: Failed::Never,
        meaning: "say how well this variant fits the processor, 0 for not at all",
        ..register("ggml_backend_score")
    },
    load(
        "ggml_backend_load",
        &[Arg {
            name: "path",
            kind: Type::Str,
        }],
        Type::Pointer,
    ),
    load(
        "ggml_backend_load_best",
        &[Arg {
            name: "name",
            kind: Type::Str,
        }],
        Type::Pointer,
    ),
    load("ggml_backend_load_all", &[], Type::Void),
    load(
        "ggml_backend_load_all_from_path",
        &[Arg {
            name: "dir",
            kind: Type::Str,
        }],
        Type::Void,
    ),
    Function {
        args: &[Arg {
            name: "reg",
            kind: Type::Pointer,
        }],
        result: Type::Void,
        failed: Failed::Never,
        meaning: "take a backend into the list",
        ..register("ggml_backend_register")
    },
    register("ggml_backend_cpu_reg"),
    register("ggml_backend_cuda_reg"),
    register("ggml_backend_vk_reg"),
    register("ggml_backend_sycl_reg"),
    register("ggml_backend_opencl_reg"),
    register("ggml_backend_blas_reg"),
    register("ggml_backend_rpc_reg"),
    register("ggml_backend_cann_reg"),
    register("ggml_backend_metal_reg"),
    register("ggml_backend_hexagon_reg"),
    register("ggml_backend_zendnn_reg"),
    register("ggml_backend_virtgpu_reg"),
    register("ggml_backend_openvino_reg"),
    log("ggml_log_callback_default"),
    Function {
        mangled: "_Z27common_log_default_callback14ggml_log_levelPKcPv",
        ..log("common_log_default_callback")
    },
];
