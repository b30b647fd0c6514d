//! Which addresses are global unicast.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of IPv4: its first address and the length of its prefix.
type Block4 = (Ipv4Addr, u32);
type Block6 = (Ipv6Addr, u32);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32) -> Block4 {
    (Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u32) -> Block6 {
    (Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// IANA's special-purpose registry, multicast, the reserved class, and virtual addresses of clouds
/// that lie in global space.
const SPECIAL_V4: &[Block4] = &[
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 31, 196, 0, 24),
    v4(192, 52, 193, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(192, 175, 48, 0, 24),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
    v4(161, 26, 0, 0, 16),    // IBM Cloud's service network
    v4(166, 8, 0, 0, 14),     // IBM Cloud's service endpoints
    v4(168, 63, 129, 16, 32), // Azure's host agent
    v4(192, 80, 8, 124, 32),  // Equinix Metal's metadata
];

/// The one block that global unicast is given out from.
const GLOBAL_V6: Block6 = v6(0x2000, 0, 0, 3);

/// What is special within [`GLOBAL_V6`].
const SPECIAL_V6: &[Block6] = &[
    v6(0x2001, 0, 0, 23),           // Teredo, benchmarking, ORCHID and their kin
    v6(0x2001, 0x0db8, 0, 32),      // documentation
    v6(0x2002, 0, 0, 16),           // 6to4
    v6(0x2620, 0x004f, 0x8000, 48), // AS112
    v6(0x3ffe, 0, 0, 16),           // the former 6bone
    v6(0x3fff, 0, 0, 20),           // documentation
];

/// Where clouds tell a machine its secrets. Refused even behind a name that the operator allowed.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(192, 80, 8, 124)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
];

/// Whether anybody on the Internet would reach the same machine under this address.
///
/// Addresses that carry another one (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are not,
/// whatever they carry.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|block| is_in_v4(address, *block)),
        IpAddr::V6(address) => {
            is_in_v6(address, GLOBAL_V6)
                && !SPECIAL_V6.iter().any(|block| is_in_v6(address, *block))
                && !is_isatap(address)
        }
    }
}

pub(super) fn is_metadata(address: IpAddr) -> bool {
    METADATA.contains(&address.to_canonical())
}

/// An interface identifier that tunnels to the IPv4 address in its last four bytes.
fn is_isatap(address: Ipv6Addr) -> bool {
    let [.., high, low, _, _] = address.segments();
    matches!(high, 0x0000 | 0x0200) && low == 0x5efe
}

fn is_in_v4(address: Ipv4Addr, (first, prefix): Block4) -> bool {
    address.to_bits() >> (32 - prefix) == first.to_bits() >> (32 - prefix)
}

fn is_in_v6(address: Ipv6Addr, (first, prefix): Block6) -> bool {
    address.to_bits() >> (128 - prefix) == first.to_bits() >> (128 - prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each block refuses its first and last address and says nothing about its neighbours.
    #[test]
    fn p160_blocks_end_where_the_registry_says() {
        let neighbours: &[(&str, &str)] = &[
            ("9.255.255.255", "11.0.0.0"),
            ("100.63.255.255", "100.128.0.0"),
            ("126.255.255.255", "128.0.0.0"),
            ("169.253.255.255", "169.255.0.0"),
            ("172.15.255.255", "172.32.0.0"),
            ("191.255.255.255", "192.0.1.0"),
            ("192.167.255.255", "192.169.0.0"),
            ("198.17.255.255", "198.20.0.0"),
            ("168.63.129.15", "168.63.129.17"),
            ("223.255.255.255", "1.0.0.0"),
            ("2600::", "2001:200::"),
            ("2001:db7:ffff::", "2001:db9::"),
            ("2003::", "3ffd::"),
        ];
        for (before, after) in neighbours {
            for address in [before, after] {
                assert!(is_global(address.parse().unwrap()), "{address}");
            }
        }
        for (first, prefix) in SPECIAL_V4 {
            let last = first.to_bits() | (u32::MAX >> (prefix - 1) >> 1);
            for bits in [first.to_bits(), last] {
                let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
                assert!(!is_global(address), "{address}");
                let mapped = Ipv4Addr::from_bits(bits).to_ipv6_mapped();
                assert!(!is_global(mapped.into()), "{mapped}");
            }
        }
        for (first, prefix) in SPECIAL_V6 {
            let last = first.to_bits() | (u128::MAX >> prefix);
            for bits in [first.to_bits(), last] {
                assert!(!is_global(Ipv6Addr::from_bits(bits).into()));
            }
        }
        for address in METADATA {
            assert!(!is_global(*address), "{address}");
        }
    }
}
