//! Who may: decided from the store each time, and proven to the vault for one operation.

use crate::house::{House, new};
use morket_core::{
    CredentialId, ErrorKind, Result, UserId, WorkspaceId,
    audit::{Action, NewAudit},
    rbac::{Actor, Allowed, MemberChange, Operation, Principal, Role},
    vault::{CredentialStatus, NewValue},
    workspace::WorkspaceStore,
};
use morket_testkit::{block_on, fresh, subject::refused};

async fn change(house: &House, workspace: WorkspaceId, user: UserId, change: MemberChange) {
    let audit = NewAudit { actor: None, action: Action::MemberRoleSet, object: Some(user.0) };
    house.store.change_member(workspace, Actor::Embedder, user, change, audit).await.unwrap();
}

/// Everything the vault offers a tenant, with what each needs.
async fn call(
    house: &House,
    operation: Operation,
    which: usize,
    allowed: Allowed,
    id: CredentialId,
) -> Option<Result<()>> {
    let vault = &house.vault;
    let value = NewValue::key("another key");
    Some(match (operation, which) {
        (Operation::PutCredential, 0) => vault.put(allowed, new(value)).await.map(drop),
        (Operation::PutCredential, 1) => vault.replace(allowed, id, value).await.map(drop),
        (Operation::ListCredentials, 0) => vault.list(allowed).await.map(drop),
        (Operation::ListCredentials, 1) => vault.get(allowed, id).await.map(drop),
        (Operation::UseCredential, 0) => vault.open(allowed, id, None).await.map(drop),
        (Operation::UseCredential, 1) => {
            vault.set_status(allowed, id, CredentialStatus::Valid).await
        }
        (Operation::DeleteCredential, 0) => vault.delete(allowed, id).await,
        _ => return None,
    })
}

#[test]
fn a_proof_for_another_operation_is_none() {
    block_on(async {
        let house = House::new();
        let workspace = house.workspace().await;
        let id = house.put(workspace, NewValue::key("a key")).await.id;
        let (list, log) = (house.list(workspace).await, house.log(workspace).await);
        let mut refusals = 0;
        for proven in Operation::ALL {
            let allowed = house.may(workspace, *proven).await;
            for needed in Operation::ALL.iter().filter(|it| *it != proven) {
                for which in 0..2 {
                    if let Some(answer) = call(&house, *needed, which, allowed, id).await {
                        refused(answer, ErrorKind::Internal);
                        refusals += 1;
                    }
                }
            }
        }
        assert_eq!(refusals, 7 * (Operation::ALL.len() - 1));
        assert_eq!((house.list(workspace).await, house.log(workspace).await), (list, log));
    });
}

#[test]
fn p126_each_role_does_what_the_table_grants_it() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let workspace = house.workspace_of(Some(fresh())).await;
        let member: UserId = fresh();
        change(&house, workspace, member, MemberChange::Add(Role::Viewer)).await;
        for role in Role::ALL {
            change(&house, workspace, member, MemberChange::SetRole(role)).await;
            for operation in Operation::ALL {
                let id = house.put(workspace, NewValue::key("a key")).await.id;
                let allowed =
                    house.access.allow(Principal::User(member), workspace, *operation).await;
                if !role.may(operation.permission()) {
                    refused(allowed, ErrorKind::Forbidden);
                    continue;
                }
                let allowed = allowed.unwrap();
                assert_eq!((allowed.workspace(), allowed.role()), (workspace, role));
                for which in 0..2 {
                    if let Some(answer) = call(&house, *operation, which, allowed, id).await {
                        answer.unwrap();
                    }
                }
            }
        }
    });
}

#[test]
fn p113_a_changed_role_counts_from_the_next_question() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let (workspace, user) = (house.workspace_of(Some(fresh())).await, fresh());
        let ask = async || {
            let put = Operation::PutCredential;
            house.access.allow(Principal::User(user), workspace, put).await
        };
        refused(ask().await, ErrorKind::NotFound);
        change(&house, workspace, user, MemberChange::Add(Role::Admin)).await;
        ask().await.unwrap();
        for role in Role::ALL {
            change(&house, workspace, user, MemberChange::SetRole(role)).await;
            assert_eq!(ask().await.is_ok(), role.may(Operation::PutCredential.permission()));
        }
        change(&house, workspace, user, MemberChange::SetRole(Role::Admin)).await;
        change(&house, workspace, user, MemberChange::Remove).await;
        refused(ask().await, ErrorKind::NotFound);
    });
}

/// To a stranger, a workspace that is there is one that is not.
#[test]
fn p130_a_stranger_learns_of_no_workspace() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let (there, gone) = (house.workspace().await, house.workspace().await);
        house.delete_workspace(gone).await;
        let never: WorkspaceId = fresh();
        let principals = [Principal::Embedder, Principal::User(fresh()), Principal::Anonymous];
        for operation in Operation::ALL {
            let mut answers = Vec::new();
            for principal in principals {
                for workspace in [there, gone, never] {
                    let answer = house.access.allow(principal, workspace, *operation).await;
                    answers.push(answer.map(|_| ()).map_err(|error| error.to_string()));
                }
            }
            let (embedder, rest) = answers.split_at(3);
            assert!(embedder[0].is_ok() && embedder[1..].iter().all(Result::is_err));
            assert!(rest[0].is_err() && rest[..3].iter().all(|it| *it == rest[0]));
            assert!(rest[3].is_err() && rest[3..].iter().all(|it| *it == rest[3]));
        }
    });
}
