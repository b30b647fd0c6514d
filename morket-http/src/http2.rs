//! One HTTP/2 connection: many exchanges at a time, driven by a task of its own.

use crate::{
    body::{Cap, Collector, Lost},
    connect::Dialled,
    http1::reason,
    message::{self, Wire},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{body::Body, client::conn::http2, rt::Executor};
use hyper_util::rt::{TokioIo, TokioTimer};
use morket_core::http::HttpResponse;
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

/// How much of one body, and of all, may be under way unread.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 4 << 20;
const HEAD_LIMIT: u32 = 64 << 10;

/// A connection that speaks HTTP/2, shared by whoever asks the same origin.
#[derive(Clone)]
pub(crate) struct Shared(http2::SendRequest<Full<Bytes>>);

#[derive(Clone)]
struct Spawn;

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

impl Shared {
    pub(crate) async fn new(dialled: Dialled) -> Result<Self, Lost> {
        let (sender, driver) = http2::Builder::new(Spawn)
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(HEAD_LIMIT)
            // A connection that no longer answers is found out, and its requests fail.
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10))
            .handshake(TokioIo::new(dialled.stream))
            .await
            .map_err(|_| Lost::BROKEN)?;
        tokio::spawn(driver);
        Ok(Self(sender))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.is_ready()
    }

    /// Write the request and read its answer. Once the connection has it, whether bytes have left
    /// cannot be told apart from its neighbours' bytes: then `sent` is true.
    pub(crate) async fn exchange(
        mut self,
        request: Wire,
        cap: Cap,
        sent: &AtomicBool,
    ) -> Result<HttpResponse, Lost> {
        sent.store(true, Relaxed);
        let answer = self.0.try_send_request(request).await.map_err(|mut failed| {
            // Handed back, it was never taken up.
            sent.store(failed.take_message().is_none(), Relaxed);
            reason(failed.error())
        })?;
        let (parts, mut body) = answer.into_parts();
        let mut collector = Collector::new(&parts.headers, body.size_hint().exact(), cap)?;
        while let Some(frame) = body.frame().await {
            if let Ok(bytes) = frame.map_err(|error| reason(&error))?.into_data()
                && !collector.add(&bytes)?
            {
                break;
            }
        }
        message::answer(parts, collector)
    }
}
