//! Apollo, Prospeo, Findymail and LeadMagic, as their documentation has them.

use super::client::{Ask, Client, check, get, perfect, post, row};
use morket_core::VendorUnits;
use morket_providers::sandbox::{Address, DemoRow, Expected, Person, Sandbox, Vendor, World};
use serde_json::{Value, json};

const SEED: u64 = 7;

async fn sandbox() -> Sandbox {
    Sandbox::start(perfect(SEED)).await.expect("a free port")
}

/// Somebody who works where the row says.
fn here() -> (DemoRow, Person) {
    let world = World::new(SEED);
    let here = row(world, Expected::Present);
    let person = world.person(&here.full_name, &here.company_domain).expect("works there");
    (here, person)
}

fn nobody() -> DemoRow {
    row(World::new(SEED), Expected::Unknown)
}

fn spent(sandbox: &Sandbox, vendor: Vendor) -> VendorUnits {
    sandbox.account(vendor, "k").used
}

#[tokio::test]
async fn apollo_knows_people_and_companies_and_keys_without_a_scope() {
    let sandbox = sandbox().await;
    let (here, person) = here();
    let named = |row: &DemoRow| json!({"name": row.full_name, "domain": row.company_domain});
    let call = |path: &str, key: &str, body: &Value| {
        post(&format!("/apollo/api/v1/{path}"), &format!("x-api-key: {key}"), &body.to_string())
    };
    let find = |key: &str, body: &Value| call("people/match", key, body);
    let bulk = |people: usize| {
        let mut details = vec![named(&nobody()); people];
        details[0] = named(&here);
        call("people/bulk_match", "k", &json!({"details": details}))
    };
    let company = |domain: &str| {
        get(&format!("/apollo/api/v1/organizations/enrich?domain={domain}"), "x-api-key: k")
    };
    let profile = |key: &str| get("/apollo/api/v1/users/api_profile", &format!("x-api-key: {key}"));
    let facts = vec![
        ("/person/name", json!(person.full_name())),
        ("/person/title", json!(person.title)),
        ("/person/organization/primary_domain", json!(here.company_domain)),
    ];
    let rows = vec![
        Ask(find("k", &named(&here)), 200, facts),
        Ask(find("k", &json!({"email": person.address})), 200, vec![]),
        Ask(find("k", &named(&nobody())), 200, vec![("/person", Value::Null)]),
        Ask(find("k", &json!({})), 422, vec![]),
        Ask(find("k", &json!({"name": "Ada Example"})), 200, vec![("/person", Value::Null)]),
        Ask(find("bad", &named(&here)), 401, vec![]),
        Ask(find("empty", &named(&here)), 422, vec![]),
        Ask(find("scoped", &named(&here)), 403, vec![("/error_code", json!("API_INACCESSIBLE"))]),
        Ask(profile("scoped"), 200, vec![]),
        Ask(profile("bad"), 401, vec![]),
        Ask(
            bulk(3),
            200,
            vec![
                ("/credits_consumed", json!(1)),
                ("/matches/0/name", json!(person.full_name())),
                ("/matches/1", Value::Null),
                ("/matches/0/organization/total_funding", json!("absent")),
            ],
        ),
        Ask(bulk(11), 400, vec![("/error_code", json!("RECORD_LIMIT_EXCEEDED"))]),
        Ask(
            company(&here.company_domain),
            200,
            vec![("/organization/name", json!(person.company.name))],
        ),
        Ask(company("nowhere.invalid.com"), 200, vec![("/organization", Value::Null)]),
        Ask(get("/apollo/api/v1/organizations/enrich", "x-api-key: k"), 422, vec![]),
    ];
    check(&sandbox, rows).await;
    assert_eq!(spent(&sandbox, Vendor::Apollo), VendorUnits::whole(4));
}

#[tokio::test]
async fn apollos_headers_tell_of_limited_windows_and_of_no_other() {
    let sandbox = sandbox().await;
    let mut client = Client::connect(sandbox.addr()).await;
    for (key, status, minute, hour) in [
        ("k", 200, Some("1000"), Some("")),
        ("free", 200, Some("50"), Some("200")),
        ("bad", 401, None, None),
    ] {
        let request = get("/apollo/api/v1/users/api_profile", &format!("x-api-key: {key}"));
        let answer = client.call(&request).await.expect("an answer");
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-rate-limit-minute"), minute, "{key}");
        assert_eq!(answer.header("x-rate-limit-hourly"), hour, "{key}");
        let left = minute.and_then(|it| Some((it.parse::<u32>().ok()? - 1).to_string()));
        assert_eq!(answer.header("x-minute-requests-left"), left.as_deref(), "{key}");
    }
}

#[tokio::test]
async fn prospeo_bills_a_person_once_and_says_codes() {
    let sandbox = sandbox().await;
    let (here, person) = here();
    let named =
        |row: &DemoRow| json!({"full_name": row.full_name, "company_website": row.company_domain});
    let find = |key: &str, data: &Value| {
        let body = json!({"enrich_mobile": false, "data": data}).to_string();
        post("/prospeo/enrich-person", &format!("X-KEY: {key}"), &body)
    };
    let mut data = vec![named(&here), named(&nobody()), json!({"first_name": "Ada"})];
    for (at, one) in data.iter_mut().enumerate() {
        one["identifier"] = json!(format!("row-{at}"));
    }
    let bulk = |data: &[Value]| {
        post("/prospeo/bulk-enrich-person", "X-KEY: k", &json!({"data": data}).to_string())
    };
    let status = World::new(SEED).address(&person.address) == Some(Address::Valid);
    let code = |code: &str| vec![("/error", json!(true)), ("/error_code", json!(code))];
    let known = |free: bool| {
        vec![
            ("/error", json!(false)),
            ("/free_enrichment", json!(free)),
            ("/person/email/email", json!(person.address)),
            ("/person/email/status", json!(if status { "VERIFIED" } else { "UNVERIFIED" })),
            ("/company/domain", json!(here.company_domain)),
        ]
    };
    let account = |key: &str| get("/prospeo/account-information", &format!("X-KEY: {key}"));
    let rows = vec![
        Ask(find("k", &named(&here)), 200, known(false)),
        Ask(find("k", &json!({"email": person.address})), 200, known(true)),
        Ask(find("k", &named(&nobody())), 400, code("NO_MATCH")),
        Ask(find("k", &json!({"full_name": "Ada Example"})), 400, code("INVALID_DATAPOINTS")),
        Ask(find("bad", &named(&here)), 401, code("INVALID_API_KEY")),
        Ask(find("empty", &named(&here)), 400, code("INSUFFICIENT_CREDITS")),
        Ask(
            bulk(&data),
            200,
            vec![
                ("/total_cost", json!(0)),
                ("/matched/0/identifier", json!("row-0")),
                ("/not_matched", json!(["row-1"])),
                ("/invalid_datapoints", json!(["row-2"])),
            ],
        ),
        Ask(bulk(&vec![named(&here); 51]), 400, code("INVALID_REQUEST")),
        Ask(account("k"), 200, vec![("/response/remaining_credits", json!(999_999))]),
        Ask(account("bad"), 401, code("INVALID_API_KEY")),
    ];
    check(&sandbox, rows).await;
    assert_eq!(spent(&sandbox, Vendor::Prospeo), VendorUnits::whole(1));
}

#[tokio::test]
async fn findymail_sells_what_it_verified_and_says_no_in_two_ways() {
    let sandbox = sandbox().await;
    let (here, person) = here();
    let call = |path: &str, key: &str, body: &Value| {
        let header = format!("Authorization: Bearer {key}");
        post(&format!("/findymail/api/{path}"), &header, &body.to_string())
    };
    let named = |row: &DemoRow| json!({"name": row.full_name, "domain": row.company_domain});
    let profile = json!({"linkedin_url": format!("in/{}", person.linkedin)});
    let email = json!({"email": person.address});
    let contact = || vec![("/contact/email", json!(person.address))];
    let credits =
        |key: &str| get("/findymail/api/credits", &format!("Authorization: Bearer {key}"));
    let rows = vec![
        Ask(call("search/name", "k", &named(&here)), 200, contact()),
        Ask(call("search/business-profile", "k", &profile), 200, contact()),
        Ask(call("search/linkedin", "k", &profile), 200, contact()),
        Ask(
            call("search/name", "k", &json!({"name": "Ada Example"})),
            422,
            vec![("/errors/domain/0", json!("The domain field is required."))],
        ),
        Ask(call("verify", "k", &email), 200, vec![("/verified", json!(true))]),
        Ask(
            call("verify", "k", &json!({"email": "x@gmail.com"})),
            200,
            vec![("/verified", json!(false))],
        ),
        Ask(call("search/name", "bad", &named(&here)), 401, vec![]),
        Ask(call("search/name", "empty", &named(&here)), 402, vec![]),
        Ask(call("verify", "empty", &email), 200, vec![("/error", json!("Not enough credits"))]),
        Ask(credits("k"), 200, vec![("/credits", json!(999_995))]),
        Ask(call("nowhere", "k", &email), 404, vec![]),
    ];
    check(&sandbox, rows).await;
    let mut client = Client::connect(sandbox.addr()).await;
    let mut ways = std::collections::BTreeSet::new();
    let strangers = World::new(SEED).demo_rows(100).into_iter();
    for row in strangers.filter(|it| it.expected == Expected::Unknown) {
        let answer = client.call(&call("search/name", "k", &named(&row))).await.expect("an answer");
        ways.insert((answer.status, answer.json()["contact"].is_null()));
    }
    assert_eq!(ways.into_iter().collect::<Vec<_>>(), [(200, true), (404, true)]);
    assert_eq!(spent(&sandbox, Vendor::Findymail), VendorUnits::whole(5));
}

#[tokio::test]
async fn leadmagic_says_what_each_answer_cost() {
    let sandbox = sandbox().await;
    let (here, person) = here();
    let call = |path: &str, key: &str, body: &Value| {
        let header = format!("X-API-Key: {key}");
        post(&format!("/leadmagic/v1/people/{path}"), &header, &body.to_string())
    };
    let named = |row: &DemoRow| {
        json!({"first_name": row.first_name, "last_name": row.last_name,
               "domain": row.company_domain})
    };
    let email = json!({"email": person.address});
    let code = |code: &str| vec![("/success", json!(false)), ("/errors/0/code", json!(code))];
    let rows = vec![
        Ask(
            call("email-finder", "k", &named(&here)),
            200,
            vec![
                ("/email", json!(person.address)),
                ("/status", json!("valid")),
                ("/credits_consumed", json!(1)),
                ("/employment_verified", json!(true)),
            ],
        ),
        Ask(
            call("email-finder", "k", &named(&nobody())),
            200,
            vec![("/email", Value::Null), ("/credits_consumed", json!(0))],
        ),
        Ask(
            call("email-validation", "k", &email),
            200,
            vec![("/email_status", json!("valid")), ("/credits_consumed", json!(0.25))],
        ),
        Ask(
            call("email-finder", "k", &json!({"first_name": "Ada"})),
            400,
            code("validation_error"),
        ),
        Ask(call("email-finder", "bad", &named(&here)), 401, code("unauthorized")),
        Ask(call("email-finder", "empty", &named(&here)), 402, code("insufficient_credits")),
        Ask(
            get("/leadmagic/v1/credits", "X-API-Key: k"),
            200,
            vec![("/credits_liquid", json!(999_998.75))],
        ),
        Ask(get("/leadmagic/v1/credits", "X-API-Key: bad"), 401, code("unauthorized")),
    ];
    check(&sandbox, rows).await;
    assert_eq!(spent(&sandbox, Vendor::LeadMagic), VendorUnits(1_250));
}
