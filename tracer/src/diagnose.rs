//! Says why: one verdict for each backend, with cause, evidence and remedy. Pure functions of [`Model`](crate::discover::Model).

pub mod explanation;
pub mod tree;

pub use explanation::{BackendVerdict, Certainty, Explanation, Finding, Verdict};
