//! What loading a backend would lack, and driver libraries.

use super::page;
use crate::diagnose::rule::{Rule, Stage};

pub(super) static RULES: &[Rule] = &[
    page(
        "VG320",
        Stage::Load,
        "Libraries that nothing provides",
        "A backend loads only with all libraries that it and its libraries need. The loader stops at the first that is missing; here all are \
told at once. Places are searched as ld.so(8) says: the folders that Ollama puts into LD_LIBRARY_PATH, then yours, then the cache \
that ldconfig writes, then the built-in folders.",
        "The DT_NEEDED of every file that would be loaded, and every place where each is looked for.",
        &[
            "A runtime (libcudart, libcublas) belongs beside the backend: install the release again. A driver's library (libcuda.so.1) \
belongs to the driver.",
            "$ ldconfig -p | grep LIBRARY",
        ],
    ),
    page(
        "VG321",
        Stage::Load,
        "Symbols that nothing defines",
        "ggml loads backends with RTLD_NOW: one function that nothing defines fails the whole load. Functions of a missing library are not \
counted here.",
        "The symbols of every file that would be loaded. Certain where every library is known, else likely.",
        &[
            "Install backend and libraries of one release; a library that stands in for another must have every function of it.",
        ],
    ),
    page(
        "VG322",
        Stage::Load,
        "A symbol version that the file which answers does not define",
        "Symbols carry versions. A file of the right name that lacks a version another one needs does not count: a CUDA runtime of another \
make, or a C library of an older distribution (GLIBC_2.38).",
        "The versions that one file needs and that the other defines.",
        &[
            "For a runtime: put the release's own file back.",
            "For the C library: use the release's own backend, one that was built on this system, a newer distribution, or a container. Its \
parts (libc, libm, ld-linux) are never replaced or moved away alone.",
            "$ ldd --version | head -1",
        ],
    ),
    page(
        "VG323",
        Stage::Load,
        "Another file answers before the one beside the backend",
        "A library of the same name in a place that is searched earlier takes the part of the one that Ollama brings. That may be meant (a \
library that stands in for another), or an old copy that was forgotten.",
        "The file that answers, and the one beside the backend.",
        &["Move the other file away, unless it was put there on purpose."],
    ),
    page(
        "VG324",
        Stage::Host,
        "libcuda.so.1 is the toolkit's stub",
        "CUDA's toolkit has a libcuda.so for linking, in a folder called stubs: every function of it fails with error 34. It must never be \
found when a program runs.",
        "The folder's name and the file's size. Always likely.",
        &[
            "Put the folder of the driver's own libcuda.so.1 before that folder, or take the folder out of LD_LIBRARY_PATH or \
/etc/ld.so.conf.d.",
            "$ ldconfig -p | grep libcuda.so.1",
        ],
    ),
    page(
        "VG325",
        Stage::Host,
        "Only a driver library that the loader passes over is there",
        "The loader passes over a file of another class or machine, such as the 32-bit library of a driver whose 64-bit half is not \
installed, and finds no other.",
        "The file's header, and that no other place has the name.",
        &["Install the 64-bit libraries of the driver."],
    ),
    page(
        "VG326",
        Stage::Load,
        "The loader ignores LD_LIBRARY_PATH",
        "A program with file capabilities or with set-user-id or set-group-id bits has more rights than its user, and its loader ignores \
LD_LIBRARY_PATH and LD_PRELOAD (AT_SECURE). Ollama's own folders do not count then, and what lies in them is not found.",
        "The program's mode and owner, or its capabilities (getcap).",
        &[
            "Take them away; the unit can give what they were for:",
            "$ getcap PROGRAM; sudo setcap -r PROGRAM",
        ],
    ),
];
