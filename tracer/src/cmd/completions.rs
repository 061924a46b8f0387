//! `completions`: a shell's completion script on standard output.

use clap_complete::Shell;

use super::Report;
use super::standard_output::StandardOutput;

/// For which shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Props {
    /// The shell.
    pub shell: Shell,
}

/// Prints the script for the command line `definition`.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(props: Props, mut definition: clap::Command) -> Result<u8, Report> {
    let mut script = Vec::new();
    clap_complete::generate(props.shell, &mut definition, "vgputrace", &mut script);
    let mut out = StandardOutput::new();
    out.write(&script)?;
    out.finish()?;
    Ok(0)
}
