//! The one table of functions.
#![no_std]
