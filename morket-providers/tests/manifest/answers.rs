//! What comes back: rules before the status, bills, limits, bulk answers, tasks.

use super::common::{answer, changed, outcomes, read, vendor};
use morket_core::provider::{LimitScope, Provider};
use serde_json::{Value, json};

fn ada() -> [Value; 1] {
    [json!({"email": "ada@example.com"})]
}

#[test]
fn the_body_counts_before_the_status_and_rules_tell_the_bill() {
    let provider = vendor(&changed(
        "status = 404\nthen = \"miss\"\n",
        "at = \"$.error\"\nsays = \"quota\"\nthen = \"out_of_credits\"\n\n\
         [[operation.outcome]]\nat = \"$.code\"\nis = [7, \"none\"]\nthen = \"miss\"\n\
         billed = \"0.5\"\n\n\
         [[operation.outcome]]\nheader = \"x-state\"\nis = \"busy\"\n\
         then = \"rate_limited\"\nafter = \"9s\"\n\n\
         [[operation.outcome]]\nstatus = 206\nthen = \"answer\"\nbilled = \"0\"\n\n\
         [[operation.outcome]]\nstatus = 404\nthen = \"miss\"\n",
    ));
    let hit = json!({"name": "Ada Example", "job": "CEO"});
    for (status, headers, body, expected) in [
        (200, &[][..], hit.clone(), "full_name=\"Ada Example\" title=\"CEO\""),
        (200, &[], json!({"error": "Quota exceeded"}), "OutOfCredits"),
        (500, &[], json!({"error": "Quota exceeded"}), "OutOfCredits"),
        (200, &[], json!({"code": 7}), "Miss; billed 0.5"),
        (400, &[], json!({"code": "none"}), "Miss; billed 0.5"),
        // A failure of the server is no miss, whatever a rule says.
        (500, &[], json!({"code": 7}), "Unknown"),
        (200, &[("x-state", "busy")], hit.clone(), "Wait 9s"),
        (200, &[("x-state", "busy"), ("retry-after", "3")], hit.clone(), "Wait 3s"),
        (206, &[], hit, "full_name=\"Ada Example\" title=\"CEO\"; billed 0"),
        (404, &[], json!({}), "Miss"),
        (200, &[], json!({"other": 1}), "Unknown"),
        (200, &[], json!({"name": "N/A", "job": null}), "Miss"),
        (200, &[], json!({"name": 7}), "Unknown"),
        (451, &[], json!({}), "LegalBlock"),
        (503, &[], json!({}), "Unknown"),
        (302, &[], json!({}), "Unknown"),
    ] {
        let parsed = read(&provider, &ada(), &answer(status, headers, &body));
        assert_eq!(outcomes(&parsed), expected, "{status} {body}");
    }
}

#[test]
fn a_bulk_answer_finds_its_records_by_key_or_order() {
    let bulk = |key: &str| {
        let body = "path = \"/bulk\"\njson = { all = { \"$each\" = { mail = \"{{ email }}\" } } }";
        vendor(
            &changed(
                "path = \"/people\"\nquery = { mail = \"{{ email }}\" }\n",
                &format!("{body}\n[operation.bulk]\nmax = 9\nanswers = \"$.results\"\n{key}\n"),
            )
            .replace(
                "status = 404\nthen",
                "each = true\nat = \"$.none\"\nexists = true\nbilled = \"0\"\nthen",
            ),
        )
    };
    let of = [json!({"email": "A@x.example"}), json!({"email": "b@x.example"})];
    let by_key = bulk("key = \"$.mail\"\ninput = \"email\"");
    let absent = bulk("key = \"$.mail\"\ninput = \"email\"\nabsent = \"miss\"");
    let by_row = bulk("key = \"$.n\"\ninput = \"@row\"");
    let by_order = bulk("");
    let (a, b) = (
        json!({"name": "A", "mail": "a@x.example", "n": 0}),
        json!({"name": "B", "mail": "B@X.example", "n": "1"}),
    );
    let none = json!({"none": true, "mail": "b@x.example", "n": 1});
    let rows: [(_, Vec<Value>, _); 9] = [
        (&by_key, vec![b.clone(), a.clone()], "full_name=\"A\" | full_name=\"B\""),
        (&by_key, vec![a.clone(), none.clone()], "full_name=\"A\" | Miss"),
        (&by_key, vec![none.clone(), none.clone()], "Unknown | Miss"),
        (&by_key, vec![a.clone(), a.clone()], "full_name=\"A\" | Unknown"),
        (&absent, vec![a.clone()], "full_name=\"A\" | Miss"),
        (&by_row, vec![b.clone(), a.clone()], "full_name=\"A\" | full_name=\"B\""),
        (&by_order, vec![b.clone(), a.clone()], "full_name=\"B\" | full_name=\"A\""),
        (&by_order, vec![b], "Unknown | Unknown"),
        (&by_order, vec![none.clone(), none], "Miss | Miss; billed 0"),
    ];
    for (provider, results, expected) in rows {
        let body = json!({"results": results});
        assert_eq!(outcomes(&read(provider, &of, &answer(200, &[], &body))), expected, "{body}");
    }
    // One that contradicts itself about a record is not believed.
    let torn = json!({"results": [a, {"name": "Other", "mail": "a@x.example"}]});
    assert_eq!(outcomes(&read(&by_key, &of, &answer(200, &[], &torn))), "Unknown | Unknown");
    assert_eq!(outcomes(&read(&by_key, &of, &answer(200, &[], &json!({})))), "Unknown");
}

#[test]
fn limits_waits_and_bills_are_read_from_headers() {
    let provider = vendor(&changed(
        "[auth]",
        "retry_after = \"x-reset\"\nretry_after_in = \"unix\"\n[[window]]\nmax = 10\nper = \"1s\"\n\
         [[window]]\nmax = 1000\nper = \"1d\"\nscope = \"endpoint\"\ntold_max = \"X-Day-Limit\"\n\
         told_left = \"x-day-left\"\ntold_reset = \"x-day-reset\"\n\n[auth]",
    )
    .replace("answer = \"1\"", "answer = \"1\", miss = \"0.1\", told = \"x-spent\""));
    let operation = &provider.manifest().operations[0];
    assert_eq!(operation.windows.len(), 2);
    assert_eq!(operation.windows[1].scope, LimitScope::Endpoint);
    assert_eq!((operation.billing.answer.0, operation.billing.miss.0), (1000, 100));
    let headers = [
        ("date", "Sat, 21 Nov 2026 10:00:00 GMT"),
        ("x-reset", "1795255230"),
        ("x-day-limit", "500"),
        ("x-day-left", "7"),
        ("x-day-reset", "60"),
        ("x-spent", "0.25"),
    ];
    let parsed = read(&provider, &ada(), &answer(429, &headers, &json!({})));
    assert_eq!(outcomes(&parsed), "Wait 30s; billed 0.25");
    let [hint] = parsed.limits.as_slice() else { panic!("{:?}", parsed.limits) };
    let told = (hint.per.as_secs(), hint.max, hint.left, hint.resets_in.map(|it| it.as_secs()));
    assert_eq!(told, (86_400, Some(500), Some(7), Some(60)));
}

#[test]
fn a_task_is_asked_about_until_it_is_done() {
    let provider = vendor(&changed(
        "status = 404\nthen = \"miss\"\n",
        "at = \"$.state\"\nis = \"queued\"\nthen = \"pending\"\ntask = \"$.id\"\n\
         after = \"30s\"\n\n\
         [operation.poll]\npath = \"/tasks/{{ @task }}\"\nevery = \"20s\"\ndeadline = \"1h\"\n",
    ));
    for (status, body, expected) in [
        (202, json!({"state": "queued", "id": 42}), "Pending Some(\"42\") 30s"),
        (202, json!({"state": "queued"}), "Unknown"),
        (200, json!({"state": "done", "name": "Ada"}), "full_name=\"Ada\""),
        (503, json!({"state": "queued", "id": 42}), "Unknown"),
    ] {
        let parsed = read(&provider, &ada(), &answer(status, &[], &body));
        assert_eq!(outcomes(&parsed), expected, "{status} {body}");
    }
    morket_testkit::provider::check_provider(&provider);
}

#[test]
fn without_billing_an_operation_is_free() {
    let provider = vendor(&changed("billing = { answer = \"1\" }\n", ""));
    let operation = &provider.manifest().operations[0];
    assert!(operation.free && operation.retry_on_ambiguous);
    let parsed = read(&provider, &ada(), &answer(500, &[], &json!({})));
    assert_eq!(outcomes(&parsed), "Transient");
}
