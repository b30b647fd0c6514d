//! The courier over a store in memory, with virtual time.

use super::support::{House, KIND, status};
use morket_core::{
    Clock, ErrorKind, EventId, WorkspaceId,
    engine::Stop,
    http::{FailureCause, HttpFailure, HttpResponse},
    outbox::NewEvent,
    rbac::Operation,
    webhook::{
        DeathCause, DeliveryState, Outcome, Schedule, SigningSecret, UNSIGNED_WAIT, verify,
        verify_plain,
    },
};
use morket_testkit::fresh;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const URL: &str = "https://one.example.com/hook";

fn secrets(text: &morket_core::Secret<String>) -> [SigningSecret; 1] {
    [SigningSecret::parse(text.expose()).unwrap()]
}

#[tokio::test(start_paused = true)]
async fn p190_the_bytes_that_are_signed_are_the_bytes_that_are_sent() {
    let house = House::new(|_, _| status(200)).await;
    let made = house.add(URL, Schedule::Standard).await;
    let sent = house.happens(3).await;
    house.carry_all().await;
    let seen = house.seen();
    assert_eq!(seen.len(), 3);
    let told: BTreeSet<_> = seen.iter().map(|it| it.headers.id.clone()).collect();
    assert_eq!(told, sent.iter().map(EventId::to_string).collect());
    for seen in &seen {
        let now = seen.at.seconds();
        verify(&secrets(&made.secret), &seen.headers, &seen.body, now).unwrap();
        verify_plain(&secrets(&made.secret), &seen.headers, &seen.body, now).unwrap();
        assert_eq!(seen.url, URL);
        let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
        let (id, kind) = (seen.headers.id.as_str().into(), KIND.into());
        assert_eq!((&body["id"], &body["type"]), (&id, &kind));
        assert_eq!(body["data"]["name"], "Ægir \u{1f41f}\u{2028}");
    }
}

#[tokio::test(start_paused = true)]
async fn p182_p183_each_attempt_has_its_own_time_and_the_events_id() {
    for schedule in Schedule::ALL {
        let house = House::new(|_, _| status(503)).await;
        let made = house.add(URL, schedule).await;
        house.happens(1).await;
        house.carry_all().await;
        let seen = house.seen();
        assert_eq!(seen.len(), schedule.attempts());
        for (pair, wait) in seen.windows(2).zip(schedule.waits()) {
            let passed = pair[1].at.since(pair[0].at);
            let (low, high) = (*wait * 8 / 10, *wait * 12 / 10 + Duration::from_millis(5));
            assert!(low <= passed && passed <= high, "{passed:?} for {wait:?}");
            assert_eq!(pair[0].headers.id, pair[1].headers.id);
            assert_eq!(pair[0].body, pair[1].body);
        }
        let times: BTreeSet<_> = seen.iter().map(|it| it.headers.timestamp.clone()).collect();
        assert_eq!(times.len(), seen.len());
        for seen in &seen {
            let (key, now) = (secrets(&made.secret), seen.at.seconds());
            assert_eq!(seen.headers.timestamp, now.to_string());
            verify(&key, &seen.headers, &seen.body, now).unwrap();
            assert_eq!(seen.limit, schedule.timeout());
        }
        let dead = &house.all().await[0];
        assert_eq!(dead.cause, Some(DeathCause::Exhausted));
    }
}

/// A thousand events, receivers that fail half of the time: every event is delivered or dead, and
/// what is called delivered was answered with a 2xx.
#[tokio::test(start_paused = true)]
async fn p184_p185_every_event_is_delivered_or_dead_and_no_other() {
    // method: model
    let house = House::new(|seen, number| {
        let dice = seen.headers.id.bytes().map(usize::from).sum::<usize>() + number * 7;
        match dice % 4 {
            0 => status(200),
            1 => (Duration::from_secs(90), Ok(HttpResponse::new(200, "late"))),
            2 => status(500),
            _ => {
                let lost = HttpFailure::lost(FailureCause::Broken, "broken");
                (Duration::from_millis(3), Err(lost))
            }
        }
    })
    .await;
    house.add(URL, Schedule::Standard).await;
    house.add("https://two.example.com", Schedule::Short).await;
    let sent: BTreeSet<EventId> = house.happens(500).await.into_iter().collect();
    // A step that is refused as a whole tells nothing.
    let phantom = NewEvent { id: fresh(), kind: KIND.into(), payload: serde_json::json!({}) };
    let nowhere: WorkspaceId = fresh();
    assert!(house.store.publish(nowhere, vec![phantom]).await.is_err());
    house.carry_all().await;
    let mut taken: BTreeMap<(String, String), usize> = BTreeMap::new();
    for seen in house.seen() {
        *taken.entry((seen.url, seen.headers.id)).or_default() += 1;
    }
    let all = house.all().await;
    assert_eq!(all.len(), 2 * sent.len());
    let told: BTreeSet<EventId> = all.iter().map(|it| it.event).collect();
    assert_eq!(told, sent);
    let (mut delivered, mut dead) = (0, 0);
    for it in &all {
        let last = &it.attempts.last().unwrap().outcome;
        match it.state {
            DeliveryState::Delivered => delivered += usize::from(last.is_success()),
            DeliveryState::Dead => dead += usize::from(!last.is_success()),
            DeliveryState::Waiting => panic!("{it:?}"),
        }
    }
    assert_eq!(delivered + dead, all.len());
    assert!(delivered > 500 && taken.len() == all.len(), "{delivered} of {}", all.len());
}

#[tokio::test(start_paused = true)]
async fn p188_a_slow_endpoint_does_not_delay_others() {
    let house = House::new(|seen, _| match seen.url.contains("slow") {
        true => (Duration::from_secs(29), Ok(HttpResponse::new(200, ""))),
        false => (Duration::from_millis(5), Ok(HttpResponse::new(200, ""))),
    })
    .await;
    house.add("https://slow.example.com", Schedule::Standard).await;
    house.add(URL, Schedule::Standard).await;
    let began = house.clock.monotonic();
    house.happens(100).await;
    let stop = Stop::default();
    let (courier, told) = (house.courier(), stop.clone());
    let running = tokio::spawn(async move { courier.run(&told).await });
    let quick = async || house.seen().iter().filter(|it| it.url == URL).count();
    while quick().await < 100 {
        tokio::task::yield_now().await;
        super::support::pass(Duration::from_millis(5)).await;
    }
    let took = house.clock.monotonic() - began;
    assert!(took < Duration::from_secs(1), "{took:?}");
    let slow = house.seen().len() - 100;
    assert!((1..=4).contains(&slow), "{slow} at once");
    stop.drain();
    let carried = running.await.unwrap().unwrap();
    assert_eq!(carried.delivered, 100 + 4, "what was under way came in");
    assert!(house.clock.monotonic() - began < Duration::from_secs(31));
}

#[tokio::test(start_paused = true)]
async fn p189_an_attempt_ends_by_its_limit() {
    for schedule in Schedule::ALL {
        let house = House::new(|_, number| match number {
            1 => (Duration::from_secs(100_000), Ok(HttpResponse::new(200, ""))),
            _ => status(200),
        })
        .await;
        house.add(URL, schedule).await;
        house.happens(1).await;
        let began = house.clock.monotonic();
        house.courier().round().await.unwrap();
        let took = house.clock.monotonic() - began;
        assert!(took.abs_diff(schedule.timeout()) < Duration::from_millis(50), "{took:?}");
        let tried = &house.all().await[0];
        assert_eq!(tried.attempts[0].outcome, Outcome::Timeout);
        assert_eq!(
            Duration::from_millis(tried.attempts[0].millis.into()).as_secs(),
            took.as_secs()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn p186_retry_after_is_honoured_as_seconds_and_as_an_instant() {
    for (header, wait) in
        [("7", 7), ("1000000000", 10), ("0", 5), ("Sat, 21 Nov 2026 14:03:59 GMT", 8)]
    {
        let house = House::new(move |_, number| {
            let mut answer = HttpResponse::new(if number == 1 { 429 } else { 200 }, "slow down");
            answer.headers.push(("retry-after".to_owned(), header.to_owned()));
            (Duration::ZERO, Ok(answer))
        })
        .await;
        house.add(URL, Schedule::Standard).await;
        house.happens(1).await;
        house.carry_all().await;
        let seen = house.seen();
        assert_eq!(seen[1].at.since(seen[0].at).as_secs(), wait, "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn p181_during_an_overlap_receivers_with_either_secret_are_served() {
    let house = House::new(|_, _| status(200)).await;
    let made = house.add(URL, Schedule::Standard).await;
    let (id, day) = (made.webhook.id, Duration::from_secs(86_400));
    let rotated = house.webhooks.rotate(house.may().await, id, day).await.unwrap();
    assert_ne!(rotated.secret.expose(), made.secret.expose());
    let verified = async |secret: &morket_core::Secret<String>| {
        house.happens(1).await;
        house.carry_all().await;
        let seen = house.seen().pop().unwrap();
        verify(&secrets(secret), &seen.headers, &seen.body, seen.at.seconds()).is_ok()
    };
    assert!(verified(&made.secret).await && verified(&rotated.secret).await);
    super::support::pass(day).await;
    assert!(!verified(&made.secret).await && verified(&rotated.secret).await);
    let long = house.webhooks.rotate(house.may().await, id, day * 8).await;
    assert_eq!(long.unwrap_err().kind(), ErrorKind::Validation);
}

#[tokio::test(start_paused = true)]
async fn p192_a_secret_is_shown_once_and_rests_sealed() {
    let house = House::new(|_, _| status(200)).await;
    let made = house.add(URL, Schedule::Standard).await;
    let secret = secrets(&made.secret);
    let shown = house.webhooks.get(house.allowed(Operation::ReadWebhooks).await, made.webhook.id);
    let stored = shown.await.unwrap();
    let text = format!("{stored:?} {made:?}");
    assert!(!text.contains(&made.secret.expose()[6..]), "{text}");
    let sealed = &stored.secrets[0].sealed;
    assert!(!sealed.windows(24).any(|it| secret[0].bytes().windows(24).any(|own| own == it)));
    let other = house.add(URL, Schedule::Standard).await;
    assert_ne!(other.secret.expose(), made.secret.expose());
}

/// A secret that was moved to another endpoint's row opens nothing, and nothing is sent unsigned.
#[tokio::test(start_paused = true)]
async fn p090_a_moved_secret_does_not_sign() {
    let house = House::new(|_, _| status(200)).await;
    let made = house.add(URL, Schedule::Short).await;
    let other = house.add("https://two.example.com", Schedule::Short).await.webhook;
    let audit = morket_core::audit::NewAudit::new(
        morket_core::rbac::Principal::Embedder,
        morket_core::audit::Action::WebhookRotated,
        None,
    );
    let moved = made.webhook.secrets[0].clone();
    let now = Duration::ZERO;
    house.store.rotate_webhook(house.workspace, other.id, moved, now, audit).await.unwrap();
    house.happens(1).await;
    house.courier().round().await.unwrap();
    assert!(house.seen().iter().all(|it| it.url == URL));
    let held = house.all().await.into_iter().find(|it| it.webhook == other.id).unwrap();
    assert!(held.attempts.iter().all(|it| it.outcome == Outcome::Unsigned));
    assert_eq!((held.state, held.made), (DeliveryState::Waiting, 0));
}

/// A machine without the right master key sends nothing, harms nobody, and says what it lacks.
#[tokio::test(start_paused = true)]
async fn p187_a_courier_without_the_master_key_leaves_deliveries_to_others() {
    let house = House::new(|_, _| status(200)).await;
    let hook = house.add(URL, Schedule::Short).await.webhook;
    house.happens(2).await;
    let stranger = house.courier_with("fedcba9876543210");
    for _ in 0..10 {
        let carried = stranger.round().await.unwrap();
        assert_eq!((carried.attempts, carried.delivered, carried.unsigned), (0, 0, 2));
        super::support::pass(UNSIGNED_WAIT * 2).await;
    }
    let stored = house.store.webhook(house.workspace, hook.id).await.unwrap();
    assert_eq!((stored.disabled, stored.failing_since), (None, None));
    assert_eq!(house.courier().round().await.unwrap().delivered, 2);
    assert_eq!(house.seen().len(), 2);
    assert!(house.all().await.iter().all(|it| it.made == 1));
}

#[tokio::test(start_paused = true)]
async fn a_url_that_may_not_be_reached_is_refused_at_once() {
    let house = House::new(|_, _| status(200)).await;
    for url in ["http://plain.example.com", "ftp://x", "", "https"] {
        let made = house.webhooks.create(house.may().await, url, [KIND], Schedule::Short).await;
        let error = made.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert!(error.message().starts_with("callbackUrl: "), "{error}");
    }
    let none: [&str; 0] = [];
    let made = house.webhooks.create(house.may().await, URL, none, Schedule::Short).await;
    assert_eq!(made.unwrap_err().kind(), ErrorKind::Validation);
}

#[tokio::test(start_paused = true)]
async fn a_courier_that_is_told_to_stop_begins_nothing() {
    let house = House::new(|_, _| status(200)).await;
    house.add(URL, Schedule::Standard).await;
    house.happens(5).await;
    let stop = Stop::default();
    stop.drain();
    let carried = house.courier().run(&stop).await.unwrap();
    assert_eq!((carried.attempts, house.seen().len()), (0, 0));
    assert_eq!(house.courier().round().await.unwrap().delivered, 5);
}
