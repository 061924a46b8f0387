//! Top and bottom of the summary: what to distrust, the file, the command, the machine, the counts.

use crate::event::Text;
use crate::event::host::Header;

use super::super::super::line::Role;
use super::super::super::{amount, escape, row};
use super::super::{File, Summary};
use super::{NAMES, Page, words};

/// Loss, damage, late probes: whoever reads on must know.
pub(super) fn trust(page: &mut Page, summary: &Summary, file: &File) {
    page.section("LOSS");
    page.list(6, &summary.loss, |line, _, (cause, count)| {
        line.push(Role::Failed, &amount::of(*count, "record"))
            .plain(" lost: ")
            .plain(row::cause(cause.as_str()));
    });
    let counted: u64 = summary
        .loss
        .values()
        .fold(0, |sum, one| sum.saturating_add(*one));
    if let Some(end) = &summary.end
        && end.lost > counted
    {
        page.line(|line, _| {
            line.push(Role::Failed, &amount::of(end.lost - counted, "record"))
                .plain(" lost, cause not recorded");
        });
    }
    page.section("DAMAGE");
    page.list(6, &file.warnings, |line, _, warning| {
        line.push(Role::Failed, warning);
    });
    if summary.end.is_none() && file.warnings.is_empty() {
        page.line(|line, _| {
            line.push(
                Role::Failed,
                "the recording has no end: it was cut off, or still goes on",
            );
        });
    }
    page.section("late");
    page.list(3, &summary.late, |line, _, path| {
        line.push(Role::Warning, &escape::word(path.as_str()))
            .plain(" got its probes while its process ran: first calls may be missing");
    });
    page.section("note");
    page.list(8, &summary.notes, |line, _, text| {
        line.push(Role::Warning, text.as_str());
    });
}

pub(super) fn recording(page: &mut Page, summary: &Summary, file: &File) {
    page.section("trace");
    page.line(|line, looks| {
        line.push(Role::Object, &escape::word(&file.path));
        if let Some(size) = file.size {
            line.plain(&format!("  {}", amount::size(size)));
        }
        line.plain(&format!("  {}", amount::of(summary.events, "event")))
            .plain(&format!(
                " in {}",
                amount::duration(summary.last, looks.unicode)
            ));
        if let Some(end) = &summary.end {
            line.plain("; ").plain(row::ended(end.why.as_str()));
        }
    });
    if let Some((probes, others)) = summary
        .end
        .as_ref()
        .and_then(|end| Some((end.probes?, end.others?)))
    {
        page.section("probes");
        page.line(|line, _| {
            line.plain(&amount::of(probes, "function"))
                .plain("; other processes paid for ")
                .plain(&amount::of(others, "call"))
                .plain(" of them");
        });
    }
    if let Some(header) = &summary.header {
        command(page, header);
        machine(page, header);
    }
}

fn command(page: &mut Page, header: &Header) {
    if !header.command.is_empty() {
        page.section("command");
        let command = words(header.command.iter().map(Text::as_str), 160, page.looks);
        page.line(|line, _| {
            line.plain(&command)
                .push(Role::Dim, &format!("  uid {}", header.uid));
        });
    }
    page.list(12, &header.changed_env, |line, _, var| {
        line.push(Role::Dim, "set ").plain(var.k.as_str());
        match (&var.v, var.len) {
            (Some(value), _) => line.plain("=").plain(&escape::word(value.as_str())),
            (None, Some(length)) => {
                line.push(Role::Dim, &format!("=<{} withheld>", amount::size(length)))
            }
            (None, None) => line.push(Role::Dim, " (unset)"),
        };
    });
}

fn machine(page: &mut Page, header: &Header) {
    let host = &header.host;
    page.section("machine");
    page.line(|line, _| {
        if let Some(os) = &host.os {
            line.plain(os.as_str()).plain(", ");
        }
        line.plain("Linux ").plain(host.kernel.as_str());
        if !header.engine.is_empty() {
            line.push(Role::Dim, ", recorded by ")
                .push(Role::Dim, header.engine.as_str());
        }
        if host.pci_unseen {
            line.push(Role::Warning, "; the PCI bus could not be listed");
        } else if host.gpus.is_empty() {
            line.push(Role::Warning, "; no GPU on the PCI bus");
        }
    });
    page.list(8, &host.gpus, |line, _, gpu| {
        line.plain("GPU ")
            .push(Role::Object, gpu.ids.as_str())
            .plain(" at ")
            .plain(gpu.address.as_str());
        match &gpu.driver {
            Some(driver) => line.plain(", driver ").plain(driver.as_str()),
            None => line.push(Role::Warning, ", no kernel driver bound"),
        };
    });
}

pub(super) fn events(page: &mut Page, summary: &Summary) {
    page.section("events");
    let mut kinds: Vec<(&String, &u64)> = summary.kinds.iter().collect();
    kinds.sort_by(|one, two| two.1.cmp(one.1).then(one.0.cmp(two.0)));
    let text = kinds
        .into_iter()
        .map(|(name, number)| format!("{name} {}", amount::count(*number)));
    let lines = wrap(text, NAMES);
    page.list(3, lines, |line, _, text| {
        line.plain(&text);
    });
}

/// Parts joined by `, ` into lines of at most `columns`.
fn wrap(parts: impl Iterator<Item = String>, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(last) if escape::width(last) + escape::width(&part) + 2 <= columns => {
                last.push_str(", ");
                last.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines
}
