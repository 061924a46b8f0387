//! Rows of signals and of the kernel's choice of a victim.

use crate::event::call::Site;
use crate::event::signal::{Oom, Outcome, Signal};
use crate::event::{Hex, Proc};

use super::super::decode;
use super::super::line::{Line, Role};
use super::{Context, Row, who};

/// A fault: `SIGSEGV address not mapped at 0x0 in /x/libggml-cuda.so+0x1189 (ggml_backend_init+0x9) ✗`. A signal:
/// `SIGKILL to p3.1 llama-server: delivered`.
pub(super) fn signal(sender: Option<Proc>, body: &Signal, context: Context<'_>) -> Row {
    let fault = body.is_fault();
    let mut row = Row::default();
    let role = if fault { Role::Failed } else { Role::Warning };
    row.first.push(role, body.name.as_str());
    if fault {
        if let Some(why) = decode::fault_code(body.name.as_str(), body.code) {
            row.first.plain(" ").plain(why);
        }
        if let Some(address) = body.address {
            row.first
                .plain(" at ")
                .push(Role::Dim, &address.to_string());
        }
        if let Some(at) = &body.at {
            row.first.plain(" in ");
            site(&mut row.first, at);
        }
    }
    let own = body.from_pid.is_none() || body.from_pid == Some(body.to_pid);
    if !own || !fault {
        parties(&mut row.first, body, own, context);
        if let (None, None, Some(pid)) = (sender, &body.from_name, body.from_pid) {
            row.first.push(Role::Dim, &format!(" from pid {pid}"));
        }
    }
    let (words, role) = match body.result {
        Outcome::Delivered => ("delivered", Role::Plain),
        Outcome::Ignored => ("ignored by the receiver", Role::Dim),
        Outcome::Pending => ("was pending already", Role::Dim),
        Outcome::Overflow => ("failed, queue full", Role::Failed),
        Outcome::Bare => ("delivered without details", Role::Plain),
        Outcome::Other => ("outcome unknown", Role::Dim),
    };
    if !(fault && matches!(body.result, Outcome::Delivered)) {
        row.first.plain(": ").push(role, words);
    }
    if fault {
        row.first
            .plain(" ")
            .push(Role::Failed, context.looks.cross());
    }
    row
}

fn parties(line: &mut Line, body: &Signal, own: bool, context: Context<'_>) {
    match body.to {
        _ if own && body.from_pid.is_some() => line.plain(" to itself"),
        Some(to) => line
            .plain(" to ")
            .push(Role::Process, &who(to, context.scene)),
        None => line.plain(&format!(" to pid {}", body.to_pid)),
    };
    if let (Some(name), Some(pid)) = (&body.from_name, body.from_pid) {
        line.plain(" from ")
            .push(Role::Process, name.as_str())
            .push(Role::Dim, &format!(" (pid {pid}, not traced)"));
    }
}

/// Appends a place in an object: path, offset and nearest symbol.
pub fn site(line: &mut Line, site: &Site) {
    match &site.object {
        Some(object) => {
            let place = format!(
                "{}+{}",
                super::super::escape::word(object.as_str()),
                site.offset
            );
            line.push(Role::Object, &place);
        }
        None if site.offset == Hex(0) => {
            line.push(Role::Dim, "NULL");
        }
        None => {
            line.push(Role::Dim, &format!("no object ({})", site.offset));
        }
    }
    if let Some(symbol) = &site.symbol {
        line.plain(" (").plain(symbol.as_str()).plain(")");
    }
}

pub(super) fn oom(body: &Oom, context: Context<'_>) -> Row {
    let mut row = Row::default();
    row.first
        .push(Role::Failed, "out of memory")
        .plain(": the kernel ends ");
    match body.victim {
        Some(victim) => row.first.push(Role::Process, &who(victim, context.scene)),
        None => row.first.plain(&format!("pid {}", body.pid)),
    };
    row.first
        .plain(" ")
        .push(Role::Failed, context.looks.cross());
    row
}
