//! Three machines: one with everything, one seen by a user without rights, one with an old kernel.

use std::collections::BTreeMap;

use crate::event::doctor::{
    Attempt, Driver, Facts, Folder, Kernel, Limits, Ollama, Rights, Rule, Server, Service, Tree,
    User,
};
use crate::event::host::{Gpu, Host, Node};
use crate::event::library::Library;
use crate::event::{Hex, Text};

/// Root on a machine with a GPU, its driver, and Ollama as a service that runs.
pub(super) fn everything() -> Facts {
    Facts {
        tool: Text::from("0.1.0"),
        host: host(),
        rights: Rights {
            uid: 0,
            effective: Hex(0x1ff_ffff_ffff),
            bounding: Hex(0x1ff_ffff_ffff),
            program: Some(Text::from("/usr/local/bin/vgputrace")),
            ..Rights::default()
        },
        kernel: Kernel {
            btf_size: Some(5_400_000),
            type_information: Attempt::Done,
            programs: Attempt::Done,
            tracepoints: Attempt::Done,
            function_probe: Attempt::Done,
            fanotify_hold: Attempt::Done,
            lockdown: Some(Text::from("none")),
            unprivileged_bpf_disabled: Some(2),
            perf_event_paranoid: Some(2),
            ptrace_scope: Some(1),
            bpf_jit_enable: Some(1),
        },
        limits: Limits {
            open_files: [Some(1024), Some(1_048_576)],
            files_to_probe: Some(40),
            ring: 32 << 20,
            tracepoints: 7,
            group_memory: None,
            group_memory_used: None,
            folder: Text::from("/home/me"),
            folder_free: Some(100 << 30),
            folder_writable: true,
        },
        cost: None,
        ollama: Some(ollama()),
        drivers: drivers(),
        service: Service {
            unit: Some(Text::from("ollama.service")),
            problem: None,
            devices: Vec::new(),
            user: User {
                name: Some(Text::from("ollama")),
                uid: 998,
                groups: vec![44, 998],
            },
        },
        servers: Some(vec![Server {
            pid: 4711,
            program: Some(Text::from("/usr/local/bin/ollama")),
            unit: Some(Text::from("ollama.service")),
            uid: Some(998),
            listen: Some(Text::from("127.0.0.1:11434")),
        }]),
        groups: BTreeMap::from([(44, Text::from("video")), (105, Text::from("render"))]),
    }
}

/// The same machine, seen by a user who may not trace, may not see who runs, and has no unit.
pub(super) fn unprivileged() -> Facts {
    let refused = Attempt::Refused(Text::from(
        "the kernel does not let this process trace: creating a BPF map is refused",
    ));
    let mut facts = everything();
    facts.rights.uid = 1000;
    facts.rights.effective = Hex(0);
    facts.rights.nosuid = true;
    facts.rights.program = Some(Text::from("/home/me/my tools/vgputrace"));
    facts.kernel.programs = refused;
    facts.kernel.tracepoints = Attempt::NotTried;
    facts.kernel.function_probe = Attempt::NotTried;
    facts.kernel.fanotify_hold = Attempt::Refused(Text::from("Operation not permitted"));
    facts.kernel.bpf_jit_enable = None;
    facts.service = Service {
        user: User {
            name: Some(Text::from("me")),
            uid: 1000,
            groups: vec![1000],
        },
        ..Service::default()
    };
    facts.servers = None;
    facts.host.nodes.push(Node {
        path: Text::from("/dev/dri/renderD128"),
        mode: 0o660,
        owner: [0, 105],
    });
    if let Some(tree) = facts
        .ollama
        .as_mut()
        .and_then(|ollama| ollama.tree.as_mut())
    {
        tree.folders.push(Folder {
            name: Text::from("rocm"),
            err: Some(crate::event::Errno(13)),
            mode: Some(0o700),
            owner: Some([0, 0]),
            ..Folder::default()
        });
    }
    facts
}

/// Root on Linux 5.15 without type information, without GPU and without Ollama.
pub(super) fn old_kernel() -> Facts {
    let mut facts = everything();
    facts.host.kernel = Text::from("5.15.0-91-generic");
    facts.host.gpus.clear();
    facts.host.nodes.clear();
    facts.host.modules.clear();
    facts.kernel = Kernel {
        type_information: Attempt::Failed(Text::from("this kernel offers no type information")),
        fanotify_hold: Attempt::Done,
        unprivileged_bpf_disabled: Some(1),
        perf_event_paranoid: Some(4),
        ..Kernel::default()
    };
    facts.limits.files_to_probe = None;
    facts.ollama = None;
    facts.drivers.clear();
    facts.service = Service::default();
    facts.servers = Some(Vec::new());
    facts
}

fn host() -> Host {
    let node = |path: &str| Node {
        path: Text::from(path),
        mode: 0o666,
        owner: [0, 0],
    };
    Host {
        kernel: Text::from("6.8.0-45-generic"),
        arch: Text::from("x86_64"),
        os: Some(Text::from("Ubuntu 24.04.1 LTS")),
        libc: Some(Text::from("glibc 2.39")),
        cpus: 16,
        memory: 64 << 30,
        gpus: vec![Gpu {
            address: Text::from("0000:01:00.0"),
            ids: Text::from("10de:2331"),
            class: Text::from("0302"),
            driver: Some(Text::from("nvidia")),
        }],
        nodes: ["/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl"]
            .map(node)
            .to_vec(),
        modules: BTreeMap::from([
            ("nvidia".to_owned(), Some(Text::from("550.54.14"))),
            ("nvidia_uvm".to_owned(), None),
        ]),
        nvidia: None,
        pci_unseen: false,
    }
}

fn ollama() -> Ollama {
    let folder = |name: &str, ggml: Vec<Library>, others| Folder {
        name: Text::from(name),
        err: None,
        mode: Some(0o755),
        owner: Some([0, 0]),
        ggml,
        others,
    };
    let tree = "/usr/local/lib/ollama";
    Ollama {
        program: Text::from("/usr/local/bin/ollama"),
        file: library("/usr/local/bin/ollama", 36 << 20, None),
        tree: Some(Tree {
            path: Text::from(tree),
            rule: Rule::Beside,
            passed: Vec::new(),
            err: None,
            mode: Some(0o755),
            owner: Some([0, 0]),
            llama_server: true,
            top: vec![
                Text::from("libggml-base.so"),
                Text::from("libggml-cpu-haswell.so"),
            ],
            folders: vec![
                folder(
                    "cuda_v12",
                    vec![library(
                        &format!("{tree}/cuda_v12/libggml-cuda.so"),
                        1_600_000_000,
                        None,
                    )],
                    3,
                ),
                folder("mlx_cuda_v13", Vec::new(), 5),
            ],
            cut: false,
        }),
    }
}

fn drivers() -> Vec<Driver> {
    let folder = "/usr/lib/x86_64-linux-gnu";
    [
        ("libcuda.so.1", "libcuda.so.550.54.14"),
        ("libnvidia-ml.so.1", "libnvidia-ml.so.550.54.14"),
        ("libvulkan.so.1", "libvulkan.so.1.3.275"),
    ]
    .map(|(name, file)| Driver {
        name: Text::from(name),
        via: Text::from("cache"),
        file: Library {
            links: vec![Text::from(format!("{folder}/{file}"))],
            ..library(&format!("{folder}/{name}"), 28 << 20, Some(name))
        },
    })
    .to_vec()
}

fn library(path: &str, size: u64, soname: Option<&str>) -> Library {
    Library {
        path: Text::from(path),
        size: Some(size),
        mode: Some(0o755),
        owner: Some([0, 0]),
        build_id: Some(Text::from("ab08383ef444aa00")),
        soname: soname.map(Text::from),
        ..Library::default()
    }
}
