//! `keys`.

use crate::{
    args::KeysVerb,
    console::{shown, table},
    exit::{Exit, Failure, Outcome},
    keys::{day, read_hidden, variable},
    run::{self, Engine},
    shell::Shell,
};
use morket::{
    Error, ErrorKind, WorkspaceId,
    engine::{Keys, Refused, sign_in},
    name::ProviderSlug,
    provider::{Outcome as Said, Provider, Standing},
};
use serde_json::json;
use std::sync::Arc;

pub(super) async fn keys(shell: &Shell, verb: KeysVerb) -> Outcome {
    match verb {
        KeysVerb::Set { provider } => set(shell, &provider).await,
        KeysVerb::List => list(shell).await,
        KeysVerb::Test { provider } => test(shell, provider.as_deref()).await,
        KeysVerb::Remove { provider } => remove(shell, &provider).await,
    }
}

async fn set(shell: &Shell, provider: &str) -> Outcome {
    let slug = keyed(shell, provider)?;
    let key = read_hidden(&format!("Key for {slug}"))?;
    let mask = shell.keys.set(&slug, key).await?;
    shell.console.note(&format!("Stored {mask} in {}.", shell.keys.path().display()));
    if shell.console.json {
        shell.console.data(&json!({ "provider": slug, "mask": mask }).to_string())?;
    }
    if let Err(failure) = wake(shell, &slug).await {
        shell.console.note(&format!("What waits for it was not woken: {}", failure.message));
    }
    if shell.keys.source(&slug).await?.is_some_and(|from| from == variable(&slug)) {
        shell.console.note(&format!("{} is set, and wins over it.", variable(&slug)));
    }
    Ok(Exit::Ok)
}

/// Runs that waited for this key go on. A store that was never opened has none, and is not made.
async fn wake(shell: &Shell, slug: &ProviderSlug) -> Result<(), Failure> {
    let store = &shell.config.store.value;
    if run::is_url(store) || std::path::Path::new(store).exists() {
        let engine = shell.engine().await?;
        engine.morket.engine().account_changed(engine.workspace, slug).await?;
    }
    Ok(())
}

fn keyed(shell: &Shell, provider: &str) -> Result<ProviderSlug, Failure> {
    let registry = &shell.vendors;
    let manifest = registry.named(provider)?.manifest();
    match manifest.keyed {
        true => Ok(manifest.slug.clone()),
        false => Err(Failure::usage(format!("{provider} asks for no key"))),
    }
}

async fn list(shell: &Shell) -> Outcome {
    let stored = shell.keys.list().await?;
    let mut rows = Vec::new();
    for provider in shell.vendors.iter() {
        let slug = &provider.manifest().slug;
        let Some(from) = shell.keys.source(slug).await? else { continue };
        let view = stored.iter().find(|it| it.provider == *slug).filter(|_| from == "keys file");
        let mask = view.map_or_else(|| "••••".to_owned(), |it| it.mask.clone());
        let since = view.map(|it| day(it.created_at)).unwrap_or_default();
        rows.push([slug.to_string(), mask, from, since]);
    }
    if shell.console.json {
        for [provider, mask, from, since] in rows {
            let line = json!({ "provider": provider, "mask": mask, "from": from, "since": since });
            shell.console.data(&line.to_string())?;
        }
    } else if rows.is_empty() {
        shell.console.note("No keys yet. Set one: morket keys set hunter");
    } else {
        shell.console.data(&table(["provider", "key", "from", "since"], rows))?;
    }
    Ok(Exit::Ok)
}

async fn remove(shell: &Shell, provider: &str) -> Outcome {
    let slug: ProviderSlug = provider.parse()?;
    if !shell.keys.remove(&slug).await? {
        return Err(Failure::error(format!("there is no stored key for {slug}")));
    }
    if shell.console.json {
        shell.console.data(&json!({ "provider": slug, "removed": true }).to_string())?;
    }
    shell.console.note(&format!("Removed the key for {slug}."));
    Ok(Exit::Ok)
}

async fn test(shell: &Shell, provider: Option<&str>) -> Outcome {
    let engine = shell.engine().await?;
    let registry = &shell.vendors;
    let chosen: Vec<Arc<dyn Provider>> = match provider {
        Some(provider) => vec![registry.named(provider)?.clone()],
        None => registry.iter().cloned().collect(),
    };
    let (mut rows, mut exit) = (Vec::new(), Exit::Ok);
    for it in chosen {
        let slug = it.manifest().slug.clone();
        if shell.keys.source(&slug).await?.is_none() {
            if provider.is_some() {
                let message = format!("there is no key for {slug}: morket keys set {slug}");
                return Err(Failure { exit: Exit::Keys, message });
            }
            continue;
        }
        let (verdict, standing) = check(shell, &engine, it.as_ref()).await?;
        match standing.key_works {
            Some(false) => exit = Exit::Keys,
            // Whatever waited for it goes on.
            _ => drop(engine.morket.engine().account_changed(engine.workspace, &slug).await?),
        }
        let left = standing.left.map(|it| it.to_string()).unwrap_or_default();
        let (plan, resets) =
            (standing.plan.unwrap_or_default(), standing.resets.unwrap_or_default());
        rows.push([slug.to_string(), verdict, plan, left, resets].map(|it| shown(&it)));
    }
    let heads = ["provider", "key", "plan", "left", "resets"];
    if shell.console.json {
        for [provider, key, plan, left, resets] in rows {
            let line = json!({ "provider": provider, "key": key, "plan": plan, "left": left,
                               "resets": resets });
            shell.console.data(&line.to_string())?;
        }
    } else {
        shell.console.data(&table(heads, rows))?;
    }
    Ok(exit)
}

/// What a vendor says of a key, asked for free.
async fn check(
    shell: &Shell,
    engine: &Engine,
    provider: &dyn Provider,
) -> Result<(String, Standing), Failure> {
    let manifest = provider.manifest();
    let key = shell.keys.key(WorkspaceId(run::WORKSPACE), &manifest.slug).await?;
    let key = key.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "keys.test", "the key is gone")
            .with("provider", &manifest.slug)
    })?;
    let own = shell.config.settings.providers.get(manifest.slug.as_str());
    let base = own.and_then(|it| it.base_url.as_deref()).unwrap_or(&manifest.base_url);
    let key = match sign_in(provider, base, &key, engine.http.as_ref()).await {
        Ok(token) => token.map_or(key, |it| it.secret),
        Err(Refused::Outcome(said)) if *said == Said::AuthFailed => {
            let standing = Standing { key_works: Some(false), ..Standing::default() };
            return Ok(("is refused".to_owned(), standing));
        }
        Err(_) => return Ok(("cannot sign in now".to_owned(), Standing::default())),
    };
    let Some(request) = provider.check(base, &key) else {
        return Ok(("has no free check".to_owned(), Standing::default()));
    };
    let answer = match engine.http.send(request).await {
        Ok(answer) => answer,
        Err(failure) => {
            return Ok((format!("not reached: {}", run::unreached(&failure)), Standing::default()));
        }
    };
    let standing = provider.parse_check(&answer);
    let verdict = match standing.key_works {
        Some(true) => "works".to_owned(),
        Some(false) => "is refused".to_owned(),
        None => format!("unclear (status {})", answer.status),
    };
    Ok((verdict, standing))
}
