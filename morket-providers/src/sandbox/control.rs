//! The sandbox's own endpoints, below `/_sandbox/`.

use super::{
    AccountState, Vendor,
    hall::Shared,
    http::{Params, Reply, Request},
};
use serde::Deserialize;
use serde_json::json;

/// How many entries one answer holds unless told otherwise.
const PAGE: usize = 10_000;

/// What `POST /_sandbox/account` takes.
#[derive(Deserialize)]
struct SetAccount {
    vendor: Vendor,
    key: String,
    #[serde(flatten)]
    state: serde_json::Map<String, serde_json::Value>,
}

pub(super) fn answer(request: &Request<'_>, shared: &Shared) -> Reply {
    let Some(path) = request.path.strip_prefix("/_sandbox/") else {
        return nothing_there();
    };
    let params = Params::of_query(request.query);
    match (request.method, path) {
        ("GET", "health") => Reply::json(200, &json!({"seed": shared.options.seed})),
        ("GET", "log") => log(&params, shared),
        ("GET", "summary") => Reply::json(200, &shared.log().summary(shared.options.seed)),
        ("POST", "reset") => {
            shared.reset();
            Reply::json(200, &json!({"reset": true}))
        }
        ("GET", "account") => account(&params, shared),
        ("POST", "account") => set_account(&request.body, shared),
        _ => nothing_there(),
    }
}

fn log(params: &Params<'_>, shared: &Shared) -> Reply {
    let number = |name| params.get(name).map(str::parse::<u64>).transpose();
    let (Ok(after), Ok(limit)) = (number("after"), number("limit")) else {
        return refused("after and limit are numbers");
    };
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
    let entries = shared.log().after(after.unwrap_or(0), limit);
    Reply::json(200, &json!({"entries": entries}))
}

fn account(params: &Params<'_>, shared: &Shared) -> Reply {
    match (params.get("vendor").and_then(Vendor::of_slug), params.get("key")) {
        (Some(vendor), Some(key)) => Reply::json(200, &shared.account(vendor, key)),
        _ => refused("vendor (a slug) and key are needed"),
    }
}

/// Changes what the body names; the rest of the account stays.
fn set_account(body: &[u8], shared: &Shared) -> Reply {
    let set: SetAccount = match serde_json::from_slice(body) {
        Ok(set) => set,
        Err(error) => return refused(&error.to_string()),
    };
    let known = serde_json::to_value(shared.account(set.vendor, &set.key));
    let mut known = known.expect("an account has text for keys");
    for (name, value) in set.state {
        known[name] = value;
    }
    match serde_json::from_value::<AccountState>(known) {
        Ok(state) => {
            shared.set_account(set.vendor, &set.key, state.clone());
            Reply::json(200, &state)
        }
        Err(error) => refused(&error.to_string()),
    }
}

fn refused(why: &str) -> Reply {
    Reply::json(400, &json!({"error": why}))
}

fn nothing_there() -> Reply {
    let vendors = Vendor::ALL.map(Vendor::base_path);
    let control = ["health", "log", "summary", "reset", "account"];
    Reply::json(404, &json!({"error": "no such path", "vendors": vendors, "_sandbox": control}))
}
