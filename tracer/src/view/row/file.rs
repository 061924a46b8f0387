//! Rows of file system calls: what was asked, and the kernel's answer after `=`.

use crate::event::file::{Access, Chdir, Getcwd, Ioctl, List, Open, Readlink, Stat};
use crate::event::{Seen, Text};

use super::super::line::Role;
use super::super::{Looks, amount, decode, escape};
use super::{Context, Detail, Row};

/// Names of a folder shown in a list.
const NAMES: usize = 6;

pub(super) fn open(body: &Open, looks: Looks) -> Row {
    let mut row = asked("open", &body.path, body.base.as_ref());
    row.first
        .plain(" ")
        .push(Role::Dim, &decode::open_flags(body.flags.0));
    match (body.err, body.fd) {
        (Some(err), _) => drop(row.error(err, looks)),
        (None, Some(fd)) => drop(row.first.plain(" = ").push(Role::Result, &fd.to_string())),
        (None, None) => {}
    }
    if body.already {
        row.first.push(Role::Dim, "  (was there already)");
    }
    row
}

pub(super) fn stat(body: &Stat, looks: Looks) -> Row {
    let verb = if body.nofollow { "lstat" } else { "stat" };
    let mut row = asked(verb, &body.path, body.base.as_ref());
    if let Some(err) = body.err {
        row.error(err, looks);
    } else if let Some(mode) = body.mode {
        row.first
            .plain(" = ")
            .push(Role::Result, &decode::file_mode(mode));
        if let Some(size) = body.size
            && mode & 0o170_000 == 0o100_000
        {
            row.first.plain(" ").plain(&amount::size(size));
        }
    }
    row
}

pub(super) fn access(body: &Access, looks: Looks) -> Row {
    let mut row = asked("access", &body.path, body.base.as_ref());
    row.first
        .plain(" ")
        .push(Role::Dim, &decode::access_mode(body.mode));
    match body.err {
        Some(err) => drop(row.error(err, looks)),
        None => drop(row.first.plain(" = ").push(Role::Result, "ok")),
    }
    row
}

pub(super) fn ioctl(body: &Ioctl, looks: Looks) -> Row {
    let mut row = asked("ioctl", &body.path, None);
    let request = match request_name(body) {
        Some(name) => format!(" {name} ({})", body.request),
        None => format!(" {}", body.request),
    };
    row.first.push(Role::Dim, &request);
    match body.err {
        Some(err) => drop(row.error(err, looks)),
        None => drop(row.first.plain(" = ").push(Role::Result, "ok")),
    }
    row
}

/// What NVIDIA's kernel modules call a request.
pub(in crate::view) fn request_name(body: &Ioctl) -> Option<&'static str> {
    match body.path.value().map(Text::as_str) {
        Some("/dev/nvidia-uvm") => decode::uvm_request(body.request.0),
        _ => decode::nvidia_request(body.request.0),
    }
}

pub(super) fn readlink(body: &Readlink, looks: Looks) -> Row {
    let mut row = asked("readlink", &body.path, body.base.as_ref());
    answer(&mut row, body.err, body.to.as_ref(), looks);
    row
}

pub(super) fn getcwd(body: &Getcwd, looks: Looks) -> Row {
    let mut row = Row::new("getcwd");
    answer(&mut row, body.err, body.path.as_ref(), looks);
    row
}

pub(super) fn chdir(body: &Chdir, looks: Looks) -> Row {
    let mut row = match &body.path {
        Some(path) => asked("chdir", path, None),
        None => Row::new("fchdir"),
    };
    let same = body.path.is_some() && body.path == body.cwd;
    let cwd = if same { None } else { body.cwd.as_ref() };
    answer(&mut row, body.err, cwd, looks);
    row
}

/// `list /usr/local/lib/ollama = 17 entries: libggml-base.so libggml-cpu-haswell.so … 11 more`.
pub(super) fn list(body: &List, context: Context<'_>) -> Row {
    let mut row = Row::new("list");
    row.first.plain(" ").word(Role::Object, &body.path);
    if let Some(err) = body.err {
        row.error(err, context.looks);
        return row;
    }
    row.first.plain(" = ");
    if body.entries == 0 {
        row.first.push(Role::Dim, "end");
        return row;
    }
    let entries = if body.entries == 1 {
        "entry"
    } else {
        "entries"
    };
    let count = amount::count(u64::from(body.entries));
    row.first.push(Role::Result, &format!("{count} {entries}"));
    names(&mut row, &body.names, context);
    if body.withheld > 0 {
        let withheld = amount::of(u64::from(body.withheld), "name");
        row.first
            .push(Role::Dim, &format!(", {withheld} not recorded"));
    }
    if body.cut {
        row.first.push(Role::Warning, ", not all could be read");
    }
    row
}

/// Backends first: they are why anybody looks.
fn names(row: &mut Row, names: &[Text], context: Context<'_>) {
    let seen = names
        .iter()
        .filter(|name| !matches!(name.as_str(), "." | ".."));
    let (backends, others): (Vec<&Text>, Vec<&Text>) =
        seen.partition(|name| name.as_str().contains("ggml"));
    let total = backends.len() + others.len();
    let limit = if context.detail == Detail::Short {
        NAMES
    } else {
        total
    };
    for (at, name) in backends.into_iter().chain(others).take(limit).enumerate() {
        row.first
            .plain(if at == 0 { ": " } else { " " })
            .push(Role::Object, &escape::word(name.as_str()));
    }
    if total > limit {
        let dots = context.looks.dots();
        row.first
            .push(Role::Dim, &format!(" {dots} {} more", total - limit));
    }
}

fn asked(verb: &str, path: &Seen<Text>, base: Option<&Seen<Text>>) -> Row {
    let mut row = Row::new(verb);
    row.first.plain(" ").word(Role::Object, path);
    let relative = path
        .value()
        .is_some_and(|path| !path.as_str().starts_with('/'));
    if let Some(base) = base
        && relative
    {
        row.first.push(Role::Dim, " in ").word(Role::Dim, base);
    }
    row
}

fn answer(
    row: &mut Row,
    err: Option<crate::event::Errno>,
    text: Option<&Seen<Text>>,
    looks: Looks,
) {
    if let Some(err) = err {
        row.error(err, looks);
    } else if let Some(text) = text {
        row.first.plain(" = ").word(Role::Result, text);
    }
}
