//! The courier, whatever is told and whatever receivers do.

use super::support::{House, KIND, Seen};
use morket_core::{
    Clock, EventId,
    engine::Stop,
    http::{FailureCause, HttpFailure, HttpResponse},
    outbox::NewEvent,
    webhook::{DeliveryState, Outcome, Schedule, SigningSecret, verify, verify_plain},
};
use morket_testkit::fresh;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::runtime::Builder;

const URL: &str = "https://one.example.com/hook";

/// Runs under virtual time.
fn virtually<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(future)
}

/// What a receiver does with an attempt.
#[derive(Clone, Copy, Debug)]
enum Does {
    Answers(u16),
    /// Asks to wait for so many seconds.
    Throttles(u32),
    Breaks,
    /// Says nothing for longer than anybody waits.
    Hangs,
}

impl Does {
    fn so(self) -> (Duration, Result<HttpResponse, HttpFailure>) {
        let answer = |status| HttpResponse::new(status, "answer");
        match self {
            Self::Answers(status) => (Duration::from_millis(3), Ok(answer(status))),
            Self::Throttles(seconds) => {
                let mut answer = answer(429);
                answer.headers.push(("retry-after".to_owned(), seconds.to_string()));
                (Duration::ZERO, Ok(answer))
            }
            Self::Breaks => {
                let lost = HttpFailure::lost(FailureCause::Broken, "broken");
                (Duration::from_millis(1), Err(lost))
            }
            Self::Hangs => (Duration::from_secs(1_000), Ok(answer(200))),
        }
    }
}

fn failures() -> impl Strategy<Value = Vec<Does>> {
    let does = prop_oneof![
        4 => prop_oneof![300..410_u16, 411..600_u16].prop_map(Does::Answers),
        1 => (0..200_000_u32).prop_map(Does::Throttles),
        1 => Just(Does::Breaks),
        1 => Just(Does::Hangs),
    ];
    prop::collection::vec(does, 0..12)
}

fn schedules() -> impl Strategy<Value = Schedule> {
    prop::sample::select(Schedule::ALL.to_vec())
}

/// JSON of any kind, with texts of any letters.
fn anything() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        Just("Ægir \u{1f41f}\u{2028}\u{0}\"\\/\u{202e}".to_owned()),
        Just("e\u{301} \u{fe0f}\u{feff}".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..6)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// Something happens, about which this is told.
async fn happens(house: &House, payload: Value) -> EventId {
    let event = NewEvent { id: fresh(), kind: KIND.into(), payload };
    let id = event.id;
    house.store.publish(house.workspace, vec![event]).await.unwrap();
    id
}

#[test]
fn p182_whatever_receivers_do_an_event_keeps_its_id_and_each_attempt_has_its_time() {
    // method: property
    proptest!(config(64), |(
        schedule in schedules(),
        runs in prop::collection::vec(failures(), 1..4),
        payload in anything(),
    )| {
        virtually(async {
            let house = House::new({
                let runs = runs.clone();
                // Each event has its own run of failures; after that all is well.
                move |seen, number| {
                    let which = seen.headers.id.bytes().map(usize::from).sum::<usize>();
                    let run = &runs[which % runs.len()];
                    run.get(number - 1).map_or(Does::Answers(200), |it| *it).so()
                }
            })
            .await;
            let made = house.add(URL, schedule).await;
            let secret = [SigningSecret::parse(made.secret.expose()).unwrap()];
            let mut told = Vec::new();
            for _ in 0..3 {
                told.push(happens(&house, payload.clone()).await.to_string());
            }
            house.carry_all().await;
            let mut attempts: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
            for seen in house.seen() {
                assert!(told.contains(&seen.headers.id), "{:?}", seen.headers);
                attempts.entry(seen.headers.id.clone()).or_default().push(seen);
            }
            assert_eq!(attempts.len(), told.len());
            for (id, attempts) in &attempts {
                for pair in attempts.windows(2) {
                    assert_eq!(pair[0].body, pair[1].body);
                    let time = |it: &Seen| it.headers.timestamp.parse::<i64>().unwrap();
                    assert!(time(&pair[0]) < time(&pair[1]), "{id}: {pair:?}");
                }
                for seen in attempts {
                    assert_eq!(seen.headers.timestamp, seen.at.seconds().to_string());
                    verify(&secret, &seen.headers, &seen.body, seen.at.seconds()).unwrap();
                }
                let delivery = house.all().await;
                let delivery = delivery.iter().find(|it| it.event.to_string() == *id).unwrap();
                assert_eq!(delivery.attempts.len(), attempts.len());
            }
        });
    });
}

#[test]
fn p190_whatever_an_event_says_the_bytes_that_are_signed_are_sent() {
    // method: property
    proptest!(config(256), |(payload in anything(), fails in 0..2_usize)| {
        virtually(async {
            let house = House::new(move |_, number| match number > fails {
                true => Does::Answers(204).so(),
                false => Does::Breaks.so(),
            })
            .await;
            let made = house.add(URL, Schedule::Short).await;
            let secret = [SigningSecret::parse(made.secret.expose()).unwrap()];
            let id = happens(&house, payload.clone()).await;
            house.carry_all().await;
            let seen = house.seen();
            assert_eq!(seen.len(), fails + 1);
            for seen in &seen {
                let now = seen.at.seconds();
                verify(&secret, &seen.headers, &seen.body, now).unwrap();
                verify_plain(&secret, &seen.headers, &seen.body, now).unwrap();
                let body: Value = serde_json::from_slice(&seen.body).unwrap();
                assert_eq!((&body["id"], &body["data"]), (&json!(id), &payload));
                // A byte more, less or changed is not what was signed.
                let mut others = vec![[&seen.body[..], b" "].concat()];
                others.push(seen.body[..seen.body.len() - 1].to_vec());
                let mut changed = seen.body.clone();
                changed[0] ^= 1;
                others.push(changed);
                for other in others {
                    assert!(verify(&secret, &seen.headers, &other, now).is_err());
                }
            }
        });
    });
}

#[test]
fn p188_however_many_are_slow_and_however_slow_the_others_are_served_at_once() {
    // method: property
    proptest!(config(24), |(
        slow in prop::collection::vec(1..60_000_u64, 1..=10),
        events in 1..30_usize,
        schedule in schedules(),
    )| {
        virtually(async {
            let waits = slow.clone();
            let house = House::new(move |seen, _| {
                let which = seen.url.strip_prefix("https://slow");
                let which = which.and_then(|it| it.split('.').next()?.parse::<usize>().ok());
                let wait = which.map_or(5, |it| waits[it]);
                (Duration::from_millis(wait), Ok(HttpResponse::new(200, "")))
            })
            .await;
            for at in 0..slow.len() {
                house.add(&format!("https://slow{at}.example.com"), schedule).await;
            }
            house.add(URL, schedule).await;
            let began = house.clock.monotonic();
            house.happens(events).await;
            let stop = Stop::default();
            let (courier, told) = (house.courier(), stop.clone());
            let running = tokio::spawn(async move { courier.run(&told).await });
            let quick = || house.seen().iter().filter(|it| it.url == URL).count();
            while quick() < events {
                tokio::task::yield_now().await;
                super::support::pass(Duration::from_millis(5)).await;
            }
            let took = house.clock.monotonic() - began;
            assert!(took < Duration::from_secs(1), "{took:?} beside {slow:?}");
            stop.drain();
            running.await.unwrap().unwrap();
        });
    });
}

#[test]
fn p189_however_long_a_receiver_takes_an_attempt_ends_by_its_limit() {
    // method: property
    proptest!(config(128), |(
        schedule in schedules(),
        wait in prop_oneof![0..9_000_u64, 9_900..10_100_u64, 29_900..30_100_u64, 0..9_000_000_u64],
    )| {
        virtually(async {
            let wait = Duration::from_millis(wait);
            let house = House::new(move |_, _| (wait, Ok(HttpResponse::new(200, "")))).await;
            house.add(URL, schedule).await;
            house.happens(1).await;
            let began = house.clock.monotonic();
            house.courier().round().await.unwrap();
            let took = house.clock.monotonic() - began;
            let (limit, slack) = (schedule.timeout(), Duration::from_millis(50));
            assert!(took < limit + slack && took + slack > wait.min(limit), "{took:?} of {wait:?}");
            let tried = &house.all().await[0];
            let ended = (tried.state, &tried.attempts[0].outcome);
            if wait > limit + slack {
                assert_eq!(ended, (DeliveryState::Waiting, &Outcome::Timeout));
            } else if wait + slack < limit {
                assert_eq!(ended, (DeliveryState::Delivered, &Outcome::Status(200)));
            }
        });
    });
}
