//! Punycode (RFC 3492), the way from Unicode to ASCII: all that IDNA needs besides lower case.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;

/// A label of a domain in ASCII, without the `xn--` in front. `None` if it does not fit the
/// arithmetic, which no label of 63 bytes does.
pub(super) fn encode(label: &str) -> Option<String> {
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(output.len()).ok()?;
    let total = u32::try_from(label.chars().count()).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let (mut done, mut threshold, mut delta, mut bias) = (basic, 128_u32, 0_u32, 72_u32);
    while done < total {
        let next = label.chars().map(u32::from).filter(|c| *c >= threshold).min()?;
        delta = delta.checked_add((next - threshold).checked_mul(done + 1)?)?;
        threshold = next;
        for c in label.chars().map(u32::from) {
            if c < threshold {
                delta = delta.checked_add(1)?;
            } else if c == threshold {
                push_variable(&mut output, delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta = delta.checked_add(1)?;
        threshold += 1;
    }
    Some(output)
}

/// A number as digits whose weights depend on the bias, least first.
fn push_variable(output: &mut String, delta: u32, bias: u32) {
    let mut rest = delta;
    for k in (BASE..).step_by(BASE as usize) {
        let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if rest < t {
            break;
        }
        output.push(digit(t + (rest - t) % (BASE - t)));
        rest = (rest - t) / (BASE - t);
    }
    output.push(digit(rest));
}

fn digit(value: u32) -> char {
    char::from_digit((value + 10) % BASE, BASE).expect("a remainder is below the base")
}

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_labels_have_their_known_forms() {
        let rows = [
            ("münchen", "mnchen-3ya"),
            ("bücher", "bcher-kva"),
            ("straße", "strae-oqa"),
            ("日本語", "wgv71a119e"),
            ("президент", "d1abbgf6aiiy"),
            ("δοκιμή", "jxalpdlp"),
            ("테스트", "9t4b11yi5a"),
            ("قطر", "wgbl6a"),
            ("a", "a-"),
        ];
        for (label, expected) in rows {
            assert_eq!(encode(label).as_deref(), Some(expected), "{label}");
        }
    }
}
