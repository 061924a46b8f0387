//! What one change of a fine machine brings.

use super::machines::everything;
use crate::event::doctor::{Attempt, Cost, Facts, Rule, Server};
use crate::event::host::Node;
use crate::event::{Errno, Hex, Text};
use crate::view::doctor::{Level, exit_code, findings};

type Change = fn(&mut Facts);

/// What one change of a fine machine brings: id, level, exit code, and words of the sentence or the command.
const TABLE: &[(Change, &str, Level, u8, &str)] = &[
    (
        |f| f.host.arch = Text::from("aarch64"),
        "kernel-architecture",
        Level::Stop,
        2,
        "aarch64",
    ),
    (
        |f| f.host.kernel = Text::from("6.5.13"),
        "kernel-old",
        Level::Stop,
        2,
        "6.5.13 is older than 6.6",
    ),
    (
        |f| {
            f.kernel.btf_size = None;
            f.kernel.type_information = Attempt::Failed(Text::from("no file"));
        },
        "kernel-type-information",
        Level::Stop,
        2,
        "CONFIG_DEBUG_INFO_BTF",
    ),
    (
        |f| f.kernel.lockdown = Some(Text::from("confidentiality")),
        "kernel-lockdown",
        Level::Stop,
        2,
        "locked down",
    ),
    (
        |f| f.rights.effective = Hex(0),
        "rights-missing",
        Level::Stop,
        2,
        "setcap cap_bpf,cap_perfmon+ep /usr/local/bin/vgputrace",
    ),
    (
        |f| f.rights.user_namespace = true,
        "rights-namespace",
        Level::Stop,
        2,
        "outside of it",
    ),
    (
        |f| {
            f.rights.effective = Hex(0);
            f.rights.no_new_privileges = true;
        },
        "rights-no-new-privileges",
        Level::Problem,
        2,
        "neither sudo nor setcap",
    ),
    (
        |f| f.kernel.programs = Attempt::Refused(Text::from("EPERM")),
        "rights-refused",
        Level::Stop,
        2,
        "seccomp",
    ),
    (
        |f| f.kernel.tracepoints = Attempt::Failed(Text::from("no mark_victim")),
        "kernel-tracepoints",
        Level::Stop,
        2,
        "no mark_victim",
    ),
    (
        |f| f.kernel.bpf_jit_enable = Some(0),
        "kernel-jit",
        Level::Problem,
        1,
        "sysctl net.core.bpf_jit_enable=1",
    ),
    (
        |f| f.rights.effective = Hex(1 << 38 | 1 << 39),
        "rights",
        Level::Note,
        0,
        "need root",
    ),
    (
        |f| f.limits.open_files = [Some(256), Some(4096)],
        "limits-open-files",
        Level::Problem,
        1,
        "ulimit -n 288",
    ),
    (
        |f| {
            f.limits.group_memory = Some(200 << 20);
            f.limits.group_memory_used = Some(150 << 20);
        },
        "limits-memory",
        Level::Problem,
        1,
        "50 MiB",
    ),
    (
        |f| f.limits.folder_free = Some(4096),
        "limits-disk",
        Level::Problem,
        1,
        "-o FILE",
    ),
    (
        |f| f.limits.folder_writable = false,
        "limits-folder",
        Level::Note,
        0,
        "-o FILE",
    ),
    (
        |f| {
            f.cost = Some(Cost {
                bare: 200,
                attached: 350,
                rounds: 14,
            })
        },
        "cost",
        Level::Note,
        0,
        "150 ns longer (350 instead of 200",
    ),
    (
        |f| f.ollama = None,
        "ollama-missing",
        Level::Note,
        0,
        "--bin",
    ),
    (
        |f| tree(f).rule = Rule::ProgramFolder,
        "tree-missing",
        Level::Problem,
        1,
        "no library tree",
    ),
    (
        |f| tree(f).err = Some(Errno(13)),
        "tree-unreadable",
        Level::Problem,
        1,
        "EACCES",
    ),
    (
        |f| tree(f).mode = Some(0o700),
        "tree-closed",
        Level::Problem,
        1,
        "chmod a+rx /usr/local/lib/ollama",
    ),
    (
        |f| tree(f).folders.clear(),
        "tree-no-backend",
        Level::Problem,
        1,
        "*ggml-*",
    ),
    (
        |f| tree(f).folders[0].err = Some(Errno(13)),
        "tree-folder-unreadable",
        Level::Problem,
        1,
        "cuda_v12",
    ),
    (
        |f| tree(f).folders[0].mode = Some(0o711),
        "tree-folder-closed",
        Level::Problem,
        1,
        "closed to the user ollama",
    ),
    (
        |f| tree(f).folders[0].ggml[0].problem = Some(Text::from("it is truncated")),
        "tree-file",
        Level::Problem,
        1,
        "libggml-cuda.so: it is truncated",
    ),
    (
        |f| tree(f).folders[0].ggml[0].mode = Some(0o600),
        "tree-file-closed",
        Level::Problem,
        1,
        "chmod a+r",
    ),
    (
        |f| f.drivers.clear(),
        "driver-cuda-missing",
        Level::Problem,
        1,
        "finds no libcuda.so.1",
    ),
    (
        |f| f.drivers[0].file.problem = Some(Text::from("it is empty")),
        "driver-file",
        Level::Problem,
        1,
        "it is empty",
    ),
    (
        |f| {
            f.host
                .modules
                .insert("nvidia".to_owned(), Some(Text::from("535.1.2")));
        },
        "driver-version",
        Level::Problem,
        1,
        "550.54.14, and the kernel module nvidia of 535.1.2",
    ),
    (
        |f| f.host.pci_unseen = true,
        "gpu-unseen",
        Level::Note,
        0,
        "cannot be listed",
    ),
    (
        |f| f.host.gpus.clear(),
        "gpu-none",
        Level::Note,
        0,
        "no NVIDIA or AMD",
    ),
    (
        |f| f.host.gpus[0].driver = None,
        "gpu-driver",
        Level::Problem,
        1,
        "modprobe nvidia",
    ),
    (
        |f| f.host.gpus[0].driver = Some(Text::from("nouveau")),
        "gpu-driver",
        Level::Problem,
        1,
        "nouveau",
    ),
    (
        |f| {
            f.host
                .nodes
                .retain(|node| !node.path.as_str().ends_with("uvm"))
        },
        "node-missing",
        Level::Problem,
        1,
        "nvidia-modprobe",
    ),
    (
        |f| f.host.nodes[0].mode = 0o600,
        "node-closed",
        Level::Problem,
        1,
        "chmod a+rw /dev/nvidia-uvm",
    ),
    (
        |f| f.host.nodes.push(node("/dev/kfd", 0o660, 105)),
        "node-closed",
        Level::Problem,
        1,
        "usermod -aG render ollama",
    ),
    (
        |f| f.host.nodes.push(node("/dev/dri/renderD128", 0o660, 105)),
        "node-closed",
        Level::Note,
        0,
        "usermod -aG render ollama",
    ),
    (
        |f| f.service.problem = Some(Text::from("masked")),
        "unit-unusable",
        Level::Problem,
        1,
        "masked",
    ),
    (
        |f| f.service.devices = vec![[Text::from("PrivateDevices"), Text::from("yes")]],
        "unit-hides-devices",
        Level::Problem,
        1,
        "systemctl edit ollama.service",
    ),
    (
        |f| f.service.devices = vec![[Text::from("DevicePolicy"), Text::from("closed")]],
        "unit-hides-devices",
        Level::Problem,
        1,
        "DevicePolicy=",
    ),
    (
        |f| f.servers = None,
        "server-unseen",
        Level::Note,
        0,
        "cannot be listed",
    ),
    (
        |f| {
            f.servers = Some(vec![Server {
                pid: 9,
                unit: Some(Text::from("o.service")),
                ..Server::default()
            }])
        },
        "server-running",
        Level::Note,
        0,
        "run --like-unit o.service",
    ),
];

pub(super) fn tree(facts: &mut Facts) -> &mut crate::event::doctor::Tree {
    facts.ollama.as_mut().unwrap().tree.as_mut().unwrap()
}

fn node(path: &str, mode: u32, group: u32) -> Node {
    Node {
        path: Text::from(path),
        mode,
        owner: [0, group],
    }
}

#[test]
fn each_change_of_a_fine_machine_is_found_with_its_level_and_remedy() {
    for (change, id, level, code, words) in TABLE {
        let mut facts = everything();
        change(&mut facts);
        let found = findings(&facts);
        let finding = found.iter().find(|finding| finding.id == *id);
        let finding = finding.unwrap_or_else(|| panic!("no {id}: {found:#?}"));
        assert_eq!(finding.level, *level, "{finding:?}");
        assert_eq!(exit_code(&found), *code, "{found:#?}");
        let told = format!(
            "{} {}",
            finding.sentence,
            finding.command.as_deref().unwrap_or_default()
        );
        assert!(told.contains(words), "{words:?} is not in {told:?}");
    }
}

#[test]
fn every_problem_of_the_table_is_absent_on_the_fine_machine() {
    let fine = findings(&everything());
    for (_, id, level, ..) in TABLE.iter().filter(|row| row.2 >= Level::Problem) {
        assert!(
            !fine.iter().any(|finding| finding.id == *id),
            "{id} {level:?}"
        );
    }
}
