//! The `vgputrace` command.

fn main() {}
