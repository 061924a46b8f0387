//! Hostile bytes into every parser of bytes that we did not write: traces, ring records, library files, text; and what the shim reads.
//!
//! Each target changes inputs of its corpus at random and must not panic, hang or use memory out of proportion.
//! `VGPUTRACE_FUZZ_SECONDS` is the time of each target (3 unless set), `VGPUTRACE_SEED` another start. An input that
//! breaks a target is kept in `target/fuzz`, for the corpus.

mod elf;
mod engine;
mod log;
mod mutate;
mod records;
mod shim;
mod text;
mod trace;
mod viewer;
