//! The `morket` command.

fn main() {}
