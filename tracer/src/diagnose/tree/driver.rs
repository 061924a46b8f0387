//! Do the driver's libraries fit the GPU, the kernel's side of the driver, and the runtimes that Ollama brings?

use super::files::describe;
use super::load::searched;
use super::words::{at, base, found, host, major, version};
use super::{Check, NVIDIA, Scene};
use crate::diagnose::{Certainty, Finding};
use crate::discover::model::Era;
use crate::event::Text;
use crate::event::library::{Library, Resolved};

/// Bytes below which NVIDIA's library is not the real one: the stub of the toolkit has some 100 KB, real ones 10 MB and
/// more.
const STUB_SIZE: u64 = 1 << 20;

pub(super) fn check(scene: &Scene<'_>, check: &mut Check) {
    for driver in &scene.facts.drivers {
        let name = driver.name.as_str();
        if name != "libcuda.so.1" && name != "libnvidia-ml.so.1" {
            continue;
        }
        let file = driver
            .file
            .as_ref()
            .and_then(|file| scene.facts.files.get(file));
        match file {
            None => missing(scene, driver, check),
            Some(file) => there(scene, driver, file, check),
        }
    }
    runtimes(scene, check);
}

/// Nobody answers: a finding only where a GPU needs it.
fn missing(scene: &Scene<'_>, driver: &Resolved, check: &mut Check) {
    let passed = driver.tried.iter().find(|tried| tried.problem.is_some());
    let gpu = scene
        .facts
        .host
        .gpus
        .iter()
        .find(|gpu| gpu.ids.as_str().starts_with(NVIDIA));
    let (Some(gpu), "libcuda.so.1") = (gpu, driver.name.as_str()) else {
        return;
    };
    let mut sentence = format!(
        "an NVIDIA GPU is on the PCI bus ({} at {}), and the loader finds no {}: the user-space half of the driver is not \
         installed, or not where the loader looks",
        gpu.ids, gpu.address, driver.name
    );
    let mut rule = "VG330";
    if let Some((passed, problem)) = passed.and_then(|one| Some((one, one.problem.as_ref()?))) {
        rule = "VG325";
        sentence = format!(
            "{} is passed over by the loader ({problem}), and no other {} is found for the NVIDIA GPU {} at {}",
            passed.file, driver.name, gpu.ids, gpu.address
        );
    }
    check.general.push(Finding {
        missing_object: Some(driver.name.clone()),
        evidence: searched(scene, driver),
        remedy: vec![
            format!("$ ldconfig -p | grep {}", driver.name),
            "install the driver's libraries; in a container start it with --gpus all (NVIDIA Container Toolkit)".to_owned(),
        ],
        ..found(rule, "host", sentence)
    });
}

fn there(scene: &Scene<'_>, driver: &Resolved, file: &Library, check: &mut Check) {
    let real = file.links.last().unwrap_or(&file.path);
    if let Some(problem) = &file.problem {
        check.general.push(Finding {
            missing_object: Some(file.path.clone()),
            evidence: vec![at(&file.path, describe(file))],
            remedy: vec!["install the driver's libraries again".to_owned()],
            ..found(
                "VG305",
                "host",
                format!(
                    "{} is answered by {}, which cannot be loaded: {problem}",
                    driver.name, file.path
                ),
            )
        });
        return;
    }
    if real.as_str().contains("/stubs/") && file.size.is_some_and(|size| size < STUB_SIZE) {
        check.general.push(Finding {
            missing_object: Some(driver.name.clone()),
            certainty: Certainty::Likely,
            evidence: vec![at(real, describe(file))],
            remedy: without_stub(driver, file),
            ..found(
                "VG324",
                "host",
                format!(
                    "{} is answered by {}, the toolkit's stub for linking: every call of it fails (CUDA error 34)",
                    driver.name, file.path
                ),
            )
        });
        return;
    }
    // The forward compatibility package has a newer library for an older kernel module on purpose.
    let compat = real.as_str().contains("/compat");
    if let (Some(library), Some(module)) = (version(base(real)), module(scene))
        && library != module
        && !compat
    {
        check.general.push(Finding {
            missing_object: Some(driver.name.clone()),
            evidence: vec![
                at(real, describe(file)),
                host(format!("kernel module nvidia {module}")),
            ],
            remedy: vec![
                "after an update of the driver a reboot loads the module that belongs to it".to_owned(),
                "$ sudo reboot".to_owned(),
            ],
            ..found(
                "VG331",
                "host",
                format!(
                    "{} is of driver {library}, and the kernel module nvidia of {module}: they must be of one version \
                     (CUDA error 803)",
                    driver.name
                ),
            )
        });
    }
}

/// The driver's own library comes first again: by the way on which the stub was found.
fn without_stub(driver: &Resolved, file: &Library) -> Vec<String> {
    let folder = file
        .path
        .as_str()
        .rsplit_once('/')
        .map_or("/", |(folder, _)| folder);
    let own = format!("the folder of the driver's own {}", driver.name);
    let mut lines = match driver.via.as_ref().map_or("", Text::as_str) {
        "LD_LIBRARY_PATH" => vec![format!(
            "take {folder} out of LD_LIBRARY_PATH, or keep it there and put {own} before it"
        )],
        "cache" => vec![
            format!("take {folder} out of /etc/ld.so.conf.d, then:"),
            "$ sudo ldconfig".to_owned(),
            format!("or leave it there and put {own} into LD_LIBRARY_PATH"),
        ],
        _ => vec![format!(
            "put {own} into LD_LIBRARY_PATH, or take {} away",
            file.path
        )],
    };
    lines.push("where the driver's own is:".to_owned());
    lines.push(format!("$ ldconfig -p | grep {}", driver.name));
    lines
}

/// Version of the kernel module, from sysfs or from the driver's own line in /proc.
fn module<'f>(scene: &Scene<'f>) -> Option<&'f str> {
    let host = &scene.facts.host;
    let of_module = host.modules.get("nvidia").and_then(Option::as_ref);
    if let Some(version) = of_module {
        return Some(version.as_str());
    }
    let line = host.nvidia.as_ref()?.as_str();
    line.split_whitespace().find(|word| {
        let mut parts = word.split('.');
        let numbers = parts
            .by_ref()
            .take_while(|part| part.parse::<u32>().is_ok());
        let count = numbers.count();
        count >= 2 && parts.next().is_none() && count == word.split('.').count()
    })
}

/// The driver's version: of the module, else of the library's file name.
fn driver_version(scene: &Scene<'_>) -> Option<String> {
    if let Some(module) = module(scene) {
        return Some(module.to_owned());
    }
    let cuda = scene
        .facts
        .drivers
        .iter()
        .find(|driver| driver.name.as_str() == "libcuda.so.1")?;
    let file = scene.facts.files.get(cuda.file.as_ref()?)?;
    version(base(file.links.last().unwrap_or(&file.path))).map(str::to_owned)
}

/// The smallest driver for each series of CUDA (NVIDIA, CUDA Compatibility, table of minor version compatibility).
const SMALLEST: [(u32, u32); 3] = [(11, 450), (12, 525), (13, 580)];

/// cudart tells in its file's name which driver it needs.
fn runtimes(scene: &Scene<'_>, check: &mut Check) {
    let Some(driver) = driver_version(scene) else {
        return;
    };
    let Some(number) = major(&driver) else { return };
    // The compatibility package is there so that a newer runtime works.
    let compat = scene.facts.drivers.iter().any(|one| {
        one.name.as_str() == "libcuda.so.1"
            && one
                .file
                .as_ref()
                .is_some_and(|file| file.as_str().contains("/compat"))
    });
    for folder in scene.folders().filter(|_| !compat) {
        let objects = folder.loads.iter().flat_map(|load| &load.closure.objects);
        let mut runtimes =
            objects.filter(|object| object.name.as_str().starts_with("libcudart.so."));
        let Some(file) = runtimes.find_map(|object| scene.facts.files.get(object.file.as_ref()?))
        else {
            continue;
        };
        let real = file.links.last().unwrap_or(&file.path);
        let Some(runtime) = version(base(real)) else {
            continue;
        };
        let needed = needed(scene.era, folder.name.as_str(), runtime);
        let Some((needed, why)) = needed.filter(|(needed, _)| number < *needed) else {
            continue;
        };
        check.general.push(Finding {
            missing_object: Some(Text::from("libcuda.so.1")),
            evidence: vec![at(real, describe(file)), host(format!("driver {driver}"))],
            remedy: vec![
                format!("install NVIDIA driver {needed} or newer"),
                "$ nvidia-smi --query-gpu=driver_version --format=csv,noheader".to_owned(),
            ],
            ..found(
                "VG337",
                "device",
                format!(
                    "driver {driver} is too old for the CUDA runtime {runtime} in {}: {why} {needed} or newer",
                    folder.name
                ),
            )
        });
    }
}

/// The driver a runtime needs, and who says so.
fn needed(era: Era, folder: &str, runtime: &str) -> Option<(u32, &'static str)> {
    let mut numbers = runtime
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    let (series, minor) = (numbers.next()?, numbers.next().unwrap_or(0));
    // Ollama 0.30 and later drop devices of cuda_v12 below 550 with a runtime of 12.4 or newer (discover/cuda_compat.go).
    if era == Era::LlamaServer && folder == "cuda_v12" && series == 12 && minor >= 4 {
        return Some((
            550,
            "Ollama drops its devices (NVIDIA driver too old), it wants",
        ));
    }
    let smallest = SMALLEST.iter().find(|(one, _)| *one == series);
    smallest.map(|(_, driver)| (*driver, "it finds no device (CUDA error 35), it wants"))
}

#[cfg(test)]
mod tests {
    use super::needed;
    use crate::discover::model::Era;

    #[test]
    fn a_runtime_tells_the_smallest_driver() {
        let driver = |era, folder, runtime| needed(era, folder, runtime).map(|one| one.0);
        assert_eq!(driver(Era::Runner, "cuda_v12", "12.8.90"), Some(525));
        assert_eq!(driver(Era::LlamaServer, "cuda_v12", "12.8.90"), Some(550));
        assert_eq!(driver(Era::LlamaServer, "cuda_v12", "12.2.1"), Some(525));
        assert_eq!(driver(Era::LlamaServer, "cuda_v13", "13.0.96"), Some(580));
        assert_eq!(driver(Era::Runner, "x", "9.1"), None);
        assert_eq!(driver(Era::Runner, "x", ""), None);
    }
}
