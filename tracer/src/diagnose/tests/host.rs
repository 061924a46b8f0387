//! The machine, and starts of models.

use super::build::{call, child, discovery, general, line, look, seen, set};
use crate::diagnose::{Certainty, explain};
use crate::discover::Model;
use crate::discover::model::{Device, Era, LostRecords, ModelStart};
use crate::discover::role::Step;
use crate::event::host::{Gpu, Host};
use crate::event::{Seq, Text};

fn machine(gpus: &[(&str, Option<&str>)], modules: &[&str]) -> Model {
    let mut model = discovery(Era::Runner);
    model.host = Some(Host {
        arch: Text::from("x86_64"),
        kernel: Text::from("6.18.0"),
        gpus: gpus
            .iter()
            .map(|(ids, driver)| Gpu {
                address: Text::from("0000:01:00.0"),
                ids: Text::from(*ids),
                class: Text::from("0302"),
                driver: driver.map(Text::from),
            })
            .collect(),
        modules: modules
            .iter()
            .map(|name| ((*name).to_owned(), None))
            .collect(),
        ..Host::default()
    });
    model
}

#[test]
fn no_card_nouveau_a_guests_card_and_a_missing_module_are_told_apart() {
    assert_eq!(general(&machine(&[], &[])), ["VG180"]);
    assert_eq!(
        general(&machine(&[("10de:2331", Some("nouveau"))], &["nouveau"])),
        ["VG181"]
    );
    assert_eq!(
        general(&machine(&[("10de:2331", Some("vfio-pci"))], &[])),
        ["VG182"]
    );
    assert_eq!(general(&machine(&[("10de:2331", None)], &[])), ["VG183"]);
    assert_eq!(
        general(&machine(&[("10de:2331", Some("nvidia"))], &["nvidia"])),
        ["VG184"]
    );
}

#[test]
fn a_library_that_may_stand_in_for_the_driver_is_named_where_there_is_no_card() {
    let sentence = |path: Option<&str>| {
        let mut model = machine(&[], &[]);
        let mut runner = child(Step::Runner);
        let mapped = path.map(|path| (Text::from(path), Seq(3)));
        runner.mapped.extend(mapped);
        look(&mut model, vec![runner], Vec::new());
        explain(&model).general[0].sentence.clone()
    };
    assert!(
        sentence(Some("/opt/vgpu/libcuda.so.1")).contains("if /opt/vgpu/libcuda.so.1 stands in")
    );
    assert!(
        sentence(Some("/opt/vgpu/libcublas.so.12"))
            .ends_with("so the CPU is the right answer here.")
    );
}

#[test]
fn without_the_end_of_the_discovery_a_missing_card_is_not_called_the_reason() {
    let told = |change: fn(&mut Model)| {
        let mut model = machine(&[], &[]);
        change(&mut model);
        let explanation = explain(&model);
        let finding = explanation.general.first().expect("VG180").clone();
        assert_eq!(
            (finding.rule, finding.certainty),
            ("VG180", Certainty::Likely)
        );
        finding
    };
    let open = told(|model| (model.finished, model.cpu_only) = (false, None));
    assert!(!open.sentence.contains("right answer"), "{}", open.sentence);
    assert!(open.remedy[0].contains("until the table is printed"));
    // Events are missing: a driver that answered may be among them.
    for change in [
        (|model| model.blind.damaged = true) as fn(&mut Model),
        |model| model.blind.began_late = true,
        |model| {
            model.blind.lost.push(LostRecords {
                cause: Text::from("ring"),
                count: 1,
                from: 0,
                to: 1,
                seen: seen("1 record lost").unwrap(),
            });
        },
    ] {
        let holed = told(change);
        assert!(holed.sentence.contains("most likely"), "{}", holed.sentence);
    }
}

#[test]
fn a_preloaded_stand_in_is_known_by_its_calls() {
    let mut model = machine(&[], &[]);
    let mut runner = child(Step::Runner);
    let mut refused = call("cuInit", 999);
    refused.of = Some(Text::from("/opt/vgpu/libdriver.so"));
    runner.calls.push(refused);
    look(&mut model, vec![runner], Vec::new());
    let explanation = explain(&model);
    let sentence = &explanation.general[0].sentence;
    assert!(
        sentence.contains("if /opt/vgpu/libdriver.so stands in"),
        "{sentence}"
    );
}

#[test]
fn the_cpu_is_the_right_answer_only_where_the_facts_prove_it() {
    let mut model = machine(&[], &[]);
    model.host.as_mut().unwrap().pci_unseen = true;
    assert!(general(&model).is_empty());
    // A Jetson's GPU is on no PCI bus, and WSL's neither.
    let mut model = machine(&[], &[]);
    model.host.as_mut().unwrap().arch = Text::from("aarch64");
    assert!(general(&model).is_empty());
    let mut model = machine(&[], &[]);
    model.host.as_mut().unwrap().kernel = Text::from("5.15.0-microsoft-standard-WSL2");
    assert!(general(&model).is_empty());
    // A device that is used without a card on the bus is a virtual one.
    let mut model = machine(&[], &[]);
    model.devices.push(Device {
        id: Text::from("0"),
        library: Text::from("CUDA"),
        ..Device::default()
    });
    assert!(general(&model).is_empty());
}

#[test]
fn variables_without_effect_are_named_when_they_are_set() {
    let mut model = discovery(Era::Runner);
    assert!(general(&model).is_empty());
    set(&mut model, "OLLAMA_LIBRARY_PATH", "/opt/lib");
    assert_eq!(general(&model), ["VG186"]);
}

fn started(change: impl FnOnce(&mut Model, &mut ModelStart)) -> String {
    let mut model = discovery(Era::Runner);
    model.cpu_only = None;
    model.devices.push(Device {
        id: Text::from("0"),
        library: Text::from("CUDA"),
        dirs: vec![Text::from("cuda_v12")],
        ..Device::default()
    });
    let mut start = ModelStart {
        dir: Text::from("cuda_v12"),
        offloaded: Some((0, 33)),
        seen: seen("started"),
        ..ModelStart::default()
    };
    change(&mut model, &mut start);
    model.models.push(start);
    explain(&model)
        .models
        .first()
        .map(|finding| finding.rule.to_owned())
        .unwrap_or_default()
}

#[test]
fn why_a_model_is_not_on_the_gpu_is_told() {
    assert_eq!(started(|_, start| start.num_gpu = Some(0)), "VG162");
    assert_eq!(started(|_, start| start.num_gpu = Some(-1)), "VG164");
    assert_eq!(
        started(|_, start| start.offloaded = Some((33, 33))),
        "VG165"
    );
    assert_eq!(started(|_, start| start.offloaded = None), "VG169");
    assert_eq!(
        started(|model, _| model
            .lines
            .push(line("unable to refresh free memory, using old values", &[]))),
        "VG163"
    );
    assert_eq!(
        started(|model, _| {
            model.devices.clear();
            model.cpu_only = seen("cpu");
        }),
        "VG161"
    );
}
