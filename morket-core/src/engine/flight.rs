//! Single flight: of several who want the same thing at once, one asks and the others wait. Pure.

use std::{collections::BTreeMap, fmt::Debug};

/// What came of wanting something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// Nobody else asks: the caller does.
    Lead,
    /// Somebody asks already.
    Wait,
}

#[derive(Clone, Debug)]
struct Flight<T> {
    leader: T,
    waiting: Vec<T>,
}

/// Everything that is being asked.
#[derive(Clone, Debug)]
pub struct Flights<T> {
    flights: BTreeMap<[u8; 32], Flight<T>>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { flights: BTreeMap::new() }
    }
}

impl<T: Copy + Eq + Debug> Flights<T> {
    /// Want what stands under `key`.
    pub fn join(&mut self, key: [u8; 32], who: T) -> Joined {
        match self.flights.get_mut(&key) {
            Some(flight) if flight.leader == who => Joined::Lead,
            Some(flight) => {
                if !flight.waiting.contains(&who) {
                    flight.waiting.push(who);
                }
                Joined::Wait
            }
            None => {
                self.flights.insert(key, Flight { leader: who, waiting: Vec::new() });
                Joined::Lead
            }
        }
    }

    /// The leader has what all wait for, or what ends the wait of all; they are returned in the
    /// order they came.
    pub fn land(&mut self, key: &[u8; 32], who: T) -> Vec<T> {
        match self.flights.get(key) {
            Some(flight) if flight.leader == who => {
                self.flights.remove(key).map(|it| it.waiting).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// The leader gave up without an answer that others could use: the next in line leads.
    pub fn hand_over(&mut self, key: &[u8; 32], who: T) -> Option<T> {
        let flight = self.flights.get_mut(key).filter(|it| it.leader == who)?;
        if flight.waiting.is_empty() {
            self.flights.remove(key);
            return None;
        }
        flight.leader = flight.waiting.remove(0);
        Some(flight.leader)
    }

    /// The leader finds that somebody else has asked already: that one leads, and it waits.
    pub fn pass(&mut self, key: &[u8; 32], who: T, to: T) {
        if let Some(flight) = self.flights.get_mut(key).filter(|it| it.leader == who) {
            flight.leader = to;
            flight.waiting.push(who);
        }
    }

    /// Someone no longer wants it: whoever leads now, when that changed.
    pub fn leave(&mut self, key: &[u8; 32], who: T) -> Option<T> {
        if let Some(flight) = self.flights.get_mut(key) {
            flight.waiting.retain(|it| *it != who);
        }
        self.hand_over(key, who)
    }

    /// How many things are being asked.
    pub fn len(&self) -> usize {
        self.flights.len()
    }

    /// Nothing is being asked.
    pub fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }
}
