//! The commands, one file each.

pub(crate) mod accuracy;
pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod generate;
pub(crate) mod screens;
pub(crate) mod setup;
pub(crate) mod test;
pub(crate) mod tidy;
