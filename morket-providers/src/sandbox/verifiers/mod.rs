//! Vendors that are asked about one address at a time and say whether it receives mail. What they
//! hear is one thing; each has its own way to say it, to be asked and to refuse.

mod bouncer;
mod heard;
mod million_verifier;
mod never_bounce;

pub(super) use bouncer::Bouncer;
pub(super) use heard::{Heard, Said};
pub(super) use million_verifier::MillionVerifier;
pub(super) use never_bounce::NeverBounce;

use super::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal, Unread},
    http::{Params, Reply, Request},
    limits::Limit,
    log::Outcome,
};
use morket_core::VendorUnits;
use serde_json::Value;
use std::borrow::Cow;

/// Each verdict, `unknown` among them: nobody says that one is free.
const VERDICT: VendorUnits = VendorUnits::whole(1);

/// Where a key stands.
enum Key {
    Query(&'static str),
    Header(&'static str),
}

/// In what one of them differs from another.
trait Verifier {
    /// The name its ignorance is rolled under.
    const NAME: &'static str;
    /// The endpoint, below the base path.
    const PATH: &'static str;
    const KEY: Key;
    const LIMITS: &'static [Limit];

    /// What it says of an address; `left` is what the account holds once this is billed.
    fn verdict(heard: &Heard<'_>, left: VendorUnits) -> Value;

    /// What it says to a request that names no address.
    fn nothing_asked() -> Reply;

    fn refuse(refusal: Refusal) -> Reply;
}

impl<V: Verifier> Api for V {
    /// The address, as it was sent.
    type Question = String;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, String> {
        let params = Params::of_query(request.query);
        let key = match V::KEY {
            Key::Query(name) => Cow::Owned(params.get(name).unwrap_or_default().to_owned()),
            Key::Header(name) => Cow::Borrowed(request.header(name).unwrap_or_default().trim()),
        };
        let nowhere = || Reply::text(404, "text/html", "<html><body>Not found</body></html>");
        let question = match (path, request.method) {
            (path, "GET") if path == V::PATH => {
                let email = params.get("email").map(str::to_owned);
                email.ok_or_else(|| Unread::Input(V::nothing_asked()))
            }
            _ => Err(Unread::Endpoint(nowhere())),
        };
        let input = question.as_ref().map(|it| format!("email={}", it.to_lowercase()));
        let input = input.unwrap_or_default();
        Asked { operation: V::PATH, key, needs_key: true, input, question }
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        V::LIMITS
    }

    fn least_balance(_question: &String) -> VendorUnits {
        VERDICT
    }

    fn refuse(refusal: Refusal) -> Reply {
        V::refuse(refusal)
    }

    fn answer(context: &mut Context<'_>, email: &String) -> Answer {
        let heard = Heard::of(context.world, V::NAME, email);
        let left = context.account.state.credits.minus(VERDICT).unwrap_or(VendorUnits::ZERO);
        let reply = Reply::json(200, &V::verdict(&heard, left));
        Answer { reply, outcome: Outcome::Answer, price: VERDICT }
    }
}
