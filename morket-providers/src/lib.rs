//! Vendors of Morket.

#[cfg(feature = "sandbox")]
pub mod sandbox;
