//! Do the driver libraries fit the GPUs and the kernel's side of the driver?

use super::super::super::escape;
use super::super::{About, Finding, Level};
use super::devices::NVIDIA;
use crate::event::doctor::{Driver, Facts};

/// The driver library that CUDA programs load.
const CUDA: &str = "libcuda.so.1";

pub(in super::super) fn check(facts: &Facts, all: &mut Vec<Finding>) {
    let problem = |id, sentence: String| Finding::new(id, About::Drivers, Level::Problem, sentence);
    for driver in &facts.drivers {
        if let Some(why) = &driver.file.problem {
            all.push(problem(
                "driver-file",
                format!(
                    "{} is answered by {}, and that is no library: {why}",
                    driver.name,
                    escape::word(driver.file.path.as_str())
                ),
            ));
        }
    }
    let cuda = facts
        .drivers
        .iter()
        .find(|driver| driver.name.as_str() == CUDA);
    let gpu = facts
        .host
        .gpus
        .iter()
        .find(|gpu| gpu.ids.as_str().starts_with(NVIDIA));
    if let (Some(gpu), None) = (gpu, cuda) {
        all.push(problem(
            "driver-cuda-missing",
            format!(
                "an NVIDIA GPU is on the PCI bus ({} at {}), and the loader finds no {CUDA}: the user-space half of the \
                 driver is not installed, or not where the loader looks (ldconfig -p lists what it knows)",
                gpu.ids, gpu.address
            ),
        ));
    }
    let module = facts.host.modules.get("nvidia").and_then(Option::as_ref);
    if let (Some(library), Some(module)) = (cuda.and_then(version), module)
        && library != module.as_str()
    {
        all.push(problem(
            "driver-version",
            format!(
                "{CUDA} is of driver {library}, and the kernel module nvidia of {module}: they must be of one version, \
                 as they are after a reboot that follows the update"
            ),
        ));
    }
}

/// `550.54.14` of `libcuda.so.550.54.14`, which is how NVIDIA names the file behind the links.
fn version(driver: &Driver) -> Option<&str> {
    let file = driver
        .file
        .links
        .last()
        .unwrap_or(&driver.file.path)
        .as_str();
    let (_, version) = file.rsplit('/').next()?.split_once(".so.")?;
    let numbers = version.contains('.')
        && version
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    numbers.then_some(version)
}
