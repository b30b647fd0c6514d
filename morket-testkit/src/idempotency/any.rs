//! Whatever a request says, whose it is, and however often it came.

use super::{BODY, LEASE, Request, replay};
use crate::{Subject, fresh, random::check_all, subject::refused};
use morket_core::{
    ErrorKind,
    idempotency::{Begun, RETENTION, Scope},
};
use proptest::prelude::*;
use std::time::Duration;
use uuid::Uuid;

/// Where a request stands when it comes again.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Running,
    /// Whoever ran it has died.
    Left,
    Finished,
}

/// A body, and another one: by one bit, or altogether.
fn bodies() -> impl Strategy<Value = ([u8; 32], [u8; 32])> {
    let other = prop_oneof![
        (0..32_usize, 0..8_u8).prop_map(|(byte, bit)| (Some((byte, bit)), [0; 32])),
        any::<[u8; 32]>().prop_map(|it| (None, it)),
    ];
    let pair = (any::<[u8; 32]>(), other).prop_map(|(body, (flip, other))| match flip {
        Some((byte, bit)) => {
            let mut other = body;
            other[byte] ^= 1 << bit;
            (body, other)
        }
        None => (body, other),
    });
    pair.prop_filter("they differ", |(body, other)| body != other)
}

/// Refused while the first runs, when nobody runs it any more, and when it is done; the first goes
/// on as if nothing had come.
pub(super) async fn p037_whatever_another_body_is_it_is_refused(subject: Subject) {
    // method: property
    let stage = prop::sample::select(vec![Stage::Running, Stage::Left, Stage::Finished]);
    let times = prop::collection::vec(any::<bool>(), 1..4);
    let answer = prop::collection::vec(any::<u8>(), 0..40);
    check_all(
        &subject,
        (bodies(), stage, times, answer),
        |((body, other), stage, times, answer)| {
            let request = Request::new(&subject);
            async move {
                let Begun::Run(ticket) = request.begin_with(body, LEASE).await.unwrap() else {
                    panic!("the first one runs")
                };
                match stage {
                    Stage::Running => {}
                    Stage::Left => drop(request.after(LEASE * 2).await),
                    Stage::Finished => request.finish(ticket, &answer).await.unwrap(),
                }
                for _ in times {
                    let told = request.begin_with(other, LEASE).await;
                    refused(told, ErrorKind::IdempotencyMismatch);
                }
                match stage {
                    Stage::Running => {
                        refused(request.begin_with(body, LEASE).await, ErrorKind::InProgress);
                        request.finish(ticket, &answer).await.unwrap();
                    }
                    Stage::Left => {
                        let Begun::Run(ticket) = request.begin_with(body, LEASE).await.unwrap()
                        else {
                            panic!("nobody runs it")
                        };
                        request.finish(ticket, &answer).await.unwrap();
                    }
                    Stage::Finished => {}
                }
                assert_eq!(request.begin_with(body, LEASE).await.unwrap(), replay(&answer));
            }
        },
    )
    .await;
}

/// A text in pieces, and the same or another one in other pieces.
fn parts() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let text = "[ab:/0-9|\u{e9}\u{0}]{0,10}";
    let cuts = || prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    let cut = |text: &str, cuts: &[prop::sample::Index]| {
        let letters: Vec<char> = text.chars().collect();
        let mut at: Vec<usize> = cuts.iter().map(|it| it.index(letters.len() + 1)).collect();
        at.extend([0, letters.len()]);
        at.sort_unstable();
        let piece = |it: &[usize]| letters[it[0]..it[1]].iter().collect::<String>();
        at.windows(2).map(piece).collect::<Vec<_>>()
    };
    // SQL text holds no NUL, and no scope of ours has one.
    let clean = |text: String| text.replace('\u{0}', "~");
    (text, text, any::<bool>(), cuts(), cuts()).prop_map(move |(one, other, same, a, b)| {
        let (one, other) = (clean(one), clean(other));
        let other = if same { one.clone() } else { other };
        (cut(&one, &a), cut(&other, &b))
    })
}

/// However tenants, principals and routes are named, one's key is never another's.
pub(super) async fn p039_however_scopes_are_written_they_are_told_apart(subject: Subject) {
    // method: property
    check_all(&subject, parts(), |(one, other)| {
        let (subject, name) = (subject.clone(), Uuid::simple(fresh()).to_string());
        async move {
            let of = |parts: &[String]| {
                let parts = parts.iter().map(String::as_str);
                Request {
                    subject: subject.clone(),
                    scope: Scope::new([name.as_str()].into_iter().chain(parts)),
                }
            };
            let (first, second) = (of(&one), of(&other));
            let ticket = first.run().await;
            first.finish(ticket, b"first").await.unwrap();
            let told = second.begin_with(BODY, LEASE).await.unwrap();
            match one == other {
                true => assert_eq!(told, replay(b"first")),
                false => assert!(matches!(told, Begun::Run(_)), "{one:?} {other:?}: {told:?}"),
            }
            assert_eq!(first.begin_with(BODY, LEASE).await.unwrap(), replay(b"first"));
        }
    })
    .await;
}

/// What was refused before it did anything leaves nothing: whatever comes next under the key runs,
/// and is answered for itself.
pub(super) async fn p040_however_often_a_request_was_refused_it_runs_later(subject: Subject) {
    // method: property
    let refusal = (any::<[u8; 32]>(), 0..2_000_u32);
    let refusals = prop::collection::vec(refusal, 1..6);
    let last = (any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 0..20));
    check_all(&subject, (refusals, last), |(refusals, (body, answer))| {
        let request = Request::new(&subject);
        async move {
            for (body, minutes) in refusals {
                let Begun::Run(ticket) = request.begin_with(body, LEASE).await.unwrap() else {
                    panic!("nothing of a refused request is replayed")
                };
                request.abandon(ticket).await.unwrap();
                request.after(Duration::from_secs(u64::from(minutes) * 60)).await;
            }
            let Begun::Run(ticket) = request.begin_with(body, LEASE).await.unwrap() else {
                panic!("it executes")
            };
            request.finish(ticket, &answer).await.unwrap();
            assert_eq!(request.begin_with(body, LEASE).await.unwrap(), replay(&answer));
        }
    })
    .await;
}

/// At any instant of its day a request is the same one, after it another; and pruning what is over
/// takes nothing from either.
pub(super) async fn p041_for_any_while_a_key_is_honoured_for_a_day(subject: Subject) {
    // method: property
    subject.clock.hold_still().await;
    let day = RETENTION.as_secs();
    let seconds = prop_oneof![2 => 1..day, 1 => day..day * 3, 1 => day - 2..day + 2];
    let prunes = prop::collection::vec(any::<bool>(), 3);
    check_all(&subject, (seconds, prunes, any::<bool>()), |(seconds, prunes, runs)| {
        let request = Request::new(&subject);
        let prune = async |now: bool| {
            if now {
                let before = subject.clock.now().await.before(RETENTION);
                subject.store.prune_idempotency(before).await.unwrap();
            }
        };
        async move {
            let span = Duration::from_secs(seconds);
            // One that runs for longer than all of this is still that request.
            let lease = if runs { RETENTION * 4 } else { LEASE };
            let Begun::Run(ticket) = request.begin_with(BODY, lease).await.unwrap() else {
                panic!("the first one runs")
            };
            prune(prunes[0]).await;
            if runs {
                request.after(span).await;
                prune(prunes[1]).await;
                refused(request.begin_with(BODY, LEASE).await, ErrorKind::InProgress);
                return request.finish(ticket, b"late").await.unwrap();
            }
            request.finish(ticket, b"first").await.unwrap();
            prune(prunes[1]).await;
            request.after(span).await;
            prune(prunes[2]).await;
            let told = request.begin_with(BODY, LEASE).await.unwrap();
            match span < RETENTION {
                true => assert_eq!(told, replay(b"first"), "after {span:?}"),
                false => assert!(matches!(told, Begun::Run(_)), "after {span:?}"),
            }
        }
    })
    .await;
}
