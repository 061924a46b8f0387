//! Beliefs that cost weeks. Pages only: no rule looks for them.

use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[
    &SKIP_LINES,
    &LIBRARY_PATH,
    &SERVER_LOADS,
    &PRELOAD_HIDDEN,
    &KILL,
    &BY_HAND,
    &TOP_LINK,
];

static SKIP_LINES: Rule = Rule {
    id: "VG210",
    stage: Stage::Myth,
    title: "\"There is no line about cuda_v12, so it was not tried\"",
    story: "With OLLAMA_LLM_LIBRARY=cuda_v12 Ollama prints one DEBUG line for each folder that it passes over and none for the one that it tries. No skip line about cuda_v12 means that it was tried, or that the server cannot see it at all (missing, unreadable, no *ggml-* in it, a \
Jetson). Only a line that names the folder, or its child process, proves a try: \"subprocess ... OLLAMA_LIBRARY_PATH=...:/usr/local/lib/ollama/cuda_v12\", \"bootstrap discovery took ... cuda_v12\".",
    proof: "discover/runner.go; a recording shows the child process.",
    remedy: &[
        "See the children and what each was started for:",
        "$ vgputrace explain run.vgt --verbose",
    ],
    rows: &["stack 16"],
    check: Check::Given,
};

static LIBRARY_PATH: Rule = Rule {
    id: "VG211",
    stage: Stage::Myth,
    title: "\"OLLAMA_LIBRARY_PATH tells Ollama where its libraries are\"",
    story: "Only runners read it, and the server overwrites it for each of them. From 0.30 on nobody reads it. The library folder is found from the program's own path.",
    proof: "ml/path.go, llm/server.go; the variable of server and runner differ in a recording.",
    remedy: &["Put or link the libraries to ../lib/ollama, seen from the program."],
    rows: &["stack 18"],
    check: Check::Given,
};

static SERVER_LOADS: Rule = Rule {
    id: "VG212",
    stage: Stage::Myth,
    title: "\"The server's /proc/PID/maps has no libggml-cuda, so it was not loaded\"",
    story: "ollama serve never maps a GPU backend. A child process does, for a moment, and is killed after it has answered. maps, lsof, or strace without -f on the server show nothing, ever; neither does a trace of `ollama list`.",
    proof: "A recording of the server's start with its children.",
    remedy: &[
        "Record the whole tree:",
        "$ sudo vgputrace run --until discovery -- ollama serve",
    ],
    rows: &["stack 8"],
    check: Check::Given,
};

static PRELOAD_HIDDEN: Rule = Rule {
    id: "VG213",
    stage: Stage::Myth,
    title: "\"Ollama clears LD_PRELOAD for its runners\"",
    story: "It does not: children get the server's whole environment. The DEBUG line \"subprocess\" prints chosen variables only, never LD_PRELOAD, so its absence there means nothing. Go starts programs by system calls of its own, so a library that interposes execve sees nothing.",
    proof: "The environment at the children's exec in a recording.",
    remedy: &[
        "See what a child really had:",
        "$ vgputrace show run.vgt kind:exec",
    ],
    rows: &["stack 14", "stack 15"],
    check: Check::Given,
};

static KILL: Rule = Rule {
    id: "VG214",
    stage: Stage::Myth,
    title: "\"The runner was killed with SIGKILL, so it crashed\"",
    story: "The server ends every runner, and from 0.30 on the first llama-server, with SIGKILL after it has answered. That is the healthy end. \"stopped subprocess after collecting GPU info\" is printed after a crash too. A crash shows in the exit code 2 of a runner, or the real signal of llama-server.",
    proof: "The sender of the signal, and whether the answer was there before.",
    remedy: &[
        "See who sent it and when:",
        "$ vgputrace show run.vgt kind:signal,exit",
    ],
    rows: &["llama-server 25"],
    check: Check::Given,
};

static BY_HAND: Rule = Rule {
    id: "VG215",
    stage: Stage::Myth,
    title: "\"ldd is clean and ctypes loads it, so Ollama can load it\"",
    story: "ldd and a load by hand run with another environment, another user, other preloads and other libraries already in the process. The runner has LD_LIBRARY_PATH with Ollama's folders first, and loads with RTLD_NOW: every symbol counts, where ldd looks at libraries only.",
    proof: "The same load in a child with the runner's recorded environment.",
    remedy: &[
        "Load it as the runner does:",
        "$ vgputrace try /usr/local/lib/ollama/cuda_v12/libggml-cuda.so --like run.vgt",
    ],
    rows: &["stack 25"],
    check: Check::Given,
};

static TOP_LINK: Rule = Rule {
    id: "VG216",
    stage: Stage::Myth,
    title: "\"A link to libggml-cuda.so at the top of lib/ollama helps Ollama to find it\"",
    story: "The scan looks one level below lib/ollama; the top is not scanned for candidates. But every process loads a backend from the top first, so that one card can be registered twice (initial_count=2 on one card).",
    proof: "Two loads of one file, or two devices with one PCI id.",
    remedy: &[
        "Remove the link:",
        "$ sudo rm /usr/local/lib/ollama/libggml-cuda.so",
    ],
    rows: &["stack 17"],
    check: Check::Given,
};
