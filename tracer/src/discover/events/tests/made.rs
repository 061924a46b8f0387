//! Events made by hand, with the numbers and times of a trace.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::discover::Model;
use crate::discover::events::Discovery;
use crate::event::{Event, Kind, Proc, Seq};

/// The server's library folder.
pub(super) const LIBRARY: &str = "/usr/local/lib/ollama";
/// The server's number.
pub(super) const SERVER: u32 = 1;

/// A trace in the making. Each event comes a millisecond after the one before.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) events: Vec<Event>,
}

/// The body of an event.
pub(super) fn body<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).expect("a body of the vocabulary")
}

impl Made {
    /// `ollama serve` with these variables, and the libraries' folder with these folders in it.
    pub(super) fn server(env: &[(&str, &str)], folders: &[&str]) -> Self {
        let mut made = Self::default();
        made.serve(SERVER, env);
        made.list(SERVER, LIBRARY, folders);
        for folder in folders {
            made.list(SERVER, &format!("{LIBRARY}/{folder}"), &["libggml-cuda.so"]);
        }
        made
    }

    pub(super) fn serve(&mut self, number: u32, env: &[(&str, &str)]) {
        self.exec(number, None, "/usr/local/bin/ollama", &["serve"], env);
    }

    pub(super) fn push(&mut self, number: u32, kind: Kind) -> Seq {
        self.inside(number, None, kind)
    }

    /// An event inside a call.
    pub(super) fn inside(&mut self, number: u32, parent: Option<Seq>, kind: Kind) -> Seq {
        let seq = Seq(self.events.len() as u64 + 1);
        self.events.push(Event {
            seq,
            time: seq.0 * 1_000_000,
            duration: None,
            process: Some(Proc {
                number,
                generation: 1,
            }),
            tid: Some(number),
            parent,
            late: false,
            kind,
        });
        seq
    }

    pub(super) fn exec(
        &mut self,
        number: u32,
        parent: Option<u32>,
        exe: &str,
        words: &[&str],
        env: &[(&str, &str)],
    ) -> Seq {
        let argv: Vec<&str> = std::iter::once(exe).chain(words.iter().copied()).collect();
        let env: Vec<Value> = env
            .iter()
            .map(|(name, value)| json!({"k": name, "v": value}))
            .collect();
        self.push(
            number,
            Kind::Exec(body(json!({
                "pid": number, "parent": parent.map(|number| format!("p{number}.1")), "file": exe, "exe": exe,
                "argv": argv, "env": env, "cwd": "/", "uid": [0, 0], "gid": [0, 0],
            }))),
        )
    }

    /// A runner for a folder, with further variables.
    pub(super) fn runner(&mut self, number: u32, dir: &str, more: &[(&str, &str)]) {
        let path = format!("{LIBRARY}:{LIBRARY}/{dir}");
        let mut env = vec![("OLLAMA_LIBRARY_PATH", path.as_str())];
        env.extend_from_slice(more);
        let words = ["runner", "--ollama-engine", "--port", "4711"];
        self.exec(number, Some(SERVER), "/usr/local/bin/ollama", &words, &env);
    }

    /// One of the two llama-servers of an attempt.
    pub(super) fn llama_server(&mut self, number: u32, dir: &str, words: &[&str]) {
        let path = format!("{LIBRARY}:{LIBRARY}/{dir}");
        let backend = format!("{LIBRARY}/{dir}/libggml-cuda.so");
        let env = [
            ("LD_LIBRARY_PATH", path.as_str()),
            ("GGML_BACKEND_PATH", backend.as_str()),
        ];
        let exe = format!("{LIBRARY}/llama-server");
        self.exec(number, Some(SERVER), &exe, words, &env);
    }

    /// A whole listing.
    pub(super) fn list(&mut self, number: u32, path: &str, names: &[&str]) {
        for names in [names, &[]] {
            let list = json!({"path": path, "fd": 5, "entries": names.len(), "names": names});
            self.push(number, Kind::List(body(list)));
        }
    }

    pub(super) fn stat(&mut self, number: u32, path: &str, err: Option<&str>, mode: u32) {
        let mode = err.is_none().then_some(mode);
        let stat = json!({"path": path, "err": err, "mode": mode});
        self.push(number, Kind::Stat(body(stat)));
    }

    pub(super) fn say(&mut self, number: u32, fd: u32, text: &str) {
        let output = json!({"fd": fd, "text": text, "length": text.len()});
        self.push(number, Kind::Output(body(output)));
    }

    /// A call with one string.
    pub(super) fn call(&mut self, number: u32, api: &str, function: &str, text: &str) -> Seq {
        let args = json!([["file", {"str": text}]]);
        let call = json!({"api": api, "fn": function, "of": text, "args": args});
        self.push(number, Kind::Call(body(call)))
    }

    pub(super) fn back(&mut self, number: u32, call: Seq, function: &str, result: Value) {
        let back = json!({"call": call, "fn": function, "result": result});
        self.push(number, Kind::Return(body(back)));
    }

    /// A call that came back with an error.
    pub(super) fn failed(&mut self, number: u32, call: Seq, function: &str, code: i64) {
        let back = json!({"call": call, "fn": function, "result": {"int": code}, "code": code, "failed": true});
        self.push(number, Kind::Return(body(back)));
    }

    /// SIGKILL for a process, by another one.
    pub(super) fn kill(&mut self, from: u32, to: u32) {
        let signal = json!({
            "name": "SIGKILL", "number": 9, "to": format!("p{to}.1"), "to_pid": to, "from_pid": from, "code": 0,
            "result": "delivered",
        });
        self.push(from, Kind::Signal(body(signal)));
    }

    pub(super) fn exit(&mut self, number: u32, code: Option<u8>, signal: Option<&str>) {
        let exit = json!({"pid": number, "code": code, "signal": signal});
        self.push(number, Kind::Exit(body(exit)));
    }

    /// A piece of an answer of `/info`.
    pub(super) fn answer(&mut self, number: u32, text: &str) {
        let http = json!({"request": "GET /info", "answer": text, "fd": 7});
        self.push(number, Kind::Http(body(http)));
    }

    /// The line that ends a discovery on the CPU.
    pub(super) fn finish(&mut self) {
        let line = "time=2026-01-01T00:00:00.000Z level=INFO source=types.go:60 msg=\"inference compute\" id=cpu library=cpu\n";
        self.say(SERVER, 2, line);
    }

    pub(super) fn model(&self) -> Model {
        let mut discovery = Discovery::new(None);
        for event in &self.events {
            discovery.push(event);
        }
        discovery.finish()
    }
}

/// The roles of the children, in order.
pub(super) fn roles(model: &Model) -> Vec<String> {
    model
        .children
        .iter()
        .map(|child| child.role.to_string())
        .collect()
}
