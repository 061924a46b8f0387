//! What went wrong, in the summary: failed loads, crashes, hangs.

use crate::event::Text;
use crate::event::call::Because;

use super::super::super::line::{Line, Role};
use super::super::super::row::site;
use super::super::super::{Looks, amount, decode, errno, escape, row};
use super::super::{LoadFailure, Summary};
use super::{NAMES, Page, times, who, words};

pub(super) fn failed(page: &mut Page, summary: &Summary) {
    let failures = &summary.failures;
    page.section("failed");
    for (sentence, failure) in failures.sorted().into_iter().take(8) {
        page.line(|line, looks| {
            line.push(Role::Failed, looks.cross())
                .plain(" ")
                .push(Role::Failed, sentence);
            counted(line, failure);
        });
        let asked: Vec<&str> = failure.asked.iter().map(Text::as_str).collect();
        if !asked.is_empty() {
            page.line(|line, looks| {
                line.plain("  ")
                    .push(Role::Dim, looks.under())
                    .push(Role::Dim, " asked for: ")
                    .plain(&words(asked, NAMES, looks));
            });
        }
    }
    page.list(0, failures.sorted().into_iter().skip(8), |_, _, _| {});
    page.list(4, &failures.closures, |line, looks, (path, missing)| {
        let text = escape::fit(&missing.join(", "), NAMES * 2, looks.dots()).into_owned();
        line.push(Role::Object, &escape::word(path.as_str()))
            .push(Role::Dim, " misses in all: ")
            .plain(&text);
    });
    page.list(
        4,
        &failures.refused,
        |line, looks, ((path, err), failure)| {
            refused(
                line,
                looks,
                ("mapping ", path),
                &errno::words(*err),
                failure,
            );
        },
    );
    page.list(
        4,
        &failures.programs,
        |line, looks, ((path, err), failure)| {
            refused(
                line,
                looks,
                ("program ", path),
                &errno::words(*err),
                failure,
            );
        },
    );
    page.list(
        6,
        &failures.calls,
        |line, looks, ((function, result), failure)| {
            refused(line, looks, ("", function), &format!("= {result}"), failure);
            if let Some(asked) = failure.asked.first() {
                line.push(Role::Dim, &format!("  {}", escape::quoted(asked.as_str())));
            }
        },
    );
    page.section("symbols");
    page.list(4, &failures.symbols, |line, _, (sentence, failure)| {
        line.plain(sentence);
        counted(line, failure);
    });
}

fn refused(
    line: &mut Line,
    looks: Looks,
    (what, name): (&str, &Text),
    why: &str,
    failure: &LoadFailure,
) {
    line.push(Role::Failed, looks.cross())
        .plain(" ")
        .plain(what)
        .push(Role::Object, &escape::word(name.as_str()))
        .plain(" ")
        .push(Role::Failed, why);
    counted(line, failure);
}

fn counted(line: &mut Line, failure: &LoadFailure) {
    let text = format!("  {}{}", times(failure.count), who(&failure.processes));
    line.push(Role::Dim, &text);
}

pub(super) fn ended_badly(page: &mut Page, summary: &Summary) {
    page.section("crashes");
    page.list(6, &summary.crashes, |line, looks, crash| {
        line.push(Role::Failed, looks.cross()).plain(" ");
        if let Some(process) = crash.process {
            line.push(Role::Process, &row::who(process, summary.scene()))
                .plain(" ");
        }
        line.push(Role::Failed, crash.what.as_str());
        if let Some(why) = decode::fault_code(crash.what.as_str(), crash.code) {
            line.plain(" ").plain(why);
        }
        if let Some(address) = crash.address {
            line.plain(&format!(" at {address}"));
        }
        if let Some(at) = &crash.at {
            line.plain(" in ");
            site(line, at);
        }
        if !crash.inside.is_empty() {
            let calls = words(crash.inside.iter().map(Text::as_str), NAMES, looks);
            line.push(Role::Dim, ", inside ").plain(&calls);
        }
    });
    page.section("hangs");
    page.list(6, &summary.hangs, |line, looks, hang| {
        line.push(Role::Failed, looks.cross()).plain(" ");
        if let Some(process) = hang.process {
            line.push(Role::Process, &row::who(process, summary.scene()))
                .plain(" ");
        }
        let words = match hang.because {
            Because::Slow => "had not come back",
            Because::Exit => "never came back, its thread ended",
            Because::End => "had not come back when the recording ended,",
            Because::Exec | Because::Unwound => "was left",
        };
        line.push(Role::Failed, hang.what.as_str())
            .plain(&format!(" {words}"));
        if let Some(nanos) = hang.nanos {
            line.plain(&format!(
                " after {}",
                amount::duration(nanos, looks.unicode)
            ));
        }
    });
}
