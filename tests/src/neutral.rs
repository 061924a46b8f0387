//! Three ways.
