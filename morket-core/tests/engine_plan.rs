//! Plans: every mistake is named where it stands, and what is right becomes the program it says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, MicroUsd, VendorUnits,
    accept::{CatchAll, Sure, Verify},
    field::{EmailStatus, Kind},
    job::{Scope, SpendUnit},
    name::FieldName,
    plan::{Existing, Plan, Program, Settings, Waterfall, compile},
    provider::Registry,
};
use morket_testkit::engine::FakeVendor;
use serde_json::{Value, json};
use std::sync::Arc;

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

/// Two finders, a verifier, a register of companies, a free source without a key.
fn settings() -> Settings {
    let people = ["email", "email_status", "title"];
    let company = |slug: &str, output: &str| {
        let vendor = FakeVendor::finder(slug, &[output]);
        vendor.with(|it| {
            (it.kind, it.inputs) = (Kind::Company, vec![vec![field("company_domain")]]);
        })
    };
    let free = company("website", "industry").keyless().with(|it| {
        (it.free, it.credits, it.billing) = (true, None, Default::default());
    });
    let unpriced = FakeVendor::finder("unpriced", &["phone"]).with(|it| it.credits = None);
    let mut registry = Registry::new();
    for vendor in [
        FakeVendor::finder("hunter", &people),
        FakeVendor::finder("apollo", &people)
            .repeatable()
            .with(|it| it.outputs.push(field("nick"))),
        FakeVendor::verifier("zerobounce"),
        company("register", "industry"),
        company("stranger", "employee_count"),
        free,
        unpriced,
    ] {
        registry.register(Arc::new(vendor)).unwrap();
    }
    let mut settings = Settings::new(Arc::new(registry));
    let keys = ["hunter", "apollo", "zerobounce", "register", "unpriced"];
    settings.keys = keys.map(|it| it.parse().unwrap()).to_vec();
    settings
}

/// An address from hunter, then apollo.
fn base() -> Plan {
    let mut plan = Plan::of(Kind::Person, [field("email")]);
    plan.waterfalls.insert(field("email"), steps(&["hunter", "apollo"]));
    plan
}

fn steps(steps: &[&str]) -> Waterfall {
    let steps = steps.iter().map(ToString::to_string).collect();
    Waterfall { steps, ..Waterfall::default() }
}

fn verified(by: &str) -> Waterfall {
    Waterfall { verify: Some(by.to_owned()), ..steps(&["hunter"]) }
}

type Change = fn(&mut Plan, &mut Settings);

fn email(plan: &mut Plan, waterfall: Waterfall) {
    plan.waterfalls.insert(field("email"), waterfall);
}

fn want(plan: &mut Plan, kind: Kind, fields: &[&str]) {
    *plan = Plan::of(kind, fields.iter().map(|it| field(it)));
}

fn price(plan: &mut Plan, slug: &str, text: &str) {
    plan.prices.insert(slug.parse().unwrap(), text.to_owned());
}

fn units(plan: &mut Plan, slug: &str, text: &str) {
    plan.budget.units.insert(slug.parse().unwrap(), text.to_owned());
}

const WRONG: &[(&str, Change)] = &[
    ("want: must name at least one", |plan, _| plan.want.clear()),
    ("want: `email` stands twice", |plan, _| plan.want.push(field("email"))),
    ("want: `shoe_size` is not a field", |plan, _| plan.want.push(field("shoe_size"))),
    ("want: `email` is a person's field", |plan, _| want(plan, Kind::Company, &["email"])),
    ("want: `title` is a person's field", |plan, _| plan_title(plan)),
    ("want: `nick` is a person's field", |plan, _| want(plan, Kind::Company, &["nick"])),
    ("waterfalls.region: no provider", |plan, _| want(plan, Kind::Person, &["region"])),
    ("waterfalls.email: no provider", |plan, _| email(plan, steps(&[]))),
    ("waterfalls.email: no provider", |plan, settings| {
        want(plan, Kind::Person, &["email"]);
        settings.keys.clear();
    }),
    ("waterfalls.employee_count: no provider", |plan, _| {
        want(plan, Kind::Company, &["employee_count"]);
    }),
    ("waterfalls.email.steps: provider: `nobody` is not known", |plan, _| {
        email(plan, steps(&["hunter", "nobody"]));
    }),
    ("waterfalls.email.steps: provider: `` is not known", |plan, _| email(plan, steps(&[""]))),
    ("waterfalls.email.steps: provider: `Hunter` is not", |plan, _| {
        email(plan, steps(&["Hunter"]));
    }),
    ("waterfalls.email.steps: `hunter` stands twice", |plan, _| {
        email(plan, steps(&["hunter", "apollo", "hunter/find"]));
    }),
    ("waterfalls.email.steps: `hunter/search` does not give `email`", |plan, _| {
        email(plan, steps(&["hunter/search"]));
    }),
    ("waterfalls.email.steps: `hunter/` does not give `email`", |plan, _| {
        email(plan, steps(&["hunter/"]));
    }),
    ("waterfalls.email.steps: `register` does not give `email`", |plan, _| {
        email(plan, steps(&["register"]));
    }),
    ("waterfalls.email.steps: `zerobounce` does not give `email`", |plan, _| {
        email(plan, steps(&["zerobounce"]));
    }),
    ("waterfalls.email.steps: `stranger` has no key", |plan, _| email(plan, steps(&["stranger"]))),
    ("waterfalls.email.steps: `hunter` has no key", |_, settings| settings.keys.clear()),
    ("waterfalls.title: the field is not wanted", |plan, _| {
        plan.waterfalls.insert(field("title"), steps(&["hunter"]));
    }),
    ("waterfalls.email.verify: provider: `nobody` is not", |plan, _| {
        email(plan, verified("nobody"));
    }),
    ("waterfalls.email.verify: `hunter` does not give", |plan, _| email(plan, verified("hunter"))),
    ("waterfalls.email.verify: `zerobounce` has no key", |plan, settings| {
        email(plan, verified("zerobounce"));
        settings.keys.retain(|it| it.as_str() != "zerobounce");
    }),
    ("waterfalls.title.verify: `zerobounce` does not give `title`", |plan, _| {
        want(plan, Kind::Person, &["title"]);
        plan.waterfalls.insert(field("title"), verified("zerobounce"));
    }),
    ("existing.email: `verify` needs a verifier", |plan, _| {
        plan.existing.insert(field("email"), Existing::Verify);
    }),
    ("existing.title: the field is not wanted", |plan, _| {
        plan.existing.insert(field("title"), Existing::Keep);
    }),
    ("prices.nobody: there is no such provider", |plan, _| price(plan, "nobody", "1usd")),
    ("prices.hunter: `platinum` is neither a plan (starter)", |plan, _| {
        price(plan, "hunter", "platinum");
    }),
    ("prices.hunter: `-1usd` is neither", |plan, _| price(plan, "hunter", "-1usd")),
    ("prices.hunter: `0.01` is neither", |plan, _| price(plan, "hunter", "0.01")),
    ("budget.job: must be an amount", |plan, _| plan.budget.job = Some("25".into())),
    ("budget.job: must be an amount", |plan, _| plan.budget.job = Some("-25usd".into())),
    ("budget.job: must be an amount", |plan, _| plan.budget.job = Some("25eur".into())),
    ("budget.per_row: must be an amount", |plan, _| plan.budget.per_row = Some("".into())),
    ("budget.per_day: must be an amount", |plan, _| plan.budget.per_day = Some("1e9usd".into())),
    ("budget.workspace: must be an amount", |plan, _| {
        plan.budget.workspace = Some("0.0000001usd".into());
    }),
    ("budget.job: needs to know what `hunter` costs: set prices.hunter", |plan, _| {
        plan.budget.job = Some("25usd".into());
    }),
    ("budget.per_row: needs to know what `apollo` costs: set prices.apollo", |plan, _| {
        plan.budget.per_row = Some("1usd".into());
        price(plan, "hunter", "starter");
    }),
    ("budget.workspace: needs to know what `zerobounce` costs", |plan, _| {
        email(plan, verified("zerobounce"));
        plan.budget.workspace = Some("1usd".into());
        price(plan, "hunter", "0.05usd");
    }),
    ("budget.units.register: the plan does not ask", |plan, _| units(plan, "register", "5")),
    ("budget.units.nobody: the plan does not ask", |plan, _| units(plan, "nobody", "5")),
    ("budget.units.hunter: must be a number", |plan, _| units(plan, "hunter", "-5")),
    ("budget.units.hunter: must be a number", |plan, _| units(plan, "hunter", "1.0001")),
    ("budget.units.hunter: must be a number", |plan, _| units(plan, "hunter", "many")),
    ("max_age.email: must be a span", |plan, _| {
        plan.max_age.insert(field("email"), "a month".into());
    }),
    ("max_age.phone: the plan does not use", |plan, _| {
        plan.max_age.insert(field("phone"), "90d".into());
    }),
    ("pause_limit: must be a span", |plan, _| plan.pause_limit = Some("soon".into())),
    ("retry_misses: must be a span", |plan, _| plan.retry_misses = Some("30".into())),
    ("run_if: ", |plan, _| plan.run_if = Some("email ==".into())),
    ("accept.identity: must name at least one", |plan, _| plan.accept.identity.clear()),
    ("accept.email.accept: must name", |plan, _| plan.accept.email.accept.clear()),
    ("accept.email.accept: must not hold `invalid`", |plan, _| {
        plan.accept.email.accept.push(EmailStatus::Invalid);
    }),
    ("accept.email.max_verifications: must", |plan, _| {
        plan.accept.email.max_verifications = 0;
    }),
    ("prices: `unpriced/find` has no price in credits", |plan, settings| {
        want(plan, Kind::Person, &["phone"]);
        settings.metered = true;
    }),
];

fn plan_title(plan: &mut Plan) {
    want(plan, Kind::Company, &["industry", "title"]);
}

#[test]
fn p020_every_mistake_is_named_where_it_stands() {
    // method: exhaustive
    assert!(WRONG.len() >= 40, "{}", WRONG.len());
    assert!(compile(&base(), &settings()).is_ok());
    for (expected, change) in WRONG {
        let (mut plan, mut settings) = (base(), settings());
        change(&mut plan, &mut settings);
        let error = compile(&plan, &settings).expect_err(expected);
        assert!(error.message().starts_with(expected), "{error}\n  is not {expected}");
        assert_eq!(error.kind(), morket_core::ErrorKind::Validation, "{expected}");
    }
}

#[test]
fn a_waterfall_has_as_many_steps_as_a_cell_can_count() {
    // method: exhaustive
    for (vendors, fits) in [(64, true), (65, false), (200, false)] {
        let mut registry = Registry::new();
        let names: Vec<String> = (0..vendors).map(|at| format!("v{at}")).collect();
        for name in &names {
            registry.register(Arc::new(FakeVendor::finder(name, &["email"]))).unwrap();
        }
        let mut settings = Settings::new(Arc::new(registry));
        settings.keys = names.iter().map(|it| it.parse().unwrap()).collect();
        let plan = Plan::of(Kind::Person, [field("email")]);
        let compiled = compile(&plan, &settings).map(|it| it.chains[0].steps.len());
        assert_eq!(compiled.is_ok(), fits, "{compiled:?}");
    }
}

#[test]
fn a_document_that_says_what_is_not_known_is_refused() {
    // method: exhaustive
    for (document, named) in [
        (json!({ "kind": "person" }), "want"),
        (json!({ "want": ["email"] }), "kind"),
        (json!({ "kind": "robot", "want": ["email"] }), "robot"),
        (json!({ "kind": "person", "want": ["E-Mail"] }), "a-z"),
        (json!({ "kind": "person", "want": "email" }), "sequence"),
        (json!({ "kind": "person", "want": ["email"], "wants": [] }), "wants"),
        (json!({ "kind": "person", "want": ["email"], "budget": { "jobs": "1usd" } }), "jobs"),
        (json!({ "kind": "person", "want": ["email"], "accept": { "emails": {} } }), "emails"),
        (json!({ "kind": "person", "want": ["email"], "on_limit": "stop" }), "stop"),
        (json!({ "kind": "person", "want": ["email"], "prices": { "Hun ter": "1usd" } }), "a-z"),
        (
            json!({ "kind": "person", "want": ["email"],
            "waterfalls": { "email": { "step": [] } } }),
            "step",
        ),
    ] {
        let error = serde_json::from_value::<Plan>(document.clone()).unwrap_err().to_string();
        assert!(error.contains(named), "{error} does not name {named}: {document}");
    }
}

fn program(change: Change) -> Program {
    let (mut plan, mut settings) = (base(), settings());
    change(&mut plan, &mut settings);
    compile(&plan, &settings).unwrap()
}

/// The steps of each wanted field, as people would write them.
fn read(program: &Program) -> String {
    let chains = program.chains.iter().map(|chain| {
        let steps = chain.steps.iter().chain(&chain.verifier).map(|it| program.op(*it).name());
        let field = &program.field(chain.field).name;
        format!("{field}: {}", steps.collect::<Vec<_>>().join(" "))
    });
    chains.collect::<Vec<_>>().join("; ")
}

#[test]
fn what_is_right_becomes_the_program_it_says() {
    // method: exhaustive
    let rows: &[(&str, Change)] = &[
        ("email: hunter/find apollo/find", |_, _| {}),
        ("email: apollo/find hunter/find", |plan, _| {
            email(plan, steps(&["apollo", "hunter/find"]));
        }),
        ("email: hunter/find zerobounce/verify", |plan, _| email(plan, verified("zerobounce"))),
        // Without a waterfall everybody with a key, free ones first, then by name.
        ("email: apollo/find hunter/find", |plan, _| want(plan, Kind::Person, &["email"])),
        ("industry: website/find register/find", |plan, _| {
            want(plan, Kind::Company, &["industry"]);
        }),
        ("industry: website/find", |plan, settings| {
            want(plan, Kind::Company, &["industry"]);
            settings.keys.clear();
        }),
        ("title: apollo/find; industry: register/find", |plan, _| {
            want(plan, Kind::Person, &["title", "industry"]);
            plan.waterfalls.insert(field("title"), steps(&["apollo"]));
            plan.waterfalls.insert(field("industry"), steps(&["register"]));
        }),
        ("nick: apollo/find", |plan, _| want(plan, Kind::Person, &["nick"])),
    ];
    for (expected, change) in rows {
        assert_eq!(read(&program(*change)), *expected);
    }
    let kept = program(|plan, _| {
        plan.accept.identity = vec![Sure::Exact];
        plan.existing.insert(field("email"), Existing::Refresh);
        plan.waterfalls.get_mut(&field("email")).unwrap().email =
            Some(morket_core::accept::EmailPolicy {
                catch_all: CatchAll::LastResort,
                verify: Verify::Never,
                ..Default::default()
            });
        plan.max_age.insert(field("email"), "2d".into());
        plan.retry_misses = Some("3h".into());
    });
    let chain = &kept.chains[0];
    assert_eq!(chain.existing, Existing::Refresh);
    assert_eq!(
        (chain.policy.email.catch_all, chain.policy.email.verify),
        (CatchAll::LastResort, Verify::Never)
    );
    assert_eq!(kept.field(chain.field).ttl.as_secs(), 2 * 86_400);
    assert_eq!(kept.ops[0].miss_ttl.as_secs(), 3 * 3_600);
}

#[test]
fn ceilings_and_prices_are_exact() {
    // method: exhaustive
    let program = program(|plan, settings| {
        plan.budget.job = Some("25usd".into());
        plan.budget.per_row = Some("$0.12".into());
        plan.budget.per_day = Some("0.000001 USD".into());
        plan.budget.workspace = Some("0usd".into());
        units(plan, "hunter", "500.5");
        price(plan, "hunter", "Starter");
        price(plan, "apollo", "0.008 usd");
        settings.metered = true;
        settings.charges.insert(("hunter".parse().unwrap(), "find".into()), Credits(1_234));
        settings.base_urls.insert("hunter".parse().unwrap(), "http://127.0.0.1:9/v2/".into());
    });
    let ceilings: Vec<_> =
        program.ceilings.iter().map(|it| (it.scope.clone(), it.unit, it.limit)).collect();
    assert_eq!(
        ceilings,
        [
            (Scope::Job, SpendUnit::Usd, 25_000_000),
            (Scope::Row(0), SpendUnit::Usd, 120_000),
            (Scope::Day, SpendUnit::Usd, 1),
            (Scope::Workspace, SpendUnit::Usd, 0),
            (Scope::Job, SpendUnit::Units, 500_500),
        ]
    );
    let op = |at: usize| (program.ops[at].usd_per_unit, program.ops[at].price);
    assert_eq!(op(0), (Some(MicroUsd(50_000)), Credits(1_234)));
    assert_eq!(op(1), (Some(MicroUsd(8_000)), Credits::whole(2)));
    assert_eq!(program.ops[0].base_url, "http://127.0.0.1:9/v2");
}

/// Rows, calls at hunter, calls at the verifier, units at both, credits.
fn estimate(change: Change, rows: &[Value]) -> (u32, u32, Vec<(u64, i64)>, i64) {
    let it = program(change).estimate(rows).unwrap();
    let providers = it.providers.iter().map(|it| (it.calls, it.units.0));
    (it.rows, it.complete, providers.collect(), it.worst_charge.0)
}

#[test]
fn p028_an_estimate_counts_every_call_that_may_be_made() {
    // method: exhaustive
    let unknown = json!({ "full_name": "Ada", "company_domain": "c.example" });
    let known = json!({ "email": "ada@c.example" });
    let junk = json!({ "email": "N/A" });
    let one = VendorUnits::whole(1).0;
    let metered: Change = |_, settings| settings.metered = true;
    let all = [unknown, known, junk];
    // Apollo repeats a lost call: three may be billed.
    assert_eq!(estimate(metered, &all), (2, 1, vec![(2, 2 * one), (2, 6 * one)], 8_000));
    assert_eq!(estimate(metered, &all[1..2]), (0, 1, vec![(0, 0), (0, 0)], 0));
    assert_eq!(estimate(|_, _| {}, &all).3, 0);
    let refresh: Change = |plan, settings| {
        metered_verifier(plan, settings);
        plan.existing.insert(field("email"), Existing::Refresh);
    };
    assert_eq!(estimate(refresh, &all), (3, 0, vec![(3, 3 * one), (3, 3 * one)], 7_500));
    let verify: Change = |plan, settings| {
        metered_verifier(plan, settings);
        plan.existing.insert(field("email"), Existing::Verify);
    };
    // One verification for the finder's answer, one for what is there already.
    assert_eq!(estimate(verify, &all), (3, 0, vec![(3, 3 * one), (6, 6 * one)], 9_000));
    let twice: Change = |plan, settings| {
        settings.metered = true;
        plan.want.push(field("title"));
        plan.waterfalls.insert(field("title"), steps(&["apollo", "hunter"]));
    };
    // One call serves both fields.
    assert_eq!(estimate(twice, &all[..1]), (1, 0, vec![(1, one), (1, 3 * one)], 4_000));
    let worst = program(|_, _| {}).estimate(&all).unwrap();
    assert_eq!(worst.worst_usd, None, "a price that is not known is not made up");
}

fn metered_verifier(plan: &mut Plan, settings: &mut Settings) {
    settings.metered = true;
    email(plan, verified("zerobounce"));
}
