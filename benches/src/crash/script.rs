//! A fixed job.

/// Run.
pub async fn run(_: &[String]) -> anyhow::Result<String> {
    Ok(String::new())
}
