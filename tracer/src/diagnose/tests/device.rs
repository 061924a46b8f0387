//! Drivers that answer, and do not give a device.

use super::build::{
    call, child, device, discovery, init, line, load, look, of, said, seen, set, verdict,
};
use crate::diagnose::{Verdict, explain};
use crate::discover::Model;
use crate::discover::model::{Device, DriverCall, Era, Origin, Outcome};
use crate::discover::role::Step;
use crate::event::{Errno, Text};

fn answering(calls: Vec<DriverCall>) -> Model {
    let mut model = discovery(Era::LlamaServer);
    let mut list = child(Step::List);
    list.loads.push(load(Outcome::Loaded, Vec::new()));
    list.inits.push(init());
    list.calls = calls;
    look(&mut model, vec![list], Vec::new());
    model
}

fn rule(model: &Model) -> String {
    verdict(model)
        .split([',', ' '])
        .nth(1)
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn each_code_has_its_rule() {
    for (code, id) in [
        (100, "VG110"),
        (35, "VG111"),
        (803, "VG112"),
        (804, "VG112"),
        (34, "VG113"),
        (46, "VG114"),
        (2, "VG114"),
        (802, "VG115"),
        (805, "VG115"),
        (999, "VG116"),
        (3, "VG116"),
        (304, "VG116"),
        (700, "VG117"),
    ] {
        assert_eq!(
            rule(&answering(vec![call("cudaGetDeviceCount", code)])),
            id,
            "{code}"
        );
    }
    assert_eq!(
        rule(&answering(vec![call("cudaGetDeviceCount", 0)])),
        "VG105"
    );
}

#[test]
fn words_tell_the_code_where_no_call_was_seen() {
    let mut model = answering(Vec::new());
    model.children[0].said.push(said("ggml_cuda_init: failed to initialize CUDA: CUDA driver version is insufficient for CUDA runtime version"));
    assert_eq!(rule(&model), "VG111");
    model.children[0].said[0] = said("ggml_cuda_init: found 1 CUDA devices:");
    assert_eq!(rule(&model), "VG105");
}

#[test]
fn a_runtime_that_refuses_a_driver_that_works_is_told_from_a_driver_without_device() {
    let mut table = call("cuGetExportTable", 801);
    table.failed = true;
    let refused = answering(vec![
        call("cuInit", 0),
        table.clone(),
        call("cudaGetDeviceCount", 801),
    ]);
    assert!(
        verdict(&refused).starts_with("failed VG102, certain"),
        "{}",
        verdict(&refused)
    );
    assert_eq!(
        rule(&answering(vec![
            call("cuInit", 100),
            call("cudaGetDeviceCount", 100)
        ])),
        "VG110"
    );
    assert_eq!(
        rule(&answering(vec![
            call("cuInit", 0),
            call("cudaGetDeviceCount", 35)
        ])),
        "VG111"
    );
}

#[test]
fn a_variable_that_hides_everything_is_certain_and_one_that_may_is_likely() {
    let mut model = answering(vec![call("cudaGetDeviceCount", 100)]);
    set(&mut model, "CUDA_VISIBLE_DEVICES", "-1");
    assert_eq!(
        verdict(&model),
        "failed VG101, certain CUDA_VISIBLE_DEVICES"
    );
    let mut model = answering(vec![call("cudaGetDeviceCount", 100)]);
    set(&mut model, "CUDA_VISIBLE_DEVICES", "0");
    assert_eq!(verdict(&model), "failed VG101, likely CUDA_VISIBLE_DEVICES");
    // Near: another code is no question of visibility.
    let mut model = answering(vec![call("cudaGetDeviceCount", 999)]);
    set(&mut model, "CUDA_VISIBLE_DEVICES", "0");
    assert_eq!(rule(&model), "VG116");
}

#[test]
fn a_refused_node_is_the_reason_only_where_it_is_one() {
    let refused = |err: u16| {
        let mut model = answering(vec![call("cudaGetDeviceCount", 100)]);
        model.children[0]
            .refused
            .push((Errno(err), seen("open /dev/nvidiactl").unwrap()));
        rule(&model)
    };
    assert_eq!(refused(1), "VG100");
    // A node that is not there on a machine whose bus was not looked at proves nothing.
    assert_eq!(refused(2), "VG110");
}

#[test]
fn a_count_of_zero_is_no_error() {
    let mut count = call("cudaGetDeviceCount", 0);
    count.values.push((Text::from("count"), Text::from("0")));
    assert_eq!(rule(&answering(vec![count])), "VG103");
}

#[test]
fn a_device_without_memory_is_filtered_and_one_with_memory_is_not_laid_to_that() {
    let with = |total: u64| {
        let mut model = discovery(Era::LlamaServer);
        let mut list = child(Step::List);
        list.calls.push(call("cudaMemGetInfo", 2));
        let mut one = device("CUDA0");
        one.total = Some(total);
        look(&mut model, vec![list], vec![one]);
        rule(&model)
    };
    assert_eq!(with(0), "VG153");
    assert_eq!(with(80 << 30), "VG159");
}

#[test]
fn impossible_values_are_a_warning_and_real_ones_are_not() {
    let with = |pci: &str, compute: (i64, i64)| {
        let mut model = discovery(Era::Runner);
        let mut one = device("GPU-1");
        one.pci_id = Some(Text::from(pci));
        one.compute = Some(compute);
        look(&mut model, vec![child(Step::Runner)], vec![one]);
        explain(&model).backends[0]
            .warnings
            .iter()
            .map(|finding| finding.rule)
            .collect::<Vec<_>>()
    };
    assert_eq!(with("0000:01:00.0", (9, 0)), Vec::<&str>::new());
    assert_eq!(with("99fff950:99fff9", (9, 0)), ["VG155"]);
    assert_eq!(with("0000:01:00.0", (0, 0)), ["VG155"]);
}

/// A list of two devices, of which the final list has the second.
fn one_of_two(reason: bool) -> Model {
    let mut model = discovery(Era::LlamaServer);
    model.cpu_only = None;
    let mut list = child(Step::List);
    list.loads.push(load(Outcome::Loaded, Vec::new()));
    list.inits.push(init());
    look(
        &mut model,
        vec![list],
        vec![device("CUDA0"), device("CUDA1")],
    );
    if reason {
        model.lines.push(line(
            "skipping CUDA device — compute capability not in compiled architectures",
            &[
                ("cc", "610"),
                ("archs", "[750 900]"),
                (
                    "libDirs",
                    "[/usr/local/lib/ollama /usr/local/lib/ollama/cuda_v12]",
                ),
            ],
        ));
    }
    model.devices.push(Device {
        id: Text::from("1"),
        library: Text::from("CUDA"),
        dirs: vec![Text::from("cuda_v12")],
        fields: [(Text::from("name"), Text::from("CUDA1"))].into(),
        ..Device::default()
    });
    model
}

#[test]
fn a_device_that_is_dropped_beside_one_that_is_used_is_told() {
    let told = |reason: bool| {
        let explanation = explain(&one_of_two(reason));
        let backend = of(&explanation, "cuda_v12");
        let warnings: Vec<&str> = backend.warnings.iter().map(|one| one.rule).collect();
        let devices: Vec<String> = explanation
            .devices
            .iter()
            .map(|device| {
                let rule = device.finding.as_ref().map_or("", |finding| finding.rule);
                format!("{} {} {rule}", device.id, device.verdict.name())
            })
            .collect();
        (
            backend.verdict.name(),
            warnings.join(" "),
            devices.join(", "),
        )
    };
    let dropped = (
        "used",
        "VG145".to_owned(),
        "1 used , CUDA0 filtered VG145".to_owned(),
    );
    assert_eq!(told(true), dropped);
    assert_eq!(told(false), ("used", String::new(), "1 used ".to_owned()));
}

/// A final list with a CUDA device whose line ends before the folder, as strace cuts it.
fn cut_device(origin: Origin, other: &str) -> Model {
    let mut model = answering(Vec::new());
    model.origin = origin;
    model.cpu_only = None;
    let mut second = model.attempts[0].clone();
    second.dir = Text::from(other);
    second.path = Text::from(format!("/usr/local/lib/ollama/{other}"));
    model.attempts.push(second);
    model.devices.push(Device {
        id: Text::from("0"),
        library: Text::from("CUDA"),
        ..Device::default()
    });
    model
}

#[test]
fn a_device_whose_line_strace_cut_is_of_the_only_folder_of_its_library() {
    let rocm = cut_device(Origin::Strace, "rocm");
    assert_eq!(verdict(&rocm), "used");
    let rocm_verdict = of(&explain(&rocm), "rocm").verdict;
    assert_ne!(rocm_verdict, Verdict::Used);
    let two = cut_device(Origin::Strace, "cuda_v13");
    let explanation = explain(&two);
    for name in ["cuda_v12", "cuda_v13"] {
        let backend = of(&explanation, name);
        assert_eq!(backend.verdict, Verdict::Unknown);
        let sentence = &backend.findings[0].sentence;
        assert!(sentence.contains("is cut off"), "{sentence}");
    }
    assert_ne!(verdict(&cut_device(Origin::Trace, "rocm")), "used");
}
