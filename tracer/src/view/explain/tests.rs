//! Tests of the texts of `explain`.
