//! Ids as types of their own, so that a job's id cannot be passed for a workspace's.

use crate::{Error, Result, Rng, Timestamp};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id (UUIDv7): it sorts by the time it was made.
            pub fn new(now: Timestamp, rng: &dyn Rng) -> Self {
                Self(new_uuid(now, rng))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Uuid::parse_str(text)
                    .map(Self)
                    .map_err(|_| Error::invalid("id.parse", stringify!($name), "not a UUID"))
            }
        }
    )*};
}

ids! {
    /// A workspace: the tenant of everything.
    WorkspaceId;
    /// A person who signs in.
    UserId;
    /// A refresh-token family: one sign-in on one device.
    SessionId;
    /// One refresh token of a family.
    TokenId;
    /// An invitation to a workspace.
    InvitationId;
    /// A stored vendor key.
    CredentialId;
    /// An erasure, and the receipt of it.
    ErasureId;
    /// Credits set aside.
    HoldId;
    /// An enrichment job.
    JobId;
    /// One logical request to a vendor; also its outbound idempotency key.
    CallId;
    /// Something that happened and that others are told of.
    EventId;
    /// An endpoint that is told.
    WebhookId;
    /// One event on its way to one endpoint.
    DeliveryId;
}

/// UUIDv7 from the given instant and the operating system's randomness.
fn new_uuid(now: Timestamp, rng: &dyn Rng) -> Uuid {
    let mut bytes = [0; 10];
    rng.fill(&mut bytes);
    let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}
