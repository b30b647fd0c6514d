//! What a person or a supervisor says to a process that works: to end.

use std::io;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Being told to end: by Ctrl-C, or by SIGTERM from whoever supervises the process. From the moment
/// it listens nothing of that ends the process by itself, and nothing is missed.
#[derive(Debug)]
pub(crate) struct Ending {
    #[cfg(unix)]
    ways: [Signal; 2],
}

impl Ending {
    /// Listen from now on.
    pub(crate) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            let ways = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
            Ok(Self { ways })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Once it is told, and each time it is told again.
    pub(crate) async fn told(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        {
            let [interrupted, terminated] = &mut self.ways;
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
            Ok(())
        }
        #[cfg(not(unix))]
        tokio::signal::ctrl_c().await
    }
}
