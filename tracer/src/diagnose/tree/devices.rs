//! GPUs on the bus, their kernel drivers, device nodes, and what the unit hides from the server.

use super::words::{at, found, host, list, shell};
use super::{AMD, Check, NVIDIA, Scene};
use crate::diagnose::advice::{EDIT_UNIT, RESTART};
use crate::diagnose::{Certainty, Finding};
use crate::event::Text;
use crate::event::host::{Gpu, Node};

pub(super) fn check(scene: &Scene<'_>, check: &mut Check) {
    let nvidia_or_amd = scene.has_gpu(NVIDIA) || scene.has_gpu(AMD);
    if scene.no_gpu(&[NVIDIA, AMD]) {
        let unless = stand_in(scene).map_or_else(String::new, |name| {
            format!(", unless {name} stands in for a driver (a virtual GPU, a shim)")
        });
        check.notes.push(format!(
            "no NVIDIA or AMD GPU is on the PCI bus: here the CPU is the right answer{unless}"
        ));
    }
    for gpu in &scene.facts.host.gpus {
        kernel_driver(scene, gpu, check);
    }
    missing_nodes(scene, check);
    for node in &scene.facts.host.nodes {
        closed(scene, node, check);
    }
    stubs(scene, check);
    if nvidia_or_amd {
        hidden(scene, check);
    }
}

/// A library that may answer as a driver without a card: one of the driver's name that the loader finds, or a preloaded one.
fn stand_in<'f>(scene: &Scene<'f>) -> Option<&'f str> {
    let mut objects = scene
        .folders()
        .flat_map(|folder| &folder.loads)
        .flat_map(|load| &load.closure.objects);
    let named = |name: &str| name == "libcuda.so.1";
    if objects.any(|object| named(object.name.as_str()) && object.file.is_some()) {
        return Some("libcuda.so.1");
    }
    let preload = scene.facts.server.value("LD_PRELOAD");
    preload.split([' ', ':']).find(|name| !name.is_empty())
}

fn kernel_driver(scene: &Scene<'_>, gpu: &Gpu, check: &mut Check) {
    let ids = gpu.ids.as_str();
    let wanted = match (ids.starts_with(NVIDIA), ids.starts_with(AMD)) {
        (true, _) => "nvidia",
        (_, true) => "amdgpu",
        _ => return,
    };
    let seen = vec![host(format!(
        "{} {ids} class {}, driver {}",
        gpu.address,
        gpu.class,
        gpu.driver.as_ref().map_or("none", Text::as_str)
    ))];
    match gpu.driver.as_ref().map(Text::as_str) {
        Some("nvidia" | "amdgpu") => {}
        // Handed to a virtual machine on purpose.
        Some("vfio-pci" | "xen-pciback" | "pciback") => check.warnings.push(Finding {
            evidence: seen,
            ..found(
                "VG333",
                "host",
                format!("the GPU {ids} at {} is set aside for a virtual machine", gpu.address),
            )
        }),
        Some("nouveau") => check.general.push(Finding {
            missing_object: Some(Text::from("nvidia")),
            evidence: seen,
            remedy: vec![
                "install NVIDIA's driver, which turns nouveau off; or by hand, then reboot:".to_owned(),
                "$ printf 'blacklist nouveau\\noptions nouveau modeset=0\\n' | sudo tee /etc/modprobe.d/nouveau.conf".to_owned(),
            ],
            ..found(
                "VG332",
                "host",
                format!(
                    "the GPU {ids} at {} is held by nouveau, with which CUDA does not work",
                    gpu.address
                ),
            )
        }),
        None => unbound(scene, gpu, wanted, seen, check),
        Some(other) => check.general.push(Finding {
            missing_object: Some(Text::from(wanted)),
            evidence: seen,
            ..found(
                "VG333",
                "host",
                format!(
                    "the GPU {ids} at {} has the kernel driver {other}, which does no computing for Ollama",
                    gpu.address
                ),
            )
        }),
    }
}

fn unbound(
    scene: &Scene<'_>,
    gpu: &Gpu,
    wanted: &'static str,
    seen: Vec<crate::discover::model::Evidence>,
    check: &mut Check,
) {
    // A virtual GPU has no kernel driver: its library opens the device by itself, so it is judged by that.
    let is_stub = scene
        .facts
        .stubs
        .iter()
        .any(|stub| stub.address == gpu.address);
    if is_stub && !nvidias_own(scene) {
        return;
    }
    let loaded = scene.facts.host.modules.contains_key(wanted);
    let (why, remedy) = if loaded {
        (
            format!("though the module {wanted} is loaded: the kernel's log says why"),
            format!("$ sudo dmesg | grep -i {wanted}"),
        )
    } else {
        (
            format!("since the module {wanted} is not loaded"),
            format!("$ sudo modprobe {wanted}"),
        )
    };
    check.general.push(Finding {
        missing_object: Some(Text::from(wanted)),
        evidence: seen,
        remedy: vec![remedy],
        ..found(
            "VG333",
            "host",
            format!(
                "the GPU {} at {} has no kernel driver, {why}",
                gpu.ids, gpu.address
            ),
        )
    });
}

/// libcuda.so.1 is a file named as NVIDIA names it, with the driver's version.
fn nvidias_own(scene: &Scene<'_>) -> bool {
    let cuda = scene
        .facts
        .drivers
        .iter()
        .find(|driver| driver.name.as_str() == "libcuda.so.1");
    let file = cuda
        .and_then(|driver| driver.file.as_ref())
        .and_then(|file| scene.facts.files.get(file));
    file.is_some_and(|file| {
        let real = file.links.last().unwrap_or(&file.path);
        super::words::version(super::words::base(real)).is_some()
    })
}

/// The virtual GPU's library maps `resource0` of its PCI device.
fn stubs(scene: &Scene<'_>, check: &mut Check) {
    if nvidias_own(scene) {
        return;
    }
    for stub in &scene.facts.stubs {
        let unbound = scene
            .facts
            .host
            .gpus
            .iter()
            .any(|gpu| gpu.address == stub.address && gpu.driver.is_none());
        let Some(node) = stub.resource.as_ref().filter(|_| unbound) else {
            continue;
        };
        let [user, group] = node.owner;
        let mode = node.mode;
        let settings = &scene.facts.server.hides;
        let sysfs = settings.iter().find(|[name, value, _]| {
            name.as_str() == "ProtectKernelTunables" && is_on(value.as_str())
        });
        let (sentence, remedy) = if !scene.facts.server.user.may(mode, node.owner, 6) {
            (
                format!(
                    "a library that drives the device 10de:2331 at {} by itself (a virtual GPU) must open {} for reading \
                     and writing, and the user {} may not (mode {mode:04o}, owner {user}:{group}): EACCES",
                    stub.address,
                    node.path,
                    scene.user()
                ),
                format!("$ sudo chmod a+rw {}", shell(node.path.as_str())),
            )
        } else if let Some([name, value, file]) = sysfs {
            (
                format!(
                    "{name}={value} in {file} makes sysfs read-only for the service, and a library that drives the \
                     device at {} must write to {}",
                    stub.address, node.path
                ),
                format!("take {name}= out of the unit"),
            )
        } else {
            continue;
        };
        check.general.push(Finding {
            missing_object: Some(node.path.clone()),
            certainty: Certainty::Likely,
            evidence: vec![at(
                &node.path,
                format!("mode {mode:04o}, owner {user}:{group}"),
            )],
            remedy: vec![remedy],
            ..found("VG336", "host", sentence)
        });
    }
}

/// Nodes that the driver's user side opens, and that nvidia-modprobe makes.
fn missing_nodes(scene: &Scene<'_>, check: &mut Check) {
    let host_facts = &scene.facts.host;
    let bound = host_facts.gpus.iter().any(|gpu| {
        gpu.driver
            .as_ref()
            .is_some_and(|driver| driver.as_str() == "nvidia")
    });
    let there = |path: &str| {
        host_facts
            .nodes
            .iter()
            .any(|node| node.path.as_str() == path)
    };
    let numbered = host_facts
        .nodes
        .iter()
        .any(|node| is_card(node.path.as_str()));
    let mut missing: Vec<&str> = ["/dev/nvidiactl", "/dev/nvidia-uvm"]
        .into_iter()
        .filter(|path| !there(path))
        .collect();
    if !numbered {
        missing.push("/dev/nvidia0");
    }
    if !bound || missing.is_empty() {
        return;
    }
    check.general.push(Finding {
        missing_object: missing.first().map(|path| Text::from(*path)),
        missing: missing.iter().map(|path| Text::from(*path)).collect(),
        evidence: vec![host("kernel driver nvidia is bound")],
        remedy: vec![
            "$ sudo nvidia-modprobe -c 0 -u".to_owned(),
            "in a container: start it with --gpus all, or hand the devices in".to_owned(),
        ],
        ..found(
            "VG334",
            "host",
            format!(
                "the NVIDIA driver is loaded, and {} {} not there",
                list(missing.iter().copied()),
                super::words::plural(missing.len(), "is", "are")
            ),
        )
    });
}

fn is_card(path: &str) -> bool {
    numbered(path, "/dev/nvidia")
}

fn numbered(path: &str, begin: &str) -> bool {
    path.strip_prefix(begin)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A node that computing needs and that Ollama's user may not open for reading and writing.
fn closed(scene: &Scene<'_>, node: &Node, check: &mut Check) {
    let path = node.path.as_str();
    let nvidia = is_card(path) || path == "/dev/nvidiactl" || path == "/dev/nvidia-uvm";
    let amd = path == "/dev/kfd" || (numbered(path, "/dev/dri/renderD") && scene.has_gpu(AMD));
    let user = &scene.facts.server.user;
    if !(nvidia || amd) || user.may(node.mode, node.owner, 6) {
        return;
    }
    let [owner, group] = node.owner;
    let named = scene
        .facts
        .groups
        .get(&group)
        .filter(|_| group != 0 && node.mode >> 3 & 6 == 6);
    let remedy = match (named, &user.name) {
        (Some(group), Some(name)) => format!(
            "$ sudo usermod -aG {} {}",
            shell(group.as_str()),
            shell(name.as_str())
        ),
        _ => format!("$ sudo chmod a+rw {}", shell(path)),
    };
    check.general.push(Finding {
        missing_object: Some(node.path.clone()),
        evidence: vec![at(
            &node.path,
            format!("mode {:04o}, owner {owner}:{group}", node.mode),
        )],
        remedy: vec![remedy, RESTART.to_owned()],
        ..found(
            "VG335",
            "host",
            format!(
                "the user {} may not open {path} for reading and writing by its permission bits",
                user.shown()
            ),
        )
    });
}

/// Settings of the unit that take the devices away.
fn hidden(scene: &Scene<'_>, check: &mut Check) {
    let settings = &scene.facts.server.hides;
    for [name, value, file] in settings {
        let (sure, what) = match name.as_str() {
            "PrivateDevices" if is_on(value.as_str()) => {
                (Certainty::Certain, "the service has a /dev without any GPU")
            }
            "DevicePolicy" if ["closed", "strict"].contains(&value.as_str()) => {
                let allowed = settings.iter().any(|[name, value, _]| {
                    let value = value.as_str();
                    name.as_str() == "DeviceAllow"
                        && ["nvidia", "kfd", "dri", "drm"]
                            .iter()
                            .any(|part| value.contains(part))
                });
                if allowed {
                    continue;
                }
                (
                    Certainty::Likely,
                    "only devices named by DeviceAllow= may be opened, and no GPU is",
                )
            }
            _ => continue,
        };
        check.general.push(Finding {
            missing_object: Some(name.clone()),
            certainty: sure,
            evidence: vec![at(file, format!("{name}={value}"))],
            remedy: vec![format!(
                "{EDIT_UNIT}   # {name}= with its default, under [Service]"
            )],
            ..found("VG339", "host", format!("{name}={value} in {file}: {what}"))
        });
    }
}

fn is_on(value: &str) -> bool {
    ["1", "yes", "true", "on", "y", "t"].contains(&value.to_ascii_lowercase().as_str())
}
