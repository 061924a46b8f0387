//! Filter: devices that were removed. VG150 to VG159.

use super::super::build::{attempt, call, child, device, discovery, folder, line, look, of, said};
use super::{Proof, but};
use crate::diagnose::explain;
use crate::discover::Model;
use crate::discover::model::{Answer, Device, Era, Reported};
use crate::discover::role::Step;
use crate::event::Text;

pub(super) fn proofs() -> Vec<Proof> {
    let overlap = "filtering device with overlapping libraries";
    let (v12, v13) = (
        "/usr/local/lib/ollama/cuda_v12",
        "/usr/local/lib/ollama/cuda_v13",
    );
    let igpu = "dropping integrated GPU; to enable, set OLLAMA_IGPU_ENABLE=1";
    let pseudo = "skipping pseudo-device with zero memory";
    vec![
        Proof::of(
            "VG150",
            removed(overlap, &[("library", v12), ("kept_library", v13)]),
        )
        .silent(
            "this folder was kept",
            removed(overlap, &[("library", v13), ("kept_library", v12)]),
        ),
        Proof::of("VG151", vulkan("dropping duplicate device"))
            .silent("nothing was dropped", vulkan("adjusting filtering IDs"))
            .silent(
                "CUDA's devices stay",
                removed("dropping duplicate device", &[("device", "H100")]),
            ),
        Proof::of("VG152", removed(igpu, &[("library", "CUDA")])).silent(
            "it is a device of another library",
            removed(igpu, &[("library", "Vulkan")]),
        ),
        Proof::of("VG153", removed(pseudo, &[("name", "CUDA0")]))
            .also(memory(0, true))
            .weaker(memory(0, false))
            .silent(
                "it is about BLAS, which is no card",
                removed(pseudo, &[("name", "BLAS")]),
            )
            .silent("the device tells its memory", memory(80 << 30, true)),
        Proof::of("VG154", twins("0000:01:00.0", "0000:01:00.0"))
            .silent(
                "each has an id of its own",
                twins("0000:01:00.0", "0000:02:00.0"),
            )
            .silent("they tell no id", twins("", ""))
            .also(verified("0000:01:00.0"))
            .also(probed("0000:01:00.0"))
            .silent("each line has an id of its own", verified("0000:02:00.0"))
            .silent(
                "each device of the probe has its own",
                probed("0000:02:00.0"),
            )
            .silent("both are in the final list", both_listed()),
        Proof::of("VG155", reported(|one| one.compute = Some((0, 0))))
            .also(reported(|one| {
                one.uuid = Some(Text::from("GPU-00000000-1400-0000-00c0-000000000000"))
            }))
            .also(reported(|one| {
                one.pci_id = Some(Text::from("99fff950:99fff9"))
            }))
            .silent(
                "its values are those of a card",
                reported(|one| one.pci_id = Some(Text::from("0000:01:00.0"))),
            )
            .silent(
                "its values are not known",
                reported(|one| one.compute = None),
            ),
        Proof::likely("VG159", removed("evaluating", &[]))
            .silent("a filter was seen", removed(igpu, &[("library", "CUDA")])),
    ]
}

fn with(devices: Vec<Reported>) -> Model {
    but(discovery(Era::LlamaServer), |model| {
        look(model, vec![child(Step::List)], devices);
    })
}

fn removed(message: &str, fields: &[(&str, &str)]) -> Model {
    but(with(vec![device("CUDA0")]), |model| {
        model.lines.push(line(message, fields));
    })
}

fn vulkan(message: &str) -> Model {
    but(removed(message, &[("device", "Intel")]), |model| {
        model.folders = vec![folder("vulkan", &["libggml-vulkan.so"])];
        model.attempts[0].dir = Text::from("vulkan");
    })
}

fn reported(change: impl FnOnce(&mut Reported)) -> Model {
    let mut one = device("GPU-1");
    change(&mut one);
    with(vec![one])
}

fn memory(total: u64, failed: bool) -> Model {
    but(reported(|one| one.total = Some(total)), |model| {
        if failed {
            model.children[0].calls.push(call("cudaMemGetInfo", 2));
        }
    })
}

fn twins(one: &str, other: &str) -> Model {
    let with_id = |id: &str, pci: &str| Reported {
        pci_id: Some(Text::from(pci)),
        ..device(id)
    };
    with(vec![with_id("GPU-1", one), with_id("GPU-2", other)])
}

/// The server's lines about two devices, the second at this address.
fn verified(second: &str) -> Model {
    but(with(vec![device("CUDA0")]), |model| {
        for (id, pci) in [("0", "0000:01:00.0"), ("1", second)] {
            let fields = [
                ("library", "/usr/local/lib/ollama/cuda_v12"),
                ("id", id),
                ("pci_id", pci),
            ];
            model
                .lines
                .push(line("verifying if device is supported", &fields));
        }
    })
}

/// The list has no addresses, and the probe's answer has them.
fn probed(second: &str) -> Model {
    let mut probe = child(Step::Probe);
    let with_id = |id: &str, pci: &str| Reported {
        pci_id: Some(Text::from(pci)),
        ..device(id)
    };
    probe.answer = Some(Answer {
        devices: vec![with_id("CUDA0", "0000:01:00.0"), with_id("CUDA1", second)],
        ..Answer::default()
    });
    but(discovery(Era::LlamaServer), |model| {
        let listed = vec![device("CUDA0"), device("CUDA1")];
        look(model, vec![child(Step::List), probe], listed);
    })
}

fn both_listed() -> Model {
    but(twins("0000:01:00.0", "0000:01:00.0"), |model| {
        for id in ["GPU-1", "GPU-2"] {
            model.devices.push(Device {
                id: Text::from(id),
                library: Text::from("CUDA"),
                dirs: vec![Text::from("cuda_v12")],
                pci_id: Text::from("0000:01:00.0"),
                ..Device::default()
            });
        }
    })
}

/// cuda_v12 with two cards, of which the second look refused one; the other is used through cuda_v13.
fn two_cards() -> Model {
    let mut model = discovery(Era::Runner);
    let cards = vec![device("GPU-1"), device("GPU-2")];
    look(&mut model, vec![child(Step::Runner)], cards);
    let mut second = child(Step::Runner);
    second.said.push(said(
        "GGML_ASSERT(ggml_cuda_has_arch(info.devices[id].cc) && \"ggml was not compiled with support for this arch\") failed",
    ));
    attempt(&mut model, vec![second], Vec::new(), 2);
    let folder = "/usr/local/lib/ollama/cuda_v12";
    model.lines.push(line(
        "filtering device which didn't fully initialize",
        &[
            ("id", "GPU-2"),
            ("libdir", folder),
            ("pci_id", "0000:06:00.0"),
        ],
    ));
    model.lines.push(line(
        "filtering device with overlapping libraries",
        &[
            ("id", "GPU-1"),
            ("library", folder),
            ("kept_library", "/usr/local/lib/ollama/cuda_v13"),
        ],
    ));
    model
}

#[test]
fn each_device_of_a_folder_has_its_own_reason() {
    let explanation = explain(&two_cards());
    let reasons: Vec<(&str, &str)> = explanation
        .devices
        .iter()
        .map(|one| {
            let rule = one.finding.as_ref().map_or("", |finding| finding.rule);
            (one.id.as_str(), rule)
        })
        .collect();
    assert_eq!(reasons, [("GPU-1", "VG150"), ("GPU-2", "VG140")]);
    let findings = &of(&explanation, "cuda_v12").findings;
    assert!(findings[0].sentence.contains("The device at 0000:06:00.0"));
    let kept = findings.iter().find(|one| one.rule == "VG150").unwrap();
    assert!(
        kept.sentence.contains("some of the cards only"),
        "{}",
        kept.sentence
    );
    assert!(!kept.remedy.iter().any(|line| line.contains("used instead")));
}
