//! What a verifier hears when it knocks at an address.

use crate::sandbox::{
    dice::{Rate, Roll},
    world::{Address, World},
};

/// How often nobody can tell.
const UNKNOWN: Rate = Rate::percent(2);

/// Whether mail arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Said {
    Valid,
    /// The domain takes everything.
    CatchAll,
    NoMailbox,
    NoDomain,
    /// It is no address.
    NoAddress,
    Disposable,
    Unknown,
}

/// An address and what is to be said of it.
#[derive(Debug)]
pub(in crate::sandbox) struct Heard<'a> {
    pub(in crate::sandbox) email: &'a str,
    pub(in crate::sandbox) domain: &'a str,
    pub(in crate::sandbox) said: Said,
    /// Nobody's in particular.
    pub(in crate::sandbox) role: bool,
    pub(in crate::sandbox) webmail: bool,
    /// For whatever the world leaves open.
    pub(in crate::sandbox) roll: Roll,
}

impl<'a> Heard<'a> {
    /// What this vendor hears; what it is ignorant of, another may know.
    pub(in crate::sandbox) fn of(world: &World, vendor: &str, email: &'a str) -> Self {
        let email = email.trim();
        let lower = email.to_lowercase();
        let roll = world.roll("heard", &[vendor, &lower]);
        let address = world.address(&lower);
        let said = match address {
            None => Said::NoAddress,
            Some(Address::NoDomain) => Said::NoDomain,
            Some(Address::Disposable) => Said::Disposable,
            Some(Address::Webmail | Address::Foreign) => Said::Unknown,
            Some(_) if roll.happens(UNKNOWN) => Said::Unknown,
            Some(Address::Valid | Address::Role) => Said::Valid,
            Some(Address::CatchAll) => Said::CatchAll,
            Some(Address::Dead) => Said::NoMailbox,
        };
        Self {
            email,
            domain: email.rsplit_once('@').map_or("", |(_, domain)| domain),
            said,
            role: address == Some(Address::Role),
            webmail: address == Some(Address::Webmail),
            roll,
        }
    }

    /// Whether somebody takes mail for the domain.
    pub(in crate::sandbox) fn has_mail(&self) -> bool {
        !matches!(self.said, Said::NoDomain | Said::NoAddress)
    }
}
