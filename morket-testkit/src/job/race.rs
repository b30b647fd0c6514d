//! Settlements that meet.

use super::{Desk, answer, answered};
use crate::{Subject, subject::at_once};
use morket_core::job::{Closing, JobState, RecordStatus, Settled};

/// Many tell the same answer at once; the tenant pays for it once.
pub(super) async fn p051_settling_one_step_at_once_charges_once(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let desk = Desk::sealed(&subject, 1).await;
        let lease = desk.claim().await.lease;
        let hold = desk.funded(lease, 50).await;
        let receipts = at_once(12, |_| {
            let (desk, item) = (desk.clone(), desk.charge(answer(0, None), hold, 20));
            async move { desk.applied(lease, vec![item], None).await.0.remove(0).unwrap() }
        });
        let receipts = receipts.await;
        assert!(receipts.iter().all(|it| *it == receipts[0]), "round {round}");
        assert_eq!(desk.money().await, (980, 30), "round {round}");
    }
}

/// The old worker and the new one decide differently, both under the only lease they know.
pub(super) async fn p072_a_takeover_and_a_settlement_never_both_count(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let desk = Desk::sealed(&subject, 1).await;
        let old = desk.claim().await.lease;
        let released = at_once(2, |number| {
            let desk = desk.clone();
            async move {
                if number == 0 {
                    let item = answered([(0, RecordStatus::Success)]);
                    let settled = desk.settle(old, vec![item], None).await.unwrap();
                    matches!(settled, Settled::Applied { .. })
                } else {
                    desk.settle(old, vec![], Some(Closing::Release)).await.unwrap();
                    let new = desk.claim_beside().await.lease;
                    let status = desk.statuses().await[0];
                    let item = answered([(0, RecordStatus::Failed)]);
                    desk.applied(new, vec![item], None).await;
                    status == RecordStatus::Success
                }
            }
        });
        let seen = released.await;
        assert_eq!(seen[0], seen[1], "round {round}: what counted was there at the takeover");
        assert_eq!(desk.statuses().await, [RecordStatus::Failed], "round {round}");
    }
}

/// Each of the last batches may find that it was the last; one of them was.
pub(super) async fn p079_many_last_batches_at_once_tell_of_one_end(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() / 4 {
        let desk = Desk::sealed(&subject, 3_001).await;
        let mut leases = Vec::new();
        while let Some(claimed) = desk.try_claim().await {
            leases.push(claimed.lease);
        }
        let ends = at_once(leases.len(), |number| {
            let (desk, lease) = (desk.clone(), leases[number]);
            async move { desk.finish(lease).await.finished.is_some() }
        });
        let ends = ends.await.into_iter().filter(|it| *it).count();
        assert_eq!((ends, desk.ends().await.len()), (1, 1), "round {round}");
        assert_eq!(desk.job().await.state, JobState::Completed);
    }
}
