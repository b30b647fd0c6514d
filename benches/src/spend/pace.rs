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
    asks: Asks,
    /// So many calls in so many seconds, where headers tell of a window that no manifest knows.
    told: Option<(u32, u64)>,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// Somebody's address, by name and company.
    Name,
    /// Somebody's title, by their address.
    Address,
    /// Whether an address receives mail.
    Verdict,
}

impl Lane {
    /// Most accounts are paid for.
    const fn paid(vendor: Vendor, operation: &'static str, asks: Asks) -> Self {
        Self { vendor, operation, key: "paid", asks, told: None }
    }
}

/// Where single questions go under a limit. Dropcontact takes a hundred records a call: its sixty
/// calls a second are more than any worker has. Prospeo, Findymail, NeverBounce and MillionVerifier
/// publish none.
pub(super) const LANES: [Lane; 9] = [
    Lane::paid(Vendor::Hunter, "email_finder", Asks::Name),
    Lane::paid(Vendor::Hunter, "email_verifier", Asks::Verdict),
    Lane { key: "free", ..Lane::paid(Vendor::PeopleDataLabs, "person_enrich", Asks::Name) },
    Lane::paid(Vendor::ZeroBounce, "validate", Asks::Verdict),
    Lane::paid(Vendor::Clearbit, "person_find", Asks::Address),
    Lane {
        key: "free",
        told: Some((200, 3_600)),
        ..Lane::paid(Vendor::Apollo, "person_match", Asks::Name)
    },
    Lane::paid(Vendor::LeadMagic, "email_finder", Asks::Name),
    Lane::paid(Vendor::LeadMagic, "email_verifier", Asks::Verdict),
    Lane::paid(Vendor::Bouncer, "verify", Asks::Verdict),
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
    let windows = operation.windows.iter().map(|it| (it.max, it.per.as_secs()));
    let an_hour = |(max, per): &(u32, u64)| u64::from(*max) * HOUR.as_secs() / (*per).max(1);
    let tightest = windows.chain(lane.told).min_by_key(an_hour).context("no limit")?;
    let (published, burst) = (an_hour(&tightest), tightest.0 as usize);
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
    let person = |first: &str, last: &str, domain: &str| {
        json!({ "full_name": format!("{first} {last}"), "first_name": first, "last_name": last,
            "company_domain": domain })
    };
    let stranger = |at: usize| {
        let company = format!("company{at}.example");
        match lane.asks {
            Asks::Name => person("Ada", &format!("Number{at}"), &company),
            Asks::Address | Asks::Verdict => json!({ "email": format!("ada@{company}") }),
        }
    };
    let named = lane.asks == Asks::Name;
    let known = world.demo_rows(count / 4).into_iter().filter(|_| named);
    let known = known.map(|it| person(&it.first_name, &it.last_name, &it.company_domain));
    let known: Vec<Value> = known.collect();
    let strangers = (known.len()..count).map(stranger);
    known.into_iter().chain(strangers).collect()
}

fn plan(lane: Lane) -> Result<Plan> {
    let field = if lane.asks == Asks::Address { "title" } else { "email" };
    let wanted = FieldName::new(field)?;
    let mut plan = Plan::of(Kind::Person, [wanted.clone()]);
    let asked = format!("{}/{}", lane.vendor.slug(), lane.operation);
    let waterfall = match lane.asks {
        // Addresses that are there already: all that remains is what the verifier says. Whoever
        // would find one is asked by a name, and there is none.
        Asks::Verdict => {
            let steps = vec!["dropcontact".to_owned()];
            Waterfall { steps, verify: Some(asked), email: None }
        }
        Asks::Name | Asks::Address => Waterfall { steps: vec![asked], verify: None, email: None },
    };
    plan.waterfalls.insert(wanted.clone(), waterfall);
    if lane.asks == Asks::Verdict {
        plan.existing.insert(wanted, Existing::Verify);
        plan.accept.email.verify = Verify::Always;
    }
    Ok(plan)
}
