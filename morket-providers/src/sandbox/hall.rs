//! From a request to a decision: door, fault, answer, bill, log.

use super::{
    Delivery, Entry, Fault, Options, Outcome, Vendor, World,
    account::{Account, AccountState, masked},
    api::{Answer, Api, Asked, Context, Refusal, Unread},
    apollo::Apollo,
    clearbit::Clearbit,
    clock::SystemClock,
    dice::{Dice, digest},
    dropcontact::{Dropcontact, Tasks},
    faults::{self, Course},
    findymail::Findymail,
    http::{Reply, Request},
    hunter::Hunter,
    leadmagic::LeadMagic,
    limits::Gate,
    log::Log,
    pdl::PeopleDataLabs,
    prospeo::Prospeo,
    public::{Dns, GitHub, Gleif, Rdap, Website, Wikidata},
    verifiers::{Bouncer, MillionVerifier, NeverBounce},
    zerobounce::ZeroBounce,
};
use morket_core::{Clock, VendorUnits};
use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry as Slot},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) world: World,
    dice: Dice,
    clock: Arc<dyn Clock>,
    halls: [Mutex<Hall>; Vendor::ALL.len()],
    log: Mutex<Log>,
}

/// What one vendor remembers.
#[derive(Debug, Default)]
struct Hall {
    /// By digest of the key, so that no key can be printed.
    accounts: HashMap<u64, Account>,
    /// Calls with bad keys, whoever's, by endpoint.
    strangers: HashMap<&'static str, Gate>,
    /// How often each input has got past the door, by digest.
    attempts: HashMap<u64, u32>,
    tasks: Tasks,
}

/// How a call is to be answered.
pub(super) struct Served {
    pub(super) vendor: Vendor,
    pub(super) seq: u64,
    /// None if the connection is cut without a word.
    pub(super) reply: Option<Reply>,
    pub(super) course: Course,
}

/// What was decided about one call.
struct Decision {
    reply: Option<Reply>,
    outcome: Outcome,
    billed: VendorUnits,
    attempt: u32,
    course: Course,
}

impl Shared {
    pub(super) fn new(options: Options) -> io::Result<Self> {
        let clock = options.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::new()));
        Ok(Self {
            world: World::new(options.seed),
            dice: Dice::new(options.seed),
            clock,
            halls: Default::default(),
            log: Mutex::new(Log::new(options.log_capacity, options.log_file.as_deref())?),
            options,
        })
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what happened; the world stays.
    pub(super) fn reset(&self) {
        for vendor in Vendor::ALL {
            *self.hall(vendor) = Hall::default();
        }
        self.log().reset();
    }

    pub(super) fn account(&self, vendor: Vendor, key: &str) -> AccountState {
        let fresh = || self.fresh_account(vendor, key);
        let hall = self.hall(vendor);
        let known = hall.accounts.get(&digest(key.as_bytes()));
        known.map_or_else(fresh, |account| account.state.clone())
    }

    pub(super) fn set_account(&self, vendor: Vendor, key: &str, state: AccountState) {
        let mut hall = self.hall(vendor);
        match hall.accounts.entry(digest(key.as_bytes())) {
            Slot::Occupied(mut known) => known.get_mut().state = state,
            Slot::Vacant(slot) => drop(slot.insert(Account::new(state))),
        }
    }

    /// Decides about a request, and records the decision. An error says that the log file does not
    /// hold it: nothing may be answered then.
    pub(super) fn serve(&self, request: &Request<'_>) -> Option<io::Result<Served>> {
        let (vendor, path) = Vendor::ALL
            .into_iter()
            .find_map(|vendor| vendor.below(request.path).map(|path| (vendor, path)))?;
        Some(match vendor {
            Vendor::Hunter => self.decide::<Hunter>(vendor, path, request),
            Vendor::PeopleDataLabs => self.decide::<PeopleDataLabs>(vendor, path, request),
            Vendor::ZeroBounce => self.decide::<ZeroBounce>(vendor, path, request),
            Vendor::Dropcontact => self.decide::<Dropcontact>(vendor, path, request),
            Vendor::Clearbit => self.decide::<Clearbit>(vendor, path, request),
            Vendor::Apollo => self.decide::<Apollo>(vendor, path, request),
            Vendor::Prospeo => self.decide::<Prospeo>(vendor, path, request),
            Vendor::Findymail => self.decide::<Findymail>(vendor, path, request),
            Vendor::LeadMagic => self.decide::<LeadMagic>(vendor, path, request),
            Vendor::NeverBounce => self.decide::<NeverBounce>(vendor, path, request),
            Vendor::MillionVerifier => self.decide::<MillionVerifier>(vendor, path, request),
            Vendor::Bouncer => self.decide::<Bouncer>(vendor, path, request),
            Vendor::Dns => self.decide::<Dns>(vendor, path, request),
            Vendor::Website => self.decide::<Website>(vendor, path, request),
            Vendor::Rdap => self.decide::<Rdap>(vendor, path, request),
            Vendor::Gleif => self.decide::<Gleif>(vendor, path, request),
            Vendor::Wikidata => self.decide::<Wikidata>(vendor, path, request),
            Vendor::GitHub => self.decide::<GitHub>(vendor, path, request),
        })
    }

    fn decide<A: Api>(
        &self,
        vendor: Vendor,
        path: &str,
        request: &Request<'_>,
    ) -> io::Result<Served> {
        let now = self.clock.now();
        let asked = A::read(path, request);
        let decision = self.door::<A>(vendor, &asked);
        let status = decision.reply.as_ref().map_or(0, |reply| reply.status);
        let entry = Entry {
            seq: 0,
            at_us: now.micros(),
            vendor,
            operation: Cow::Borrowed(asked.operation),
            key: masked(&asked.key),
            input: asked.input,
            attempt: decision.attempt,
            outcome: decision.outcome,
            fault: decision.course.fault,
            status,
            billed: decision.billed,
            idempotency_key: request.header("idempotency-key").map(str::to_owned),
            delivery: Delivery::Due,
        };
        let seq = self.log().record(entry)?;
        Ok(Served { vendor, seq, reply: decision.reply, course: decision.course })
    }

    /// Key and limits; who passes is looked after inside.
    fn door<A: Api>(&self, vendor: Vendor, asked: &Asked<'_, A::Question>) -> Decision {
        let options = self.options.vendor(vendor);
        let mut hall = self.hall(vendor);
        let Hall { accounts, strangers, attempts, tasks } = &mut *hall;
        let monotonic = self.clock.monotonic();
        let account = accounts
            .entry(digest(asked.key.as_bytes()))
            .or_insert_with(|| Account::new(self.fresh_account(vendor, &asked.key)));
        let gate = strangers.entry(asked.operation).or_default();
        if gate.is_blocked(monotonic) {
            return Decision::refused::<A>(Refusal::Throttled);
        }
        if !account.state.good {
            let limits = A::bad_key_limits(asked.operation);
            if !gate.admit(limits, options.limits, monotonic) {
                return Decision::refused::<A>(Refusal::Throttled);
            }
            if asked.needs_key {
                return Decision::refused::<A>(Refusal::BadKey);
            }
        }
        let limits = A::limits(asked.operation, account.state.plan);
        let gate = account.gates.entry(asked.operation).or_default();
        let admitted = gate.admit(limits, options.limits, monotonic);
        let (world, now) = (&self.world, self.clock.now());
        let mut context = Context { world, options, account, tasks, attempt: 0, now, monotonic };
        let mut decision = match &asked.question {
            _ if !admitted => Decision::refused::<A>(Refusal::Throttled),
            Err(Unread::Endpoint(reply)) => Decision::unread(reply, Outcome::NoEndpoint),
            Err(Unread::Input(reply)) => Decision::unread(reply, Outcome::InvalidInput),
            Ok(question) => {
                let slot = digest(asked.input.as_bytes()) ^ digest(asked.operation.as_bytes());
                let attempt = attempts.entry(slot).or_default();
                *attempt += 1;
                context.attempt = *attempt;
                let about = (vendor.slug(), asked.operation);
                let course = faults::course(self.dice, options, about, &asked.input, *attempt);
                inside::<A>(&mut context, question, course)
            }
        };
        if let Some(reply) = &mut decision.reply {
            A::finish(reply, asked.operation, &context, decision.billed);
        }
        decision
    }

    fn hall(&self, vendor: Vendor) -> MutexGuard<'_, Hall> {
        self.halls[vendor.index()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh_account(&self, vendor: Vendor, key: &str) -> AccountState {
        let credits = self.options.vendor(vendor).credits;
        let mut state = AccountState::of_name(key, credits, self.options.open_door);
        state.good &= !key.is_empty();
        state
    }
}

/// Fault, balance, answer and bill.
fn inside<A: Api>(context: &mut Context<'_>, question: &A::Question, course: Course) -> Decision {
    let attempt = context.attempt;
    let decided = match course.fault {
        Some(Fault::Throttled) => Decision::refused::<A>(Refusal::Throttled),
        Some(Fault::ServerError) => {
            let mut decision = Decision::refused::<A>(Refusal::ServerError);
            decision.reply = decision.reply.map(|reply| by_gateway(reply, course.chance));
            decision
        }
        Some(Fault::Cut) => Decision::new(None, Outcome::Cut),
        _ if !context.account.affords(A::least_balance(question)) => {
            Decision::refused::<A>(Refusal::OutOfCredits)
        }
        fault => {
            let Answer { mut reply, outcome, price } = A::answer(context, question);
            let billed = context.account.bill(price);
            if fault == Some(Fault::Garbage) {
                garble(&mut reply, course.chance);
            }
            Decision { billed, ..Decision::new(Some(reply), outcome) }
        }
    };
    Decision { attempt, course, ..decided }
}

impl Decision {
    fn new(reply: Option<Reply>, outcome: Outcome) -> Self {
        let (billed, course) = (VendorUnits::ZERO, Course::default());
        Self { reply, outcome, billed, attempt: 0, course }
    }

    fn refused<A: Api>(refusal: Refusal) -> Self {
        let outcome = match refusal {
            Refusal::BadKey => Outcome::BadKey,
            Refusal::Throttled => Outcome::Throttled,
            Refusal::OutOfCredits => Outcome::OutOfCredits,
            Refusal::ServerError => Outcome::ServerError,
        };
        Self::new(Some(A::refuse(refusal)), outcome)
    }

    fn unread(reply: &Reply, outcome: Outcome) -> Self {
        Self::new(Some(reply.clone()), outcome)
    }
}

/// Two of three 5xx come from what stands before the vendor, in HTML.
fn by_gateway(own: Reply, chance: u64) -> Reply {
    let status = match chance % 3 {
        0 => return own,
        1 => 502,
        _ => 503,
    };
    let body = format!("<html><body><h1>{status}</h1></body></html>");
    Reply::text(status, "text/html", &body)
}

/// Makes a body unreadable, in one of three ways.
fn garble(reply: &mut Reply, chance: u64) {
    reply.status = 200;
    match chance % 3 {
        0 => reply.body.truncate(reply.body.len() / 2),
        1 => reply.body = b"<html><body>Please wait\xe2\x80\xa6</body></html>".to_vec(),
        _ => reply.body = chance.to_be_bytes().repeat(8),
    }
}
