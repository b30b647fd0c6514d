//! The same seed gives the same bytes, in whatever order and however many ask at once.

use super::client::{Client, get, post, query};
use morket_providers::sandbox::{Faults, Limits, Options, Rate, Sandbox, World};
use proptest::prelude::*;
use std::{collections::BTreeMap, time::Duration};

/// What is asked of each vendor about the demo rows.
fn requests(seed: u64) -> Vec<String> {
    let mut requests = Vec::new();
    for row in World::new(seed).demo_rows(12) {
        let (name, domain) = (query(&row.full_name), &row.company_domain);
        let finder = format!("/hunter/v2/email-finder?full_name={name}&domain={domain}");
        requests.push(get(&finder, "X-API-KEY: k"));
        requests.push(get(&format!("/hunter/v2/companies/find?domain={domain}"), "X-API-KEY: k"));
        let person = format!("/people-data-labs/v5/person/enrich?name={name}&company={domain}");
        requests.push(get(&person, "X-API-KEY: k"));
        let email = format!("/zerobounce/v2/validate?api_key=k&email=ada.baker@{domain}");
        requests.push(get(&email, ""));
        let batch =
            format!(r#"{{"data":[{{"full_name":"{}","website":"{domain}"}}]}}"#, row.full_name);
        requests.push(post("/dropcontact/v1/enrich/all", "X-Access-Token: k", &batch));
    }
    requests
}

/// By request, each answer's status and body, or how much of it arrived.
type Told = BTreeMap<String, Vec<(u16, Vec<u8>)>>;

async fn ask(options: Options, requests: Vec<String>, connections: usize) -> Told {
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..connections {
        let mine: Vec<_> = requests.iter().skip(connection).step_by(connections).cloned().collect();
        let addr = sandbox.addr();
        tasks.spawn(async move {
            let mut client = Client::connect(addr).await;
            let mut told = Vec::new();
            for request in mine {
                match client.call(&request).await {
                    Ok(response) => told.push((request, (response.status, response.body))),
                    Err(part) => {
                        // PDL's headers tell the time and the balance.
                        let timeless = !request.contains("people-data-labs");
                        told.push((request, (0, if timeless { part } else { Vec::new() })));
                        client = Client::connect(addr).await;
                    }
                }
            }
            told
        });
    }
    let mut all = Told::new();
    for (request, answer) in tasks.join_all().await.into_iter().flatten() {
        all.entry(request).or_default().push(answer);
    }
    all.values_mut().for_each(|answers| answers.sort());
    all
}

fn options(seed: u64) -> Options {
    let faults = Faults { slow_for: Duration::ZERO, ..Faults::campaign() };
    Options::seeded(seed).for_each_vendor(|vendor| {
        vendor.limits = Limits::Off;
        vendor.faults = faults;
        vendor.knowledge.wrong_person = Rate::percent(50);
    })
}

/// Without what must follow the order: Dropcontact's answers show what is left by then.
fn without_balance(mut told: Told) -> Told {
    told.retain(|request, _| !request.starts_with("POST /dropcontact"));
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn same_seed_same_bytes_whatever_the_order(
        seed in 0..1_000_u64,
        order in proptest::collection::vec(0..60_usize, 1..150),
        connections in 1..6_usize,
    ) {
        let all = requests(seed);
        let chosen: Vec<_> = order.iter().map(|index| all[*index].clone()).collect();
        let mut sorted = chosen.clone();
        sorted.sort();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (one, other) = runtime.expect("a runtime").block_on(async {
            (ask(options(seed), chosen, connections).await, ask(options(seed), sorted, 1).await)
        });
        let other = without_balance(other);
        for (request, answers) in without_balance(one) {
            let same = other.get(&request) == Some(&answers);
            prop_assert!(same, "answers differ to {}", request);
        }
    }
}
