//! Calls about users, sessions and the vault.

use super::{
    act::{Act, HOUR, Side, audit},
    scrub::seen,
};
use crate::credential::{accept, field, refuse};
use morket_core::{
    CredentialId, Result, SessionId, UserId, WorkspaceId,
    audit::Action,
    identity::{
        EmailAddress, HashChange, NewRefresh, NewSession, NewUser, PasswordHash, TokenHash, User,
    },
    page::Limit,
    vault::{
        CredentialStatus, Purpose, SealBudget, SealedCredential, SealedValue, StoredCredential,
        WrappedKey,
    },
};
use std::time::Duration;
use uuid::Uuid;

/// What people and their secrets are called in one sequence, on both sides.
#[derive(Clone)]
pub(super) struct People {
    emails: [EmailAddress; 3],
    sessions: [SessionId; 6],
    tokens: [TokenHash; 5],
    jtis: [Uuid; 2],
    credentials: [CredentialId; 3],
}

impl Default for People {
    fn default() -> Self {
        let emails = ["ada", "Grace", "ed\u{eb}"].map(|name| {
            let text = format!("{name}.{}@example.com", Uuid::simple(crate::fresh()));
            EmailAddress::parse(&text).unwrap()
        });
        Self {
            emails,
            sessions: [(); 6].map(|()| crate::fresh()),
            tokens: [(); 5].map(|()| crate::identity::token()),
            jtis: [(); 2].map(|()| crate::fresh()),
            credentials: [(); 3].map(|()| crate::fresh()),
        }
    }
}

/// A hash out of a small pool.
fn hash(number: i64) -> PasswordHash {
    PasswordHash::stored(format!("$argon2id${}", number % 3))
}

/// A user prints as its id; all of it counts here.
fn user(user: &User) -> String {
    let (email, hash) = (user.email.written(), user.password_hash.as_str());
    let disabled = user.disabled_at.is_some();
    format!("{} {} {email} {hash} {} {disabled}", user.id, user.name, user.password_version)
}

/// A sealed part prints as its length; its bytes count here.
fn credential(stored: &StoredCredential) -> String {
    let bytes: Vec<_> = stored.sealed.value.fields.iter().map(|it| &it.sealed).collect();
    format!("{stored:?} {bytes:?}")
}

impl Side {
    fn user(&self, act: Act) -> UserId {
        self.names.users[usize::from(act.other)]
    }

    fn refresh(&self, number: i64) -> NewRefresh {
        let hash = self.names.people.tokens[number.unsigned_abs() as usize % 5];
        NewRefresh { id: crate::fresh(), hash, lifetime: HOUR * 24 }
    }

    pub(super) async fn people(&self, act: Act) -> String {
        let (store, people, id) = (&self.subject.store, &self.names.people, self.user(act));
        let email = &people.emails[usize::from(act.choice) % 3];
        let presented = people.tokens[usize::from(act.choice) % 5];
        match act.kind {
            34 => {
                let name = if act.amount < 2 { "" } else { "Ada" }.to_owned();
                let password_hash = hash(act.amount / 50);
                let new = NewUser { id, email: email.clone(), name, password_hash };
                seen(store.create_user(new).await.map(|it| user(&it)))
            }
            35 => {
                let session = people.sessions[usize::from(act.choice)];
                let new = NewSession {
                    id: session,
                    user: id,
                    password_version: 1 + i64::from(act.amount % 5 == 0),
                    token: self.refresh(act.amount / 7),
                    family_lifetime: HOUR * 72,
                };
                seen(store.open_session(new).await)
            }
            36 | 37 => {
                seen(store.rotate(presented, self.refresh(act.amount), Duration::ZERO).await)
            }
            38 if act.amount < 40 => seen(store.end_session(presented).await),
            38 => seen(store.end_all(id).await),
            39 => self.account(act, id).await,
            40 if act.amount < 50 => seen(store.begin_attempt(email.key()).await),
            40 => seen(store.succeed_attempt(email.key()).await),
            41 => self.sweep(act).await,
            _ => self.who_is_there(act, id, email).await,
        }
    }

    async fn account(&self, act: Act, id: UserId) -> String {
        let store = &self.subject.store;
        match act.choice {
            0 => seen(store.set_disabled(id, true).await),
            1 | 2 => seen(store.set_disabled(id, false).await),
            _ => {
                let expected = (act.choice == 5).then(|| hash(act.amount));
                let change =
                    if act.choice == 3 { HashChange::Password } else { HashChange::Upgrade };
                let replaced = store.set_password_hash(id, hash(act.amount / 3), expected, change);
                seen(replaced.await)
            }
        }
    }

    async fn sweep(&self, act: Act) -> String {
        let (store, now) = (&self.subject.store, self.subject.clock.now().await);
        match act.choice {
            0..4 => {
                let jti = self.names.people.jtis[usize::from(act.choice) % 2];
                seen(store.revoke_access(jti, now + HOUR).await)
            }
            _ => seen(store.prune_sessions(now.before(HOUR * 12)).await),
        }
    }

    async fn who_is_there(&self, act: Act, id: UserId, email: &EmailAddress) -> String {
        let (store, people) = (&self.subject.store, &self.names.people);
        let session = people.sessions[usize::from(act.choice)];
        let found = store.user_by_email(email.key()).await;
        [
            seen(store.user(id).await.map(|it| user(&it))),
            seen(found.map(|it| it.map(|it| user(&it)))),
            seen(store.sessions(id).await),
            seen(store.is_live(id, session, people.jtis[0]).await),
            seen(store.is_live(id, session, people.jtis[1]).await),
        ]
        .join("\n")
    }

    pub(super) async fn vault(&self, act: Act) -> String {
        let (store, at) = (&self.subject.store, self.workspace(act));
        let id = self.names.people.credentials[usize::from(act.other)];
        let row = audit(Action::CredentialUpdated);
        let verify = if act.amount == 0 { refuse() } else { accept() };
        let told = |it: Result<StoredCredential>| seen(it.map(|it| credential(&it)));
        match act.kind {
            43 => seen(store.put_data_key(at, self.data_key(at, act)).await),
            44 if act.amount < 30 => {
                let expected = u32::from(act.choice) % 3;
                seen(store.rewrap_data_key(at, expected, self.data_key(at, act), row).await)
            }
            44 => {
                let (purpose, version) = (Purpose::Credentials, 1 + u32::from(act.choice) % 2);
                let seals = SealBudget::LIMIT / 3 + u64::from(act.other);
                seen(store.spend_seals(at, purpose, version, seals).await)
            }
            45 => told(store.put_credential(at, self.sealed(id, act), verify, row).await),
            46 if act.amount < 30 => {
                told(store.replace_credential(at, id, value(act), verify, row).await)
            }
            46 => {
                let status = CredentialStatus::ALL[usize::from(act.choice) % 4];
                seen(store.set_credential_status(at, id, status, row).await)
            }
            47 if act.amount > 50 => seen(store.delete_credential(at, id, row).await),
            47 => {
                let job = (act.choice < 4).then(|| self.job(act));
                told(store.use_credential(at, id, job, row).await)
            }
            _ => self.what_is_kept(at, id).await,
        }
    }

    async fn what_is_kept(&self, at: WorkspaceId, id: CredentialId) -> String {
        let (store, purpose) = (&self.subject.store, Purpose::Credentials);
        let all = store.credentials(at).await;
        let below = store.data_keys_below(3, None, 10_000).await.map(|mut keys| {
            keys.retain(|key| self.names.workspaces.contains(&key.workspace));
            keys
        });
        [
            seen(store.data_key(at, purpose, None).await),
            seen(store.data_key(at, purpose, Some(1)).await),
            seen(below),
            seen(all.map(|all| all.iter().map(credential).collect::<Vec<_>>())),
            seen(store.credential(at, id).await.map(|it| credential(&it))),
            seen(store.audit_log(at, None, Limit::new(100).unwrap()).await),
        ]
        .join("\n")
    }

    /// Now and then one that names another workspace.
    fn data_key(&self, at: WorkspaceId, act: Act) -> WrappedKey {
        let workspace = if act.amount % 10 == 9 { self.names.workspaces[2] } else { at };
        let (version, master_version) = (1 + u32::from(act.choice) % 2, 1 + u32::from(act.other));
        let sealed = vec![act.choice, act.other];
        WrappedKey { workspace, purpose: Purpose::Credentials, version, master_version, sealed }
    }

    fn sealed(&self, id: CredentialId, act: Act) -> SealedCredential {
        let name = ["Main", "main", "Größe", "", "Main", "a b"][usize::from(act.choice)].to_owned();
        let provider = ["hunter", "a-b", "ab"][usize::from(act.other)].parse().unwrap();
        let created_by = (act.amount % 2 == 0).then(|| self.names.users[0]);
        SealedCredential { id, provider, name, value: value(act), created_by }
    }
}

fn value(act: Act) -> SealedValue {
    let part = |name| field(name, &[act.choice, 0, 255]);
    let fields = match act.choice {
        5 => Vec::new(),
        4 => vec![part("api_key"), part("api_secret")],
        _ => vec![part("api_key")],
    };
    let data_key_version = 1 + u32::from(act.amount % 7 == 6);
    SealedValue { fields, data_key_version, mask: "••••1234".to_owned() }
}
