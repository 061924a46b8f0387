//! Skip: VG020 to VG023.

use super::super::build::{child, discovery, folder, line, look, seen, set};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Era, Folder};
use crate::discover::role::Step;
use crate::event::Text;
use crate::event::host::Host;

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG020", asked("cuda_v13"))
            .also(asked("\"cuda\""))
            .silent("the folder itself is asked for", asked("cuda_v12"))
            .silent("nothing is asked for", asked(""))
            .silent(
                "it was tried all the same",
                but(asked("cuda_v13"), |model| {
                    look(model, vec![child(Step::Runner)], Vec::new());
                }),
            ),
        Proof::of("VG021", vulkan(Era::Runner, None))
            .also(vulkan(Era::LlamaServer, Some("0")))
            .also(vulkan(Era::LlamaServer, Some("\"false\"")))
            .silent("it is switched on", vulkan(Era::Runner, Some("1")))
            .silent(
                "this era has it on by itself",
                vulkan(Era::LlamaServer, None),
            )
            .silent(
                "the variables were not all seen",
                but(vulkan(Era::Runner, None), |model| {
                    model.server.as_mut().unwrap().env_whole = false;
                }),
            ),
        Proof::of(
            "VG022",
            jetpack_line("jetpack not detected (set JETSON_JETPACK ...), skipping"),
        )
        .silent(
            "the line has another reason",
            jetpack_line("skipping available library at user's request requested=cuda_v12"),
        ),
        Proof::of("VG023", jetson(Era::Runner, "aarch64", false))
            .also(jetson(Era::LlamaServer, "aarch64", true))
            .silent(
                "the machine is no Jetson",
                jetson(Era::Runner, "x86_64", false),
            )
            .silent(
                "this era passes nothing over where the JetPack folder is not installed",
                jetson(Era::LlamaServer, "aarch64", false),
            ),
    ]
}

fn asked(value: &str) -> Model {
    but(discovery(Era::Runner), |model| {
        set(model, "OLLAMA_LLM_LIBRARY", value);
    })
}

fn vulkan(era: Era, value: Option<&str>) -> Model {
    but(discovery(era), |model| {
        model.folders = vec![folder("vulkan", &["libggml-vulkan.so"])];
        if let Some(value) = value {
            set(model, "OLLAMA_VULKAN", value);
        }
    })
}

fn jetpack_line(text: &str) -> Model {
    but(discovery(Era::Runner), |model| {
        model.folders = vec![Folder {
            skip_line: seen(text),
            ..folder("cuda_jetpack6", &["libggml-cuda.so"])
        }];
        model.lines.push(line(text, &[]));
    })
}

fn jetson(era: Era, arch: &str, installed: bool) -> Model {
    but(discovery(era), |model| {
        set(model, "JETSON_JETPACK", "6.0");
        model.host = Some(Host {
            arch: Text::from(arch),
            pci_unseen: true,
            ..Host::default()
        });
        if installed {
            model
                .folders
                .push(folder("cuda_jetpack6", &["libggml-cuda.so"]));
        }
    })
}
