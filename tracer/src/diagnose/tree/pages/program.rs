//! llama-server, by which 0.30 and later look for devices, and backends in odd places.

use super::page;
use crate::diagnose::rule::{Rule, Stage};

pub(super) static RULES: &[Rule] = &[
    page(
        "VG310",
        Stage::Spawn,
        "llama-server is missing",
        "0.30 and later look for devices by starting llama-server from their library folder. Without it no backend is ever tried.",
        "None of the places where this era looks has the file.",
        &["Install the same release again, whole: the program alone is not enough."],
    ),
    page(
        "VG311",
        Stage::Spawn,
        "llama-server cannot be executed",
        "It has no execute bit for the server's user, is on a file system mounted noexec, or is no program of this machine.",
        "The permission bits, the mount option, or the file's header.",
        &["Open it for that user:", "$ sudo chmod a+rx FILE"],
    ),
    page(
        "VG312",
        Stage::Spawn,
        "llama-server lacks a library, symbol or version",
        "The loader ends it with code 127 before it does anything, and every folder's search for devices fails the same way.",
        "The files that the loader would pick for it. For a symbol it is likely: one that is bound at its first call stops it only there.",
        &["Install one release, whole."],
    ),
    page(
        "VG313",
        Stage::Spawn,
        "A colon in a folder's path",
        "Ollama hands its folders over in lists whose parts are separated by colons, and neither list knows a way to write a colon that is \
none of them. Until 0.24 the runner looks at the pieces and never at the folder; from 0.30 on the libraries beside the backend are not found.",
        "The path of the folder; from 0.30 on, a library that lies in it and is missing.",
        &[
            "Give the folder a name without a colon, or move the installation to a path without one.",
        ],
    ),
    page(
        "VG314",
        Stage::Spawn,
        "Another file takes the backend's place",
        "0.30 and later hand on one file of a folder, in GGML_BACKEND_PATH: the first libggml-*.so* in order of name that is neither base \
nor cpu. A file that sorts before the backend hides it.",
        "The names in the folder.",
        &["Move the file that comes first out of the folder."],
    ),
    page(
        "VG316",
        Stage::Scan,
        "A backend lies at the top or in the working directory",
        "Backends belong in folders of their own. One at the top of the library folder, or in the server's working directory, is loaded by \
every process that looks for devices: a card is then reported twice, or its failure hides another.",
        "The listing of the folder. For the working directory of the first era it is likely.",
        &["Keep backends in a folder of their own below the library folder."],
    ),
];
