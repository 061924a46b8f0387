//! The machine: driver, GPU, device nodes; and variables.

use super::page;
use crate::diagnose::rule::{Rule, Stage};

pub(super) static RULES: &[Rule] = &[
    page(
        "VG330",
        Stage::Host,
        "An NVIDIA GPU is there, and no libcuda.so.1",
        "The user's half of the driver is not installed, or not where the loader looks. In a container it comes in from outside, by the \
NVIDIA Container Toolkit.",
        "A GPU of NVIDIA's on the PCI bus, and every place where the name is looked for.",
        &[
            "Install the driver's libraries; start a container with --gpus all.",
            "$ ldconfig -p | grep libcuda.so.1",
        ],
    ),
    page(
        "VG331",
        Stage::Host,
        "Driver library and kernel module are of two versions",
        "Both halves of NVIDIA's driver must be of one version, else every call fails with error 803. After an update the old module runs \
until it is loaded anew.",
        "The version in the library's file name, and the module's.",
        &[
            "Load the new module, most simply by a reboot:",
            "$ sudo reboot",
        ],
    ),
    page(
        "VG332",
        Stage::Host,
        "nouveau holds the GPU",
        "The free driver and NVIDIA's cannot share a card, and nouveau has no CUDA.",
        "The driver that the card is bound to.",
        &["Install NVIDIA's driver, keep nouveau from loading, and reboot."],
    ),
    page(
        "VG333",
        Stage::Host,
        "The GPU has no fitting kernel driver",
        "No driver is bound to the card, or another one than computing needs; one that is set aside for a virtual machine (vfio-pci) is out \
of reach on purpose.",
        "The driver that the card is bound to.",
        &[
            "Load the driver, and see why it did not take the card:",
            "$ sudo dmesg | grep -i nvidia",
        ],
    ),
    page(
        "VG334",
        Stage::Host,
        "Device nodes are missing",
        "The driver's libraries open /dev/nvidiactl, /dev/nvidia-uvm and one node for each card. nvidia-modprobe makes them; a container \
has only those that it was given.",
        "The kernel driver is bound, and the nodes are not there.",
        &[
            "Start a container with --gpus all; on a machine:",
            "$ sudo nvidia-modprobe -c 0 -u",
        ],
    ),
    page(
        "VG335",
        Stage::Host,
        "Device nodes are closed to Ollama's user",
        "Nodes of AMD's cards belong to the groups render and video; a service whose user is in neither finds no card.",
        "Mode and owner of the node, and the groups of the user.",
        &[
            "Put the user into the node's group, and start Ollama again:",
            "$ sudo usermod -aG render ollama",
        ],
    ),
    page(
        "VG336",
        Stage::Host,
        "resource0 of a virtual GPU is closed to Ollama's user",
        "A library that drives a virtual GPU by itself maps the device's memory through sysfs, which belongs to root and which a unit may \
make read-only (ProtectKernelTunables=).",
        "Mode and owner of the file, or the unit's setting. Always likely: another library may need no such file.",
        &[
            "Open the file for that user, and make that last with a udev rule; take the setting out of the unit.",
        ],
    ),
    page(
        "VG337",
        Stage::Device,
        "The driver is too old for the CUDA runtime",
        "Each series of CUDA's runtime wants a smallest driver, and finds no device with an older one (error 35). 0.30 and later drop \
cuda_v12 below driver 550 themselves.",
        "The runtime's file name, and the driver's version.",
        &[
            "Install a newer driver. The one that is there:",
            "$ nvidia-smi --query-gpu=driver_version --format=csv,noheader",
        ],
    ),
    page(
        "VG339",
        Stage::Host,
        "The unit hides devices",
        "PrivateDevices=, DeviceAllow= and their like give a service a /dev without GPUs, whatever the machine has.",
        "The setting, and the file it stands in. Certain for PrivateDevices=, likely for a list of devices.",
        &["Take it back in a drop-in:", "$ sudo systemctl edit ollama"],
    ),
];

pub(super) static OF_VARIABLES: &[Rule] = &[
    page(
        "VG350",
        Stage::Skip,
        "OLLAMA_LLM_LIBRARY names no folder",
        "It is the exact name of a backend folder; every other folder is skipped. A name that no folder has skips all of them.",
        "The value, and the folders that are there.",
        &[
            "Take it away, or give it the name of a folder.",
            "$ env -u OLLAMA_LLM_LIBRARY ollama serve",
        ],
    ),
    page(
        "VG351",
        Stage::Device,
        "A variable hides devices",
        "CUDA_VISIBLE_DEVICES and its like name the devices that a process may use. An empty value or -1 hides all; a wrong number hides \
itself and all behind it.",
        "The value, and who sets it.",
        &[
            "Take it away, or name the devices that are meant:",
            "$ env CUDA_VISIBLE_DEVICES=0 ollama serve",
        ],
    ),
    page(
        "VG354",
        Stage::Load,
        "LD_PRELOAD puts a library into every process",
        "A preloaded library comes before all others in each process that tries a backend, and can answer for functions of libc. Ollama's log \
never shows this variable.",
        "The value, who sets it, and which functions the file defines.",
        &[
            "Take it away, or keep it if the library is meant to be there.",
            "$ env -u LD_PRELOAD ollama serve",
        ],
    ),
    page(
        "VG355",
        Stage::Spawn,
        "A variable does something else than one expects",
        "OLLAMA_LIBRARY_PATH is not read; LD_LIBRARY_PATH comes behind Ollama's own folders; LLAMA_ARG_* reach every llama-server that Ollama \
starts, where a value it does not take ends the search for devices; GGML_BACKEND_PATH is replaced in 0.30 and later.",
        "The value, who sets it, and the era. For LLAMA_ARG_* it is likely.",
        &["Take it away, or keep it for other programs where it does no harm here."],
    ),
];
