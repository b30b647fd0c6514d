//! Being told that there may be work, instead of asking again and again.

use crate::error::translate;
use morket_core::Result;
use sqlx::{PgPool, postgres::PgListener};

/// A connection that listens. What is missed while it reconnects is made good by polling, which a
/// worker does anyway, only less often.
#[derive(Debug)]
pub struct Wakeups {
    listener: PgListener,
    schema: String,
}

impl Wakeups {
    pub(crate) async fn listen(pool: &PgPool, schema: &str) -> Result<Self> {
        let mut listener = PgListener::connect_with(pool).await.map_err(translate)?;
        listener.listen("morket_jobs").await.map_err(translate)?;
        Ok(Self { listener, schema: schema.to_owned() })
    }

    /// Wait until a job of this schema was sealed, cancelled or woken.
    pub async fn next(&mut self) -> Result<()> {
        loop {
            let told = self.listener.recv().await.map_err(translate)?;
            if told.payload() == self.schema {
                return Ok(());
            }
        }
    }
}
