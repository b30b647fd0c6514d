//! Whatever is done in whatever order, who is in is what a plain model says. The walks of many
//! steps are the store's; these few go through tokens as clients hold them.

use crate::house::{House, MINUTE, RIGHT};
use morket_core::{SessionId, identity::Tokens};
use proptest::{collection::vec, prelude::*, sample::Index};
use std::collections::BTreeSet;

const ADA: &str = "ada@example.com";

#[derive(Clone, Copy, Debug)]
enum Act {
    Login,
    Refresh(Index),
    LogOut(Index),
    Revoke(Index),
    Disable(bool),
    Wait(u32),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let which = any::<Index>;
    let act = prop_oneof![
        3 => Just(Act::Login),
        12 => which().prop_map(Act::Refresh),
        2 => which().prop_map(Act::LogOut),
        2 => which().prop_map(Act::Revoke),
        1 => any::<bool>().prop_map(Act::Disable),
        2 => (1..10_u32).prop_map(Act::Wait),
    ];
    vec(act, 0..30)
}

/// A pair as a client holds it.
struct Pair {
    tokens: Tokens,
    until: u32,
    used: bool,
    revoked: bool,
}

#[derive(Default)]
struct Model {
    minute: u32,
    disabled: bool,
    live: BTreeSet<SessionId>,
    pairs: Vec<Pair>,
}

impl Model {
    fn took(&mut self, tokens: Tokens) {
        self.live.insert(tokens.session);
        let until = self.minute + 15;
        self.pairs.push(Pair { tokens, until, used: false, revoked: false });
    }

    /// Mostly the newest, so that walks do not end with the first replay.
    fn pick(&self, index: Index) -> Option<usize> {
        let count = self.pairs.len();
        let place = index.index(4 * count.max(1));
        count.checked_sub(1).map(|last| place.min(last))
    }

    fn is_in(&self, pair: &Pair) -> bool {
        self.live.contains(&pair.tokens.session) && self.minute < pair.until && !pair.revoked
    }
}

async fn act(house: &House, model: &mut Model, act: Act) {
    match act {
        Act::Login => {
            let result = house.login(ADA, RIGHT).await;
            assert_eq!(result.is_ok(), !model.disabled);
            result.map(|tokens| model.took(tokens)).unwrap_or_default();
        }
        Act::Refresh(index) => {
            let Some(place) = model.pick(index) else { return };
            let Pair { tokens, used, .. } = &model.pairs[place];
            let works = !used && model.live.contains(&tokens.session);
            let result = house.refresh(tokens).await;
            assert_eq!(result.is_ok(), works);
            if *used {
                model.live.clear();
            }
            if let Ok(tokens) = result {
                model.pairs[place].used = true;
                model.took(tokens);
            }
        }
        Act::LogOut(index) => {
            let Some(place) = model.pick(index) else { return };
            let Pair { tokens, used, .. } = &model.pairs[place];
            house.logout(tokens).await;
            model.live.remove(&tokens.session);
            if *used {
                model.live.clear();
            }
        }
        Act::Revoke(index) => {
            let Some(place) = model.pick(index) else { return };
            let was_in = model.is_in(&model.pairs[place]);
            let pair = &mut model.pairs[place];
            let result = house.auth.revoke(pair.tokens.access.expose()).await;
            assert_eq!(result.is_ok(), was_in);
            pair.revoked |= was_in;
        }
        Act::Disable(true) => {
            house.auth.disable(model.pairs[0].tokens.user).await.unwrap();
            model.live.clear();
            model.disabled = true;
        }
        Act::Disable(false) => {
            house.auth.enable(model.pairs[0].tokens.user).await.unwrap();
            model.disabled = false;
        }
        Act::Wait(minutes) => {
            house.clock.advance(minutes * MINUTE);
            model.minute += minutes;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn p104_p105_p108_p111_who_is_in_follows_the_model(acts in acts()) {
        // method: model
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (house, mut model) = (House::new(), Model::default());
            model.took(house.ada().await);
            for it in acts {
                act(&house, &mut model, it).await;
                for pair in &model.pairs {
                    assert_eq!(house.is_in(&pair.tokens).await, model.is_in(pair), "{it:?}");
                }
            }
        });
    }
}
