//! The ledger's rules, one printed sentence each: what a repeat does, what is refused, what comes
//! back, what runs out, and how all of it is read and verified.
#![allow(clippy::print_stdout, reason = "an example's output is its product")]

use anyhow::{Context, Result, ensure};
use morket::{
    Credits, ErrorKind, HoldId, Morket, WorkspaceId,
    ledger::{Key, LedgerExt, LedgerStore, Op},
    page::Limit,
};
use std::fmt::Debug;

/// Ten credits.
const TEN: Credits = Credits::whole(10);

#[tokio::main]
async fn main() -> Result<()> {
    let mk = Morket::builder().memory().build().await?;
    let workspace = mk.create_workspace("Acme").prepaid().await?.id;
    let walk = Walk { mk, workspace };
    walk.repeats_and_conflicts().await?;
    walk.holds_and_shortage().await?;
    walk.refunds().await?;
    walk.expiry().await?;
    walk.reading().await
}

struct Walk {
    mk: Morket,
    workspace: WorkspaceId,
}

impl Walk {
    fn ledger(&self) -> &dyn LedgerStore {
        self.mk.store().as_ref()
    }

    fn new_hold(&self) -> HoldId {
        HoldId::new(self.mk.clock().now(), self.mk.rng().as_ref())
    }

    /// A sentence, and how the account stands after it.
    async fn say(&self, sentence: &str) -> Result<()> {
        let account = self.ledger().account(self.workspace).await?;
        let (balance, held) = (account.balance.to_string(), account.held.to_string());
        println!("  {sentence:<66} balance {balance:>3}, held {held:>2}");
        Ok(())
    }

    async fn repeats_and_conflicts(&self) -> Result<()> {
        println!("A key names a movement");
        let (ledger, key) = (self.ledger(), key("payment-1")?);
        let first = ledger.grant(self.workspace, key.clone(), TEN).await?;
        self.say("payment-1 grants 10.").await?;

        let again = ledger.grant(self.workspace, key.clone(), TEN).await?;
        ensure!(first == again, "a repeat gets the first one's entry");
        self.say("payment-1 comes again: it gets the first entry, nothing moves.").await?;

        let other = ledger.grant(self.workspace, key, Credits::whole(20)).await;
        refused(other, ErrorKind::Conflict)?;
        self.say("payment-1 with another amount is a conflict.").await
    }

    async fn holds_and_shortage(&self) -> Result<()> {
        println!("A hold is taken before the work, in input order");
        let hold = |credits| Op::Hold {
            id: self.new_hold(),
            amount: Credits::whole(credits),
            batch: None,
            lapses_at: None,
        };
        let asked = vec![hold(6), hold(5), hold(1)];
        let results = self.ledger().post(self.workspace, asked).await?;
        let started: Vec<_> = results.into_iter().take_while(Result::is_ok).flatten().collect();
        ensure!(started.len() == 1, "the longest affordable prefix");
        self.say("Of holds 6, 5 and 1 the first starts; 1 may not overtake 5.").await?;

        let hold = started[0].hold().context("a hold")?.id;
        let step = key("job-1:0:email:hunter")?;
        let spent = self.ledger().capture(self.workspace, hold, step, Credits::whole(4));
        spent.await?;
        self.say("An answer is accepted: 4 of the 6 are captured.").await?;

        let more = key("job-1:1:email:hunter")?;
        let too_much = self.ledger().capture(self.workspace, hold, more, Credits::whole(3));
        refused(too_much.await, ErrorKind::Validation)?;
        self.say("3 more would pass the hold: refused, nothing moves.").await?;

        self.ledger().void(self.workspace, hold).await?;
        self.ledger().void(self.workspace, hold).await?;
        self.say("The hold is voided, twice: the rest is free once.").await
    }

    async fn refunds(&self) -> Result<()> {
        println!("A capture is given back whole, and once");
        let of = key("job-1:0:email:hunter")?;
        self.ledger().refund(self.workspace, key("sorry-1")?, of.clone()).await?;
        self.say("The captured 4 come back.").await?;

        let twice = self.ledger().refund(self.workspace, key("sorry-2")?, of).await;
        refused(twice, ErrorKind::Conflict)?;
        self.say("A second refund of the same capture is a conflict.").await
    }

    async fn expiry(&self) -> Result<()> {
        println!("Granted credits run out, but never those that are held");
        let hold = self.new_hold();
        self.ledger().set_aside(self.workspace, hold, Credits::whole(8)).await?;
        let of = key("payment-1")?;
        let expire = |name, amount| {
            Ok::<_, anyhow::Error>(Op::Expire {
                key: key(name)?,
                of: of.clone(),
                amount: Credits::whole(amount),
            })
        };
        let all = self.ledger().post_one(self.workspace, expire("end-1", 10)?).await;
        refused(all, ErrorKind::InsufficientCredits)?;
        self.say("8 are held, so all 10 cannot expire.").await?;

        self.ledger().post_one(self.workspace, expire("end-2", 2)?).await?;
        self.say("2 can.").await?;
        self.ledger().void(self.workspace, hold).await?;
        self.say("The hold is voided.").await
    }

    async fn reading(&self) -> Result<()> {
        println!("The statement, two entries a page");
        let (mut after, mut sum) = (None, Credits::ZERO);
        loop {
            let page = self.ledger().statement(self.workspace, after, Limit::new(2)?).await?;
            for entry in &page.rows {
                let (kind, amount) = (format!("{:?}", entry.kind), entry.amount.to_string());
                println!("  {:>2}  {kind:<9}{:<22}{amount:>5}", entry.seq, entry.key.as_str());
                sum = sum.plus(entry.amount)?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
            println!("      (next page)");
        }
        let account = self.ledger().account(self.workspace).await?;
        ensure!(sum == account.balance, "the pages sum to the balance");
        println!("  The pages sum to the balance: {sum}.");
        let entries = self.ledger().verify_chain(self.workspace).await?;
        println!("  The chain verifies: {entries} entries, none changed, missing or cut off.");
        Ok(())
    }
}

fn key(text: &str) -> Result<Key> {
    Ok(text.parse()?)
}

/// What should have been refused was, and as this.
fn refused<T: Debug>(result: morket::Result<T>, kind: ErrorKind) -> Result<()> {
    match result {
        Ok(value) => anyhow::bail!("{kind:?} was due, not {value:?}"),
        Err(error) => {
            ensure!(error.kind() == kind, "{kind:?} was due, not {error}");
            Ok(())
        }
    }
}
