//! `migrate`: where the store's schema is, up and down.

use crate::{
    args::MigrateVerb,
    console::table,
    exit::{Exit, Failure, Outcome},
    run,
    shell::Shell,
};
use morket::{Change, Morket, Schema};
use serde_json::json;

pub(super) async fn migrate(shell: &Shell, verb: MigrateVerb) -> Outcome {
    let store = &shell.config.store.value;
    let change = match verb {
        MigrateVerb::Show => Change::Look,
        MigrateVerb::Up => Change::Up,
        MigrateVerb::Down { to, destroy } => Change::Down { to, destroy },
    };
    let there = run::is_url(store) || std::path::Path::new(store).exists();
    if !there && change != Change::Up {
        return Err(Failure::error(format!("there is no store at {store} yet")));
    }
    if let Change::Down { to, .. } = change {
        let at = run::store(Morket::builder(), store)?.migrate(Change::Look).await?.at;
        if to > at {
            return Err(Failure::usage(format!(
                "--to: the store is at {at}, and {to} is not down"
            )));
        }
    }
    let change = run::store(Morket::builder(), store)?.migrate(change);
    let schema = change.await.map_err(|error| {
        let mut failure = Failure::from(error);
        // What the store calls `destroy` is a flag here.
        failure.message = failure.message.replace("say `destroy`", "add --destroy");
        failure
    })?;
    tell(shell, &schema)
}

fn tell(shell: &Shell, schema: &Schema) -> Outcome {
    if shell.console.json {
        let known = schema.known.iter().map(|(number, name)| {
            json!({ "number": number, "name": name, "applied": *number <= schema.at })
        });
        let known: Vec<_> = known.collect();
        shell.console.data(&json!({ "at": schema.at, "migrations": known }).to_string())?;
        return Ok(Exit::Ok);
    }
    let rows = schema.known.iter().map(|(number, name)| {
        let applied = if *number <= schema.at { "applied" } else { "-" };
        [number.to_string(), (*name).to_owned(), applied.to_owned()]
    });
    shell.console.data(&table(["migration", "brings", "state"], rows))?;
    let latest = schema.known.last().map_or(0, |it| it.0);
    shell.console.note(&match schema.at == latest {
        true => format!("The store is at {latest}, as this release needs it."),
        false => format!("The store is at {}, this release needs {latest}.", schema.at),
    });
    Ok(Exit::Ok)
}
