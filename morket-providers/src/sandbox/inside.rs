//! The same vendors without a socket, for runs on virtual time: there nobody waits for a network.

use super::{
    Delivery, Entry, Options, Summary, Vendor, World,
    hall::{Served, Shared},
    http::{Parsed, Reply, parse},
    server::kept,
};
use async_trait::async_trait;
use morket_core::http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse};
use std::{io, sync::Arc, time::Duration};

/// Where vendors live that have no address.
const ORIGIN: &str = "http://sandbox.invalid";

/// A sandbox in the caller's own process: an [`Http`] whose requests are read, decided and recorded
/// as by [`Sandbox`](super::Sandbox), byte for byte. Delays are the runtime's, so that under paused
/// time they take none.
#[derive(Clone, Debug)]
pub struct Inside {
    shared: Arc<Shared>,
}

impl Inside {
    /// A sandbox that nobody else can reach; the port of its options means nothing.
    ///
    /// # Errors
    /// The log file cannot be opened.
    pub fn new(options: Options) -> io::Result<Self> {
        Ok(Self { shared: Arc::new(Shared::new(options)?) })
    }

    /// What stands for a vendor's base URL, version included.
    pub fn base_url(vendor: Vendor) -> String {
        format!("{ORIGIN}{}", vendor.base_path())
    }

    /// The truth behind the answers.
    pub fn world(&self) -> World {
        self.shared.world
    }

    /// Up to `limit` calls numbered above `after`.
    pub fn log(&self, after: u64, limit: usize) -> Vec<Entry> {
        self.shared.log().after(after, limit)
    }

    /// Counts over all calls.
    pub fn summary(&self) -> Summary {
        self.shared.log().summary(self.shared.options.seed)
    }

    /// Forgets all calls, attempts, tasks and accounts; the world stays.
    pub fn reset(&self) {
        self.shared.reset();
    }

    fn serve(&self, bytes: &[u8]) -> Result<Served, HttpFailure> {
        let Parsed::Whole(request, _) = parse(bytes) else {
            return Err(HttpFailure::unsent(FailureCause::Invalid, "this is no request"));
        };
        let nowhere = || HttpFailure::unsent(FailureCause::Refused, "no vendor lives there");
        let served = self.shared.serve(&request).ok_or_else(nowhere)?;
        served.map_err(|_| HttpFailure::unsent(FailureCause::Unreachable, "the log cannot be kept"))
    }

    fn settle(&self, vendor: Vendor, seq: u64, delivery: Delivery) {
        // A file that cannot be written any more stops the next call.
        let _ = self.shared.log().settle(vendor, seq, delivery);
    }
}

#[async_trait]
impl Http for Inside {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let bytes = wire(&request)?;
        let Served { vendor, seq, reply, course } = self.serve(&bytes)?;
        pause(course.before).await;
        let length = reply.as_ref().map_or(0, |it| it.body.len());
        let Some(reply) = reply.filter(|_| kept(&course, length).is_none()) else {
            self.settle(vendor, seq, Delivery::Cut);
            return Err(HttpFailure::lost(FailureCause::Broken, "the connection broke"));
        };
        pause(course.within).await;
        self.settle(vendor, seq, Delivery::Delivered);
        Ok(response(reply))
    }
}

/// The request as it would leave.
fn wire(request: &HttpRequest) -> Result<Vec<u8>, HttpFailure> {
    let url = request.url();
    let elsewhere = || HttpFailure::unsent(FailureCause::Refused, "not one of the sandbox's");
    let target = url.strip_prefix(ORIGIN).ok_or_else(elsewhere)?;
    let body = request.body_bytes().unwrap_or_default();
    let method = request.method().as_str();
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: sandbox.invalid\r\n");
    for (name, value) in request.headers() {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    Ok([head.as_bytes(), body].concat())
}

fn response(reply: Reply) -> HttpResponse {
    let own = ("content-type".to_owned(), reply.content_type.to_owned());
    let rest = reply.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
    HttpResponse {
        status: reply.status,
        headers: std::iter::once(own).chain(rest).collect(),
        body: reply.body,
    }
}

async fn pause(length: Duration) {
    if !length.is_zero() {
        tokio::time::sleep(length).await;
    }
}
