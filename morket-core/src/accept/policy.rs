//! What a plan accepts, as data.

use super::Identity;
use crate::{Error, Result, field::EmailStatus};
use serde::{Deserialize, Serialize};

/// What is good enough for one field.
///
/// ```
/// use morket_core::accept::{CatchAll, Policy};
///
/// let policy: Policy = serde_json::from_str(r#"{"email": {"catch_all": "last_resort"}}"#)?;
/// assert_eq!(policy.email.catch_all, CatchAll::LastResort);
/// assert!(!policy.mix_groups);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// How sure it must be whom an answer is about. All three by default: many operations answer
    /// with nothing that could be compared. A mismatch cannot be named.
    pub identity: Vec<Sure>,
    /// Whether to take values of a person who is at another company by now.
    pub changed_company: bool,
    /// Whether fields of one group may come from different answers.
    pub mix_groups: bool,
    /// What an address must be.
    pub email: EmailPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            identity: vec![Sure::Exact, Sure::Likely, Sure::Unverifiable],
            changed_company: false,
            mix_groups: false,
            email: EmailPolicy::default(),
        }
    }
}

/// Verdicts on identity that a plan may accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// [`Identity::Exact`].
    Exact,
    /// [`Identity::Likely`].
    Likely,
    /// [`Identity::Unverifiable`].
    Unverifiable,
}

/// What an address must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailPolicy {
    /// The statuses that are good enough.
    pub accept: Vec<EmailStatus>,
    /// What to do with an address at a host that takes mail for any name, where `accept` does not
    /// hold `accept_all`.
    pub catch_all: CatchAll,
    /// When to ask a verifier.
    pub verify: Verify,
    /// How often one address is tried in a waterfall: rejections of it as an earlier candidate and
    /// verdicts on this one count together. After the second rejection it is left alone.
    pub max_verifications: u8,
}

impl Default for EmailPolicy {
    fn default() -> Self {
        Self {
            accept: vec![EmailStatus::Valid],
            catch_all: CatchAll::Reject,
            verify: Verify::UnlessVendorValid,
            max_verifications: 2,
        }
    }
}

/// What to do with an address of status `accept_all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchAll {
    /// Go on; if nothing better comes, it stays as a candidate that was not accepted.
    Reject,
    /// Go on; if nothing better comes, accept it at the end.
    LastResort,
    /// Accept it.
    Accept,
}

/// When to ask a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// About every address, whatever its finder says; none is accepted without a verdict.
    Always,
    /// Unless its finder says that it is valid, as long as there is one to ask. Where nobody can be
    /// asked, the finder's status decides.
    UnlessVendorValid,
    /// Never: what finders say is believed.
    Never,
}

impl Policy {
    /// Refuse what would accept nothing, or what must not be accepted.
    pub fn validate(&self) -> Result<()> {
        let wrong = |field: &str, problem: &str| {
            Err(Error::invalid("plan.accept", &format!("accept.{field}"), problem))
        };
        if self.identity.is_empty() {
            return wrong("identity", "must name at least one of exact, likely, unverifiable");
        }
        if self.email.accept.is_empty() && self.email.catch_all == CatchAll::Reject {
            return wrong("email.accept", "must name at least one status");
        }
        if self.email.accept.contains(&EmailStatus::Invalid) {
            return wrong("email.accept", "must not hold `invalid`");
        }
        if self.email.max_verifications == 0 && self.email.verify != Verify::Never {
            return wrong("email.max_verifications", "must be at least 1 unless verify is `never`");
        }
        Ok(())
    }

    pub(super) fn allows(&self, identity: Identity) -> bool {
        match identity {
            Identity::Exact => self.identity.contains(&Sure::Exact),
            Identity::Likely => self.identity.contains(&Sure::Likely),
            Identity::Unverifiable => self.identity.contains(&Sure::Unverifiable),
            Identity::ChangedCompany => self.changed_company,
            Identity::Mismatch => false,
        }
    }
}
