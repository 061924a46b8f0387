//! `./x accuracy`: how often `explain` gives the right cause first, in four figures that are never added up.

/// Counts; false when a wrong cause was called certain.
///
/// # Errors
/// When cargo cannot be run.
pub(crate) fn run() -> anyhow::Result<bool> {
    super::tests_program("accuracy", &["-v"])
}
