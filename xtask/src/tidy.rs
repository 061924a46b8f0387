//! The rules of the repository as programs: each check is a pure function from the files to findings.
//!
//! [`Repository::read`] is the only part that touches the disk, so each rule is tested on files made of literals. One
//! test runs all of them on this repository.

mod arrows;
mod code;
mod dependencies;
mod layout;
mod links;
mod sizes;
mod unsafety;
mod words;

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// A text file of the repository.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// Its content; bytes that are no UTF-8 are replaced.
    pub(crate) text: String,
    /// For a Rust file: the text with comments and literals blanked, line by line the same.
    pub(crate) code: String,
}

impl File {
    /// A file from its path and content.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = if path.ends_with(".rs") {
            code::strip(text)
        } else {
            String::new()
        };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
        }
    }

    /// True for a Rust file.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// All files that belong to the repository: tracked, or new and not ignored.
pub(crate) struct Repository {
    /// In order of their paths.
    pub(crate) files: Vec<File>,
}

impl Repository {
    /// Reads the files below `root` that git knows or would add.
    ///
    /// # Errors
    /// When git is missing or a file cannot be read.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let listing = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root)
            .output()
            .context("tidy needs git to list the files")?;
        if !listing.status.success() {
            let said = String::from_utf8_lossy(&listing.stderr).into_owned();
            bail!("tidy needs a git checkout: {}", said.trim());
        }
        let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
        let mut paths: Vec<&str> = listing
            .split('\0')
            .filter(|path| !path.is_empty())
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let mut files = Vec::new();
        for path in paths {
            // A tracked file may have been deleted and not committed yet.
            if !root.join(path).is_file() {
                continue;
            }
            let bytes = fs::read(root.join(path)).with_context(|| format!("cannot read {path}"))?;
            let text = if bytes.contains(&0) {
                String::new()
            } else {
                String::from_utf8_lossy(&bytes).into_owned()
            };
            files.push(File::new(path, &text));
        }
        Ok(Self { files })
    }

    /// The file of that path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// True for a file, or a folder that holds one.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files
            .iter()
            .any(|file| file.path == path || file.path.starts_with(&folder))
    }

    /// Files made of literals, for tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| File::new(path, text))
            .collect();
        Self { files }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// To be looked at; breaks nothing.
    Warning,
    /// A rule is broken.
    Error,
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) level: Level,
    /// The file.
    pub(crate) path: String,
    /// Counted from 1; 0 for the file as a whole.
    pub(crate) line: usize,
    /// What is there.
    pub(crate) what: String,
    /// The rule's reason.
    pub(crate) why: &'static str,
    /// What to do about it.
    pub(crate) remedy: String,
}

impl Finding {
    /// A broken rule. `line` counts from 1; 0 is the file as a whole.
    pub(crate) fn error(path: &str, line: usize, what: impl Into<String>) -> Self {
        let (path, what) = (path.to_owned(), what.into());
        Self {
            level: Level::Error,
            path,
            line,
            what,
            why: "",
            remedy: String::new(),
        }
    }

    /// Something to look at.
    pub(crate) fn warning(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            ..Self::error(path, line, what)
        }
    }

    /// Adds the rule's reason.
    pub(crate) fn because(mut self, why: &'static str) -> Self {
        self.why = why;
        self
    }

    /// Adds what to do.
    pub(crate) fn so(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.level == Level::Error {
            "error"
        } else {
            "warning"
        };
        write!(to, "{}:{}: {level}: {}", self.path, self.line, self.what)?;
        write!(to, "\n    why: {}\n    do:  {}", self.why, self.remedy)
    }
}

/// Runs every check. Findings come in order of path and line.
pub(crate) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(layout::check(repository));
    findings.extend(arrows::check(repository));
    findings.extend(sizes::check(repository));
    findings.extend(dependencies::check(repository));
    findings.extend(unsafety::check(repository));
    findings.extend(words::check(repository));
    findings.extend(links::check(repository));
    findings.sort_by(|one, two| {
        (&one.path, one.line, &one.what).cmp(&(&two.path, two.line, &two.what))
    });
    findings
}

/// The lines of a text with their numbers from 1.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use super::{Finding, Level, Repository, check};
    use crate::machine;

    #[test]
    fn the_repository_keeps_its_own_rules() {
        let repository = match Repository::read(&machine::root()) {
            Ok(repository) => repository,
            Err(error) => panic!("{error:#}"),
        };
        let findings = check(&repository);
        let errors = findings
            .iter()
            .filter(|finding| finding.level == Level::Error);
        let errors: Vec<String> = errors.map(Finding::to_string).collect();
        assert!(errors.is_empty(), "\n{}", errors.join("\n"));
    }

    #[test]
    fn a_finding_says_where_what_why_and_what_to_do() {
        let finding = Finding::error("a.rs", 3, "is wrong")
            .because("it hurts")
            .so("mend it");
        assert_eq!(
            finding.to_string(),
            "a.rs:3: error: is wrong\n    why: it hurts\n    do:  mend it"
        );
    }
}
