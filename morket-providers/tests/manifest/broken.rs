//! What is wrong, where it is, and what to do.

use super::common::{RIGHT, changed, vendor};
use morket_providers::manifest::{LARGEST, parse};

/// The right manifest with a part replaced has exactly this wrong with it; `…` stands for the rest.
fn check(from: &str, to: &str, expected: &[&str]) {
    let text = changed(from, to);
    let found = parse(&text).err().unwrap_or_default();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), expected.len(), "{to}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        let fits = match expected.split_once('…') {
            Some((start, end)) => found.starts_with(start) && found.ends_with(end),
            None => found == expected,
        };
        assert!(fits, "{to}:\n  {found}\n  {expected}");
    }
}

#[test]
fn what_is_right_has_no_problem() {
    vendor(RIGHT);
}

const FORMS: &[(&str, &str, &[&str])] = &[
    (
        "name = \"Acme\"",
        "nane = \"Acme\"",
        &[
            "1:1: `name` is missing: the name that people read (a text)",
            "2:1: nane: there is no such key at the top; did you mean `name`?",
        ],
    ),
    ("\"Acme\"", "7", &["2:8: name: must be a text"]),
    ("\"acme\"", "\"Acme!\"", &["1:8: slug: must be a name of a-z, 0-9 and -"]),
    ("2026-11-21", "21.11.2026", &["4:9: as_of: must be a day as text, \"2026-11-21\""]),
    ("\"2026-11-21\"", "2026-11-21", &["4:9: as_of: must be a day as text, \"2026-11-21\""]),
    ("https://api", "http://api", &["3:12: base_url: must begin with `https://`…morket.toml"]),
    (
        "kind = \"person\"",
        "kind = \"peron\"",
        &["11:8: operation.0.kind: `peron` is not one of person…did you mean `person`?"],
    ),
    (
        "status = 404",
        "status = 40",
        &["24:10: operation.0.outcome.0.status: must be a status from 100 to 599"],
    ),
    (
        "then = \"miss\"",
        "then = \"mis\"",
        &["25:8: operation.0.outcome.0.then: `mis` is not one of answer…did you mean `miss`?"],
    ),
    (
        "answer = \"1\"",
        "answer = 1",
        &["13:22: operation.0.billing.answer: must be an amount as text, \"1\" or \"0.25\""],
    ),
    (
        "answer = \"1\"",
        "answer = \"-1\"",
        &["13:22: operation.0.billing.answer: must be an amount as text, \"1\" or \"0.25\""],
    ),
    (
        "\"$.name\"",
        "\"name\"",
        &["20:13: operation.0.output.full_name: must begin with `$`, as in `$.person.email`"],
    ),
    (
        "{ at = \"$.job\" }",
        "{ ad = \"$.job\" }",
        &["21:11: operation.0.output.title.ad: there is no such key…did you mean `at`?"],
    ),
    ("{{ email }}", "{{ email", &["17:18: operation.0.request.query.mail: has `{{` without `}}`…"]),
    (
        "{{ email }}",
        "{{ email | lowr }}",
        &["17:18: operation.0.request.query.mail: `lowr` is no transform; there are or…"],
    ),
    (
        "[[operation.outcome]]",
        "[operation.outcome]",
        &["23:1: operation.0.outcome: must be written as [[operation.outcome]]"],
    ),
    ("[[\"email\"]]", "[\"email\"]", &["12:11: operation.0.inputs.0: must be a list…"]),
    ("[[\"email\"]]", "[]", &["12:10: operation.0.inputs: is empty; leave it out"]),
    (
        "path = \"/people\"",
        "path = \"/people/{email}\"",
        &["16:8: operation.0.request.path: `{email}` is no value; write one as `{{ field }}`"],
    ),
    (
        "path = \"/people\"",
        "path = \"people\"",
        &["16:8: operation.0.request.path: must begin with `/`; the host is the base_url's"],
    ),
];

#[test]
fn a_key_is_known_and_of_its_form() {
    for (from, to, expected) in FORMS {
        check(from, to, expected);
    }
}

const MEANINGS: &[(&str, &str, &str)] = &[
    ("header = \"x-api-key\"", "", "6:1: auth: says no place; e.g. `header = \"x-api-key\"`"),
    (
        "header = \"x-api-key\"",
        "bearer = true\nquery = \"k\"",
        "6:1: auth: says more than one place; keep one of them",
    ),
    (
        "header = \"x-api-key\"",
        "query = \"k\"\nprefix = \"Token\"",
        "8:10: auth.prefix: stands only beside `header`",
    ),
    ("[[\"email\"]]", "[[\"emial\"]]", "12:12: operation.0.inputs.0.0: `emial` is no field: did…"),
    (
        "full_name = \"$.name\"",
        "shoe_size = \"$.name\"",
        "20:13: operation.0.output.shoe_size: `shoe_size` is no field: …`fields` at the top",
    ),
    (
        "{{ email }}",
        "{{ phone }}",
        "17:18: operation.0.request.query.mail: `phone` is neither an input nor optional",
    ),
    (
        "path = \"/people\"",
        "path = \"/people/{{ phone }}\"",
        "16:8: operation.0.request.path: `phone` is n…",
    ),
    (
        "[[\"email\"]]",
        "[[\"email\"], [\"email\", \"phone\"]]",
        "12:22: operation.0.inputs.1: `phone` is asked for and never sent; see [request]",
    ),
    (
        "path = \"/people\"",
        "path = \"/people\"\nneeds = [\"phone\"]",
        "17:10: operation.0.request.needs.0: `phone` is no input",
    ),
    ("status = 404\n", "", "23:1: operation.0.outcome.0: says no condition; e.g.…"),
    (
        "status = 404",
        "status = 503",
        "25:8: operation.0.outcome.0.then: a failure of the server is neither…",
    ),
    (
        "status = 404",
        "status = 404\neach = true",
        "25:8: operation.0.outcome.0.each: there is no [operation.bulk]",
    ),
    (
        "\"miss\"",
        "\"pending\"",
        "25:8: operation.0.outcome.0.then: nobody could ask: add [operation.poll]",
    ),
    (
        "\"miss\"",
        "\"miss\"\ntask = \"$.id\"",
        "26:8: operation.0.outcome.0.task: stands only with `then = \"pending\"`",
    ),
    (
        "inputs = ",
        "verifies = \"email\"\ninputs = ",
        "12:12: operation.0.verifies: needs the output `email_status`",
    ),
    (
        "inputs = ",
        "only_with = \"phone\"\ninputs = ",
        "12:13: operation.0.only_with: `phone` must be one of the outputs",
    ),
    (
        "{ answer = \"1\" }",
        "{ answer = \"0\" }",
        "13:11: operation.0.billing: bills nothing; leave it out, and the operation is free",
    ),
    (
        "{ at = \"$.job\" }",
        "{ at = \"$.job\", part = 1 }",
        "21:32: operation.0.output.title.part: stands only beside `split`",
    ),
    ("{ at = \"$.job\" }", "{ split = \",\" }", "21:9: operation.0.output.title: needs `at`, …"),
    (
        "title = { at = \"$.job\" }",
        "email_status = { at = \"$.s\", map = { ok = \"good\" } }",
        "21:16: operation.0.output.email_status: `good` is no e-mail status; there are valid…",
    ),
    (
        "query = ",
        "method = \"GET\"\njson = { a = \"{{ email }}\" }\nquery = ",
        "17:10: operation.0.request.method: a GET has no body",
    ),
    (
        "query = ",
        "json = { a = { \"$each\" = { b = \"{{ email }}\" } } }\nquery = ",
        "17:14: operation.0.request.json.a: `$each` must stand alone…beside [operation.bulk]",
    ),
    (
        "[auth]",
        "[headers]\nx-who = \"{{ email }}\"\n\n[auth]",
        "7:9: headers.x-who: `email` is not known here…",
    ),
];

#[test]
fn keys_make_sense_beside_each_other() {
    for (from, to, expected) in MEANINGS {
        check(from, to, &[expected]);
    }
}

/// A bulk operation that is right; the rows below break it.
const BULK: &str = r#"inputs = [["email"], ["linkedin_url"]]
optional = ["country"]

[operation.bulk]
max = 5
answers = "$.a"
key = "$.ref"
input = "@row"

[operation.request]
path = "/bulk"

[operation.request.json.all."$each"]
ref = "{{ @row }}"
mail = "{{ email }}"
profile = "{{ linkedin_url }}"
"#;

const BULKS: &[(&str, &str, &str)] = &[
    (
        "\"/bulk\"",
        "\"/bulk/{{ email }}\"",
        "22:8: operation.0.request.path: `email` is of one record: …`$each`",
    ),
    (
        "\"/bulk\"",
        "\"/bulk\"\nquery = { in = \"{{ country }}\" }",
        "23:16: operation.0.request.query.in: `country` is of one record: …`$each`",
    ),
    (
        "\"/bulk\"",
        "\"/bulk\"\nheaders = { x-in = \"{{ country }}\" }",
        "23:20: operation.0.request.headers.x-in: `country` is of one record: …`$each`",
    ),
    (
        "[operation.request.json.all.",
        "[operation.request.json.meta]\nin = \"{{ country }}\"\n[operation.request.json.all.",
        "25:6: operation.0.request.json.meta.in: `country` is of one record: …`$each`",
    ),
    (
        "\"@row\"",
        "\"email\"",
        "19:9: operation.0.bulk.input: `email` is not known of every record; use `@row`, …",
    ),
    (
        "\"{{ @row }}\"",
        "\"r-{{ @row }}\"",
        "19:9: operation.0.bulk.input: `@row` is sent only within other text…`{{ @row }}`",
    ),
];

const TWO_REQUESTS: &str = r#"
[[operation.request]]
needs = ["email"]
path = "/a"
json = { all = { "$each" = { mail = "{{ email }}" } } }

[[operation.request]]
path = "/b"
json = { all = { "$each" = { ref = "{{ @row }}", profile = "{{ linkedin_url }}" } } }
"#;

const POLLED: &str = r#"
[[operation.outcome]]
status = 202
then = "pending"
task = "$.id"

[operation.poll]
path = "/tasks/{{ @task }}"
"#;

#[test]
fn of_many_records_none_is_meant_outside_of_each() {
    let right = "inputs = [[\"email\"]]\nbilling = { answer = \"1\" }\n\n[operation.request]\n\
                 path = \"/people\"\nquery = { mail = \"{{ email }}\" }\n";
    vendor(&changed(right, BULK));
    for (from, to, expected) in BULKS {
        assert!(BULK.contains(from), "{from}");
        check(right, &BULK.replacen(from, to, 1), &[expected]);
    }
    check(
        "[operation.output]",
        "[operation.bulk]\nmax = 5\nanswers = \"$.a\"\n\n[operation.output]",
        &[
            "15:1: operation.0.request: needs a `json` with `$each`…",
            "17:18: operation.0.request.query.mail: `email` is of one record: …`$each`",
        ],
    );
    // Records of one call know different fields, and each would choose another request.
    let requests = BULK.find("\n[operation.request]").unwrap();
    check(
        right,
        &format!("{}{TWO_REQUESTS}", &BULK[..requests]),
        &["26:1: operation.0.request.1: a bulk call is one request for all its records; …"],
    );
    let polled = format!("{BULK}{POLLED}");
    vendor(&changed(right, &polled));
    for (from, to, expected) in [
        ("\"$.id\"", "\"id\"", "32:8: operation.0.outcome.0.task: must say where the id stands, …"),
        ("\"$.id\"", "\"{{ id }}\"", "32:8: operation.0.outcome.0.task: is no template; …"),
        ("/{{ @task }}", "", "34:1: operation.0.poll: asks about every task the same; name …"),
    ] {
        let found = parse(&changed(right, &polled.replace(from, to))).unwrap_err();
        let start = expected.trim_end_matches('…');
        assert!(found.iter().any(|it| it.to_string().starts_with(start)), "{to}: {found:#?}");
    }
    for (line, expected) in [
        (
            "query = { of = \"{{ email }}\" }\n",
            "36:9: operation.0.poll.query: `email` is of one record: …`$each`",
        ),
        (
            "json = { of = { \"$each\" = \"{{ @task }}\" } }\n",
            "36:8: operation.0.poll.json: `$each` stands only in a request; use `@task`",
        ),
    ] {
        check(right, &format!("{polled}{line}"), &[expected]);
    }
}

#[test]
fn what_is_no_toml_points_at_its_place() {
    check("kind = \"person\"", "kind = ", &["11:8: …"]);
    check("[auth]", "[auth", &["6:6: …"]);
    let twice =
        format!("{RIGHT}\n[[operation]]\n{}", &RIGHT[RIGHT.find("name = \"find\"").unwrap()..]);
    let found = parse(&twice).unwrap_err();
    assert_eq!(found[0].to_string(), "28:8: operation.1.name: stands twice; rename one of them");
}

#[test]
fn every_problem_is_told_at_once_from_the_top() {
    let text = changed("\"acme\"", "\"A\"").replace("404", "4").replace("$.name", "x");
    let lines: Vec<_> = parse(&text).unwrap_err().iter().map(|it| it.line).collect();
    assert_eq!(lines, [1, 20, 24]);
    assert_eq!(parse("").unwrap_err().len(), 5, "the required keys of the top");
    assert!(parse(&"# \n".repeat(LARGEST)).unwrap_err()[0].message.contains("is larger than"));
}
