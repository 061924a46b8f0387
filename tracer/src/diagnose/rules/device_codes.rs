//! What the driver's code says (driver_types.h, cuda.h, hip_runtime_api.h), each with its usual causes in order.

use super::super::advice::{DISCOVERS_ONCE, EDIT_UNIT, RESTART};
use super::super::case::Case;
use super::super::drivers::{Trouble, trouble};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::device::has_gpu;
use super::whose;
use crate::discover::model::Evidence;

pub(super) static RULES: &[&Rule] = &[&NO_DEVICE, &OLD_DRIVER, &MISMATCH, &STUB];

/// Other rules know better why: hidden, refused, stand-in.
pub(super) fn is_explained(case: &Case<'_>) -> bool {
    super::device::RULES
        .iter()
        .chain(super::device_answers::RULES)
        .chain(super::device_none::RULES)
        .any(|rule| match rule.check {
            Check::Backend(check) => !check(case).is_empty(),
            _ => false,
        })
}

pub(super) fn of_code(case: &Case<'_>, codes: &[i64]) -> Option<Trouble> {
    let trouble = trouble(case)?;
    let fits = trouble.code.is_some_and(|code| codes.contains(&code));
    (fits && case.reported().is_empty() && !is_explained(case)).then_some(trouble)
}

/// `cudaGetDeviceCount says "..." (35)`.
pub(super) fn said(trouble: &Trouble) -> String {
    let code = trouble
        .code
        .map_or_else(String::new, |code| format!(" ({code})"));
    format!("{} says \"{}\"{code}", trouble.function, trouble.words)
}

pub(super) fn by(trouble: &Trouble) -> String {
    trouble
        .file
        .as_ref()
        .map_or_else(String::new, |file| format!(" of {file}"))
}

/// The driver's library: the file that answered, else the name that Ollama asks for.
fn driver(trouble: &Trouble) -> &str {
    trouble.file.as_deref().unwrap_or("libcuda.so.1")
}

/// What the driver looked for in vain while it started.
pub(super) fn sought<'a>(case: &Case<'a>) -> Vec<&'a Evidence> {
    let children = case.children.iter().copied();
    children
        .flat_map(|child| &child.refused)
        .map(|(_, seen)| seen)
        .filter(|seen| seen.text.as_str().ends_with(" inside cuInit"))
        .take(4)
        .collect()
}

/// What to look at when a library of one's own stands in for the driver.
pub(super) fn of_its_own(case: &Case<'_>) -> Option<String> {
    let first = sought(case).into_iter().next()?;
    let text = first.text.as_str().strip_suffix(" inside cuInit")?;
    let (what, of) = text.split_once(' ')?;
    let what = match what {
        "open" => format!("it looked for {of}, which is not there"),
        "load" => format!("it wanted to load {of}, which the loader does not find"),
        "connect" => format!("it wanted to connect to {of}, and nobody answers there"),
        _ => return None,
    };
    Some(format!(
        "If the driver is one of your own: while it started {what}."
    ))
}

static NO_DEVICE: Rule = Rule {
    id: "VG110",
    stage: Stage::Device,
    title: "The driver says that there is no device",
    story: "The backend was loaded and the driver is there, and it finds no card (100). Until 0.24 the words are lost below OLLAMA_DEBUG=2; from 0.30 on they stand at DEBUG when the probe fails too. The backend counts as loaded all the same: \
\"loaded CUDA backend\" proves no device.",
    proof: "cuInit or cudaGetDeviceCount came back with 100.",
    remedy: &["See what the driver says by itself:", "$ nvidia-smi"],
    rows: &[
        "runner 32",
        "llama-server 18",
        "stack 4",
        "reports E",
        "reports F",
    ],
    check: Check::Backend(no_device),
};

fn no_device(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) = of_code(case, &[100, 101]) else {
        return Vec::new();
    };
    let host = match has_gpu(case) {
        Some(false) => " There is no such card on the PCI bus either.",
        Some(true) => " A card is on the PCI bus, so the driver cannot reach it.",
        None => "",
    };
    let mut finding = NO_DEVICE
        .found(format!(
            "The backend of {} works; the driver has no device: {}{}.{host}",
            case.name,
            said(&trouble),
            by(&trouble)
        ))
        .object(trouble.file.clone().unwrap_or_default())
        .proof(&trouble.seen)
        .proof(sought(case));
    if let Some(line) = of_its_own(case) {
        finding = finding.so(line);
    }
    if has_gpu(case) == Some(false) {
        finding = finding.so("Without a card nothing is to be done: the CPU is what this machine has. In a virtual machine or container, give it the GPU first.");
    } else {
        finding = finding
            .so("See what the driver says by itself, as the service's user:")
            .so("$ sudo -u ollama nvidia-smi")
            .so("In a container: start it with the GPU (docker: --gpus=all).");
    }
    vec![finding.so(DISCOVERS_ONCE).so(RESTART)]
}

static OLD_DRIVER: Rule = Rule {
    id: "VG111",
    stage: Stage::Device,
    title: "The driver is too old for the backend's CUDA runtime",
    story: "The runtime beside the backend wants a newer driver (CUDA 12: 525 or newer; 13: 580 or newer). Often cuda_v13 fails and cuda_v12 works, and nothing is to be done. From 0.30 on the probe's own calls succeed, so the log is silent at DEBUG.",
    proof: "cudaGetDeviceCount came back with 35.",
    remedy: &[
        "Update the driver, or use the folder that fits the driver you have:",
        "$ nvidia-smi",
    ],
    rows: &[
        "runner 33",
        "runner 32",
        "llama-server 19",
        "reports B",
        "stack 10",
    ],
    check: Check::Backend(old_driver),
};

fn old_driver(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) = of_code(case, &[35]) else {
        return Vec::new();
    };
    let version: Option<&str> = case
        .calls()
        .filter(|(_, call)| {
            matches!(
                call.function.as_str(),
                "cuDriverGetVersion" | "cudaDriverGetVersion"
            )
        })
        .flat_map(|(_, call)| &call.values)
        .map(|(_, value)| value.as_str())
        .find(|value| value.parse::<i64>().is_ok_and(|number| number > 1_000));
    let has = version
        .and_then(|value| value.parse::<i64>().ok())
        .map_or_else(String::new, |number| {
            format!(
                " The driver offers CUDA {}.{}.",
                number / 1_000,
                number % 1_000 / 10
            )
        });
    let runtime = case
        .children
        .iter()
        .flat_map(|child| &child.mapped)
        .map(|(path, _)| path.as_str())
        .find(|path| path.contains("libcudart.so"));
    let wants = runtime.map_or_else(String::new, |path| format!(" The runtime is {path}."));
    let other = case
        .model
        .devices
        .iter()
        .any(|device| device.library.as_str() == "CUDA");
    let finding = OLD_DRIVER
        .found(format!(
            "The driver is older than the CUDA runtime of {} needs: {}.{has}{wants}",
            case.name,
            said(&trouble)
        ))
        .object(driver(&trouble))
        .proof(&trouble.seen);
    vec![if other {
        finding.so("Another folder works with this driver and is used; nothing is to be done.")
    } else {
        finding
            .so("Update the NVIDIA driver (CUDA 13 needs 580 or newer, CUDA 12 needs 525 or newer):")
            .so("$ nvidia-smi --query-gpu=driver_version --format=csv")
            .so("Where the driver must stay, install the folder for an older CUDA (cuda_v12) and leave OLLAMA_LLM_LIBRARY out or set it to that.")
            .so(RESTART)
    }]
}

static MISMATCH: Rule = Rule {
    id: "VG112",
    stage: Stage::Device,
    title: "Driver library and kernel module are of different versions",
    story: "After an update without a reboot, or with a library from another container image, libcuda and the kernel module differ (803; 804: a compatibility library on hardware that it does not support).",
    proof: "cuInit or cudaGetDeviceCount came back with 803 or 804.",
    remedy: &[
        "Reboot, or load the new module:",
        "$ cat /proc/driver/nvidia/version; nvidia-smi",
    ],
    rows: &["runner 35", "runner 32", "llama-server 18", "reports C"],
    check: Check::Backend(mismatch),
};

fn mismatch(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) = of_code(case, &[803, 804]) else {
        return Vec::new();
    };
    let module = case
        .model
        .host
        .as_ref()
        .and_then(|host| host.nvidia.as_ref());
    let kernel = module.map_or_else(String::new, |module| {
        format!(" The kernel's side is: {module}.")
    });
    vec![
        MISMATCH
            .found(format!("The driver's library{} and the kernel's module do not belong together: {}.{kernel}", by(&trouble), said(&trouble)))
            .object(driver(&trouble))
            .proof(&trouble.seen)
            .so("Compare both versions; after an update a reboot brings them together:")
            .so("$ cat /proc/driver/nvidia/version; ldconfig -p | grep libcuda.so.1; nvidia-smi")
            .so("In a container: take the driver's libraries from the host (NVIDIA container toolkit), not from the image.")
            .so("$ sudo reboot"),
    ]
}

static STUB: Rule = Rule {
    id: "VG113",
    stage: Stage::Device,
    title: "The stub of the CUDA toolkit is used in place of the driver",
    story: "The toolkit brings a libcuda.so for linking only (lib64/stubs). When LD_LIBRARY_PATH has that folder it answers instead of the driver, with 34.",
    proof: "The call came back with 34.",
    remedy: &["Take the stubs folder out of LD_LIBRARY_PATH."],
    rows: &["runner 32", "reports F"],
    check: Check::Backend(stub),
};

fn stub(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) = of_code(case, &[34]) else {
        return Vec::new();
    };
    // Ollama puts its own folder before all others.
    let copied = trouble
        .file
        .as_deref()
        .filter(|file| whose::is_of_ollama(case, file));
    let command = copied.map(|file| format!("$ sudo rm {file}"));
    let remove = match &command {
        Some(command) => [
            "It lies in Ollama's own folder, which comes before the driver's; take it away:",
            command,
        ],
        None => [
            "Take the stubs folder out of LD_LIBRARY_PATH of the service, or put the driver's folder before it:",
            EDIT_UNIT,
        ],
    };
    vec![
        STUB.found(format!(
            "The file that answers as the CUDA driver is the toolkit's stub{}: {}.",
            by(&trouble),
            said(&trouble)
        ))
        .object(driver(&trouble))
        .proof(&trouble.seen)
        .do_all(&remove)
        .so(RESTART),
    ]
}
