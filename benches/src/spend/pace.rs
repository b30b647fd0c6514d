//! How fast the engine goes where a vendor keeps a limit, and how often it is told off.

use super::{ours::Side, stage::Stage};
use anyhow::{Context, Result};
use morket::{
    accept::Verify,
    field::Kind,
    name::FieldName,
    plan::{Existing, Plan, Waterfall},
};
use morket_providers::sandbox::{Entry, Options, Outcome, Vendor, World};
use serde_json::{Value, json};
use std::time::Duration;

/// One endpoint with a published limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pub(super) vendor: Vendor,
    pub(super) operation: &'static str,
    /// An account on the plan that the limit is of.
    key: &'static str,
    verifies: bool,
}

/// Where single questions go under a limit. Dropcontact takes a hundred records a call: its sixty
/// calls a second are more than any worker has.
pub(super) const LANES: [Lane; 4] = [
    Lane { vendor: Vendor::Hunter, operation: "email_finder", key: "paid", verifies: false },
    Lane { vendor: Vendor::Hunter, operation: "email_verifier", key: "paid", verifies: true },
    Lane {
        vendor: Vendor::PeopleDataLabs,
        operation: "person_enrich",
        key: "free",
        verifies: false,
    },
    Lane { vendor: Vendor::ZeroBounce, operation: "validate", key: "paid", verifies: true },
];

/// What came of one lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) calls: usize,
    /// Calls that were turned away.
    pub(super) throttled: usize,
    /// Calls in an hour that the published limits allow, and that were made.
    pub(super) published: u64,
    pub(super) reached: u64,
}

const HOUR: Duration = Duration::from_secs(3_600);

impl Pace {
    /// How much of what is allowed was made use of, in thousandths.
    pub(super) fn share(&self) -> u64 {
        self.reached * 1_000 / self.published.max(1)
    }
}

/// Ask as many questions as so many minutes allow, and watch.
pub(super) async fn measure(lane: Lane, seed: u64, minutes: usize) -> Result<Pace> {
    let mut options = Options::seeded(seed).for_each_vendor(|vendor| {
        vendor.latency.least = Duration::from_millis(20);
        vendor.latency.spread = Duration::from_millis(80);
    });
    options.log_capacity = usize::MAX;
    let stage = Stage::new(options, lane.key)?;
    let provider = stage.settings.registry.named(lane.vendor.slug())?;
    let all = &provider.manifest().operations;
    let operation = all.iter().find(|it| it.name == lane.operation).context("no such operation")?;
    let windows = &operation.windows;
    let an_hour = |it: &morket::provider::Window| {
        u64::from(it.max) * HOUR.as_secs() / it.per.as_secs().max(1)
    };
    let tightest = windows.iter().min_by_key(|it| an_hour(it)).context("no limit")?;
    let (published, burst) = (an_hour(tightest), tightest.max as usize);
    // A whole number of bursts, and the first call of the next, which ends the last one's wait.
    let allowed = usize::try_from(published)? * minutes / 60;
    let bursts = (allowed / burst).max(2);
    let rows = questions(stage.vendors.world(), lane, bursts * burst + 1);
    let side = Side::new(&stage, &plan(lane)?, rows).await?;
    side.run().await?;
    let log = stage.vendors.log(0, usize::MAX);
    Ok(pace(&log, published, bursts * burst))
}

fn pace(log: &[Entry], published: u64, steady: usize) -> Pace {
    let throttled = log.iter().filter(|it| it.outcome == Outcome::Throttled).count();
    let at = |call: usize| log.get(call).map(|it| it.at_us.unsigned_abs());
    let took = at(steady).zip(at(0)).map_or(u64::MAX, |(end, begin)| end - begin);
    let micros = u64::try_from(HOUR.as_micros()).unwrap_or(u64::MAX);
    let reached = u128::from(micros) * steady as u128 / u128::from(took.max(1));
    let reached = u64::try_from(reached).unwrap_or(u64::MAX);
    Pace { calls: log.len(), throttled, published, reached }
}

/// People nobody has asked about, or their addresses.
fn questions(world: World, lane: Lane, count: usize) -> Vec<Value> {
    let person = |at: usize| {
        let company = format!("company{at}.example");
        match lane.verifies {
            true => json!({ "email": format!("ada@{company}") }),
            false => json!({ "full_name": format!("Ada Number{at}"), "company_domain": company }),
        }
    };
    let known = world.demo_rows(count / 4).into_iter().filter(|_| !lane.verifies);
    let known =
        known.map(|it| json!({ "full_name": it.full_name, "company_domain": it.company_domain }));
    let known: Vec<Value> = known.collect();
    let strangers = (known.len()..count).map(person);
    known.into_iter().chain(strangers).collect()
}

fn plan(lane: Lane) -> Result<Plan> {
    let email = FieldName::new("email")?;
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let asked = format!("{}/{}", lane.vendor.slug(), lane.operation);
    let waterfall = match lane.verifies {
        // Addresses that are there already: all that remains is what the verifier says.
        true => {
            Waterfall { steps: vec!["dropcontact".to_owned()], verify: Some(asked), email: None }
        }
        false => Waterfall { steps: vec![asked], verify: None, email: None },
    };
    plan.waterfalls.insert(email.clone(), waterfall);
    if lane.verifies {
        plan.existing.insert(email, Existing::Verify);
        plan.accept.email.verify = Verify::Always;
    }
    Ok(plan)
}
