//! Signatures over what is sent, and how a receiver checks them. Pure.
//!
//! Two kinds are sent with each attempt: those of Standard Webhooks 1.0.0, and one header for
//! receivers that have no library for it.

use super::SigningSecret;
use crate::{Error, ErrorKind, Result, secret::same_bytes};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{fmt::Write, time::Duration};

/// How far a timestamp may be from now, before and after.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// The headers of one attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// `webhook-id`: the same for every attempt of an event.
    pub id: String,
    /// `webhook-timestamp`, and `X-Webhook-Timestamp`: when this attempt was made.
    pub timestamp: String,
    /// `webhook-signature`: one signature for each secret, separated by spaces.
    pub standard: String,
    /// `X-Webhook-Signature`.
    pub plain: String,
}

/// Sign `body` for an attempt at `seconds` since 1970, with every secret that is in force, the
/// oldest first.
///
/// The header without a library's rules has room for one signature. It is the oldest secret's: a
/// receiver who is about to learn the new one still knows that.
pub fn sign(secrets: &[SigningSecret], id: &str, seconds: i64, body: &[u8]) -> SignatureHeaders {
    let timestamp = seconds.to_string();
    let each = secrets.iter().map(|secret| standard(secret, id, &timestamp, body));
    let standard = each.collect::<Vec<_>>().join(" ");
    let plain = secrets.first().map_or_else(String::new, |it| plain(it, &timestamp, body));
    SignatureHeaders { id: id.to_owned(), timestamp, standard, plain }
}

/// How many signatures of one delivery are looked at.
const MOST_SIGNATURES: usize = 16;

/// Whether one of `secrets` signed exactly this, not longer than [`TOLERANCE`] from `now`
/// (seconds since 1970). What was wrong is not told.
pub fn verify(
    secrets: &[SigningSecret],
    headers: &SignatureHeaders,
    body: &[u8],
    now: i64,
) -> Result<()> {
    check_time(&headers.timestamp, now)?;
    let signs = |secret| standard(secret, &headers.id, &headers.timestamp, body);
    let signed: Vec<String> = secrets.iter().map(signs).collect();
    let genuine = |given: &str| {
        // Every secret is tried, so that the time tells nothing about which one it was.
        signed.iter().fold(false, |found, it| found | same_bytes(it.as_bytes(), given.as_bytes()))
    };
    match headers.standard.split(' ').take(MOST_SIGNATURES).any(genuine) {
        true => Ok(()),
        false => Err(refused()),
    }
}

/// The same for `X-Webhook-Signature` and `X-Webhook-Timestamp`.
pub fn verify_plain(
    secrets: &[SigningSecret],
    headers: &SignatureHeaders,
    body: &[u8],
    now: i64,
) -> Result<()> {
    check_time(&headers.timestamp, now)?;
    let given = headers.plain.as_bytes();
    let signs = |secret| plain(secret, &headers.timestamp, body);
    match secrets.iter().fold(false, |found, it| found | same_bytes(signs(it).as_bytes(), given)) {
        true => Ok(()),
        false => Err(refused()),
    }
}

fn check_time(timestamp: &str, now: i64) -> Result<()> {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let at: Option<i64> = timestamp.parse().ok().filter(|_| digits);
    match at.is_some_and(|at| at.abs_diff(now) <= TOLERANCE.as_secs()) {
        true => Ok(()),
        false => Err(refused()),
    }
}

fn standard(secret: &SigningSecret, id: &str, timestamp: &str, body: &[u8]) -> String {
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    format!("v1,{}", BASE64.encode(mac(secret, &parts)))
}

fn plain(secret: &SigningSecret, timestamp: &str, body: &[u8]) -> String {
    let mut text = String::from("sha256=");
    for byte in mac(secret, &[timestamp.as_bytes(), b".", body]) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn mac(secret: &SigningSecret, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn refused() -> Error {
    let message = "the signature is not genuine, or the timestamp is not of now";
    Error::new(ErrorKind::Unauthenticated, "webhook.verify", message)
}
