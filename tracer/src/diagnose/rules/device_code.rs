//! A device that answers, and cannot take the code that the backend brings for it.

use crate::discover::model::{Child, DriverCall};
use crate::discover::role::Role;

use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&NOT_TAKEN];

/// Functions of the driver that take device code (cuda.h, "Module Management" and "Library Management").
const LOADING: [&str; 4] = [
    "cuLibraryLoad",
    "cuModuleLoad",
    "cuLinkAdd",
    "cuLinkComplete",
];
/// CUDA_ERROR_NO_BINARY_FOR_GPU and CUDA_ERROR_UNSUPPORTED_PTX_VERSION (cuda.h).
const NO_BINARY: i64 = 209;
const NEWER_PTX: i64 = 222;

static NOT_TAKEN: Rule = Rule {
    id: "VG217",
    stage: Stage::Model,
    title: "The device cannot run the backend's code",
    story: "A backend carries code for some architectures, and code that the driver translates (PTX). It is handed over at the first kernel, long after the device was found: the discovery lists the device, and the first model aborts. 209 means that \
nothing in the backend is for this architecture, 222 that its PTX is newer than the driver's translator.",
    proof: "cuLibraryLoadData or cuModuleLoadData came back with 209 or 222.",
    remedy: &["Use a backend that was built for this card, or a driver as new as the backend."],
    rows: &[],
    check: Check::Warning(not_taken),
};

/// The call by which this process was refused the backend's code.
pub(super) fn refused(child: &Child) -> Option<&DriverCall> {
    child.calls.iter().find(|call| {
        LOADING
            .iter()
            .any(|name| call.function.as_str().starts_with(name))
            && matches!(call.code, Some(NO_BINARY | NEWER_PTX))
    })
}

fn not_taken(case: &Case<'_>) -> Vec<Finding> {
    // A discovery runs no kernel; what uses the folder afterwards does.
    let of_models =
        case.model.children.iter().filter(
            |child| matches!(&child.role, Role::Model { dir } if dir.as_str() == case.name),
        );
    let mut children = case.children.iter().copied().chain(of_models);
    let Some(call) = children.find_map(refused) else {
        return Vec::new();
    };
    let why = match call.code {
        Some(NO_BINARY) => {
            "holds nothing for the architecture of this device, so each kernel fails (209, no kernel image is available)"
        }
        _ => {
            "is PTX of a newer CUDA than the driver can translate, so each kernel fails (222, unsupported toolchain)"
        }
    };
    let finding = NOT_TAKEN
        .found(format!(
            "The device is found, and {} refuses the backend's device code: it {why}.",
            call.function
        ))
        .object(call.of.clone().unwrap_or_default())
        .proof(&[case.call_seen(call)]);
    vec![match call.code {
        Some(NO_BINARY) => finding
            .so("Compare the device's compute capability with those that the backend was built for; a virtual GPU must report one of them. Otherwise take a backend that was built for this card."),
        _ => finding.so("Install a driver that is at least as new as the backend's CUDA, or a backend of the driver's CUDA version (cuda_v12 beside cuda_v13)."),
    }]
}
