//! `./x install [PREFIX]`: puts what `./x dist` makes in its place, `/usr/local` unless another prefix is named.
//!
//! Each file is written beside its place and moved there, so that a `vgputrace` that runs goes on. Nothing else below the
//! prefix is touched, and the list of files is what is printed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::machine;

/// Where to.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder above `bin` and `share`; one of your own needs no root.
    #[arg(default_value = "/usr/local")]
    prefix: PathBuf,
}

/// Builds and installs.
///
/// # Errors
/// One sentence: which step failed, or which file cannot be written.
#[expect(clippy::print_stdout, reason = "the files are what the user asked for")]
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let from = super::dist::lay_out(&machine::root())?;
    for file in files(&from)? {
        let to = options.prefix.join(&file);
        put(&from.join(&file), &to).with_context(|| {
            format!(
                "cannot write {}: as root, or with a prefix of your own: ./x install ~/.local",
                to.display()
            )
        })?;
        println!("{}", to.display());
    }
    Ok(())
}

fn put(from: &Path, to: &Path) -> std::io::Result<()> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder)?;
    let mut beside = to.as_os_str().to_owned();
    beside.push(".new");
    fs::copy(from, &beside)?;
    fs::rename(&beside, to)
}

/// Every file below a folder, relative to it and sorted.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        let entries =
            fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))?;
        for entry in entries {
            let path = entry
                .with_context(|| format!("cannot list {}", next.display()))?
                .path();
            if path.is_dir() {
                left.push(path);
            } else if let Ok(inside) = path.strip_prefix(folder) {
                found.push(inside.to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{files, put};

    #[test]
    fn a_tree_is_listed_and_a_file_replaces_another() {
        let folder = std::env::temp_dir().join(format!("vgputrace-install-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to/bin/tool"));
        fs::create_dir_all(from.join("bin")).unwrap();
        fs::create_dir_all(from.join("share/man")).unwrap();
        fs::write(from.join("bin/tool"), "new").unwrap();
        fs::write(from.join("share/man/tool.1"), "page").unwrap();
        let listed = files(&from).unwrap();
        assert_eq!(listed, ["bin/tool", "share/man/tool.1"].map(PathBuf::from));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(&to, "old").unwrap();
        put(&from.join("bin/tool"), &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
        assert_eq!(files(&folder.join("to")).unwrap().len(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
