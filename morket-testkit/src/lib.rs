//! Conformance suites, clocks, fakes and the crash harness of Morket: what tells you that your
//! adapter is right.

pub mod clock;
pub mod rng;
pub mod service;

pub use clock::ManualClock;
pub use rng::SeededRng;
