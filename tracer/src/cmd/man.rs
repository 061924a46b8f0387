//! `man`: manual pages made from the definition of the command line.

use std::fs;
use std::path::PathBuf;

use clap_mangen::Man;

use super::Report;
use super::standard_output::StandardOutput;

/// Where the pages go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// A folder for all pages; the first page to standard output when absent.
    pub folder: Option<PathBuf>,
}

/// Prints or writes the pages of the command line `definition`.
///
/// # Errors
/// Standard output or a page cannot be written.
pub fn run(props: Props, definition: clap::Command) -> Result<u8, Report> {
    let mut definition = definition.disable_help_subcommand(true);
    // Gives the subcommands their full names.
    definition.build();
    let Some(folder) = props.folder else {
        let mut out = StandardOutput::new();
        out.write(&text(&Man::new(definition))?)?;
        out.finish()?;
        return Ok(0);
    };
    let commands: Vec<_> = definition
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .cloned()
        .collect();
    for command in std::iter::once(definition).chain(commands) {
        let page = Man::new(command);
        let path = folder.join(page.get_filename());
        fs::write(&path, text(&page)?).map_err(|error| {
            Report::new(format!("cannot write {}", path.display()))
                .because(&error)
                .help("the folder must exist and be writable, such as /usr/local/share/man/man1")
        })?;
    }
    Ok(0)
}

fn text(page: &Man) -> Result<Vec<u8>, Report> {
    let mut text = Vec::new();
    page.render(&mut text)
        .map_err(|error| Report::new("cannot make a manual page").because(&error))?;
    Ok(text)
}
