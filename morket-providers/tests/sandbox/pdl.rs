//! PDL's endpoints, as its documentation has them.

use super::client::{Ask, Client, check, get, perfect, post, query, row};
use morket_core::VendorUnits;
use morket_providers::sandbox::{
    AccountState, Employment, Expected, Knowledge, Limits, Rate, Sandbox, Vendor,
};
use serde_json::{Value, json};

const KEY: &str = "X-Api-Key: k1";
const ENRICH: &str = "/people-data-labs/v5/person/enrich";

async fn sandbox() -> Sandbox {
    Sandbox::start(perfect(7)).await.expect("a free port")
}

#[tokio::test]
async fn a_person_is_found_by_each_identifier() {
    let sandbox = sandbox().await;
    let world = sandbox.world();
    let here = row(world, Expected::Present);
    let domain = here.company_domain.as_str();
    let person = world.person(&here.full_name, domain).expect("works there");
    let name = here.full_name.to_lowercase();
    let found = || {
        vec![
            ("/status", json!(200)),
            ("/data/full_name", json!(name)),
            ("/data/job_company_website", json!(domain)),
            ("/data/job_title", json!(person.title.to_lowercase())),
            ("/data/linkedin_url", json!(format!("linkedin.com/in/{}", person.linkedin))),
            ("/dataset_version", json!("31.0")),
        ]
    };
    let by = |rest: &str| get(&format!("{ENRICH}?{rest}"), KEY);
    let (first, last) = (query(&here.first_name), query(&here.last_name));
    let body = json!({"email": [person.address], "titlecase": true}).to_string();
    let rows = vec![
        Ask(by(&format!("email={}", query(&person.address))), 200, found()),
        Ask(by(&format!("profile=linkedin.com/in/{}", person.linkedin)), 200, found()),
        Ask(by(&format!("name={first}+{last}&company={domain}")), 200, found()),
        Ask(
            by(&format!(
                "first_name={first}&last_name={last}&company={}",
                query(&here.company_name)
            )),
            200,
            found(),
        ),
        Ask(post(ENRICH, KEY, &body), 200, vec![("/data/full_name", json!(here.full_name))]),
        Ask(
            by(&format!("email={}&data_include=full_name,job_title", query(&person.address))),
            200,
            vec![("/data/full_name", json!(name)), ("/data/work_email", json!("absent"))],
        ),
        Ask(
            by(&format!("email={}&required=job_title+AND+(summary+OR+id)", query(&person.address))),
            200,
            vec![],
        ),
        Ask(by(&format!("email={}&required=summary", query(&person.address))), 404, vec![]),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn keys_and_bad_questions_are_refused_as_pdl_does() {
    let kind = |kind: Value| vec![("/error/type", kind)];
    let path = |rest: &str| format!("/people-data-labs/v5/{rest}");
    let missing = || kind(json!(["invalid_request_error"]));
    let bulk = |count: usize| {
        let requests = vec![json!({"params": {"email": "a@b.example"}}); count];
        json!({"requests": requests}).to_string()
    };
    let rows = vec![
        Ask(get(ENRICH, ""), 401, kind(json!("authentication_error"))),
        Ask(get(ENRICH, "x-api-key: bad"), 401, vec![("/status", json!(401))]),
        Ask(get(ENRICH, KEY), 400, missing()),
        Ask(get(&format!("{ENRICH}?name=Ada+Baker"), KEY), 400, missing()),
        Ask(get(&format!("{ENRICH}?name=Ada+Baker&location=Berlin"), KEY), 404, vec![]),
        Ask(get(&format!("{ENRICH}?email=a@b.com&min_likelihood=11"), KEY), 400, missing()),
        Ask(get(&format!("{ENRICH}?email=a@b.com&api_key=k1"), ""), 404, kind(json!("not_found"))),
        Ask(post(ENRICH, KEY, "nonsense"), 400, missing()),
        Ask(get(&path("company/enrich?location=Berlin"), KEY), 400, missing()),
        Ask(get(&path("person/bulk"), KEY), 405, vec![]),
        Ask(get(&path("nothing"), KEY), 404, vec![]),
        Ask(post(&path("person/bulk"), KEY, &bulk(0)), 400, missing()),
        Ask(post(&path("person/bulk"), KEY, &bulk(101)), 400, missing()),
        Ask(post(&path("person/bulk"), KEY, &bulk(100)), 200, vec![("/99/status", json!(404))]),
    ];
    check(&sandbox().await, rows).await;
}

#[tokio::test]
async fn a_free_plan_shows_only_whether_there_are_contacts() {
    let sandbox = sandbox().await;
    let world = sandbox.world();
    let mut client = Client::connect(sandbox.addr()).await;
    for row in world.demo_rows(40) {
        let name = query(&row.full_name);
        let target = format!("{ENRICH}?name={name}&company={}", row.company_domain);
        let free = client.call(&get(&target, "X-Api-Key: free")).await.expect("an answer").json();
        let paid = client.call(&get(&target, KEY)).await.expect("an answer").json();
        if paid["status"] == 200 {
            let (free, paid) = (&free["data"], &paid["data"]);
            assert_eq!(free["work_email"], json!(paid["work_email"].is_string()));
            assert_eq!(free["mobile_phone"], json!(paid["mobile_phone"].is_string()));
            assert!(free["emails"].is_boolean() && paid["emails"].is_array());
        }
    }
}

#[tokio::test]
async fn a_company_stands_at_the_top_level() {
    let sandbox = sandbox().await;
    let world = sandbox.world();
    let domain = row(world, Expected::Present).company_domain;
    let company = world.company(&domain).expect("exists");
    let path = |rest: &str| get(&format!("/people-data-labs/v5/company/enrich?{rest}"), KEY);
    let facts = || {
        vec![
            ("/website", json!(domain)),
            ("/name", json!(company.name.to_lowercase())),
            ("/employee_count", json!(company.employees)),
            ("/data", json!("absent")),
        ]
    };
    let rows = vec![
        Ask(path(&format!("website=https://www.{domain}/")), 200, facts()),
        Ask(path(&format!("name={}", query(&company.legal_name))), 200, facts()),
        Ask(path(&format!("profile=linkedin.com/company/{}", company.linkedin)), 200, facts()),
        Ask(path("website=acme.com"), 404, vec![("/error/type", json!("not_found"))]),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn a_bulk_keeps_order_bills_each_and_stops_at_the_last_credit() {
    let sandbox = sandbox().await;
    let world = sandbox.world();
    let people = world.demo_rows(9).into_iter().filter(|row| row.expected == Expected::Present);
    let params = people.take(3).map(|row| {
        json!({"params": {
        "name": row.full_name, "company": row.company_domain}, "metadata": {"row": row.full_name}})
    });
    let mut requests: Vec<_> = params.collect();
    requests.insert(1, json!({"params": {"email": "nobody@nobody.com"}}));
    requests.push(json!({"params": {"name": "Ada Baker"}}));
    let body = json!({"requests": requests}).to_string();
    sandbox.set_account(
        Vendor::PeopleDataLabs,
        "k1",
        AccountState::with_credits(VendorUnits::whole(2)),
    );
    let statuses = [200, 404, 200, 402, 400];
    let mut client = Client::connect(sandbox.addr()).await;
    let request = post("/people-data-labs/v5/person/bulk", KEY, &body);
    let response = client.call(&request).await.expect("an answer");
    for (index, status) in statuses.into_iter().enumerate() {
        assert_eq!(response.json()[index]["status"], status, "{index}");
        assert_eq!(response.json()[index].get("metadata"), requests[index].get("metadata"));
    }
    assert_eq!(response.header("x-call-credits-spent"), Some("2"));
    assert_eq!(response.header("x-totallimit-remaining"), Some("0"));
    assert_eq!(response.header("x-ratelimit-remaining"), Some("{'minute': 999}"));
    let again = client.call(&request).await.expect("an answer");
    assert_eq!(again.json()["error"]["type"], "payment_required");
    assert_eq!(again.status, 402);
}

#[tokio::test]
async fn moved_and_wrong_people_are_told_apart_by_their_employer() {
    let mut options = perfect(7);
    let pdl = options.vendor_mut(Vendor::PeopleDataLabs);
    pdl.knowledge = Knowledge { wrong_person: Rate::ALWAYS, ..Knowledge::PERFECT };
    pdl.limits = Limits::Off;
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let world = sandbox.world();
    let mut client = Client::connect(sandbox.addr()).await;
    let (mut moved, mut wrong) = (0, 0);
    for row in world.demo_rows(200) {
        let name = query(&row.full_name);
        let target = format!("{ENRICH}?name={name}&company={}", row.company_domain);
        let response = client.call(&get(&target, KEY)).await.expect("an answer").json();
        let employer = response["data"]["job_company_website"].as_str();
        let truth = world.person(&row.full_name, &row.company_domain);
        match (row.expected, truth.map(|person| person.employment)) {
            (Expected::Present, _) => assert_eq!(employer, Some(row.company_domain.as_str())),
            (Expected::Gone, Some(Employment::Left(Some(now)))) => {
                assert_eq!(employer, Some(now.as_str()));
                moved += 1;
            }
            (Expected::Unknown, None) if employer.is_some() => {
                assert_ne!(employer, Some(row.company_domain.as_str()));
                assert!(response["likelihood"].as_u64().is_some_and(|sure| sure <= 4));
                wrong += 1;
            }
            other => assert_eq!(other, (Expected::Unknown, None)),
        }
    }
    assert!(moved == 20 && wrong > 10, "{moved} moved, {wrong} wrong");
}
