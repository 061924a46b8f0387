//! Events for tests of the text side.

pub(crate) mod bootstrap;

use crate::event::call::{Call, LoaderError, Return, Site, Value};
use crate::event::file::Open;
use crate::event::library::{Map, Unmap};
use crate::event::output::Output;
use crate::event::process::{EnvVar, Exec};
use crate::event::{Errno, Event, Hex, Kind, Seen, Seq, Text};

pub(crate) fn yes(text: &str) -> Seen<Text> {
    Seen::Yes(Text::from(text))
}

pub(crate) fn event(seq: u64, micros: u64, process: &str, kind: Kind) -> Event {
    Event {
        seq: Seq(seq),
        time: micros * 1000,
        duration: None,
        process: process.parse().ok(),
        tid: Some(100),
        parent: None,
        late: false,
        kind,
    }
}

pub(crate) fn exec(exe: &str, argv: &[&str], env: &[(&str, &str)]) -> Exec {
    let var = |(name, value): &(&str, &str)| EnvVar {
        k: Text::from(*name),
        v: Some(Text::from(*value)),
        len: None,
    };
    Exec {
        pid: 100,
        parent: None,
        file: yes(exe),
        exe: yes(exe),
        inode: None,
        argv: Seen::Yes(argv.iter().map(|word| Text::from(*word)).collect()),
        env: Seen::Yes(env.iter().map(var).collect()),
        cwd: yes("/"),
        uid: [0, 0],
        gid: [0, 0],
        secure: false,
        cgroup: None,
        base: None,
        interp: None,
        bits32: false,
        mount_namespace: None,
        already: false,
    }
}

pub(crate) fn open(path: &str, err: Option<u16>) -> Kind {
    Kind::Open(Open {
        path: yes(path),
        base: None,
        flags: Hex(0o2_000_000),
        fd: err.is_none().then_some(6),
        err: err.map(Errno),
        already: false,
    })
}

pub(crate) fn dlopen(file: &str) -> Call {
    Call {
        api: Text::from("dl"),
        function: Text::from("dlopen"),
        of: Some(Text::from("/usr/lib/x86_64-linux-gnu/libc.so.6")),
        args: vec![
            (Text::from("file"), Value::Str(yes(file))),
            (Text::from("mode"), Value::Int(2)),
        ],
        from: Some(Site {
            object: Some(Text::from("/usr/local/bin/ollama")),
            offset: Hex(0x1a2b),
            symbol: None,
        }),
        entry_only: false,
    }
}

pub(crate) fn came_back(call: u64, function: &str, handle: u64) -> Kind {
    Kind::Return(Return {
        call: Seq(call),
        function: Text::from(function),
        result: Value::Hex(Hex(handle)),
        code: None,
        resolved: None,
        outs: Vec::new(),
        failed: handle == 0,
    })
}

pub(crate) fn not_found(call: Option<u64>, object: &str) -> Kind {
    Kind::LoaderError(LoaderError {
        object: yes(object),
        text: yes("cannot open shared object file"),
        err: Some(Errno(2)),
        occasion: None,
        call: call.map(Seq),
    })
}

pub(crate) fn map(path: &str) -> Kind {
    Kind::Map(Map {
        path: yes(path),
        inode: None,
        address: Some(Hex(0x7f00_0000_1000)),
        length: Hex(0x1000),
        offset: Hex(0),
        err: None,
        already: false,
    })
}

pub(crate) fn unmap(path: &str) -> Kind {
    Kind::Unmap(Unmap {
        path: yes(path),
        address: Hex(0x7f00_0000_1000),
    })
}

pub(crate) fn wrote(fd: u32, text: &str) -> Kind {
    Kind::Output(Output {
        fd,
        text: yes(text),
        length: text.len() as u64,
        err: None,
    })
}
