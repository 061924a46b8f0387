//! How a process ended, and signals in words.

use crate::discover::model::{End, Evidence};
use crate::event::process::Exit;
use crate::event::signal::Signal;
use crate::event::{Seq, Text};

/// Signals by which a process is ended from outside.
pub(super) const KILLS: [&str; 5] = ["SIGKILL", "SIGTERM", "SIGINT", "SIGSYS", "SIGQUIT"];

/// Somebody ended it, or it still ran: what had not come back until then hung.
pub(super) fn by_kill(end: &End) -> bool {
    match end {
        End::Unknown
        | End::KilledByServer {
            before_answer: true,
            ..
        } => true,
        // seccomp's SIGSYS ends what was running, not what hung.
        End::Signal { name, .. } => KILLS.contains(&name.as_str()) && name.as_str() != "SIGSYS",
        _ => false,
    }
}

/// Kills that were seen.
pub(super) struct Kills {
    /// By the server: the event, and whether there was no answer.
    pub(super) server: Option<(Seq, bool)>,
    /// By somebody else: signal, sender, the event.
    pub(super) foreign: Option<(Text, Option<Text>, Seq)>,
    pub(super) oom: Option<Seq>,
    /// Nanoseconds it had been running.
    pub(super) ran: u64,
}

/// How it ended. The server sends SIGKILL to a child that has ended as well, so a code of its own outweighs that.
pub(super) fn end(exit: &Exit, seq: Seq, kills: &Kills) -> End {
    let Some(signal) = &exit.signal else {
        let code = exit.code.unwrap_or(0);
        let text = format!("exit code {code}");
        return End::Exit(code, Some(Evidence::event(seq, text)));
    };
    if let (Some(oom), "SIGKILL") = (kills.oom, signal.as_str()) {
        let text = "the kernel chose it for lack of memory";
        return End::OutOfMemory(Some(Evidence::event(oom, text)));
    }
    if let (Some((at, before_answer)), "SIGKILL") = (kills.server, signal.as_str()) {
        let text = format!("SIGKILL by the server after {} ms", kills.ran / 1_000_000);
        return End::KilledByServer {
            before_answer,
            after: kills.ran,
            seen: Some(Evidence::event(at, text)),
        };
    }
    let by = kills
        .foreign
        .as_ref()
        .filter(|(name, _, _)| name == signal)
        .and_then(|(_, by, _)| by.clone());
    let text = match &by {
        Some(by) => format!("killed by {signal} from {by}"),
        None => format!("killed by {signal}"),
    };
    End::Signal {
        name: signal.clone(),
        by,
        seen: Some(Evidence::event(seq, text)),
    }
}

/// A signal in words.
pub(super) fn describe(signal: &Signal) -> String {
    let mut text = signal.name.as_str().to_owned();
    if let Some(address) = signal.address {
        text.push_str(&format!(" at address {address}"));
    }
    if let Some(site) = &signal.at {
        let object = site.object.as_ref().map_or("?", |path| path.as_str());
        text.push_str(&format!(" in {object}+{}", site.offset));
        if let Some(symbol) = &site.symbol {
            text.push_str(&format!(" ({symbol})"));
        }
    }
    text
}
