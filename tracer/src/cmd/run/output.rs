//! Where the trace goes and whose it is; and why a start failed.

use std::path::PathBuf;

use super::Props;
use crate::cmd::Report;
use crate::cmd::report::RECORDER;
use crate::sys::spawn::{Command, Failed, Step};
use crate::trace;

/// The file, and the user and group it is given to: those of the user who called sudo.
pub(in crate::cmd) fn place(props: &Props) -> Result<(PathBuf, Option<(u32, u32)>), Report> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let owner = if rustix::process::geteuid().is_root() {
        number("SUDO_UID").zip(number("SUDO_GID"))
    } else {
        None
    };
    let path = match &props.output {
        Some(path) => path.clone(),
        None => dated(props),
    };
    Ok((path, owner))
}

/// `vgputrace-ollama-20261121-143002.vgt`, with the command's name in it.
fn dated(props: &Props) -> PathBuf {
    let command = props.command.first().map(PathBuf::from);
    let name = command
        .as_deref()
        .and_then(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .or_else(|| {
            props
                .like_unit
                .as_ref()
                .map(|unit| unit.trim_end_matches(".service").to_owned())
        })
        .unwrap_or_default();
    let plain: String = name
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
        .take(40)
        .collect();
    let time = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
    let first = PathBuf::from(format!("vgputrace-{plain}-{time}.vgt"));
    // Two recordings in one second: the next free number.
    (1..100)
        .map(|count| match count {
            1 => first.clone(),
            _ => PathBuf::from(format!("vgputrace-{plain}-{time}-{count}.vgt")),
        })
        .find(|path| !path.exists())
        .unwrap_or(first)
}

/// Why the trace could not be created.
pub(in crate::cmd) fn report(error: &trace::Error) -> Report {
    let report = Report::from_error(error).code(RECORDER);
    match error {
        trace::Error::Create { .. } => {
            report.help("choose a folder you may write to: -o /tmp/run.vgt")
        }
        trace::Error::DiskFull { .. } => report.help("choose another place: -o FILE"),
        _ => report,
    }
}

/// Why the command did not start.
pub(super) fn start_report(command: &Command, failed: &Failed) -> Report {
    let program = command.program.display();
    match failed.step {
        Step::User => Report::new("cannot change to the user of the command")
            .because(&failed.error)
            .help("changing user needs root: sudo vgputrace run ...")
            .code(RECORDER),
        Step::Filter => {
            Report::new("system calls of the command cannot be made to stop for the recorder")
                .because(&failed.error)
                .help(
                    "the ptrace engine needs a kernel with seccomp filters (CONFIG_SECCOMP_FILTER)",
                )
                .code(RECORDER)
        }
        Step::Directory => Report::new("cannot change to the working directory of the command")
            .because(&failed.error)
            .code(RECORDER),
        Step::Terminal => Report::new("cannot give the command its terminal")
            .because(&failed.error)
            .code(RECORDER),
        Step::Exec => {
            let code = if failed.error.raw_os_error() == Some(2) {
                127
            } else {
                126
            };
            let report = Report::new(format!("cannot execute {program}")).because(&failed.error);
            let report = match failed.error.raw_os_error() {
                Some(2) => report.help(
                    "if the file is there, the interpreter its first line or its ELF header names is not",
                ),
                Some(8) => {
                    report.help("it is no program of this machine; a script needs a first line such as #!/bin/sh")
                }
                _ => report,
            };
            report.code(code)
        }
    }
}
