//! Fact gathering on made-up machines.
