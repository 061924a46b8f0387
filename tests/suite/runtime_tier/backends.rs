//! The real, unmodified CUDA backends of ggml on the shim's runtime: of 3.12.0 for CUDA 12, of 3.20.0 for CUDA 13, each with its own
//! libggml-base.

use vgputrace_tests::npm::{self, Release};
use vgputrace_tests::programs::program_with;
use vgputrace_tests::runtime_tier::{Driver, Series, Tier};
use vgputrace_tests::{Target, test_name};

use super::OLD_C;

const RELEASES: [(Release, Series); 2] = [
    (Release::B6122, Series::Twelve),
    (Release::B10361, Series::Thirteen),
];

/// A program that uses a release's backend, and the folder it needs; nothing when a part of that is missing.
pub(super) fn ggml(
    test: &str,
    driver: Driver,
    (release, series): (Release, Series),
    what: &str,
) -> Option<(Tier, Target)> {
    let backend = npm::cuda_backend(test, release)?;
    let tier = Tier::over(test, series, driver)?;
    let beside = backend.parent()?;
    let target = tier
        .run(program_with("ggml_on_gpu", &OLD_C), &[beside])
        .arg(beside.join("libggml-base.so"))
        .arg(&backend)
        .arg(what)
        .env("GGML_NO_BACKTRACE", "1");
    Some((tier, target))
}

/// Ends with 0 and says these lines on its output, after those of the loading.
#[track_caller]
fn says(target: &Target, lines: &[&str]) {
    let outcome = target.bare();
    let out = outcome.out();
    let got: Vec<&str> = out.lines().collect();
    assert_eq!(
        (got.as_slice(), outcome.shell_code()),
        (lines, 0),
        "{}",
        outcome.err()
    );
}

/// What the program says first: what it found on a driver.
const fn found(driver: Driver) -> [&'static str; 2] {
    let device = match driver {
        Driver::Shim => "CUDA0: NVIDIA H100 80GB HBM3, 81920 of 81920 MiB",
        Driver::Apart => "CUDA0: Apart GPU, 81559 of 81559 MiB",
    };
    ["CUDA, 1 devices", device]
}

/// Each release on each driver.
#[track_caller]
fn everywhere(test: &str, what: &str, check: impl Fn(Driver, &Target)) {
    for driver in Driver::ALL {
        for release in RELEASES {
            let Some((_tier, target)) = ggml(test, driver, release, what) else {
                return;
            };
            check(driver, &target);
        }
    }
}

#[test]
fn a_real_backend_finds_the_device_and_its_memory() {
    everywhere(test_name!(), "list", |driver, target| {
        says(target, &found(driver));
        let words = target.bare().err();
        assert!(words.contains("found 1 CUDA devices"), "{words}");
        let device = "compute capability 9.0, VMM: yes";
        assert!(words.contains(device), "{words}");
    });
}

#[test]
fn a_real_backend_writes_a_tensor_and_reads_it_back() {
    everywhere(test_name!(), "memory", |driver, target| {
        let [backend, device] = found(driver);
        says(
            target,
            &[backend, device, "round trip of 5242880 bytes: the same"],
        );
    });
}

/// Four rounds: the releases capture the work in a graph after the first or second one.
#[test]
fn a_real_backend_multiplies_matrices_right_captured_too() {
    everywhere(test_name!(), "multiply", |driver, target| {
        let [backend, device] = found(driver);
        says(target, &[backend, device, "0 wrong of 7680"]);
    });
}

#[test]
fn a_real_backend_is_told_that_kernels_are_not_supported() {
    everywhere(test_name!(), "add", |_, target| {
        let outcome = target.bare();
        assert_eq!(outcome.shell_code(), 134, "ggml aborts: {}", outcome.err());
        let words = outcome.err();
        let refusal = "CUDA error: operation not supported";
        assert!(words.contains(refusal), "{words}");
    });
}

/// With launches recorded the work goes through, without a result, and the log names the kernel.
#[test]
fn a_real_backends_kernel_is_recorded_by_name_where_that_is_configured() {
    for release in RELEASES {
        let Some((tier, target)) = ggml(test_name!(), Driver::Shim, release, "add") else {
            return;
        };
        let (config, log) = (tier.path().join("vgpu.toml"), tier.path().join("log"));
        std::fs::write(&config, "launch = \"record\"\n").unwrap();
        let target = target.env("VGPU_CONFIG", &config).env("VGPU_LOG", &log);
        let [backend, device] = found(Driver::Shim);
        says(&target, &[backend, device, "compute: 0"]);
        let log = std::fs::read_to_string(&log).unwrap();
        let mut launches = log.lines().filter(|line| line.contains("launch recorded"));
        let launch = launches.next().unwrap_or_default();
        assert!(launch.contains("k_bin_bcast"), "{log}");
        assert!(launch.contains("nothing computed"), "{log}");
        assert_eq!(launches.next(), None, "{log}");
    }
}

/// Failures of a driver and what a real backend says of them.
#[test]
fn a_real_backend_hears_the_drivers_failures() {
    let failures = [
        (
            "cuInit=100",
            "failed to initialize CUDA: no CUDA-capable device is detected",
        ),
        ("cuInit=999", "failed to initialize CUDA: unknown error"),
        (
            "cuInit=803",
            "failed to initialize CUDA: system has unsupported display driver / cuda driver combination",
        ),
        (
            "cuInit=802",
            "failed to initialize CUDA: system not yet initialized",
        ),
        (
            "cuInit=34",
            "failed to initialize CUDA: CUDA driver is a stub library",
        ),
        (
            "cuDeviceGetCount=3",
            "failed to initialize CUDA: initialization error",
        ),
    ];
    for release in RELEASES {
        for (fault, words) in failures {
            let Some((_tier, target)) = ggml(test_name!(), Driver::Apart, release, "list") else {
                return;
            };
            let outcome = target.env("APART_DRIVER_FAULTS", fault).bare();
            assert_eq!(outcome.out(), "CUDA, 0 devices\n", "{fault}");
            assert!(outcome.err().contains(words), "{fault}: {}", outcome.err());
        }
    }
}

#[test]
fn a_driver_of_an_older_series_is_insufficient() {
    let cases = [(RELEASES[0], "11080"), (RELEASES[1], "12080")];
    for (release, version) in cases {
        let Some((_tier, target)) = ggml(test_name!(), Driver::Apart, release, "list") else {
            return;
        };
        let outcome = target.env("APART_DRIVER_VERSION", version).bare();
        assert_eq!(outcome.out(), "CUDA, 0 devices\n");
        let words = "CUDA driver version is insufficient for CUDA runtime version";
        assert!(outcome.err().contains(words), "{}", outcome.err());
    }
}

#[test]
fn memory_that_is_not_there_is_an_error_and_no_buffer() {
    for release in RELEASES {
        let Some((_tier, target)) = ggml(test_name!(), Driver::Apart, release, "memory") else {
            return;
        };
        let outcome = target.env("APART_DRIVER_FAULTS", "cuMemAlloc_v2=2").bare();
        assert!(outcome.out().ends_with("no buffer\n"), "{}", outcome.out());
        assert!(outcome.err().contains("out of memory"), "{}", outcome.err());
    }
}
