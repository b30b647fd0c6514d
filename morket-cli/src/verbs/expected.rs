//! What a run may be expected to come to, by how vendors have fared before: intervals, or that
//! nobody knows.

use morket::engine::{Forecast, Share};
use serde_json::{Value, json};

/// `Expected fill: email 52–61 % (after 240 at hunter). Expected cost: 1.2–3.4 USD.`
pub(super) fn told(forecast: &Forecast) -> String {
    let unknown = Forecast::UNKNOWN;
    let known = forecast.fields.iter().any(|it| it.sample() > 0);
    let fields = forecast.fields.iter().map(|it| format!("{} {it}", it.field));
    let fill = match known {
        true => fields.collect::<Vec<_>>().join(", "),
        false => unknown.to_owned(),
    };
    let cost = match (forecast.usd().ok().flatten(), &forecast.spend) {
        (Some((least, most)), _) => format!("{least}–{most} USD"),
        (None, None) => unknown.to_owned(),
        (None, Some(spend)) => {
            let each = spend.iter().map(|it| {
                let (least, most) = it.units;
                format!("{least}–{most} units at {}", it.provider)
            });
            each.collect::<Vec<_>>().join(", ")
        }
    };
    format!("Expected fill: {fill}. Expected cost: {cost}.")
}

/// The same for scripts: percent, and what it rests on; null where nobody knows.
pub(super) fn json(forecast: &Forecast) -> Value {
    let percent = |it: Share| json!([it.low / 10_000, it.high.div_ceil(10_000)]);
    let fields = forecast.fields.iter().map(|it| {
        let rests = it.rests_on.iter().map(|(provider, fared)| {
            json!({ "provider": provider, "asked": fared.asked, "answered": fared.answered,
                    "accepted": fared.accepted })
        });
        json!({ "field": it.field, "fill": it.fill.map(percent), "rows": it.rows,
                "told": it.to_string(), "restsOn": rests.collect::<Vec<_>>() })
    });
    let text = |(least, most): (String, String)| json!([least, most]);
    let spend = forecast.spend.as_ref().map(|all| {
        let each = all.iter().map(|it| {
            let units = (it.units.0.to_string(), it.units.1.to_string());
            let usd = it.usd.map(|it| text((it.0.to_string(), it.1.to_string())));
            json!({ "provider": it.provider, "calls": [it.calls.0, it.calls.1],
                    "units": text(units), "usd": usd })
        });
        each.collect::<Vec<_>>()
    });
    let usd = forecast.usd().ok().flatten().map(|it| text((it.0.to_string(), it.1.to_string())));
    json!({ "fields": fields.collect::<Vec<_>>(), "usd": usd, "byProvider": spend })
}
