//! The sealed box: AES-256-GCM in one string of bytes that says how to open it.
//!
//! ```text
//! 1 byte format (1) ‖ 12 bytes random nonce ‖ ciphertext ‖ 16 bytes tag
//! ```

use super::Key;
use crate::{Error, ErrorKind, Result, Rng, Secret, rng::random, secret::same_bytes};
use aes_gcm::{
    Aes256Gcm, Nonce, Tag,
    aead::{AeadInOut, KeyInit},
};
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + NONCE_BYTES;

/// The longest secret that is accepted: 64 KiB.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;

/// Seal `plaintext` with `key`, bound to `aad`, under a fresh random nonce.
///
/// The caller counts its seals in a [`SealBudget`](super::SealBudget).
pub fn seal(key: &Key, aad: &[u8], plaintext: &[u8], rng: &dyn Rng) -> Result<Vec<u8>> {
    if plaintext.len() > MAX_SECRET_BYTES {
        return Err(Error::invalid("vault.seal", "secret", "must be at most 64 KiB"));
    }
    let nonce: [u8; NONCE_BYTES] = random(rng);
    // Grown once: a reallocation would leave a copy of the plaintext behind.
    let mut sealed = Vec::with_capacity(HEAD_BYTES + plaintext.len() + TAG_BYTES);
    sealed.push(FORMAT);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let tag = cipher(key)
        .encrypt_inout_detached(&Nonce::from(nonce), aad, (&mut sealed[HEAD_BYTES..]).into())
        .map_err(|_| Error::internal("vault.seal", "AES-GCM refused the length"))?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Open what [`seal`] made with the same key and the same `aad`.
///
/// Anything else is `Tampered`, without telling what was wrong; the tag is checked before the
/// first byte is decrypted, and the caller sees all of the plaintext or none.
pub fn open(key: &Key, aad: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>> {
    let (nonce, body, tag) = parts(sealed).ok_or_else(broken)?;
    let mut plaintext = Zeroizing::new(body.to_vec());
    cipher(key)
        .decrypt_inout_detached(
            &Nonce::from(nonce),
            aad,
            plaintext.as_mut_slice().into(),
            &Tag::from(tag),
        )
        .map_err(|_| broken())?;
    Ok(Secret::new(std::mem::take(&mut *plaintext)))
}

/// [`seal`], then open it again and compare: nothing goes to a store that would not come back.
pub fn seal_verified(key: &Key, aad: &[u8], plaintext: &[u8], rng: &dyn Rng) -> Result<Vec<u8>> {
    let sealed = seal(key, aad, plaintext, rng)?;
    check_sealed(key, aad, &sealed, plaintext)?;
    Ok(sealed)
}

/// Whether `sealed` opens to `plaintext`. A store calls it on the bytes it read back, inside the
/// transaction that wrote them, and rolls back on an error.
pub fn check_sealed(key: &Key, aad: &[u8], sealed: &[u8], plaintext: &[u8]) -> Result<()> {
    let opened = open(key, aad, sealed)
        .map_err(|error| unverified("what was sealed does not open").caused_by(error))?;
    if !same_bytes(opened.expose(), plaintext) {
        return Err(unverified("what was sealed opens to something else"));
    }
    Ok(())
}

fn cipher(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new(key.expose().into())
}

type Parts<'a> = ([u8; NONCE_BYTES], &'a [u8], [u8; TAG_BYTES]);

fn parts(sealed: &[u8]) -> Option<Parts<'_>> {
    let (format, rest) = sealed.split_first()?;
    let (nonce, rest) = rest.split_first_chunk()?;
    let (body, tag) = rest.split_last_chunk()?;
    (*format == FORMAT && body.len() <= MAX_SECRET_BYTES).then_some((*nonce, body, *tag))
}

fn broken() -> Error {
    Error::new(ErrorKind::Tampered, "vault.open", "a sealed secret is not what was written here")
}

fn unverified(detail: &str) -> Error {
    Error::internal("vault.check_sealed", detail)
}
