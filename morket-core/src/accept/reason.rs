//! Why a value was not accepted, as short codes that are stored and counted.

use crate::field::Fault;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Why a value was not accepted, or not yet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Reason {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code that is stored.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

reasons! {
    /// It is about somebody else.
    IdentityMismatch = "identity_mismatch",
    /// It is not sure enough whom it is about.
    IdentityUnsure = "identity_unsure",
    /// The person is at another company by now.
    ChangedCompany = "changed_company",
    /// The mailbox does not exist.
    EmailInvalid = "email_invalid",
    /// Somebody looked and could not tell: ask again later.
    EmailUnknown = "email_unknown",
    /// The host takes mail for any name.
    CatchAll = "catch_all",
    /// Nobody has looked whether the mailbox exists.
    NotVerified = "not_verified",
    /// Its status is known, and not one that the plan accepts.
    StatusNotAccepted = "status_not_accepted",
    /// The same address was rejected too often.
    RejectedBefore = "rejected_before",
    /// Its group was filled from another answer.
    GroupMixed = "group_mixed",
    /// A status without the value it is about.
    StatusAlone = "status_alone",
    /// It only stands in for a value.
    Placeholder = "placeholder",
    /// It is no value of its field's type.
    Malformed = "malformed",
    /// A webmail host instead of a company's domain.
    WebmailDomain = "webmail_domain",
    /// The operation never said that it gives this field.
    Undeclared = "undeclared",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl From<Fault> for Reason {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Placeholder => Self::Placeholder,
            Fault::Malformed => Self::Malformed,
            Fault::Webmail => Self::WebmailDomain,
        }
    }
}
