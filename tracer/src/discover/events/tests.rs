//! The model of recorded runs, and of small made ones.

mod made;
mod outline;
mod recorded;
