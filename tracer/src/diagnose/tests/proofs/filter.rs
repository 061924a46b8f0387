//! Filter: devices that were removed. VG150 to VG159.

use super::super::build::{call, child, device, discovery, folder, line, look};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Era, Reported};
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
            .silent("they tell no id", twins("", "")),
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
