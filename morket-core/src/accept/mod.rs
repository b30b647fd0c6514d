//! temp
#![allow(missing_docs)]
use crate::{
    field::{EmailStatus, FieldType, Kind},
    provider::Returned,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    Exact,
    Likely,
    ChangedCompany,
    Mismatch,
    Unverifiable,
}
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub full_name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company_domain: Option<String>,
    pub company_name: Option<String>,
    pub linkedin_url: Option<String>,
    pub email: Option<String>,
}
pub fn identify(_k: Kind, _known: &Known, _r: &Returned) -> Identity {
    Identity::Exact
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmailPolicy {
    pub x: u8,
}
impl EmailPolicy {
    pub fn takes_last_resort(&self) -> bool {
        false
    }
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    pub email: EmailPolicy,
}
pub enum Reason {
    A,
}
impl Reason {
    pub fn code(&self) -> &'static str {
        "a"
    }
}
pub enum Judgement {
    Accept,
    Verify,
    LastResort(Reason),
    Reject(Reason),
}
pub struct Case<'a> {
    pub field: FieldType,
    pub value: &'a Value,
    pub status: Option<EmailStatus>,
    pub verified: &'a [EmailStatus],
    pub identity: Identity,
    pub verifier: bool,
    pub rejected_before: bool,
    pub policy: &'a Policy,
    pub email: &'a EmailPolicy,
}
pub fn judge(c: &Case<'_>) -> Judgement {
    if c.verifier && c.verified.is_empty() { Judgement::Verify } else { Judgement::Accept }
}
