//! Two units that never mix: [`Credits`] are what a tenant is charged, [`MicroUsd`] what a vendor
//! bills. Both are integers with checked arithmetic; there is no float on the path.

use crate::{Error, ErrorKind, Result};
use std::fmt;

macro_rules! amounts {
    ($($(#[$doc:meta])* $name:ident, $per_unit:literal, $digits:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// `units` whole units; stays at the largest amount instead of overflowing.
            pub const fn whole(units: i64) -> Self {
                Self(units.saturating_mul($per_unit))
            }

            /// The sum, or an error that changes nothing.
            pub fn plus(self, other: Self) -> Result<Self> {
                self.0.checked_add(other.0).map(Self).ok_or_else(|| overflow(stringify!($name)))
            }

            /// The difference, or an error that changes nothing.
            pub fn minus(self, other: Self) -> Result<Self> {
                self.0.checked_sub(other.0).map(Self).ok_or_else(|| overflow(stringify!($name)))
            }

            /// The same amount with the other sign.
            pub fn negated(self) -> Result<Self> {
                Self::ZERO.minus(self)
            }

            /// The sum of all, or an error.
            pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self> {
                amounts.into_iter().try_fold(Self::ZERO, Self::plus)
            }

            /// So many times as much, or an error that changes nothing.
            pub fn times(self, count: i64) -> Result<Self> {
                self.0.checked_mul(count).map(Self).ok_or_else(|| overflow(stringify!($name)))
            }

            /// Above zero.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let sign = if self.0 < 0 { "-" } else { "" };
                let amount = self.0.unsigned_abs();
                let (whole, part) = (amount / $per_unit, amount % $per_unit);
                let part = format!("{part:0width$}", width = $digits);
                let part = part.trim_end_matches('0');
                match part {
                    "" => write!(f, "{sign}{whole}"),
                    part => write!(f, "{sign}{whole}.{part}"),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )*};
}

amounts! {
    /// What a tenant is charged, in thousandths of a credit.
    ///
    /// ```
    /// use morket_core::Credits;
    ///
    /// assert_eq!(Credits(2_500).to_string(), "2.5");
    /// assert!(Credits(i64::MAX).plus(Credits(1)).is_err());
    /// ```
    Credits, 1_000, 3;
    /// What a vendor bills, in millionths of a dollar.
    MicroUsd, 1_000_000, 6;
    /// What a vendor bills in its own unit, in thousandths.
    VendorUnits, 1_000, 3;
}

impl MicroUsd {
    /// What these units come to when a whole one costs this; rounded up, so that spend is never
    /// understated.
    pub fn for_units(self, units: VendorUnits) -> Result<Self> {
        let exact = i128::from(self.0) * i128::from(units.0);
        let rounded = exact.div_euclid(1_000) + i128::from(exact.rem_euclid(1_000) > 0);
        i64::try_from(rounded).map(Self).map_err(|_| overflow("MicroUsd"))
    }
}

fn overflow(unit: &'static str) -> Error {
    Error::new(ErrorKind::Validation, "money", "amount: too large to count").with("unit", unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_as_people_write_them() {
        for (millis, text) in [(0, "0"), (1, "0.001"), (-1_500, "-1.5"), (2_000, "2")] {
            assert_eq!(Credits(millis).to_string(), text);
        }
        assert_eq!(MicroUsd(120_000).to_string(), "0.12");
        assert_eq!(Credits(i64::MIN).to_string(), "-9223372036854775.808");
    }

    #[test]
    fn units_are_priced_exactly_and_never_understated() {
        for (price, units, cost) in [(49_000, 1_000, 49_000), (7, 500, 4), (0, 9, 0), (1, 1, 1)] {
            let cost_of = MicroUsd(price).for_units(VendorUnits(units)).unwrap();
            assert_eq!(cost_of, MicroUsd(cost), "{price} * {units}");
        }
        assert!(MicroUsd(i64::MAX).for_units(VendorUnits(2_000)).is_err());
        assert!(VendorUnits(i64::MAX).times(2).is_err());
    }
}
