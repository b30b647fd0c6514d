//! A first look at Morket.

fn main() {}
