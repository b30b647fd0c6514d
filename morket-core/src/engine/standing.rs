//! How an account stands, asked for free: whether a provider that was lost is worth a call again.

use super::{
    batch::lost_word,
    event::Waiting,
    gates::GateIx,
    keyed::Keyed,
    sign_in::{Refused, sign_in},
    worker::Worker,
};
use crate::{
    Secret, VendorUnits,
    http::Http,
    job::{Claimed, Waited},
    name::ProviderSlug,
    plan::{Op, Program},
    provider::{Outcome, OutcomeKind, Standing},
};
use futures_util::future::join_all;
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// How long what a vendor said of an account stands for all batches of a process.
const STANDS: Duration = Duration::from_secs(60);

/// What vendors said of accounts, of late: when, and what.
pub(super) type Accounts = Keyed<tokio::sync::Mutex<Option<(Duration, Option<Standing>)>>>;

/// A provider of a program that a batch may have to wait for.
struct Account<'a> {
    op: &'a Op,
    key: Option<&'a Secret<String>>,
    gate: Option<GateIx>,
    /// The least that any of its operations in the program costs.
    least: VendorUnits,
}

impl Account<'_> {
    /// Whether it costs nothing to find out how it stands. That there is a key now is free to see.
    fn is_free(&self) -> bool {
        let asks = |key| {
            let build = || self.op.adapter.check(&self.op.base_url, key).is_some();
            catch_unwind(AssertUnwindSafe(build)).unwrap_or(false)
        };
        self.key.is_none_or(asks)
    }

    /// Whether what the vendor says speaks for another try. Of what a plan holds it says nothing.
    fn is_well(&self, cause: OutcomeKind, standing: &Standing) -> bool {
        let enough = standing.left.map(|it| it > VendorUnits::ZERO && it >= self.least);
        match cause {
            _ if standing.key_works == Some(false) => false,
            OutcomeKind::AuthFailed => standing.key_works == Some(true),
            OutcomeKind::OutOfCredits => enough == Some(true),
            _ => false,
        }
    }
}

/// A program, and the key and the gate of each of its operations.
#[derive(Clone, Copy)]
pub(super) struct Among<'a> {
    pub(super) program: &'a Program,
    pub(super) keys: &'a [Option<Secret<String>>],
    pub(super) gates: &'a [Option<GateIx>],
}

/// The providers of a program, each once.
fn accounts(among: Among<'_>) -> BTreeMap<ProviderSlug, Account<'_>> {
    let Among { program, keys, gates } = among;
    let mut accounts: BTreeMap<ProviderSlug, Account<'_>> = BTreeMap::new();
    for ((op, key), gate) in program.ops.iter().zip(keys).zip(gates) {
        if !op.adapter.manifest().keyed {
            continue;
        }
        let costs = op.operation.billing.worst();
        let new = Account { op, key: key.as_ref(), gate: *gate, least: costs };
        let account = accounts.entry(op.provider.clone()).or_insert(new);
        account.least = account.least.min(costs);
    }
    accounts
}

impl Worker {
    /// What a batch must know of the providers it waited for. Those that can be asked for free
    /// how they stand are; the others stay lost until somebody wakes the batch, or until it has
    /// waited for as long as its plan allows: then they are asked once more.
    pub(super) async fn waiting(
        &self,
        http: &dyn Http,
        among: Among<'_>,
        claimed: &Claimed,
    ) -> Waiting {
        let accounts = accounts(among);
        let free = accounts.iter().filter(|(_, it)| it.is_free());
        let mut waiting = Waiting {
            before: claimed.waited.clone(),
            free: free.map(|(slug, _)| slug.clone()).collect(),
            ..Waiting::default()
        };
        let now = claimed.lease.until.before(self.options.ttl);
        let lost = self.lost(&accounts, &claimed.waited);
        let asked = lost.iter().map(|(slug, cause)| async {
            let account = &accounts[slug];
            account.key?;
            let standing = self.standing(http, account).await?;
            Some(account.is_well(*cause, &standing))
        });
        for ((slug, cause), well) in lost.iter().zip(join_all(asked).await) {
            let word = |it: &&Waited| lost_word(&it.on) == Some((slug.clone(), *cause));
            if well == Some(true) {
                waiting.before.retain(|it| lost_word(&it.on).is_none_or(|it| it.0 != *slug));
                if let Some(gate) = accounts[slug].gate {
                    self.gates().is_well(gate);
                }
                continue;
            }
            let waits = waiting.before.iter().find(word);
            let over = |it: &Waited| {
                it.since.is_some_and(|since| now.since(since) >= among.program.pause_limit)
            };
            // Of a key that this process has not seen refused nothing is known yet.
            let bad = accounts[slug].gate.is_none_or(|it| self.gates().is_bad(it));
            if let Some(it) = waits.filter(|it| !over(it) && (bad || well == Some(false))) {
                waiting.still.insert(it.on.clone());
            }
        }
        waiting
    }

    /// Who was lost when the batch went to sleep, or is for others of this process.
    fn lost(
        &self,
        accounts: &BTreeMap<ProviderSlug, Account<'_>>,
        waited: &[Waited],
    ) -> Vec<(ProviderSlug, OutcomeKind)> {
        let waited = waited.iter().filter_map(|it| lost_word(&it.on));
        let mut lost: Vec<_> = waited.filter(|it| accounts.contains_key(&it.0)).collect();
        let gates = self.gates();
        for (slug, account) in accounts {
            if let Some(cause) = account.gate.and_then(|it| gates.lost(it)) {
                lost.push((slug.clone(), cause));
            }
        }
        lost.sort();
        lost.dedup();
        lost
    }

    /// What the vendor says of an account. It is asked once for all batches that want to know, and
    /// none loses its lease over it.
    async fn standing(&self, http: &dyn Http, account: &Account<'_>) -> Option<Standing> {
        let (op, key) = (account.op, account.key?);
        let clock = &self.options.clock;
        let slot = self.accounts.of(op, key);
        let ask = async {
            let mut said = slot.lock().await;
            if let Some((at, standing)) = &*said
                && clock.monotonic() < *at + STANDS
            {
                return standing.clone();
            }
            let standing = ask(http, op, key).await;
            *said = Some((clock.monotonic(), standing.clone()));
            standing
        };
        tokio::time::timeout(self.options.ttl / 3, ask).await.unwrap_or(None)
    }
}

async fn ask(http: &dyn Http, op: &Op, key: &Secret<String>) -> Option<Standing> {
    let adapter = op.adapter.as_ref();
    let token = match sign_in(adapter, &op.base_url, key, http).await {
        Ok(token) => token,
        Err(Refused::Outcome(said)) if *said == Outcome::AuthFailed => {
            return Some(Standing { key_works: Some(false), ..Standing::default() });
        }
        Err(_) => return None,
    };
    let key = token.as_ref().map_or(key, |it| &it.secret);
    let build = AssertUnwindSafe(|| adapter.check(&op.base_url, key));
    let request = catch_unwind(build).ok().flatten()?;
    let answer = http.send(request.free()).await.ok()?;
    catch_unwind(AssertUnwindSafe(|| adapter.parse_check(&answer))).ok()
}
