//! What a command says when it cannot do its work: one sentence, its causes, and what to do.

use std::error::Error;
use std::fmt;
use std::path::Path;

use crate::view::escape;

/// Exit code of a command that only reads and could not.
pub const TROUBLE: u8 = 2;
/// Exit code of `run` when the recorder itself failed.
pub const RECORDER: u8 = 125;

/// A failure as the user reads it.
#[derive(Debug)]
pub struct Report {
    message: String,
    details: Vec<String>,
    help: Vec<String>,
    code: u8,
}

impl Report {
    /// A report such as `cannot read run.vgt: it is empty`. Exit code 2 until told otherwise.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            details: Vec::new(),
            help: Vec::new(),
            code: TROUBLE,
        }
    }

    /// A report of an error of a lower layer, with its causes.
    #[must_use]
    pub fn from_error(error: &(dyn Error + 'static)) -> Self {
        Self::new(sentence(error))
    }

    /// Adds the cause: `: permission denied`.
    #[must_use]
    pub fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        self.message.push_str(": ");
        self.message.push_str(&sentence(error));
        self
    }

    /// Adds lines that stand below the message as they are.
    #[must_use]
    pub fn detail(mut self, text: &str) -> Self {
        self.details.extend(text.lines().map(str::to_owned));
        self
    }

    /// Adds a line that says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds advice for a trace or log that could not be opened because it is not there: what lies beside it under nearly the same
    /// name, or how one is made.
    #[must_use]
    pub fn near(self, path: &Path) -> Self {
        if !matches!(path.try_exists(), Ok(false)) {
            return self;
        }
        let mut with_ending = path.as_os_str().to_owned();
        with_ending.push(".vgt");
        let with_ending = Path::new(&with_ending);
        if with_ending.exists() {
            return self.help(format!("there is {}", with_ending.display()));
        }
        self.help("make a trace with: sudo vgputrace run -o FILE -- ollama serve")
    }

    /// Sets the exit code.
    #[must_use]
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vgputrace: {}", escape::text(&self.message))?;
        for line in &self.details {
            write!(f, "\n  {}", escape::text(line))?;
        }
        for line in &self.help {
            write!(f, "\nhelp: {}", escape::text(line))?;
        }
        Ok(())
    }
}

/// An error and its causes in one sentence; a cause that its effect already quotes is not repeated.
pub(super) fn sentence(error: &(dyn Error + 'static)) -> String {
    let mut text = plain(error);
    let mut source = error.source();
    while let Some(cause) = source {
        let words = plain(cause);
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

/// The error's words without the number that the standard library appends: `(os error 2)`.
fn plain(error: &(dyn Error + 'static)) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text.get(..at).unwrap_or_default().to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open {0}")]
    struct Open(&'static str, #[source] std::io::Error);

    #[test]
    fn a_report_is_a_sentence_its_causes_and_advice() {
        let error = Open("/x\u{1b}[31m.vgt", std::io::Error::from_raw_os_error(13));
        let report = Report::from_error(&error)
            .detail("one\ntwo")
            .help("use sudo");
        assert_eq!(
            report.to_string(),
            "vgputrace: cannot open /x\\x1b[31m.vgt: Permission denied\n  one\n  two\nhelp: use sudo"
        );
        assert_eq!(report.exit_code(), 2);
        assert_eq!(report.code(125).exit_code(), 125);
    }

    #[test]
    fn the_file_that_was_meant_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let meant = folder.path().join("good.vgt");
        std::fs::write(&meant, "").expect("a file");
        let said = |name: &str| {
            let path = folder.path().join(name);
            Report::new("no").near(&path).to_string()
        };
        assert_eq!(
            said("good"),
            format!("vgputrace: no\nhelp: there is {}", meant.display())
        );
        assert!(said("bad").contains("\nhelp: make a trace with: sudo vgputrace run"));
        // It is there; that it cannot be read has another reason.
        assert_eq!(said("good.vgt"), "vgputrace: no");
    }
}
