//! One address in many forms has one verdict, and the connector sees what the validator saw.

use morket_http::egress::{Egress, Host, Target, is_global};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses of special blocks, their edges, and any other.
fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
    let first = prop::sample::select(vec![0_u8, 10, 100, 127, 169, 172, 192, 198, 203, 224, 255]);
    prop_oneof![
        any::<u32>().prop_map(Ipv4Addr::from_bits),
        (first, any::<[u8; 3]>()).prop_map(|(a, [b, c, d])| Ipv4Addr::new(a, b, c, d)),
        any::<u16>().prop_map(|low| Ipv4Addr::from_bits(0xa9fe_0000 | u32::from(low))),
        any::<u16>().prop_map(|low| Ipv4Addr::from_bits(0xc0a8_0000 | u32::from(low))),
    ]
}

fn any_v6() -> impl Strategy<Value = Ipv6Addr> {
    let block = prop::sample::select(vec![
        0_u128,
        0xffff << 32,
        0x0064_ff9b << 96,
        0x2001 << 112,
        0x2001_0db8 << 96,
        0x2002 << 112,
        0x2606_4700 << 96,
        0xfe80 << 112,
        0xfd00 << 112,
        0xff02 << 112,
    ]);
    prop_oneof![
        any::<u128>().prop_map(Ipv6Addr::from_bits),
        (block, any::<u64>()).prop_map(|(block, low)| Ipv6Addr::from_bits(block | u128::from(low))),
    ]
}

/// One number of an IPv4 address: decimal, octal or hexadecimal, with zeros before it.
fn number(value: u32, base: u8, zeros: usize) -> String {
    let zeros = "0".repeat(zeros);
    match base {
        0 => value.to_string(),
        1 => format!("0{zeros}{value:o}"),
        2 => format!("0x{zeros}{value:x}"),
        _ => format!("0X{zeros}{value:X}"),
    }
}

/// How an IPv4 address may be written: the last of its parts stands for all bytes that are left.
fn v4_text(address: Ipv4Addr, parts: usize, bases: [u8; 4], zeros: usize) -> String {
    let bits = address.to_bits();
    let mut numbers: Vec<_> =
        address.octets()[..parts - 1].iter().map(|byte| u32::from(*byte)).collect();
    let left = 8 * (5 - u32::try_from(parts).unwrap());
    numbers.push(if left == 32 { bits } else { bits & ((1 << left) - 1) });
    let written = numbers.iter().zip(bases).map(|(value, base)| number(*value, base, zeros));
    written.collect::<Vec<_>>().join(".")
}

/// How any host may be disguised.
fn disguised(text: &str, disguise: u8) -> String {
    match disguise {
        0 => text.to_owned(),
        1 => format!("{text}."),
        2 => text.replace('.', "%2e"),
        3 => text.replace('.', "。"),
        4 => text.chars().map(full_width).collect(),
        _ => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
    }
}

fn full_width(letter: char) -> char {
    match letter {
        '0'..='9' | 'a'..='z' | 'A'..='Z' => char::from_u32(u32::from(letter) + 0xfee0).unwrap(),
        other => other,
    }
}

fn verdict(host: &str) -> (Host, bool) {
    let target = Target::parse(&format!("https://{host}/x")).unwrap();
    (target.host().clone(), Egress::default().check(&target).is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn p161_one_ipv4_address_has_one_verdict(
        address in any_v4(),
        parts in 1_usize..=4,
        bases in prop::array::uniform4(0_u8..4),
        zeros in 0_usize..4,
        disguise in 0_u8..6,
    ) {
        // method: property
        let text = disguised(&v4_text(address, parts, bases, zeros), disguise);
        let expected = (Host::Address(address.into()), is_global(address.into()));
        prop_assert_eq!(verdict(&text), expected, "{}", text);
    }

    #[test]
    fn p161_one_ipv6_address_has_one_verdict(address in any_v6(), form in 0_u8..5) {
        // method: property
        let [a, b, c, d, e, f, g, h] = address.segments();
        let low = Ipv4Addr::from_bits(u32::from(g) << 16 | u32::from(h));
        let text = match form {
            0 => address.to_string(),
            1 => address.to_string().to_uppercase(),
            2 => format!("{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}:{g:x}:{h:x}"),
            3 => format!("{a:04x}:{b:04X}:{c:04x}:{d:04X}:{e:04x}:{f:04X}:{g:04x}:{h:04X}"),
            _ => format!("{a:x}:{b:x}:{c:x}:{d:x}:{e:x}:{f:x}:{low}"),
        };
        let expected = (Host::Address(address.into()), is_global(address.into()));
        prop_assert_eq!(verdict(&format!("[{text}]")), expected, "{}", text);
    }

    #[test]
    fn p160_ipv4_within_ipv6_is_never_fit(
        address in any_v4(),
        form in 0_u8..6,
        low in any::<u64>(),
    ) {
        // method: property
        let bits = u128::from(address.to_bits());
        let low = u128::from(low);
        let carried = match form {
            0 => bits,
            1 => 0xffff << 32 | bits,
            2 => 0x0064_ff9b << 96 | bits,
            3 => 0x2002 << 112 | bits << 80 | low,
            4 => 0x2001 << 112 | bits << 64 | low,
            _ => 0x2600 << 112 | low << 64 | 0x5efe << 32 | bits,
        };
        prop_assert!(!is_global(IpAddr::V6(Ipv6Addr::from_bits(carried))));
    }

    /// Whatever is fed in: no panic, and a host that was accepted is read again as the same host,
    /// which is what the resolver, TLS and `Host` are given.
    #[test]
    fn p166_a_host_reads_the_same_when_read_again(
        text in "[a-z0-9A-F.:%\\[\\]xX@/?#\\\\ ßł。-]{0,24}",
    ) {
        // method: property
        if let Ok(target) = Target::parse(&format!("https://{text}")) {
            let again = Target::parse(&format!("https://{}", target.authority())).unwrap();
            prop_assert_eq!(&again, &target);
            if let Host::Name(name) = target.host() {
                prop_assert!(name.parse::<IpAddr>().is_err());
                prop_assert!(name.is_ascii());
            }
        }
    }

    #[test]
    fn p166_any_text_is_judged_without_panic(text in any::<String>()) {
        // method: property
        let _ = Target::parse(&text);
        let _ = Target::parse(&format!("https://{text}"));
    }
}

/// Schemes, right ones in any case among them.
fn scheme() -> impl Strategy<Value = String> {
    let known =
        vec!["https", "http", "HTTPS", "hTTp", "ftp", "file", "ws", "wss", "gopher", "dict"];
    prop_oneof![
        4 => prop::sample::select(known).prop_map(str::to_owned),
        1 => "[a-z][a-z0-9+.-]{0,8}",
    ]
}

/// Hosts that are fit, hosts that are not, and what is no host at all.
fn host() -> impl Strategy<Value = (&'static str, Option<bool>)> {
    prop::sample::select(vec![
        ("example.com", Some(true)),
        ("8.8.8.8", Some(true)),
        ("[2606:4700:4700::1111]", Some(true)),
        ("127.0.0.1", Some(false)),
        ("0x7f.1", Some(false)),
        ("[::1]", Some(false)),
        ("256.256.256.256", None),
        ("exa|mple.com", None),
        ("[::1", None),
    ])
}

#[test]
fn p165_a_url_is_fit_by_scheme_user_and_port_before_its_host_is_looked_at() {
    // method: property
    let known = prop::sample::select(vec![80_u16, 443, 8443, 8080, 22]).prop_map(Some);
    let port = prop_oneof![1 => Just(None), 2 => known, 1 => any::<u16>().prop_map(Some)];
    proptest!(ProptestConfig::with_cases(4_000), |(
        scheme in scheme(),
        user in prop_oneof![
            3 => Just(None),
            1 => "[a-z%:]{0,6}".prop_map(Some),
            1 => "[a-zäß0-9.~!$&'()*+,;=-]{0,8}(:[a-z0-9]{0,4})?".prop_map(Some),
        ],
        (host, fits) in host(),
        port in port,
        rest in "(/[a-z@:]{0,6})?(\\?[a-z@=]{0,6})?",
        plain in any::<bool>(),
        more in prop::collection::vec(prop_oneof![Just(8443_u16), any::<u16>()], 0..3),
    )| {
        let mut egress = Egress::default();
        if plain {
            egress.allow_plain();
        }
        more.iter().for_each(|it| egress.allow_port(*it));
        let user_text = user.as_ref().map(|it| format!("{it}@")).unwrap_or_default();
        let port_text = port.map(|it| format!(":{it}")).unwrap_or_default();
        let url = format!("{scheme}://{user_text}{host}{port_text}{rest}");
        let judged = Target::parse(&url).and_then(|target| egress.check(&target));

        let known = scheme.to_ascii_lowercase();
        let usual = match known.as_str() {
            "https" => Some(443),
            "http" => Some(80),
            _ => None,
        };
        let allowed = |it: u16| it == 443 || (plain && it == 80) || more.contains(&it);
        let port_fits = usual.is_some_and(|usual| allowed(port.unwrap_or(usual)));
        let fit = (known == "https" || (known == "http" && plain)) && user.is_none() && port_fits;
        prop_assert_eq!(judged.is_ok(), fit && fits == Some(true), "{}", url);
        // What stands before the host is refused whatever the host is, even none.
        if usual.is_none() || user.is_some() {
            let cause = judged.unwrap_err().cause;
            prop_assert_eq!(cause, morket_core::http::FailureCause::Refused, "{}", url);
        }
    });
}
