//! `./x screens`: draws the viewer's screens for the documents from the traces that the program carries.

/// Draws them into docs/screens; false when that failed.
///
/// # Errors
/// When cargo cannot be run.
pub(crate) fn run() -> anyhow::Result<bool> {
    super::tests_program("viewer-screens", &[])
}
