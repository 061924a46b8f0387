//! `setup-caps`: the command that gives this program the rights to record, for users who are not root.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Report;
use super::report::TROUBLE;
use super::standard_output::StandardOutput;
use crate::view::doctor::shell;

/// What eBPF needs (capabilities(7)); nothing else is asked for.
const RIGHTS: &str = "cap_bpf,cap_perfmon+ep";

/// Print or run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Props {
    /// Run it.
    pub apply: bool,
}

/// Prints the command, or runs it.
///
/// # Errors
/// The program's own file is unknown; `setcap` is missing or says no.
pub fn run(props: Props) -> Result<u8, Report> {
    let program = std::env::current_exe().map_err(|error| {
        Report::new("the file of this program is unknown")
            .because(&error)
            .code(TROUBLE)
    })?;
    if props.apply {
        apply(&program, OsStr::new("setcap"))?;
    } else {
        let mut out = StandardOutput::new();
        out.write(line(&program).as_bytes())?;
        out.finish()?;
    }
    Ok(0)
}

fn line(program: &Path) -> String {
    format!(
        "sudo setcap {RIGHTS} {}\n",
        shell(&program.display().to_string())
    )
}

fn apply(program: &Path, setcap: &OsStr) -> Result<(), Report> {
    let output = Command::new(setcap)
        .arg(RIGHTS)
        .arg(program)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            Report::new("cannot run setcap")
                .because(&error)
                .help("it is in the package libcap2-bin (Debian, Ubuntu) or libcap (Fedora, Arch)")
                .code(TROUBLE)
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or("it says nothing").to_owned();
    Err(Report::new(format!("setcap failed: {line}"))
        .help("it needs root, and a file system that is not mounted nosuid: sudo vgputrace setup-caps --apply")
        .code(TROUBLE))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::Path;

    use super::{apply, line};

    #[test]
    fn the_command_can_be_pasted_whatever_the_path_holds() {
        let text = line(Path::new("/opt/my tools/vgputrace"));
        assert_eq!(
            text,
            "sudo setcap cap_bpf,cap_perfmon+ep '/opt/my tools/vgputrace'\n"
        );
    }

    #[test]
    fn a_refusal_is_an_error() {
        let path = Path::new("/nowhere/vgputrace");
        assert!(apply(path, OsStr::new("/bin/true")).is_ok());
        assert!(apply(path, OsStr::new("/bin/false")).is_err());
        assert!(apply(path, OsStr::new("/nowhere/setcap")).is_err());
    }
}
