//! `shim`: the virtual GPU's libraries written to a folder, what scripts and units need to use them, the ready-made faults.

mod environment;
mod list;

use std::path::{Path, PathBuf};

use vgputrace_device::config::{self, Environment, Launches, Machine};
use vgputrace_device::ready::Ready;

use super::Report;
use super::standard_output::StandardOutput;
use crate::source::shim::folder::{self, Existing};
use crate::source::shim::{Error, faults};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Props {
    /// Write the libraries.
    Install {
        /// Where.
        folder: PathBuf,
        /// A vgpu.toml to put beside them.
        config: Option<PathBuf>,
        /// Ready-made faults that they are to have.
        faults: Vec<String>,
        /// What is there of these names is replaced.
        replace: bool,
    },
    /// Print variables.
    Environment {
        /// Where the libraries are.
        folder: PathBuf,
        /// For a systemd unit instead of a shell.
        unit: bool,
    },
    /// Print the ready-made faults.
    Faults {
        /// As JSON.
        json: bool,
    },
}

/// Does it.
///
/// # Errors
/// Files that cannot be written or read, an unknown fault, standard output that cannot be written.
pub fn run(props: &Props) -> Result<u8, Report> {
    let text = match props {
        Props::Install {
            folder,
            config,
            faults,
            replace,
        } => install(folder, config.as_deref(), faults, *replace)?,
        Props::Environment { folder, unit } => environment::text(folder, *unit)?,
        Props::Faults { json: true } => list::json()?,
        Props::Faults { json: false } => list::text(),
    };
    let mut out = StandardOutput::new();
    out.write(text.as_bytes())?;
    out.finish()?;
    Ok(0)
}

fn install(
    place: &Path,
    config: Option<&Path>,
    names: &[String],
    replace: bool,
) -> Result<String, Report> {
    let wanted = faults(names).map_err(|error| trouble(&error))?;
    let files = vgputrace_bundle::files(&wanted).map_err(|error| Report::from_error(&error))?;
    // Variables that point to the folder's configuration hide the usual one: a fault comes with a copy of that.
    let mut texts = configuration(config, &wanted, &|name| std::env::var_os(name))?.texts;
    if config.is_none() && !wanted.iter().any(|fault| fault.is_in_configuration()) {
        texts.clear();
    }
    let existing = match replace {
        true => Existing::Replace,
        false => Existing::Keep,
    };
    let written = folder::write(&files, place, existing).map_err(|error| trouble(&error))?;
    folder::forget(place).map_err(|error| trouble(&error))?;
    folder::configure(&texts, place).map_err(|error| trouble(&error))?;
    let mut text = String::new();
    for path in written {
        text.push_str(&crate::view::escape::text(&path.to_string_lossy()));
        text.push('\n');
    }
    Ok(text)
}

/// A configuration that can be used.
pub(super) struct Configured {
    /// Its texts, each with its origin.
    pub(super) texts: Vec<(String, String)>,
    /// Launches of kernels go well and compute nothing.
    pub(super) records_launches: bool,
}

/// The texts of the configuration with their origins, checked: the file that is named or the usual one, then each fault's.
///
/// # Errors
/// A file that cannot be read, or a text that cannot be used.
pub(super) fn configuration(
    file: Option<&Path>,
    faults: &[&Ready],
    environment: Environment<'_>,
) -> Result<Configured, Report> {
    let paths = match file {
        Some(file) => vec![file.to_owned()],
        None => config::find(environment),
    };
    let mut texts = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Report::new(format!("cannot read {}", path.display())).because(&error)
        })?;
        texts.push((path.display().to_string(), text));
    }
    let of_faults = faults.iter().filter(|fault| fault.is_in_configuration());
    texts.extend(of_faults.map(|fault| {
        let origin = format!("fault {}", fault.name);
        (origin, fault.config().to_owned())
    }));
    let borrowed: Vec<(&str, &str)> = texts
        .iter()
        .map(|(origin, text)| (origin.as_str(), text.as_str()))
        .collect();
    let sysfs = environment("VGPU_SYSFS").map_or_else(|| PathBuf::from("/sys"), PathBuf::from);
    let machine = Machine::parse(&borrowed, &sysfs).map_err(|error| Report::from_error(&error))?;
    Ok(Configured {
        texts,
        records_launches: machine.launches == Launches::Record,
    })
}

/// An error of the layer below, with what to do.
pub(super) fn trouble(error: &Error) -> Report {
    let report = Report::from_error(error);
    match error {
        Error::NoSuchFault(_) => report.help("vgputrace shim faults list"),
        Error::There(_) => {
            report.help("name another folder, or replace the files that are there: --replace")
        }
        _ => report,
    }
}
