//! One exchange with a vendor.

use crate::{
    http::{Http, HttpFailure, HttpRequest, HttpResponse},
    plan::Op,
    provider::Ask,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many answers of a free operation may each lead on to another request.
const MOST_STEPS: usize = 4;

/// One request and its answer; of a free operation, also those that its answers lead on to.
pub(super) async fn exchange(
    http: &dyn Http,
    op: &Op,
    ask: &Ask<'_>,
    mut request: HttpRequest,
) -> Result<HttpResponse, HttpFailure> {
    if !op.operation.free {
        return http.send(request).await;
    }
    for _ in 0..MOST_STEPS {
        let asked = request.redacted_url();
        let answer = http.send(request.free()).await?;
        let lead = AssertUnwindSafe(|| op.adapter.follow(ask, &asked, &answer));
        match catch_unwind(lead).unwrap_or(None) {
            Some(next) => request = next,
            None => return Ok(answer),
        }
    }
    http.send(request.free()).await
}
