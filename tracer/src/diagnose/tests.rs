//! Tests of rules over models made by hand: each rule where it must speak, and next to it where it must stay silent.

mod build;
mod device;
mod host;
mod load;
mod process;
mod proofs;
mod remedy;
mod scan;
mod whose;
