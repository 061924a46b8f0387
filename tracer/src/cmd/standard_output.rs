//! Standard output that ends quietly when its reader has gone (`show | head`).

use std::io::{self, BufWriter, StdoutLock, Write};

use super::Report;

/// Buffered standard output.
pub(super) struct StandardOutput {
    out: BufWriter<StdoutLock<'static>>,
    gone: bool,
}

impl StandardOutput {
    pub(super) fn new() -> Self {
        Self {
            out: BufWriter::with_capacity(64 * 1024, io::stdout().lock()),
            gone: false,
        }
    }

    /// Writes all of it; false when nobody reads any more.
    ///
    /// # Errors
    /// Any failure but a broken pipe.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<bool, Report> {
        if !self.gone {
            let result = self.out.write_all(bytes);
            self.check(result)?;
        }
        Ok(!self.gone)
    }

    /// Hands over what is buffered.
    ///
    /// # Errors
    /// Any failure but a broken pipe.
    pub(super) fn finish(&mut self) -> Result<(), Report> {
        if !self.gone {
            let result = self.out.flush();
            self.check(result)?;
        }
        Ok(())
    }

    fn check(&mut self, result: io::Result<()>) -> Result<(), Report> {
        match result {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            Err(error) => Err(Report::new("cannot write to standard output").because(&error)),
        }
    }
}
