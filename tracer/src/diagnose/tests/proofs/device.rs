//! Device: a driver that answers and gives none. VG100 to VG117.

use super::super::build::{call, child, discovery, init, load, look, seen, set};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Answer, DriverCall, Era, Origin, Outcome};
use crate::discover::role::{Role, Step};
use crate::event::host::{Gpu, Host};
use crate::event::{Errno, Text};

pub(super) fn proofs() -> Vec<Proof> {
    let codes = [
        ("VG110", 100, 999),
        ("VG111", 35, 100),
        ("VG112", 803, 100),
        ("VG113", 34, 35),
        ("VG114", 46, 201),
        ("VG115", 802, 803),
        ("VG116", 999, 100),
        ("VG117", 201, 46),
    ];
    let by_code = codes.map(|(rule, code, other)| {
        Proof::of(rule, counted(code))
            .silent("the code is another", counted(other))
            .silent(
                "a device came out",
                but(counted(code), |model| {
                    let reported = super::super::build::device("CUDA0");
                    model.attempts[0].answer = Some(Answer {
                        devices: vec![reported],
                        ..Answer::default()
                    });
                }),
            )
    });
    by_code.into_iter().collect()
}

/// What stands between a driver and its device, without regard to the code.
pub(super) fn between() -> Vec<Proof> {
    let table = || DriverCall {
        failed: true,
        ..call("cuGetExportTable", 801)
    };
    vec![
        Proof::of("VG100", refused(100, 1, "/dev/nvidiactl"))
            .silent(
                "the node is of another maker's driver",
                refused(100, 13, "/dev/dri/card0"),
            )
            .silent(
                "the code has a reason of its own",
                refused(803, 13, "/dev/nvidia-uvm"),
            )
            .silent(
                "no node on a bus that was not looked at",
                refused(100, 2, "/dev/nvidiactl"),
            ),
        Proof::of("VG101", visible(100, "-1"))
            .also(visible(100, ""))
            .weaker(visible(100, "0"))
            .weaker(but(visible(100, "-1"), |model| {
                model.host = Some(Host::default())
            }))
            .silent(
                "the code is no question of what is visible",
                visible(999, "0"),
            )
            .silent(
                "in a log an empty value is one that is not set",
                but(visible(100, ""), |model| {
                    model.origin = Origin::Log;
                }),
            ),
        Proof::of(
            "VG102",
            answering(vec![
                call("cuInit", 0),
                table(),
                call("cudaGetDeviceCount", 801),
            ]),
        )
        .weaker(answering(vec![
            call("cuInit", 0),
            call("cudaGetDeviceCount", 801),
        ]))
        .weaker(answering(vec![
            call("cuInit", 0),
            table(),
            call("cudaGetDeviceCount", 46),
        ]))
        .silent(
            "the driver is too old",
            answering(vec![
                call("cuInit", 0),
                table(),
                call("cudaGetDeviceCount", 35),
            ]),
        )
        .silent(
            "the driver's own count failed",
            answering(vec![
                call("cuInit", 0),
                call("cuDeviceGetCount", 999),
                call("cudaGetDeviceCount", 999),
            ]),
        )
        .silent(
            "the driver itself has none",
            answering(vec![call("cuInit", 100), call("cudaGetDeviceCount", 100)]),
        ),
    ]
}

/// The driver of a card of compute capability 9.0 gives this value for an attribute.
fn attribute(name: &str, value: &str) -> Model {
    let asked = |name: &str, value: &str| {
        let mut one = call("cuDeviceGetAttribute", 0);
        one.values = vec![
            (
                Text::from("attrib"),
                Text::from(format!("CU_DEVICE_ATTRIBUTE_{name}")),
            ),
            (Text::from("pi"), Text::from(value)),
        ];
        one
    };
    answering(vec![
        asked("COMPUTE_CAPABILITY_MAJOR", "9"),
        asked(name, value),
    ])
}

/// A discovery that went well, and a model's process of this folder that handed over code with this result.
fn of_model(dir: &str, code: i64) -> Model {
    but(answering(Vec::new()), |model| {
        let mut server = child(Step::Runner);
        server.role = Role::Model {
            dir: Text::from(dir),
        };
        server.calls.push(call("cuLibraryLoadData", code));
        model.children.push(server);
    })
}

/// Drivers without an error and without a device, or that refuse the code for one.
pub(super) fn none() -> Vec<Proof> {
    vec![
        Proof::of("VG217", answering(vec![call("cuLibraryLoadData", 209)]))
            .also(answering(vec![call("cuModuleLoadData", 222)]))
            .also(of_model("cuda_v12", 209))
            .silent(
                "it was the code of another folder's backend",
                of_model("rocm", 209),
            )
            .silent("the model's code was taken", of_model("cuda_v12", 0))
            .silent(
                "the load failed for another reason",
                answering(vec![call("cuLibraryLoadData", 2)]),
            )
            .silent(
                "the code is that of another function",
                answering(vec![call("cudaGetDeviceCount", 209)]),
            ),
        Proof::of(
            "VG218",
            attribute("MAX_SHARED_MEMORY_PER_BLOCK_OPTIN", "49152"),
        )
        .also(attribute("MAX_THREADS_PER_BLOCK", "1620000"))
        .also(attribute("WARP_SIZE", "64"))
        .silent(
            "it is what an H100 has",
            attribute("MAX_SHARED_MEMORY_PER_BLOCK_OPTIN", "232448"),
        )
        .silent("it is what every card has", attribute("WARP_SIZE", "32"))
        .silent(
            "the card is older than the attribute",
            but(
                attribute("MAX_SHARED_MEMORY_PER_BLOCK_OPTIN", "49152"),
                |model| {
                    model.children[0].calls[0].values[1].1 = Text::from("6");
                },
            ),
        )
        .silent(
            "the call failed",
            but(attribute("WARP_SIZE", "64"), |model| {
                model.children[0].calls[1].code = Some(1);
            }),
        ),
        Proof::of("VG103", count("0"))
            .silent("it counts one", count("1"))
            .silent(
                "a variable hides them",
                but(count("0"), |model| set(model, "CUDA_VISIBLE_DEVICES", "7")),
            ),
        Proof::of(
            "VG104",
            refused(100, 13, "/sys/bus/pci/devices/0000:00:05.0/resource0"),
        )
        .weaker(but(
            refused(100, 13, "/sys/bus/pci/devices/0000:00:05.0/resource0"),
            |model| {
                model.children[0].calls.clear();
            },
        ))
        .silent(
            "it is no file of a PCI device",
            refused(100, 13, "/opt/resource0"),
        ),
        Proof::of("VG105", count("1"))
            .weaker(but(count("1"), |model| model.blind.damaged = true))
            .silent("the driver counts none", count("0"))
            .silent("the driver gave an error", counted(100)),
        Proof::of(
            "VG116",
            but(counted(999), |model| model.host = Some(stub_machine())),
        )
        .silent(
            "the code is another, on a machine with a card",
            but(counted(100), |model| model.host = Some(stub_machine())),
        ),
    ]
}

/// A card of a virtual GPU, which has no kernel module.
fn stub_machine() -> Host {
    Host {
        arch: Text::from("x86_64"),
        gpus: vec![Gpu {
            address: Text::from("0000:00:05.0"),
            ids: Text::from("10de:2331"),
            class: Text::from("0302"),
            driver: None,
        }],
        ..Host::default()
    }
}

fn answering(calls: Vec<DriverCall>) -> Model {
    let mut list = child(Step::List);
    list.loads.push(load(Outcome::Loaded, Vec::new()));
    list.inits.push(init());
    list.calls = calls;
    but(discovery(Era::LlamaServer), |model| {
        look(model, vec![list], Vec::new());
    })
}

fn counted(code: i64) -> Model {
    answering(vec![call("cudaGetDeviceCount", code)])
}

fn refused(code: i64, err: u16, node: &str) -> Model {
    but(counted(code), |model| {
        let seen = seen(&format!("open {node}")).unwrap();
        model.children[0].refused.push((Errno(err), seen));
    })
}

fn visible(code: i64, value: &str) -> Model {
    but(counted(code), |model| {
        set(model, "CUDA_VISIBLE_DEVICES", value);
    })
}

/// The runtime counted so many devices, without an error.
fn count(number: &str) -> Model {
    let mut one = call("cudaGetDeviceCount", 0);
    one.values.push((Text::from("count"), Text::from(number)));
    answering(vec![one])
}

#[test]
fn a_driver_that_is_none_of_nvidias_is_not_laid_to_a_module_of_nvidias() {
    let calls = vec![call("cuInit", 999), call("cudaGetDeviceCount", 999)];
    let explanation = crate::diagnose::explain(&but(answering(calls), |model| {
        model.host = Some(stub_machine());
    }));
    let cause = &explanation.backends[0].findings[0];
    let object = cause.missing_object.as_ref().map(Text::as_str);
    assert_eq!(
        (cause.rule, object),
        ("VG116", Some("/usr/lib/libcuda.so.1"))
    );
}
