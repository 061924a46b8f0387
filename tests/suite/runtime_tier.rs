//! The shim's own runtime: what its libraries export, that calls do what they say, that real CUDA backends of ggml run on it.
//!
//! Under it lie the shim's own driver, and one whose device memory cannot be followed (`programs/lib/apart_driver.c`), so everything must go
//! through the driver.

mod backends;
mod surface;
mod traced;

use vgputrace_tests::programs::program_with;
use vgputrace_tests::runtime_tier::{Driver, Series, Tier};
use vgputrace_tests::{Target, test_name, wheels};

/// The program calls functions by name, without prototypes, which C23 no longer has.
const OLD_C: [&str; 1] = ["-std=gnu17"];

fn calls(tier: &Tier, series: Series, what: &str) -> Target {
    tier.run(program_with("runtime_calls", &OLD_C), &[])
        .arg(series.number().to_string())
        .arg(what)
}

#[track_caller]
fn ends_well(target: &Target) {
    let outcome = target.bare();
    assert_eq!(
        (outcome.out().as_str(), outcome.shell_code()),
        ("well\n", 0),
        "{}",
        outcome.err()
    );
}

#[track_caller]
fn all_do(test: &str, what: &str) {
    for driver in Driver::ALL {
        on(test, driver, |tier, series| calls(tier, series, what));
    }
}

/// Both series end well on a driver.
#[track_caller]
fn on(test: &str, driver: Driver, target: impl Fn(&Tier, Series) -> Target) {
    for series in Series::ALL {
        let Some(tier) = Tier::over(test, series, driver) else {
            return;
        };
        ends_well(&target(&tier, series));
    }
}

#[test]
fn devices_are_counted_and_chosen_and_errors_remembered() {
    all_do(test_name!(), "first");
}

#[test]
fn memory_is_taken_filled_copied_and_given_back() {
    all_do(test_name!(), "memory");
}

#[test]
fn streams_events_and_captured_graphs_keep_their_order() {
    all_do(test_name!(), "order");
}

#[test]
fn kernels_are_registered_and_their_launch_is_not_supported() {
    on(test_name!(), Driver::Apart, |tier, series| {
        calls(tier, series, "kernels")
    });
}

#[test]
fn products_are_right_one_many_listed_and_captured() {
    for driver in Driver::ALL {
        on(test_name!(), driver, |tier, series| {
            let program = program_with("runtime_products", &OLD_C);
            tier.run(program, &[]).arg(series.number().to_string())
        });
    }
}

#[test]
fn eight_threads_at_once_do_not_disturb_each_other() {
    all_do(test_name!(), "threads");
}

#[test]
fn two_devices_are_chosen_by_each_thread_and_reach_each_other() {
    on(test_name!(), Driver::Apart, |tier, series| {
        calls(tier, series, "two").env("APART_DRIVER_COUNT", "2")
    });
}

#[test]
fn a_forked_child_hears_that_the_driver_is_not_started() {
    all_do(test_name!(), "child");
}

#[test]
fn without_a_driver_the_runtime_loads_and_says_so() {
    if std::path::Path::new("/usr/lib/x86_64-linux-gnu/libcuda.so.1").exists() {
        vgputrace_tests::gate::skip(test_name!(), "this machine has a driver");
        return;
    }
    for series in Series::ALL {
        let Some(tier) = Tier::without_driver(test_name!(), series) else {
            return;
        };
        ends_well(&calls(&tier, series, "alone"));
    }
}

#[test]
fn structures_are_those_of_the_original_headers() {
    for series in Series::ALL {
        let Some(tier) = Tier::over(test_name!(), series, Driver::Apart) else {
            return;
        };
        let Some(original) = wheels::original(test_name!(), series) else {
            return;
        };
        let stub = vgputrace_tests::programs::sources().join("headers");
        let include = format!("-I{}", original.headers().display());
        let flags = [
            OLD_C[0].to_owned(),
            format!("-I{}", stub.display()),
            include,
        ];
        let program = program_with("runtime_by_headers", &flags);
        ends_well(&tier.run(program, &[]).arg(series.soname("cudart")));
    }
}
