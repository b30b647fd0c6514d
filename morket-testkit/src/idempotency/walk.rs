//! Requests over any time, beside a model of them; and requests whose handler dies.

use crate::{
    Subject,
    broken::through,
    crash::{Life, Mortal},
    fresh,
    job::Desk,
    random::check_all,
};
use morket_core::{
    ErrorKind, JobId, Result, Store, WorkspaceId,
    engine::submit,
    idempotency::{Begun, RETENTION, Scope, Ticket},
    job::NewJob,
    page::Limit,
};
use proptest::prelude::*;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

const LEASE: Duration = Duration::from_secs(600);

/// Which tenant's, by whom, on which route, under which key.
type Place = (u8, u8, u8, u8);

#[derive(Clone, Copy, Debug)]
enum Deed {
    /// Begin with this body.
    Begin(Place, u8),
    /// Answer with this, by the newest ticket or by the one before.
    Finish(Place, u8, bool),
    Renew(Place),
    Abandon(Place),
    Pass(u16),
    Prune,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let place = || (0..2_u8, 0..2_u8, 0..2_u8, 0..2_u8);
    let deed = prop_oneof![
        8 => (place(), 0..2_u8).prop_map(|(place, body)| Deed::Begin(place, body)),
        5 => (place(), any::<u8>(), prop::bool::weighted(0.2))
            .prop_map(|(place, answer, old)| Deed::Finish(place, answer, old)),
        1 => place().prop_map(Deed::Renew),
        2 => place().prop_map(Deed::Abandon),
        3 => (1..1_500_u16).prop_map(Deed::Pass),
        1 => Just(Deed::Prune),
    ];
    // Few places, so that they meet again.
    prop::collection::vec(deed, 1..40)
}

/// What the model remembers of a request.
#[derive(Clone, Debug)]
struct Known {
    body: u8,
    began: Duration,
    until: Duration,
    ticket: Ticket,
    answer: Option<u8>,
}

impl Known {
    fn runs(&self, now: Duration) -> bool {
        self.answer.is_none() && self.until > now
    }

    fn is_over(&self, now: Duration) -> bool {
        self.began + RETENTION <= now && !self.runs(now)
    }
}

/// What a repeat should be told.
#[derive(Debug, PartialEq)]
enum Due {
    Run,
    Replay(u8),
    Refused(ErrorKind),
}

/// The store beside what it should say.
struct Walk {
    subject: Subject,
    /// What makes this walk's scopes its own.
    name: String,
    now: Duration,
    known: BTreeMap<Place, Known>,
    /// Every ticket that was given, by place.
    given: BTreeMap<Place, Vec<Ticket>>,
}

impl Walk {
    fn scope(&self, place: Place) -> Scope {
        let part = |n: u8| n.to_string();
        let (tenant, principal, route) = (part(place.0), part(place.1), part(place.2));
        Scope::new([self.name.as_str(), &tenant, &principal, &route])
    }

    fn due(&self, place: Place, body: u8) -> Due {
        match self.known.get(&place).filter(|it| !it.is_over(self.now)) {
            None => Due::Run,
            Some(it) if it.body != body => Due::Refused(ErrorKind::IdempotencyMismatch),
            Some(Known { answer: Some(answer), .. }) => Due::Replay(*answer),
            Some(it) if it.runs(self.now) => Due::Refused(ErrorKind::InProgress),
            Some(_) => Due::Run,
        }
    }

    async fn begin(&mut self, place: Place, body: u8) {
        let due = self.due(place, body);
        let (scope, key) = (self.scope(place), place.3.to_string());
        let told = self.subject.store.begin(&scope, &key, [body; 32], LEASE).await;
        let told = match told {
            Ok(Begun::Run(ticket)) => {
                let until = self.now + LEASE;
                let kept = self.known.get(&place).filter(|it| !it.is_over(self.now));
                let began = kept.map_or(self.now, |it| it.began);
                self.known.insert(place, Known { body, began, until, ticket, answer: None });
                self.given.entry(place).or_default().push(ticket);
                Due::Run
            }
            Ok(Begun::Replay(answer)) => Due::Replay(answer[0]),
            Err(error) => Due::Refused(error.kind()),
        };
        assert_eq!(told, due, "{place:?} with {body}");
    }

    async fn finish(&mut self, place: Place, answer: u8, old: bool) {
        let given = self.given.get(&place).cloned().unwrap_or_default();
        let Some(ticket) = given.iter().rev().nth(usize::from(old)).copied() else { return };
        let (scope, key) = (self.scope(place), place.3.to_string());
        let told = self.subject.store.finish(&scope, &key, ticket, vec![answer]).await;
        match self.known.get_mut(&place).filter(|it| it.ticket == ticket) {
            Some(known) => {
                told.unwrap();
                known.answer.get_or_insert(answer);
            }
            None => assert_eq!(told.map_err(|it| it.kind()), Err(ErrorKind::StaleLease)),
        }
    }

    async fn do_it(&mut self, deed: Deed) {
        match deed {
            Deed::Begin(place, body) => self.begin(place, body).await,
            Deed::Finish(place, answer, old) => self.finish(place, answer, old).await,
            Deed::Renew(place) => {
                let (scope, key) = (self.scope(place), place.3.to_string());
                let until = self.now + LEASE;
                if let Some(known) = self.known.get_mut(&place) {
                    let store = &self.subject.store;
                    store.renew(&scope, &key, known.ticket, LEASE).await.unwrap();
                    known.until = until;
                }
            }
            Deed::Abandon(place) => {
                let (scope, key) = (self.scope(place), place.3.to_string());
                if let Some(known) = self.known.get(&place).cloned() {
                    let abandon = self.subject.store.abandon(&scope, &key, known.ticket);
                    drop(abandon.await);
                    if known.answer.is_none() {
                        self.known.remove(&place);
                    }
                }
            }
            Deed::Pass(minutes) => {
                let span = Duration::from_secs(u64::from(minutes) * 60 + 7);
                self.subject.clock.advance(span).await;
                self.now += span;
            }
            Deed::Prune => {
                let before = self.subject.clock.now().await.before(RETENTION);
                self.subject.store.prune_idempotency(before).await.unwrap();
                self.known.retain(|_, it| !it.is_over(self.now));
            }
        }
    }
}

/// Byte for byte the same answer for a day, whatever happens to other scopes; another body never;
/// one at a time; anew when it was given up or its day is over.
pub(super) async fn p036_p037_p039_p040_p041_requests_are_as_their_model(subject: Subject) {
    // method: model
    subject.clock.hold_still().await;
    check_all(&subject, deeds(), |deeds| {
        let (subject, name) = (subject.clone(), Uuid::simple(fresh()).to_string());
        async move {
            let now = Duration::from_secs(1);
            let (known, given) = (BTreeMap::new(), BTreeMap::new());
            let mut walk = Walk { subject, name, now, known, given };
            for deed in deeds {
                walk.do_it(deed).await;
            }
        }
    })
    .await;
}

/// A request that makes a job: its id follows from the request, so that a repeat is a repeat.
async fn handle(
    store: &dyn Store,
    workspace: WorkspaceId,
    scope: &Scope,
    id: JobId,
) -> Result<Vec<u8>> {
    let ticket = match store.begin(scope, "key", [7; 32], LEASE).await? {
        Begun::Replay(answer) => return Ok(answer),
        Begun::Run(ticket) => ticket,
    };
    let new = NewJob { id, ..Desk::new_job() };
    let job = submit(store, workspace, new, [json!({ "n": 0 })]).await?;
    let answer = format!("{} at {}", job.id, job.created_at.micros()).into_bytes();
    store.finish(scope, "key", ticket, answer.clone()).await?;
    Ok(answer)
}

/// Whoever asks again after any death of the handler, or two, finds one effect and one answer.
pub(super) async fn p042_a_handler_that_dies_anywhere_leaves_one_effect(subject: Subject) {
    // method: crash
    let workspace = subject.workspace(0).await;
    let mut runs = 0;
    for first in 1_u64.. {
        let mut reached = false;
        for second in 0_u64.. {
            let (id, name) = (fresh(), Uuid::simple(fresh()).to_string());
            let scope = Scope::new([name.as_str(), "POST /jobs"]);
            let mut died = Vec::new();
            for point in [first, second] {
                let life = Life::until(point);
                let mortal = through(subject.clone(), Mortal(life.clone()));
                tokio::select! {
                    biased;
                    () = life.died() => died.push(point),
                    answer = handle(&*mortal.store, workspace, &scope, id) => drop(answer.unwrap()),
                }
                subject.clock.advance(LEASE * 2).await;
            }
            let answer = handle(&*subject.store, workspace, &scope, id).await.unwrap();
            let again = handle(&*subject.store, workspace, &scope, id).await.unwrap();
            assert_eq!(answer, again, "deaths at {first} and {second}");
            let records = subject.store.records(workspace, id, 0..9).await.unwrap();
            assert_eq!(records.len(), 1, "deaths at {first} and {second}");
            runs += 1;
            reached |= died.contains(&first);
            if second > 0 && died.len() < 2 {
                break;
            }
        }
        if !reached {
            break;
        }
    }
    let jobs = subject.store.jobs(workspace, None, Limit::new(100).unwrap()).await.unwrap();
    assert!(runs > 50 && jobs.rows.len() == runs.min(100), "{runs} runs");
}
