//! Rows of fork, exec and exit.

use crate::event::process::{Compat, Exec, ExecFailed, Exit, Fork, ForkFailed};
use crate::event::{Proc, Seen, Text};

use super::super::line::Role;
use super::super::{Looks, amount, escape};
use super::{Context, Detail, Row, environment};

/// Columns of arguments in a list.
const ARGUMENT_COLUMNS: usize = 160;

pub(super) fn fork(body: &Fork) -> Row {
    let mut row = Row::new("fork");
    row.first
        .plain(" ")
        .push(Role::Process, &body.child.to_string())
        .push(Role::Dim, &format!("  pid {}", body.pid));
    row
}

pub(super) fn fork_failed(body: &ForkFailed, looks: Looks) -> Row {
    let mut row = Row::new(body.call.as_str());
    row.error(body.err, looks);
    row
}

/// `exec /usr/bin/ollama serve`, and under it what differs in the environment.
pub(super) fn exec(process: Option<Proc>, body: &Exec, context: Context<'_>) -> Row {
    let mut row = Row::new("exec");
    row.first.plain(" ").word(Role::Object, &body.exe);
    arguments(&mut row, body, context);
    let mut facts = format!("  pid {}", body.pid);
    if body.uid[0] == body.uid[1] {
        facts.push_str(&format!(" uid {}", body.uid[0]));
    } else {
        facts.push_str(&format!(" uid {} effective {}", body.uid[0], body.uid[1]));
    }
    row.first.push(Role::Dim, &facts);
    if let Some(cwd) = body.cwd.value() {
        row.first
            .push(Role::Dim, " in ")
            .push(Role::Dim, &escape::word(cwd.as_str()));
    }
    let remarks = [
        (body.already, "was running already"),
        (
            body.mount_namespace.is_some(),
            "in a mount namespace of its own",
        ),
        (body.bits32, "32 bits: calls are counted, not decoded"),
        (body.secure, "AT_SECURE: the loader ignores LD_LIBRARY_PATH"),
    ];
    for (_, remark) in remarks.iter().filter(|remark| remark.0) {
        row.first.plain("  ").push(Role::Warning, remark);
    }
    if named_otherwise(body) {
        let mut line = super::Line::new();
        line.push(Role::Dim, "asked as ")
            .word(Role::Plain, &body.file);
        row.more.push(line);
    }
    let before = context.scene.environment_before(process, body);
    row.more
        .extend(environment::lines(&body.env, before, context));
    row
}

fn arguments(row: &mut Row, body: &Exec, context: Context<'_>) {
    let list = match &body.argv {
        Seen::Yes(list) | Seen::Cut(list, _) => list,
        Seen::No(why) => {
            row.first.plain(" ").unseen(*why);
            return;
        }
    };
    let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let mut text = String::new();
    for (at, argument) in list.iter().enumerate() {
        let expected = at == 0
            && body
                .exe
                .value()
                .is_some_and(|exe| base(exe.as_str()) == base(argument.as_str()));
        if expected {
            continue;
        }
        text.push(' ');
        if at == 0 {
            text.push_str("as ");
        }
        text.push_str(&escape::word(argument.as_str()));
    }
    if context.detail == Detail::Short {
        text = escape::fit(&text, ARGUMENT_COLUMNS, context.looks.dots()).into_owned();
    }
    row.first.plain(&text);
    if let Seen::Cut(_, of) = body.argv {
        row.first.push(Role::Dim, &format!(" <cut, {of} in all>"));
    }
}

/// True when the name given to execve leads to a file of another name (a link, a script's interpreter, an fd).
fn named_otherwise(body: &Exec) -> bool {
    match (body.file.value(), body.exe.value()) {
        (Some(file), Some(exe)) => {
            file.as_str().starts_with('/') && file != exe || base_differs(file, exe)
        }
        _ => false,
    }
}

fn base_differs(one: &Text, two: &Text) -> bool {
    one.as_str().rsplit('/').next() != two.as_str().rsplit('/').next()
}

pub(super) fn exec_failed(body: &ExecFailed, looks: Looks) -> Row {
    let mut row = Row::new("exec");
    row.first.plain(" ").word(Role::Object, &body.file);
    row.error(body.err, looks);
    row
}

pub(super) fn exit(body: &Exit, failed: bool, looks: Looks) -> Row {
    let mut row = match (&body.signal, body.code) {
        (Some(signal), _) => {
            let mut row = Row::new("killed");
            row.first.plain(" by ").push(
                if failed { Role::Failed } else { Role::Warning },
                signal.as_str(),
            );
            row
        }
        (None, Some(code)) => {
            let mut row = Row::new("exit");
            let role = if failed { Role::Failed } else { Role::Result };
            row.first.plain(" ").push(role, &code.to_string());
            row
        }
        (None, None) => {
            let mut row = Row::new("exit");
            row.first.push(Role::Dim, " code unknown");
            row
        }
    };
    if body.core {
        row.first.push(Role::Failed, ", core dumped");
    }
    if failed {
        row.first.plain(" ").push(Role::Failed, looks.cross());
    }
    row
}

pub(super) fn compat(body: &Compat) -> Row {
    let mut row = Row::new("32-bit");
    let calls = amount::of(body.calls, "system call");
    row.first
        .plain(" ")
        .push(Role::Warning, &format!("{calls} counted, not decoded"));
    row
}
