//! Texts of made checks.
