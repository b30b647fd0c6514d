//! When a delivery that failed is tried again. Pure; the dice are thrown by whoever calls.

use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn minutes(minutes: u64) -> Duration {
    seconds(minutes * 60)
}

const fn hours(hours: u64) -> Duration {
    minutes(hours * 60)
}

/// The first retries catch a hiccup, the last ones a weekend.
const STANDARD: &[Duration] = &[
    seconds(5),
    minutes(5),
    minutes(30),
    hours(2),
    hours(5),
    hours(10),
    hours(14),
    hours(20),
    hours(24),
];

const SHORT: &[Duration] = &[seconds(5), seconds(10), seconds(20)];

/// How often and when an endpoint is tried. The number is what stores keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Schedule {
    /// Ten attempts over 75 hours and 35 minutes: outlives an outage of a weekend.
    #[default]
    Standard = 1,
    /// Four attempts within 35 seconds.
    Short = 2,
}

/// A throw of the dice, from 0 (the earliest) to `u16::MAX` (the latest).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jitter(pub u16);

impl Jitter {
    /// In the middle: nothing is added or taken.
    pub const NONE: Self = Self(u16::MAX / 2 + 1);

    /// The wait, between 80 % and 120 % of what the schedule says.
    pub(super) fn of(self, wait: Duration) -> Duration {
        let micros = wait.as_micros() * (0xffff * 8 + u128::from(self.0) * 4) / (0xffff * 10);
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

impl Schedule {
    /// Every schedule.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Short];

    /// The schedule with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|it| *it as i64 == number)
    }

    /// The schedule with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Short => "short",
        }
    }

    /// How long after each failed attempt the next one is made; there is none after the last.
    pub const fn waits(self) -> &'static [Duration] {
        match self {
            Self::Standard => STANDARD,
            Self::Short => SHORT,
        }
    }

    /// How many attempts there are.
    pub const fn attempts(self) -> usize {
        self.waits().len() + 1
    }

    /// How long one attempt may take, from the dial to the last byte that is read.
    pub const fn timeout(self) -> Duration {
        match self {
            Self::Standard => seconds(30),
            Self::Short => seconds(10),
        }
    }

    /// How long after the failure of attempt `made` (the first is 1) the next one is due; `None`
    /// when that was the last. What the receiver asked for counts between once and twice the wait.
    pub fn wait(
        self,
        made: u32,
        jitter: Jitter,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        let at = usize::try_from(made).ok()?.checked_sub(1)?;
        let base = *self.waits().get(at)?;
        Some(match retry_after {
            Some(asked) => asked.clamp(base, base * 2),
            None => jitter.of(base),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_schedule_is_ten_attempts_over_75_hours_and_35_minutes() {
        let whole: Duration = Schedule::Standard.waits().iter().sum();
        assert_eq!(whole, hours(75) + minutes(35) + seconds(5));
        assert_eq!(Schedule::Standard.attempts(), 10);
        assert_eq!(Schedule::Short.attempts(), 4);
    }

    #[test]
    fn dice_move_a_wait_by_a_fifth_at_most() {
        for (jitter, wait) in [(Jitter(0), seconds(80)), (Jitter(u16::MAX), seconds(120))] {
            assert_eq!(jitter.of(seconds(100)), wait);
        }
        let middle = Jitter::NONE.of(seconds(100));
        assert!(middle.abs_diff(seconds(100)) < Duration::from_millis(2), "{middle:?}");
    }

    #[test]
    fn names_and_numbers_are_read_back() {
        for schedule in Schedule::ALL {
            assert_eq!(Schedule::from_number(schedule as i64), Some(schedule));
            assert_eq!(Schedule::from_name(schedule.as_str()), Some(schedule));
        }
        assert_eq!((Schedule::from_number(0), Schedule::from_name("")), (None, None));
    }
}
