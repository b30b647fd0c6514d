//! A first manifest from a command: the check has nothing against it, and no key is in it.

use super::common::{request, show, vendor};
use morket_core::provider::Provider;
use morket_providers::manifest::draft;
use morket_testkit::provider::{check_provider, inputs_for};

fn check(command: &str, expected: &str) {
    let text = draft("acme", Some(command)).unwrap();
    for secret in ["canary", "hunter2"] {
        assert!(!text.contains(secret), "{command}\n{text}");
    }
    let provider = vendor(&text);
    // HTTP basic hides a key from the search for it on the wire.
    if !text.contains("basic = true") {
        check_provider(&provider);
    }
    let record = inputs_for(&provider.manifest().operations[0].inputs[0]);
    assert_eq!(show(&request(&provider, &[record])), expected, "{text}");
}

#[test]
fn p096_a_command_becomes_a_manifest_without_its_keys() {
    for (command, expected) in [
        (
            "curl 'https://api.acme.example/v1/people?email=ada%40example.com&v=2' \\\n  \
             -H 'X-Api-Key: canary' -H 'Accept: application/json'",
            "GET https://api.acme.example/v1/people?email=ada%40example.com&v=2\n\
             accept: application/json\nx-api-key: [REDACTED]",
        ),
        (
            "curl -sXPOST https://api.acme.example/find -H 'Authorization: Bearer canary' \
             -d '{\"firstName\": \"Ada\", \"last_name\": \"L\", \"domain\": \"example.com\", \
             \"limit\": 1, \"deep\": {\"all\": true, \"none\": null}}'",
            "POST https://api.acme.example/find\ncontent-type: application/json\n\
             authorization: [REDACTED]\n{\"deep\":{\"all\":true},\"domain\":\"example.com\",\
             \"firstName\":\"Ada\",\"last_name\":\"Example\",\"limit\":1}",
        ),
        (
            "curl http://api.acme.example/c/example.org?api_key=canary&unused=1",
            "GET https://api.acme.example/c/example.com?unused=1&api_key=[REDACTED]",
        ),
        (
            "curl https://api.acme.example/x -u canary:hunter2 -d 'mail=a@b.co&token=canary'",
            "POST https://api.acme.example/x\ncontent-type: application/x-www-form-urlencoded\n\
             authorization: [REDACTED]\nmail=ada%40example.com",
        ),
        (
            "curl https://api.acme.example/x --json '{\"apiKey\": \"canary\", \"q\": \"{{x}}\", \
             \"profile\": \"https://www.linkedin.com/in/ada\"}'",
            "POST https://api.acme.example/x\ncontent-type: application/json\n\
             {\"apiKey\":\"[REDACTED]\",\
             \"profile\":\"https://www.linkedin.com/in/ada-example\",\"q\":\"{ {x} }\"}",
        ),
        (
            "curl https://api.acme.example/x -H 'X-Key: canary' --json \
             '{\"q\": [{\"email\": \"a@b.co\", \"auth\": {\"api_key\": \"hunter2\"}}]}'",
            "POST https://api.acme.example/x\ncontent-type: application/json\n\
             x-key: [REDACTED]\n{\"q\":[{\"email\":\"ada@example.com\"}]}",
        ),
        (
            "curl https://api.acme.example/x -H 'Authorization: Token token=canary' \
             -H 'X-Secret: hunter2' -G -d 'company=Widgets'",
            "GET https://api.acme.example/x?company=Example%20Widgets\nauthorization: [REDACTED]",
        ),
        ("curl https://api.acme.example/", "GET https://api.acme.example/?email=ada%40example.com"),
    ] {
        check(command, expected);
    }
    vendor(&draft("acme", None).unwrap());
}

#[test]
fn what_makes_no_manifest_says_why() {
    for (command, reason) in [
        ("curl https://127.0.0.1/x", "must be the public name of a host"),
        ("curl https://a.example/x -d @/etc/passwd", "the file"),
        ("curl https://a.example/x --json nonsense", "no JSON"),
        ("rm -rf /", "must begin with `curl`"),
    ] {
        let error = draft("acme", Some(command)).unwrap_err();
        assert!(error.contains(reason), "{command}: {error}");
    }
    assert!(draft("Not A Slug", None).is_err());
}
