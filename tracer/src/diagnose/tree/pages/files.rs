//! The library folder and the files in it.

use super::page;
use crate::diagnose::rule::{Rule, Stage};

pub(super) static RULES: &[Rule] = &[
    page(
        "VG301",
        Stage::Scan,
        "No library folder belongs to the program",
        "Ollama looks for its libraries beside its program (../lib/ollama, then build/lib/ollama; 0.30 and later in a few places \
more). When none of them exists it looks in the program's own folder, finds no backend, and says nothing.",
        "None of the places exists.",
        &[
            "Unpack the libraries of this release beside the program:",
            "$ curl -fsSL https://ollama.com/install.sh | sh",
        ],
    ),
    page(
        "VG302",
        Stage::Scan,
        "A folder is closed to Ollama's user",
        "The server lists its library folder and the folders in it as its own user. One that it may not list or enter is passed over \
without a word, as if it were empty.",
        "The permission bits of the folder or of one above it, or the error of listing it.",
        &["Open it for that user:", "$ sudo chmod a+rx FOLDER"],
    ),
    page(
        "VG303",
        Stage::Scan,
        "A GPU folder has no backend file",
        "A folder such as cuda_v12 with runtimes and no libggml-*.so in it is never tried; one with a file of a name that the loader does \
not ask for is tried in vain. Half an installation looks like this.",
        "The listing of the folder.",
        &["Install the same release again, whole."],
    ),
    page(
        "VG304",
        Stage::Scan,
        "A GPU is there, and no folder has a backend",
        "Packages of distributions often bring the CPU's backend alone; the GPU's are packages of their own (ollama-cuda, ollama-rocm).",
        "A GPU on the PCI bus, and the listing of all folders.",
        &[
            "Install the package with the GPU libraries, or the release itself:",
            "$ curl -fsSL https://ollama.com/install.sh | sh",
        ],
    ),
    page(
        "VG305",
        Stage::Load,
        "A file is damaged, or of another machine",
        "A file that is empty, cut short, no ELF, or for another class or machine cannot be loaded. A full disk during an update leaves \
such files; so does a copy of a package for another processor.",
        "The file's own header and length.",
        &["Look for a full disk, then install the same release again."],
    ),
    page(
        "VG306",
        Stage::Load,
        "A link leads nowhere",
        "Libraries come as a file and links to it. A link whose file was moved or never copied is a name without content, and the load \
fails as if it were not there.",
        "The link, and that its target is not there.",
        &["Copy the folder with its links (cp -a, tar), or install the release again."],
    ),
    page(
        "VG307",
        Stage::Load,
        "Ollama's user may not read a file",
        "The loader opens libraries as the server's user. A file that root alone may read fails with EACCES, which no log shows.",
        "The permission bits of the file.",
        &["Open it for that user:", "$ sudo chmod a+r FILE"],
    ),
    page(
        "VG308",
        Stage::Load,
        "Files of different releases are mixed",
        "Unpacking a release over an older one leaves files of both. Backends of one release need the libggml-base of the same one; dates, \
owners and names that do not belong together are a sign, not a proof.",
        "Files of the other era, owners, or dates of the files. Always likely.",
        &["Move the library folder away, and install one release into a new one."],
    ),
    page(
        "VG309",
        Stage::Load,
        "The library folder is mounted noexec",
        "Nothing can be mapped executable from a file system with the mount option noexec: every load fails with EPERM.",
        "The mount option of the file system the folder is on.",
        &[
            "Mount it without noexec, or install elsewhere. What is mounted there:",
            "$ findmnt -no TARGET,OPTIONS --target FOLDER",
        ],
    ),
];
