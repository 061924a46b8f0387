//! The machine: VG180 to VG184.

use super::super::build::{call, child, discovery, look};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::Era;
use crate::discover::role::Step;
use crate::event::Text;
use crate::event::host::{Gpu, Host, Node};

pub(super) fn proofs() -> Vec<Proof> {
    let card = "10de:2331";
    vec![
        no_card(),
        Proof::of(
            "VG181",
            machine(&[(card, Some("nouveau"))], &["nouveau"], &[]),
        )
        .silent(
            "NVIDIA's driver has it",
            machine(&[(card, Some("nvidia"))], &["nvidia"], &[]),
        )
        .silent(
            "NVIDIA's driver has another one",
            machine(
                &[(card, Some("nouveau")), (card, Some("nvidia"))],
                &["nvidia"],
                &[],
            ),
        ),
        Proof::of("VG182", machine(&[(card, Some("vfio-pci"))], &[], &[])).silent(
            "another card is this machine's own",
            machine(
                &[(card, Some("vfio-pci")), (card, Some("nvidia"))],
                &["nvidia"],
                &[],
            ),
        ),
        Proof::likely("VG183", machine(&[(card, None)], &[], &[]))
            .silent(
                "the module is loaded",
                machine(&[(card, None)], &["nvidia"], &[]),
            )
            .silent(
                "a driver has it",
                machine(&[(card, Some("vfio-pci"))], &[], &[]),
            ),
        Proof::of(
            "VG184",
            machine(&[(card, Some("nvidia"))], &["nvidia"], &["/dev/nvidiactl"]),
        )
        .silent(
            "all are there",
            machine(
                &[(card, Some("nvidia"))],
                &["nvidia"],
                &["/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia-uvm"],
            ),
        )
        .silent(
            "the card has another number",
            machine(
                &[(card, Some("nvidia"))],
                &["nvidia"],
                &["/dev/nvidiactl", "/dev/nvidia3", "/dev/nvidia-uvm"],
            ),
        )
        .silent(
            "the module is not loaded",
            machine(&[(card, None)], &[], &[]),
        ),
    ]
}

fn no_card() -> Proof {
    let card = "10de:2331";
    Proof::of("VG180", machine(&[], &[], &[]))
        .also(machine(&[("1a03:2000", Some("ast"))], &[], &[]))
        .weaker(machine(&[], &[], &["/dev/nvidia0"]))
        .weaker(but(machine(&[], &[], &[]), |model| {
            (model.finished, model.cpu_only) = (false, None);
        }))
        .weaker(but(machine(&[], &[], &[]), |model| {
            model.blind.damaged = true;
        }))
        .silent("there is one", machine(&[(card, None)], &[], &[]))
        .silent(
            "the run was given a virtual one",
            but(machine(&[], &[], &[]), |model| {
                model.virtual_gpu = Some(Text::from("No real GPU"));
            }),
        )
        .silent(
            "a driver without a card counts its devices",
            answering("cuDeviceGetCount"),
        )
        .silent("a driver without a card starts", answering("cuInit"))
        .silent(
            "the bus could not be seen",
            but(machine(&[], &[], &[]), |model| {
                model.host.as_mut().unwrap().pci_unseen = true;
            }),
        )
        .silent(
            "a Jetson's is on no bus",
            but(machine(&[], &[], &[]), |model| {
                model.host.as_mut().unwrap().arch = Text::from("aarch64");
            }),
        )
}

/// A driver that is preloaded, under a name of its own, and answers.
fn answering(function: &str) -> Model {
    but(machine(&[], &[], &[]), |model| {
        let mut runner = child(Step::Runner);
        runner.calls.push(call(function, 0));
        look(model, vec![runner], Vec::new());
    })
}

fn machine(gpus: &[(&str, Option<&str>)], modules: &[&str], nodes: &[&str]) -> Model {
    but(discovery(Era::Runner), |model| {
        let gpu = |(ids, driver): &(&str, Option<&str>)| Gpu {
            address: Text::from("0000:01:00.0"),
            ids: Text::from(*ids),
            class: Text::from("0302"),
            driver: driver.map(Text::from),
        };
        let node = |path: &&str| Node {
            path: Text::from(*path),
            mode: 0o666,
            owner: [0, 0],
        };
        model.host = Some(Host {
            arch: Text::from("x86_64"),
            kernel: Text::from("6.18.0"),
            gpus: gpus.iter().map(gpu).collect(),
            modules: modules
                .iter()
                .map(|name| ((*name).to_owned(), None))
                .collect(),
            nodes: nodes.iter().map(node).collect(),
            ..Host::default()
        });
    })
}
