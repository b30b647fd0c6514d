//! Roles and permissions: the table, walked whole.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    ErrorKind, UserId, WorkspaceId,
    rbac::{MemberChange, Operation, Permission, Principal, Role, decide, decide_member_change},
};
use uuid::Uuid;

fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(n))
}

const USER: Principal = Principal::User(UserId(Uuid::from_u128(7)));

/// Who may do what, as people were told: a second writing of the table, to be compared.
fn told(role: Role, permission: Permission) -> bool {
    let roles: &[Role] = match permission {
        Permission::ReadSelf => &Role::ALL,
        Permission::Read => &[Role::Viewer, Role::Member, Role::Admin, Role::Owner],
        Permission::Enrich | Permission::ListKeys => &[Role::Member, Role::Admin, Role::Owner],
        Permission::ManageKeys | Permission::ManageWorkspace => &[Role::Admin, Role::Owner],
        Permission::ReadBilling => &[Role::Member, Role::Admin, Role::Owner, Role::BillingAdmin],
        Permission::Bill => &[Role::Owner, Role::BillingAdmin],
        Permission::Own => &[Role::Owner],
    };
    roles.contains(&role)
}

#[test]
fn p126_every_role_and_operation_is_decided_as_the_table_says() {
    // method: exhaustive
    for operation in Operation::ALL {
        for role in Role::ALL {
            let decided = decide(USER, workspace(1), Some(role), *operation);
            let expected = told(role, operation.permission());
            assert_eq!(decided.is_ok(), expected, "{role:?} {operation:?}");
            if let Err(error) = decided {
                assert_eq!(error.kind(), ErrorKind::Forbidden);
            }
        }
        let stranger = decide(USER, workspace(1), None, *operation).unwrap_err();
        assert_eq!(stranger.kind(), ErrorKind::NotFound, "{operation:?}");
        let nobody = decide(Principal::Anonymous, workspace(1), None, *operation).unwrap_err();
        assert_eq!(nobody.kind(), ErrorKind::Unauthenticated, "{operation:?}");
    }
}

#[test]
fn p127_each_role_may_all_that_the_one_below_may() {
    // method: exhaustive
    let ladder = [Role::Viewer, Role::Member, Role::Admin, Role::Owner];
    for pair in ladder.windows(2) {
        for permission in Permission::ALL {
            assert!(!pair[0].may(permission) || pair[1].may(permission), "{pair:?} {permission:?}");
        }
    }
}

#[test]
fn p128_billing_admin_has_nothing_outside_billing() {
    // method: exhaustive
    let billing = [Permission::ReadSelf, Permission::ReadBilling, Permission::Bill];
    for permission in Permission::ALL {
        assert_eq!(Role::BillingAdmin.may(permission), billing.contains(&permission));
    }
}

#[test]
fn p129_what_was_allowed_speaks_of_one_workspace_and_one_operation() {
    // method: exhaustive
    for asked in Operation::ALL {
        let allowed = decide(USER, workspace(1), Some(Role::Owner), *asked).unwrap();
        assert_eq!(allowed.workspace(), workspace(1));
        for used in Operation::ALL {
            assert_eq!(allowed.tenant(*used).is_ok(), asked == used, "{asked:?} as {used:?}");
        }
    }
}

#[test]
fn p131_an_operation_without_a_permission_does_not_exist() {
    // method: exhaustive
    // `Operation::permission` has no wildcard: an operation nobody placed does not compile. What
    // is left to show is that no placed one is open to somebody without a membership.
    for operation in Operation::ALL {
        for principal in [Principal::Anonymous, USER] {
            assert!(decide(principal, workspace(1), None, *operation).is_err(), "{operation:?}");
        }
    }
}

#[test]
fn p133_nobody_grants_or_touches_above_its_own_role() {
    // method: exhaustive
    let height = |role: Role| match role {
        Role::Viewer => 1,
        Role::Member | Role::BillingAdmin => 2,
        Role::Admin => 3,
        Role::Owner => 4,
    };
    for actor in Role::ALL {
        for target in Role::ALL.map(Some).into_iter().chain([None]) {
            for granted in Role::ALL {
                for change in [
                    MemberChange::Add(granted),
                    MemberChange::SetRole(granted),
                    MemberChange::Remove,
                ] {
                    let decided = decide_member_change(Some(actor), target, 5, false, change);
                    let above = target.is_some_and(|it| height(it) > height(actor))
                        || (change != MemberChange::Remove && height(granted) > height(actor));
                    let manages = matches!(actor, Role::Admin | Role::Owner);
                    if above || !manages {
                        assert!(decided.is_err(), "{actor:?} {target:?} {change:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn p132_the_last_owner_stays_whoever_asks() {
    // method: exhaustive
    for own in [true, false] {
        for change in [
            MemberChange::Remove,
            MemberChange::SetRole(Role::Admin),
            MemberChange::SetRole(Role::Owner),
        ] {
            for owners in 1..4 {
                let role = Some(Role::Owner);
                let decided = decide_member_change(role, role, owners, own, change);
                let keeps = owners > 1 || change == MemberChange::SetRole(Role::Owner);
                assert_eq!(decided.is_ok(), keeps, "{change:?}, {owners} owners, own: {own}");
            }
        }
    }
}

#[test]
fn p135_the_embedder_decides_as_an_owner_does() {
    // method: exhaustive
    for operation in Operation::ALL {
        let embedded = decide(Principal::Embedder, workspace(1), None, *operation).unwrap();
        let owner = decide(USER, workspace(1), Some(Role::Owner), *operation).unwrap();
        assert_eq!(embedded.role(), owner.role());
        assert_eq!(embedded.operation(), owner.operation());
    }
}
