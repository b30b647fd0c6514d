//! What the headers tell of limits.

use morket_core::{http::HttpResponse, provider::LimitHint};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn read(answer: &HttpResponse) -> Vec<LimitHint> {
    let number = |name: &str| answer.header(name)?.trim().parse::<u32>().ok();
    let hint = |per, name: &str| LimitHint {
        per,
        max: number(&format!("x-{name}-rate-limit")),
        left: number(&format!("x-{name}-request-left")),
        resets_in: number(&format!("x-{name}-reset-seconds"))
            .map(|seconds| Duration::from_secs(seconds.into())),
    };
    let hints = [hint(SECOND, "second"), hint(MINUTE, "minute"), hint(DAY, "daily")];
    hints.into_iter().filter(|hint| hint.max.is_some() || hint.left.is_some()).collect()
}
