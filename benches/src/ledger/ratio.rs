//! Pairs of neighbouring runs and the ratio between their sides: what survives a busy machine.

use serde_json::json;

/// Rates of both sides, pair by pair.
#[derive(Clone, Debug, Default)]
pub struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    /// One more pair: Morket's rate and the peer's.
    pub fn push(&mut self, ours: f64, theirs: f64) {
        self.0.push((ours, theirs));
    }

    fn ratios(&self) -> Vec<f64> {
        let mut ratios: Vec<f64> = self.0.iter().map(|(ours, theirs)| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }

    /// The median of the pairs' ratios: what decides.
    pub fn median(&self) -> f64 {
        let ratios = self.ratios();
        ratios.get(ratios.len() / 2).copied().unwrap_or(0.0)
    }

    /// What is printed of them; without a gate, a figure that stands beside one.
    pub fn json(&self, gate: impl Into<Option<f64>>, peer: &str) -> serde_json::Value {
        let ratios = self.ratios();
        let round = |rate: f64| (rate * 100.0).round() / 100.0;
        let median = |pick: fn(&(f64, f64)) -> f64| {
            let mut rates: Vec<f64> = self.0.iter().map(pick).collect();
            rates.sort_by(f64::total_cmp);
            rates.get(rates.len() / 2).copied().unwrap_or(0.0).round()
        };
        json!({
            "durability": "fsync",
            "peer": peer,
            "ratio": round(self.median()),
            "min": round(ratios.first().copied().unwrap_or(0.0)),
            "max": round(ratios.last().copied().unwrap_or(0.0)),
            "gate": gate.into(),
            "chargesPerSecond": median(|pair| pair.0),
            "peerChargesPerSecond": median(|pair| pair.1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_pairwise_ratios_decides() {
        let mut pairs = Pairs::default();
        for (ours, theirs) in [(30.0, 1.0), (10.0, 1.0), (100.0, 4.0)] {
            pairs.push(ours, theirs);
        }
        assert!((pairs.median() - 25.0).abs() < f64::EPSILON);
    }
}
