//! Hunter's endpoints, as its documentation has them.

use super::client::{Ask, Client, check, get, perfect, query, row};
use morket_core::VendorUnits;
use morket_providers::sandbox::{AccountState, Expected, Knowledge, Rate, Sandbox, Vendor};
use serde_json::json;

const KEY: &str = "X-API-KEY: k1";

async fn sandbox() -> Sandbox {
    Sandbox::start(perfect(7)).await.expect("a free port")
}

fn finder(full_name: &str, domain: &str) -> String {
    let name = query(full_name);
    format!("/hunter/v2/email-finder?full_name={name}&domain={domain}&max_duration=5")
}

#[tokio::test]
async fn the_finder_answers_in_hunters_shape() {
    let sandbox = sandbox().await;
    let world = sandbox.world();
    let (here, unknown) = (row(world, Expected::Present), row(world, Expected::Unknown));
    let domain = here.company_domain.as_str();
    let email = world.truth_email(&here.full_name, domain).expect("works there");
    let halves = format!(
        "/hunter/v2/email-finder?first_name={}&last_name={}&company={}",
        query(&here.first_name),
        query(&here.last_name),
        query(&here.company_name)
    );
    let handle = world.person(&here.full_name, domain).expect("works there").linkedin;
    let by_handle = format!("/hunter/v2/email-finder?linkedin_handle={handle}&domain={domain}");
    let missed = vec![("/data/email", json!(null)), ("/data/score", json!(null))];
    let rows = vec![
        Ask(
            get(&finder(&here.full_name, domain), KEY),
            200,
            vec![
                ("/data/email", json!(email)),
                ("/data/domain", json!(domain)),
                ("/data/twitter", json!(null)),
                ("/data/accept_all", json!(false)),
                ("/data/sources/0/still_on_page", json!(true)),
                ("/meta/params/full_name", json!(here.full_name)),
                ("/meta/params/max_duration", json!(5)),
            ],
        ),
        Ask(get(&halves, KEY), 200, vec![("/data/email", json!(email))]),
        Ask(get(&by_handle, KEY), 200, vec![("/data/email", json!(email))]),
        Ask(get(&finder(&unknown.full_name, &unknown.company_domain), KEY), 200, missed.clone()),
        Ask(get(&finder("Ada Baker", "acme.com"), KEY), 200, missed),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn keys_and_bad_questions_are_refused_as_hunter_does() {
    let good = finder("Ada Baker", "x.example");
    let bad_key = || vec![("/errors/0/id", json!("authentication_failed"))];
    let wrong = |details: &str| {
        vec![("/errors/0/id", json!("wrong_params")), ("/errors/0/details", json!(details))]
    };
    let missing_domain = || wrong("You are missing the domain parameter");
    let path = |rest: &str| get(&format!("/hunter/v2/{rest}"), KEY);
    let rows = vec![
        Ask(get(&good, ""), 401, bad_key()),
        Ask(get(&good, "X-API-KEY: bad1"), 401, bad_key()),
        Ask(get(&good, "Authorization: Basic k1"), 401, bad_key()),
        Ask(get(&good, "authorization: Bearer k1"), 200, vec![]),
        Ask(get(&format!("{good}&api_key=k1"), ""), 200, vec![]),
        Ask(path("email-finder?full_name=Ada+Baker"), 400, missing_domain()),
        Ask(
            path("email-finder?full_name=A+B&domain=none"),
            400,
            wrong("The domain name is invalid"),
        ),
        Ask(path("email-finder?domain=x.example"), 400, vec![("/errors/0/code", json!(400))]),
        Ask(path("email-finder?domain=x.example&first_name=A"), 400, vec![]),
        Ask(path("email-finder?domain=x.example&full_name=A+B&max_duration=2"), 400, vec![]),
        Ask(path("email-verifier?email=nonsense"), 400, vec![]),
        Ask(path("domain-search"), 400, missing_domain()),
        Ask(path("domain-search?domain=x.example&limit=101"), 400, vec![]),
        Ask(path("nothing"), 404, vec![]),
        Ask(
            get("/hunter/v2/email-count?domain=nobody.com", ""),
            200,
            vec![("/data/total", json!(0))],
        ),
    ];
    check(&sandbox().await, rows).await;
}

#[tokio::test]
async fn the_verifier_agrees_with_the_world() {
    let sandbox = sandbox().await;
    let world = sandbox.world();
    let here = row(world, Expected::Present);
    let gone = row(world, Expected::Gone);
    let email = world.truth_email(&here.full_name, &here.company_domain).expect("works there");
    let mut domains = (0..).map(|number| format!("none-{number}.example"));
    let empty = domains.find(|domain| world.company(domain).is_none()).expect("some are free");
    let dead = world.person(&gone.full_name, &gone.company_domain).expect("was there").address;
    let ask = |email: &str, status: &str| {
        let target = format!("/hunter/v2/email-verifier?email={}", query(email));
        Ask(get(&target, KEY), 200, vec![("/data/status", json!(status))])
    };
    let rows = vec![
        ask(&email, "valid"),
        ask(&dead, "invalid"),
        ask(&format!("ada@{empty}"), "invalid"),
        ask("somebody@gmail.com", "webmail"),
        ask("x@disposable.example", "disposable"),
        ask("real@somebody-owns-this.com", "unknown"),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn a_verification_may_be_pending_and_is_billed_once() {
    let mut options = perfect(7);
    options.vendor_mut(Vendor::Hunter).pending = Rate::ALWAYS;
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    let request = get("/hunter/v2/email-verifier?email=somebody@gmail.com", KEY);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(client.call(&request).await.expect("an answer").status);
    }
    assert_eq!(statuses[0], 202);
    assert_eq!(statuses[3..], [200, 200, 200]);
    assert_eq!(sandbox.account(Vendor::Hunter, "k1").used, VendorUnits(500));
}

#[tokio::test]
async fn searches_and_finds_have_their_shapes() {
    let sandbox = sandbox().await;
    let world = sandbox.world();
    let here = row(world, Expected::Present);
    let domain = here.company_domain.as_str();
    let email = world.truth_email(&here.full_name, domain).expect("works there");
    let company = world.company(domain).expect("exists");
    let path = |rest: &str| get(&format!("/hunter/v2/{rest}"), KEY);
    let rows = vec![
        Ask(
            path(&format!("domain-search?domain={domain}&limit=3")),
            200,
            vec![
                ("/data/organization", json!(company.name)),
                ("/data/pattern", json!(company.pattern.tokens())),
                ("/data/headcount", json!(company.size)),
                ("/meta/limit", json!(3)),
            ],
        ),
        Ask(
            path(&format!("people/find?email={}", query(&email))),
            200,
            vec![
                ("/data/name/fullName", json!(here.full_name)),
                ("/data/employment/domain", json!(domain)),
            ],
        ),
        Ask(
            path(&format!("combined/find?email={}&clearbit_format=true", query(&email))),
            200,
            vec![("/person/email", json!(email)), ("/company/domain", json!(domain))],
        ),
        Ask(
            path(&format!("companies/find?domain={domain}")),
            200,
            vec![("/data/foundedYear", json!(company.founded))],
        ),
        Ask(path("people/find?email=nobody@nobody.com"), 404, vec![("/errors/0/code", json!(404))]),
        Ask(path("companies/find?domain=acme.com"), 404, vec![]),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn an_account_runs_dry_and_shows_it() {
    let sandbox = sandbox().await;
    let here = row(sandbox.world(), Expected::Present);
    let state = AccountState::with_credits(VendorUnits(1_500));
    sandbox.set_account(Vendor::Hunter, "k1", state);
    let find = || get(&finder(&here.full_name, &here.company_domain), KEY);
    let verify = || get("/hunter/v2/email-verifier?email=x@gmail.com", KEY);
    let account = |used, available| {
        let facts = vec![
            ("/data/requests/credits/used", used),
            ("/data/requests/credits/available", available),
        ];
        Ask(get("/hunter/v2/account", KEY), 200, facts)
    };
    let dry = || vec![("/errors/0/id", json!("usage_limit_reached"))];
    let rows = vec![
        account(json!(0), json!(1.5)),
        Ask(find(), 200, vec![]),
        account(json!(1), json!(1.5)),
        Ask(find(), 429, dry()),
        Ask(verify(), 200, vec![]),
        account(json!(1.5), json!(1.5)),
        Ask(verify(), 429, dry()),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn some_people_asked_to_be_forgotten() {
    let mut options = perfect(7);
    options.vendor_mut(Vendor::Hunter).knowledge = Knowledge::PERFECT;
    options.vendor_mut(Vendor::Hunter).limits = morket_providers::sandbox::Limits::Off;
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    let mut blocked = 0;
    for row in sandbox.world().demo_rows(1_500) {
        let request = get(&finder(&row.full_name, &row.company_domain), KEY);
        let response = client.call(&request).await.expect("an answer");
        if response.status == 451 {
            assert_eq!(response.json()["errors"][0]["id"], "claimed_email");
            blocked += 1;
        }
    }
    assert!((1..30).contains(&blocked), "{blocked} of 1500");
}
