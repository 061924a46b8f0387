//! Says why: one verdict for each backend, with cause, evidence and remedy. Pure functions of [`Model`](crate::discover::Model).
//!
//! ```text
//! Model -> case (what is known of one folder) -> rules (one file a stage) -> Finding
//!                                judge: verdict, then the rules of its stages -> Explanation
//! ```
//!
//! A rule says only what the facts show; where they show nothing, the verdict is `unknown`, and what would settle it is
//! named. No rule reads names of files, folders or variables for hints about a fault.

mod advice;
mod case;
mod drivers;
mod dropped;
pub mod explanation;
mod judge;
mod old_system;
mod platform;
mod quote;
pub mod rule;
pub mod rules;
mod started;
#[cfg(test)]
mod tests;
pub mod tree;
mod unexplained;
mod words;

pub use explanation::{BackendVerdict, Certainty, DeviceVerdict, Explanation, Finding, Verdict};
pub use judge::{SEARCH_CUT, explain};
pub use rule::{Rule, Stage};
