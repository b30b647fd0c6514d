//! What may be shown of a secret, so that its owner recognises it and nobody else learns it.

/// Secrets shorter than this show nothing: four characters of eleven would be too much.
const SHORTEST_SHOWN: usize = 12;

/// The last four characters, or `None` when the secret is too short to show any.
///
/// Kept beside the ciphertext, so that a list of credentials need not open them.
pub fn last4(secret: &str) -> Option<String> {
    let length = secret.chars().count();
    (length >= SHORTEST_SHOWN).then(|| secret.chars().skip(length - 4).collect())
}

/// The secret as a client sees it. Its length does not show.
///
/// ```
/// use morket_core::vault::mask;
///
/// assert_eq!(mask("sk_live_abcd1234"), "••••1234");
/// assert_eq!(mask("short"), "••••");
/// ```
pub fn mask(secret: &str) -> String {
    format!("••••{}", last4(secret).unwrap_or_default())
}
