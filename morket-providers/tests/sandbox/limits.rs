//! Limits, at the edges of their windows.

use super::client::{Client, get, perfect, post};
use morket_core::Timestamp;
use morket_providers::sandbox::{Limits, Sandbox, Vendor};
use morket_testkit::ManualClock;
use std::{sync::Arc, time::Duration};

/// After so many milliseconds since the start, `asked` calls, of which `served` are.
type Row = (u64, usize, usize);

async fn check(vendor: Vendor, limits: Limits, request: &str, refused: u16, rows: &[Row]) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(0)));
    let mut options = perfect(7);
    options.clock = Some(clock.clone());
    options.vendor_mut(vendor).limits = limits;
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    let mut now = 0;
    for (at, asked, served) in rows {
        clock.advance(Duration::from_millis(at - now));
        now = *at;
        let mut passed = 0;
        for _ in 0..*asked {
            let status = client.call(request).await.expect("an answer").status;
            passed += usize::from(status != refused);
        }
        assert_eq!(passed, *served, "{asked} calls at {at} ms of {request}");
    }
}

#[tokio::test]
async fn hunter_turns_away_with_403() {
    let documented = Limits::AsDocumented;
    let finder = get("/hunter/v2/email-finder?domain=a.com&full_name=a+b", "X-API-KEY: k");
    let rows = [(0, 17, 15), (999, 1, 0), (1_000, 16, 15), (2_500, 15, 15)];
    check(Vendor::Hunter, documented, &finder, 403, &rows).await;
    check(Vendor::Hunter, Limits::Times(2), &finder, 403, &[(0, 40, 30)]).await;
    check(Vendor::Hunter, Limits::Off, &finder, 403, &[(0, 700, 700)]).await;
    let minute: Vec<Row> = (0..33).map(|second| (second * 1_000, 15, 15)).collect();
    let rest = [(33_000, 15, 5), (59_999, 1, 0), (60_000, 16, 15)];
    check(Vendor::Hunter, documented, &finder, 403, &[&minute[..], &rest[..]].concat()).await;
    let verifier = get("/hunter/v2/email-verifier?email=x@gmail.com", "X-API-KEY: k");
    let minute: Vec<Row> = (0..30).map(|second| (second * 1_000, 11, 10)).collect();
    let rest = [(30_000, 1, 0), (60_000, 11, 10)];
    check(Vendor::Hunter, documented, &verifier, 403, &[&minute[..], &rest[..]].concat()).await;
}

#[tokio::test]
async fn pdl_counts_by_the_minute_and_by_plan() {
    let target = "/people-data-labs/v5/person/enrich?email=x@gmail.com";
    let (vendor, documented) = (Vendor::PeopleDataLabs, Limits::AsDocumented);
    let free = get(target, "X-API-KEY: free");
    check(vendor, documented, &free, 429, &[(0, 101, 100), (59_999, 1, 0), (60_000, 101, 100)])
        .await;
    let paid = get(target, "X-API-KEY: k");
    check(vendor, documented, &paid, 429, &[(0, 1_001, 1_000), (60_000, 2, 2)]).await;
}

#[tokio::test]
async fn dropcontact_counts_by_the_second() {
    let credits = get("/dropcontact/v1/account/credits", "X-Access-Token: k");
    let rows = [(0, 61, 60), (1_000, 61, 60)];
    check(Vendor::Dropcontact, Limits::AsDocumented, &credits, 429, &rows).await;
}

#[tokio::test]
async fn apollo_counts_by_the_plan_and_by_the_endpoint() {
    let (vendor, documented) = (Vendor::Apollo, Limits::AsDocumented);
    let body = r#"{"email":"x@gmail.com"}"#;
    let one = |key: &str| post("/apollo/api/v1/people/match", &format!("x-api-key: {key}"), body);
    check(vendor, documented, &one("k"), 429, &[(0, 1_001, 1_000), (60_000, 2, 2)]).await;
    let minute = 60_000;
    let hour: Vec<Row> = (0..4).map(|at| (at * minute, 51, 50)).collect();
    let rest = [(4 * minute, 1, 0), (59 * minute, 1, 0), (60 * minute, 51, 50)];
    check(vendor, documented, &one("free"), 429, &[&hour[..], &rest[..]].concat()).await;
    let bulk = format!(r#"{{"details":[{body}]}}"#);
    let bulk = post("/apollo/api/v1/people/bulk_match", "x-api-key: free", &bulk);
    check(vendor, documented, &bulk, 429, &[(0, 21, 20), (minute, 21, 20)]).await;
}

#[tokio::test]
async fn leadmagic_and_bouncer_count_by_the_minute() {
    let documented = Limits::AsDocumented;
    let credits = get("/leadmagic/v1/credits", "X-API-Key: k");
    check(Vendor::LeadMagic, documented, &credits, 429, &[(0, 301, 300), (60_000, 1, 1)]).await;
    let verify = get("/bouncer/v1.1/email/verify?email=x@gmail.com", "x-api-key: k");
    check(Vendor::Bouncer, documented, &verify, 429, &[(0, 1_001, 1_000), (60_000, 1, 1)]).await;
}

#[tokio::test]
async fn zerobounce_blocks_for_a_time() {
    let (vendor, documented) = (Vendor::ZeroBounce, Limits::AsDocumented);
    let hour = 3_600_000;
    let bad = get("/zerobounce/v2/validate?api_key=bad&email=x@gmail.com", "");
    let rows = [(0, 202, 200), (hour - 1, 1, 0), (hour, 201, 200)];
    check(vendor, documented, &bad, 403, &rows).await;
    let day = 24 * hour;
    let credits = get("/zerobounce/v2/getcredits?api_key=bad", "");
    let rows = [(0, 201, 200), (day - 1, 1, 0), (day, 1, 1)];
    check(vendor, documented, &credits, 403, &rows).await;
    let body = r#"{"api_key":"k","email_batch":[{"email_address":"x@gmail.com"}]}"#;
    let batch = post("/zerobounce-bulk/v2/validatebatch", "", body);
    let rows = [(0, 21, 20), (60_000, 1, 0), (599_999, 1, 0), (600_000, 21, 20)];
    check(vendor, documented, &batch, 403, &rows).await;
}

#[tokio::test]
async fn each_key_has_its_own_window() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(0)));
    let mut options = perfect(7);
    options.clock = Some(clock);
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    for key in ["a", "b"] {
        for call in 0..16 {
            let request = get("/hunter/v2/account", &format!("X-API-KEY: {key}"));
            let status = client.call(&request).await.expect("an answer").status;
            assert_eq!(status, if call < 15 { 200 } else { 403 }, "{key} {call}");
        }
    }
}
