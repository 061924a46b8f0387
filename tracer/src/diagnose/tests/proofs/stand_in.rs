//! Stand-ins for the driver: VG190 and VG191.

use super::super::build::{child, discovery, look, seen};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Device, Era, Evidence, ModelStart, Symbol};
use crate::discover::role::{Role, Step};
use crate::event::{Seq, Text};

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG190", asked("cuInit", "/opt/libcudart.so.12"))
            .silent(
                "not every driver has it",
                asked("cuGetProcAddress_v2", "/opt/libcudart.so.12"),
            )
            .silent(
                "the driver itself was asked",
                asked("cuInit", "/usr/lib/libcuda.so.1"),
            )
            .silent(
                "a device was found all the same",
                but(asked("cuInit", "/opt/libcudart.so.12"), |model| {
                    model.devices.push(device());
                }),
            ),
        Proof::likely("VG191", on_gpu(None))
            .silent("it opened a device", on_gpu(Some("open /dev/nvidiactl")))
            .silent(
                "no layer is on the GPU",
                but(on_gpu(None), |model| {
                    model.models[0].offloaded = Some((0, 33));
                }),
            )
            .silent(
                "the run says by itself that the GPU is a virtual one",
                but(on_gpu(None), |model| {
                    model.virtual_gpu = Some(Text::from("the shim's"));
                }),
            )
            .silent(
                "something was lost",
                but(on_gpu(None), |model| model.blind.damaged = true),
            ),
    ]
}

fn asked(name: &str, of: &str) -> Model {
    let mut runner = child(Step::Runner);
    runner.missed_symbols.push(Symbol {
        name: Text::from(name),
        of: Some(Text::from(of)),
        seen: Evidence::event(Seq(3), format!("undefined symbol: {name}")),
    });
    but(discovery(Era::Runner), |model| {
        look(model, vec![runner], Vec::new());
    })
}

fn device() -> Device {
    Device {
        id: Text::from("0"),
        library: Text::from("CUDA"),
        dirs: vec![Text::from("cuda_v12")],
        ..Device::default()
    }
}

/// A model whose layers are all on the GPU.
fn on_gpu(opened: Option<&str>) -> Model {
    but(discovery(Era::Runner), |model| {
        model.cpu_only = None;
        model.devices.push(device());
        let mut process = child(Step::Runner);
        process.role = Role::Model {
            dir: Text::from("cuda_v12"),
        };
        process
            .mapped
            .push((Text::from("/opt/own/libcuda.so.1"), Seq(4)));
        process.opened_devices.extend(opened.and_then(seen));
        model.models.push(ModelStart {
            dir: Text::from("cuda_v12"),
            child: Some(model.children.len()),
            offloaded: Some((33, 33)),
            seen: seen("started"),
            ..ModelStart::default()
        });
        model.children.push(process);
    })
}
