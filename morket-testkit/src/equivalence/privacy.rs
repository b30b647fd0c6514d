//! Calls about the suppression list and about erasing.

use super::{
    act::{Act, Side, audit},
    scrub::seen,
};
use crate::fresh;
use morket_core::{
    ErasureId, Timestamp,
    audit::Action,
    page::Limit,
    privacy::{
        Erasure, Expiry, Fingerprint, Identifier, IdentifierKind, NewSuppression, PrivacyKey,
        Source,
    },
};
use uuid::Uuid;

impl Side {
    fn print(&self, act: Act, number: u8) -> Fingerprint {
        Fingerprint([number.wrapping_mul(40) ^ act.other; 32])
    }

    pub(super) async fn privacy(&self, act: Act) -> String {
        let (store, id) = (&self.subject.store, self.workspace(act));
        let entry = |number| NewSuppression {
            fingerprint: self.print(act, number),
            kind: IdentifierKind::Email,
            source: Source::ALL[usize::from(act.choice) % 4],
            reason: (act.choice == 5).then(|| "No word".to_owned()),
        };
        let name = |text: &str| Identifier::guess(text).unwrap();
        match act.kind {
            55 => {
                let key = store.privacy_key(id, PrivacyKey::new([act.choice; 32])).await;
                seen(key.map(|it| *it.expose()))
                    + &seen(
                        store
                            .suppress(
                                id,
                                (0..act.choice).map(entry).collect(),
                                audit(Action::SuppressionAdded),
                            )
                            .await,
                    )
            }
            56 => {
                let prints = (2..act.choice).map(|number| self.print(act, number)).collect();
                seen(store.unsuppress(id, prints, audit(Action::SuppressionRemoved)).await)
            }
            57 => {
                let prints = (0..4).map(|number| self.print(act, number)).collect();
                let limit = Limit::new(3).unwrap();
                let list = store.suppressions(id, None, limit).await;
                let list = list.map(|it| {
                    (it.total, it.rows.into_iter().map(|row| row.entry).collect::<Vec<_>>())
                });
                seen(store.screen(id, prints).await)
                    + &seen(store.count_suppressions(id).await)
                    + &seen(list)
            }
            58 => {
                let names = ["0@example.com", "1@example.com", "example.com", "3@example.com"];
                let erasure = Erasure {
                    id: fresh(),
                    names: [name(names[usize::from(act.choice) % 4])].into(),
                    subject: self.print(act, 1),
                    suppress: vec![NewSuppression { reason: None, ..entry(1) }],
                };
                let receipt = store.forget(id, erasure, audit(Action::SubjectErased)).await;
                seen(receipt.map(|it| it.erased))
            }
            _ => {
                let before = match act.amount {
                    ..20 => Timestamp::default(),
                    _ => Timestamp::from_micros(i64::MAX),
                };
                let expiry = Expiry { id: fresh(), before, limit: u32::from(act.choice) };
                let expired = store.expire(id, expiry, audit(Action::ValuesExpired)).await;
                let receipts = store.receipts(id, None, Limit::default()).await;
                let none = store.receipt(id, ErasureId(Uuid::nil())).await;
                seen(expired.map(|it| it.erased))
                    + &seen(receipts.map(|it| it.total))
                    + &seen(none.map(|it| it.erased))
            }
        }
    }
}
