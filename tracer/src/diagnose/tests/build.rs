//! Models in few words.

use crate::diagnose::{BackendVerdict, Explanation, explain};
use crate::discover::Model;
use crate::discover::model::{
    Answer, Attempt, Child, DriverCall, End, Era, Evidence, Folder, Init, Level, Line, Load,
    Missing, Origin, Outcome, Reported, Said, Server, Words,
};
use crate::discover::role::{Role, Step};
use crate::event::process::EnvVar;
use crate::event::{Errno, Proc, Seq, Text};

pub(super) const LIB: &str = "/usr/local/lib/ollama";

pub(super) fn seen(text: &str) -> Option<Evidence> {
    Some(Evidence::event(Seq(7), text))
}

/// A finished discovery on the CPU with one folder that has a CUDA backend, and no process for it yet.
pub(super) fn discovery(era: Era) -> Model {
    let mut server = Server {
        exe: Text::from("/usr/local/bin/ollama"),
        env_whole: true,
        process: Some(Proc {
            number: 1,
            generation: 1,
        }),
        seen: seen("exec of the server"),
        ..Server::default()
    };
    server.library_dir.path = Text::from(LIB);
    server.library_dir.names = Some(["cuda_v12", "libggml-base.so.0"].map(Text::from).to_vec());
    server.library_dir.seen = seen("list");
    Model {
        era,
        server: Some(server),
        folders: vec![folder("cuda_v12", &["libggml-cuda.so"])],
        cpu_only: seen("inference compute id=cpu"),
        finished: true,
        ..Model::default()
    }
}

pub(super) fn folder(name: &str, files: &[&str]) -> Folder {
    let names: Vec<Text> = files.iter().map(|file| Text::from(*file)).collect();
    Folder {
        name: Text::from(name),
        path: Text::from(format!("{LIB}/{name}")),
        seen: seen("list"),
        listed: seen("list of the folder"),
        matches: names
            .iter()
            .filter(|name| name.as_str().contains("ggml-"))
            .cloned()
            .collect(),
        names: Some(names),
        ..Folder::default()
    }
}

pub(super) fn set(model: &mut Model, name: &str, value: &str) {
    if let Some(server) = &mut model.server {
        server.env.push(EnvVar {
            k: Text::from(name),
            v: Some(Text::from(value)),
            len: None,
        });
    }
}

/// A child of a first look at cuda_v12 that ended well.
pub(super) fn child(step: Step) -> Child {
    let role = Role::Attempt {
        step,
        dir: Text::from("cuda_v12"),
        pass: 1,
    };
    Child {
        process: Some(Proc {
            number: 2,
            generation: 1,
        }),
        begun: 1,
        ended: 9,
        answer: Some(Answer {
            seen: seen("no device"),
            ..Answer::default()
        }),
        end: match step {
            Step::Runner | Step::Start => End::KilledByServer {
                before_answer: false,
                after: 5,
                seen: seen("SIGKILL"),
            },
            _ => End::Exit(0, seen("exit code 0")),
        },
        ..Child::new(role)
    }
}

/// Puts the children of one look into the model.
pub(super) fn look(model: &mut Model, children: Vec<Child>, devices: Vec<Reported>) {
    attempt(model, children, devices, 1);
}

pub(super) fn attempt(model: &mut Model, children: Vec<Child>, devices: Vec<Reported>, pass: u8) {
    let first = model.children.len();
    let indices = (first..first + children.len()).collect();
    let failed = children.iter().any(|child| child.answer.is_none());
    model.children.extend(children);
    let answer = Answer {
        devices,
        seen: seen("answer"),
        ..Answer::default()
    };
    model.attempts.push(Attempt {
        dir: Text::from("cuda_v12"),
        path: Text::from(format!("{LIB}/cuda_v12")),
        pass,
        children: indices,
        device: (pass == 2).then(|| Text::from("GPU-1")),
        answer: (!failed).then_some(answer),
        seen: seen("started"),
        ..Attempt::default()
    });
}

pub(super) fn load(outcome: Outcome, missing: Vec<Missing>) -> Load {
    let path = Text::from(format!("{LIB}/cuda_v12/libggml-cuda.so"));
    Load {
        asked: path.clone(),
        file: Some(path),
        call: Some(Seq(3)),
        words: missing
            .first()
            .map(|missing| words(&format!("{missing:?}"), None))
            .into_iter()
            .collect(),
        outcome,
        missing,
        seen: seen("dlopen"),
        ..Load::default()
    }
}

pub(super) fn words(text: &str, err: Option<u16>) -> Words {
    Words {
        object: Text::from("libggml-cuda.so"),
        text: Text::from(text),
        occasion: Text::default(),
        err: err.map(Errno),
        seen: Evidence::event(Seq(4), text),
    }
}

pub(super) fn init() -> Init {
    Init {
        file: Text::from(format!("{LIB}/cuda_v12/libggml-cuda.so")),
        call: Some(Seq(5)),
        took: Some(1),
        registered: true,
        seen: seen("ggml_backend_init"),
        ..Init::default()
    }
}

pub(super) fn call(function: &str, code: i64) -> DriverCall {
    DriverCall {
        api: Text::from(if function.starts_with("cuda") {
            "cudart"
        } else {
            "cuda"
        }),
        function: Text::from(function),
        of: Some(Text::from("/usr/lib/libcuda.so.1")),
        result: Text::from(code.to_string()),
        code: Some(code),
        failed: code != 0,
        values: Vec::new(),
        took: Some(1),
        from: None,
        seq: Seq(6),
    }
}

pub(super) fn said(text: &str) -> Said {
    Said {
        text: Text::from(text),
        seen: Evidence::event(Seq(8), text),
    }
}

pub(super) fn line(message: &str, fields: &[(&str, &str)]) -> Line {
    Line {
        level: Level::Debug,
        message: Text::from(message),
        fields: fields
            .iter()
            .map(|(name, value)| (Text::from(*name), Text::from(*value)))
            .collect(),
        seen: seen(message),
        ..Line::default()
    }
}

pub(super) fn device(id: &str) -> Reported {
    Reported {
        id: Text::from(id),
        library: Text::from("CUDA"),
        name: Text::from("NVIDIA H100"),
        compute: Some((9, 0)),
        total: Some(80 << 30),
        ..Reported::default()
    }
}

/// A log that shows no more than this level.
pub(super) fn as_log(model: &mut Model, level: Level) {
    model.origin = Origin::Log;
    model.blind.log_level = Some(level);
    for child in &mut model.children {
        child.process = None;
    }
}

pub(super) fn of<'a>(explanation: &'a Explanation, name: &str) -> &'a BackendVerdict {
    explanation
        .backends
        .iter()
        .find(|backend| backend.name.as_str() == name)
        .expect("a backend of that name")
}

/// `failed VG051 VG053, certain libcublas.so.12` of cuda_v12.
pub(super) fn verdict(model: &Model) -> String {
    let explanation = explain(model);
    let backend = of(&explanation, "cuda_v12");
    let mut out = backend.verdict.name().to_owned();
    for finding in &backend.findings {
        out.push(' ');
        out.push_str(finding.rule);
    }
    if let Some(first) = backend.findings.first() {
        out.push_str(&format!(", {}", first.certainty.name()));
        if let Some(object) = &first.missing_object {
            out.push_str(&format!(" {object}"));
        }
    }
    out
}

/// Rules of the findings about the machine.
pub(super) fn general(model: &Model) -> Vec<&'static str> {
    explain(model)
        .general
        .iter()
        .map(|finding| finding.rule)
        .collect()
}
