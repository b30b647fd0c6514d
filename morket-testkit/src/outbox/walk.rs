//! Random calls over every port, and what is told of them.

use crate::{
    Subject,
    equivalence::{no_phantoms, no_veto},
};

pub(super) async fn p185_what_is_refused_is_told_to_nobody(subject: Subject) {
    // method: property
    no_phantoms(&subject, &no_veto).await;
}
