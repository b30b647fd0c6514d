//! One audit row for each thing that was done, compared with a model over random histories.

use crate::house::{House, new};
use morket_core::{
    CredentialId, JobId, UserId, WorkspaceId,
    audit::{Action, NewAudit},
    rbac::{Allowed, Operation, Principal},
    vault::{CredentialStatus, NewValue},
};
use morket_testkit::{block_on, fresh};
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeSet;

/// Something that is asked of the vault; credentials and jobs by number.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Put { fails: bool },
    List,
    Open { which: usize, job: Option<usize> },
    Replace { which: usize, fails: bool },
    Status { which: usize, status: CredentialStatus },
    Delete { which: usize },
}

fn ask() -> impl Strategy<Value = Ask> {
    let which = || 0..4_usize;
    let status = prop::sample::select(CredentialStatus::ALL.to_vec());
    prop_oneof![
        3 => any::<bool>().prop_map(|fails| Ask::Put { fails }),
        1 => Just(Ask::List),
        4 => (which(), prop::option::of(0..3_usize))
            .prop_map(|(which, job)| Ask::Open { which, job }),
        2 => (which(), any::<bool>()).prop_map(|(which, fails)| Ask::Replace { which, fails }),
        2 => (which(), status).prop_map(|(which, status)| Ask::Status { which, status }),
        1 => which().prop_map(|which| Ask::Delete { which }),
    ]
}

/// What should be there: credentials by number with their status, who used which, and the rows.
struct Model {
    there: Vec<(CredentialId, CredentialStatus)>,
    used: BTreeSet<(CredentialId, usize)>,
    due: Vec<NewAudit>,
    owner: UserId,
}

impl Model {
    fn note(&mut self, action: Action, id: CredentialId) {
        self.due.push(NewAudit { actor: Some(self.owner), action, object: Some(id.0) });
    }
}

async fn allow(house: &House, owner: UserId, workspace: WorkspaceId, what: Operation) -> Allowed {
    house.access.allow(Principal::User(owner), workspace, what).await.unwrap()
}

async fn step(house: &House, workspace: WorkspaceId, model: &mut Model, jobs: &[JobId], ask: Ask) {
    let may = async |what| allow(house, model.owner, workspace, what).await;
    let value = |fails| NewValue::key(if fails { "" } else { "some key of a vendor" });
    let find = |model: &Model, which: usize| match model.there.get(which) {
        Some((id, _)) => (*id, true),
        None => (fresh(), false),
    };
    match ask {
        Ask::Put { fails } => {
            let put = house.vault.put(may(Operation::PutCredential).await, new(value(fails))).await;
            assert_eq!(put.is_ok(), !fails);
            if let Ok(view) = put {
                model.there.push((view.id, view.status));
                model.note(Action::CredentialCreated, view.id);
            }
        }
        Ask::List => {
            let listed = house.vault.list(may(Operation::ListCredentials).await).await.unwrap();
            assert_eq!(listed.len(), model.there.len());
        }
        Ask::Open { which, job } => {
            let (id, there) = find(model, which);
            let use_it = may(Operation::UseCredential).await;
            let opened = house.vault.open(use_it, id, job.map(|job| jobs[job])).await;
            assert_eq!(opened.is_ok(), there);
            if there && job.is_none_or(|job| model.used.insert((id, job))) {
                model.note(Action::CredentialRead, id);
            }
        }
        Ask::Replace { which, fails } => {
            let (id, there) = find(model, which);
            let put = may(Operation::PutCredential).await;
            let replaced = house.vault.replace(put, id, value(fails)).await;
            assert_eq!(replaced.is_ok(), there && !fails);
            if let Ok(view) = replaced {
                model.there[which].1 = view.status;
                model.note(Action::CredentialUpdated, id);
            }
        }
        Ask::Status { which, status } => {
            let (id, there) = find(model, which);
            let use_it = may(Operation::UseCredential).await;
            assert_eq!(house.vault.set_status(use_it, id, status).await.is_ok(), there);
            if there && std::mem::replace(&mut model.there[which].1, status) != status {
                model.note(Action::CredentialUpdated, id);
            }
        }
        Ask::Delete { which } => {
            let (id, there) = find(model, which);
            let delete = may(Operation::DeleteCredential).await;
            assert_eq!(house.vault.delete(delete, id).await.is_ok(), there);
            if there {
                model.there.remove(which);
                model.note(Action::CredentialDeleted, id);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn p195_each_thing_done_leaves_one_audit_row(asks in vec(ask(), 1..40)) {
        // method: model
        block_on(async {
            let house = House::new();
            let owner = fresh();
            let workspace = house.workspace_of(Some(owner)).await;
            let mut model =
                Model { there: Vec::new(), used: BTreeSet::new(), due: Vec::new(), owner };
            let jobs = [fresh(), fresh(), fresh()];
            for ask in asks {
                step(&house, workspace, &mut model, &jobs, ask).await;
            }
            assert_eq!(house.log(workspace).await, model.due);
            let statuses = house.list(workspace).await.into_iter().map(|it| (it.id, it.status));
            let mut due = model.there;
            due.sort_by_key(|it| it.0);
            assert_eq!(statuses.collect::<Vec<_>>(), due);
        });
    }
}
