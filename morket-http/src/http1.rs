//! One HTTP/1.1 connection: one exchange at a time, then back to the pool.
//!
//! hyper splits a connection in a sender and a driver, and the driver is usually a task of its own.
//! Here whoever has the connection drives it: no task, no wake-up across threads, and a caller who
//! stops waiting closes it by letting it go. What that saves stands in `docs/decisions/`.

use crate::{
    body::{Cap, Collector, Lost},
    connect::{Dialled, Pulse, Stream},
    message::{self, Wire},
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    body::{Body, Incoming},
    client::conn::{TrySendError, http1},
};
use hyper_util::rt::TokioIo;
use morket_core::http::HttpResponse;
use std::{
    error::Error as _,
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{task::unconstrained, time::Instant};

/// How large the head of an answer may be.
const HEAD_LIMIT: usize = 64 << 10;
const HEADERS_LIMIT: usize = 200;

/// A connection unused for longer is asked whether the other side has closed it.
const FRESH: Duration = Duration::from_millis(1);

/// A connection that speaks HTTP/1.1.
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    /// Large; boxed, so that the pool moves a pointer.
    driver: Box<http1::Connection<TokioIo<Stream>, Full<Bytes>>>,
    over: bool,
    pulse: Arc<Pulse>,
    pub(crate) idle_since: Instant,
}

impl Connection {
    pub(crate) async fn new(dialled: Dialled) -> Result<Self, Lost> {
        let io = TokioIo::new(dialled.stream);
        let (sender, driver) = http1::Builder::new()
            // One buffer, one write: requests are small.
            .writev(false)
            .max_buf_size(HEAD_LIMIT)
            .max_headers(HEADERS_LIMIT)
            .handshake(io)
            .await
            .map_err(|_| Lost::BROKEN)?;
        let driver = Box::new(driver);
        Ok(Self { sender, driver, over: false, pulse: dialled.pulse, idle_since: Instant::now() })
    }

    /// Write the request and read its answer. `sent` becomes true with the first byte that leaves.
    pub(crate) fn exchange<'a>(
        &'a mut self,
        request: Wire,
        cap: Cap,
        sent: &'a AtomicBool,
    ) -> impl Future<Output = Result<HttpResponse, Lost>> + Send + 'a {
        self.pulse.wrote.store(false, Relaxed);
        if self.idle_since.elapsed() > FRESH {
            self.pulse.probe.store(true, Relaxed);
        }
        // hyper's future has room for the whole request. In a box of its own it does not swell
        // every future around it: allocators are slow with what is larger than a kilobyte.
        let answer = Box::pin(unconstrained(self.sender.try_send_request(request)));
        async move {
            let (parts, mut body) = self.head(answer, sent).await?.into_parts();
            let mut collector = Collector::new(&parts.headers, body.size_hint().exact(), cap)?;
            while let Some(bytes) = self.next(&mut body, sent).await? {
                if !collector.add(&bytes)? {
                    break;
                }
            }
            message::answer(parts, collector)
        }
    }

    fn head<'a, F>(
        &'a mut self,
        mut answer: Pin<Box<F>>,
        sent: &'a AtomicBool,
    ) -> impl Future<Output = Result<http::Response<Incoming>, Lost>> + Send + 'a
    where
        F: Future<Output = Result<http::Response<Incoming>, TrySendError<Wire>>> + Send + 'a,
    {
        poll_fn(move |cx| {
            self.drive(cx, sent);
            match answer.as_mut().poll(&mut quiet()) {
                Poll::Pending if self.over => Poll::Ready(Err(Lost::BROKEN)),
                polled => polled.map_err(|failed| reason(failed.error())),
            }
        })
    }

    /// The next bytes of the body; trailers are passed over.
    async fn next(
        &mut self,
        body: &mut Incoming,
        sent: &AtomicBool,
    ) -> Result<Option<Bytes>, Lost> {
        while !body.is_end_stream() {
            let frame = poll_fn(|cx| {
                // Asking is what makes the driver read; what it reads is then there at once.
                let asked = Pin::new(&mut *body).poll_frame(&mut quiet());
                if asked.is_ready() {
                    return asked;
                }
                self.drive(cx, sent);
                match Pin::new(&mut *body).poll_frame(&mut quiet()) {
                    Poll::Pending if self.over => Poll::Ready(None),
                    polled => polled,
                }
            });
            match frame.await {
                None => return Ok(None),
                Some(Err(error)) => return Err(reason(&error)),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Let the connection read and write what it can.
    fn drive(&mut self, cx: &mut Context<'_>, sent: &AtomicBool) {
        if !self.over {
            self.over = Pin::new(&mut *self.driver).poll(cx).is_ready();
            if self.pulse.wrote.load(Relaxed) {
                sent.store(true, Relaxed);
            }
        }
    }

    /// Whether another request may follow.
    pub(crate) async fn is_reusable(&mut self) -> bool {
        if !self.over && !self.sender.is_ready() {
            poll_fn(|cx| {
                self.over = Pin::new(&mut *self.driver).poll(cx).is_ready();
                Poll::Ready(())
            })
            .await;
        }
        !self.over && self.sender.is_ready()
    }
}

/// A context that wakes nobody. The answer and its body come out of the driver, which this very
/// task polls with its own waker, just before: a second wake-up would only make it run twice.
fn quiet() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Which of the failures of a connection this is.
pub(crate) fn reason(error: &hyper::Error) -> Lost {
    let broken = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    let malformed = broken.is_some_and(|error| {
        matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
    });
    if error.is_parse() || malformed { Lost::NOT_HTTP } else { Lost::BROKEN }
}
