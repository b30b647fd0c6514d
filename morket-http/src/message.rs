//! Our requests and answers, and those of the wire.

use crate::{
    body::{Cap, Collector, Lost},
    origin::Origin,
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{ACCEPT_ENCODING, HOST, PROXY_AUTHORIZATION, USER_AGENT},
    uri::{PathAndQuery, Scheme},
};
use http_body_util::Full;
use morket_core::http::{FailureCause, HttpFailure, HttpRequest, HttpResponse, Method};
use std::time::Duration;

/// What is written on a connection.
pub(crate) type Wire = http::Request<Full<Bytes>>;

/// Headers that say how a message is framed or where it goes: ours to write, nobody else's.
const OURS: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request that is ready to be written, again if the first connection turns out to be closed.
pub(crate) struct Outgoing {
    request: HttpRequest,
    body: Bytes,
    path: PathAndQuery,
}

impl Outgoing {
    /// `url` is the request's, `rest` what follows the origin in it.
    pub(crate) fn new(mut request: HttpRequest, rest: &str) -> Result<Self, HttpFailure> {
        let path = if rest.starts_with('/') {
            PathAndQuery::try_from(rest)
        } else {
            PathAndQuery::try_from(format!("/{rest}"))
        };
        let path = path.map_err(|_| invalid("the URL's path cannot be sent"))?;
        let body = request.take_body().map(Bytes::from).unwrap_or_default();
        Ok(Self { request, body, path })
    }

    /// How long the exchange may take.
    pub(crate) fn time_limit(&self) -> Duration {
        self.request.time_limit()
    }

    /// How large the answer may be.
    pub(crate) fn cap(&self) -> Cap {
        Cap { limit: self.request.body_limit(), cut: self.request.cuts_body() }
    }

    /// As it is written to this origin over HTTP/1.1.
    pub(crate) fn http1(
        &self,
        origin: &Origin,
        user_agent: &HeaderValue,
    ) -> Result<Wire, HttpFailure> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(HOST, origin.authority.clone());
        headers.insert(USER_AGENT, user_agent.clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
        let uri = match &origin.proxy_headers {
            // A proxy is told the whole URL.
            Some(authorization) => {
                if let Some(value) = authorization {
                    headers.insert(PROXY_AUTHORIZATION, value.clone());
                }
                self.absolute(origin)?
            }
            None => Uri::from(self.path.clone()),
        };
        self.fill(&mut headers)?;
        Ok(self.wire(uri, headers))
    }

    /// The same request for HTTP/2, which names the origin in its own way.
    pub(crate) fn http2(
        &self,
        origin: &Origin,
        user_agent: &HeaderValue,
    ) -> Result<Wire, HttpFailure> {
        let mut wire = self.http1(origin, user_agent)?;
        wire.headers_mut().remove(HOST);
        *wire.uri_mut() = self.absolute(origin)?;
        *wire.version_mut() = http::Version::HTTP_2;
        Ok(wire)
    }

    fn wire(&self, uri: Uri, headers: HeaderMap) -> Wire {
        let mut wire = http::Request::new(Full::new(self.body.clone()));
        *wire.method_mut() = method(self.request.method());
        *wire.uri_mut() = uri;
        *wire.headers_mut() = headers;
        wire
    }

    fn absolute(&self, origin: &Origin) -> Result<Uri, HttpFailure> {
        let scheme = if origin.target.is_https() { Scheme::HTTPS } else { Scheme::HTTP };
        Uri::builder()
            .scheme(scheme)
            .authority(origin.authority.as_bytes())
            .path_and_query(self.path.clone())
            .build()
            .map_err(|_| invalid("the URL cannot be sent"))
    }

    fn fill(&self, headers: &mut HeaderMap) -> Result<(), HttpFailure> {
        let shown = self.request.redacted_headers().map(|(_, value)| value);
        for ((name, value), shown) in self.request.headers().zip(shown) {
            if OURS.contains(&name) {
                return Err(invalid("a header of the request is ours to write"));
            }
            let key = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| invalid("a header's name cannot be sent"))?;
            let mut sent = HeaderValue::from_str(value)
                .map_err(|_| invalid("a header's value cannot be sent"))?;
            // HTTP/2 keeps what is secret out of its tables of repeated headers.
            sent.set_sensitive(shown != value);
            if key == USER_AGENT || key == ACCEPT_ENCODING {
                headers.insert(key, sent);
            } else {
                headers.append(key, sent);
            }
        }
        Ok(())
    }
}

/// An answer whose body is read.
pub(crate) fn answer(
    parts: http::response::Parts,
    collector: Collector,
) -> Result<HttpResponse, Lost> {
    let (body, unpacked) = collector.finish()?;
    let headers = headers(&parts.headers, unpacked);
    Ok(HttpResponse { status: parts.status.as_u16(), headers, body })
}

/// Headers as text. Those that spoke of a packed body go when it is unpacked.
pub(crate) fn headers(headers: &HeaderMap, unpacked: bool) -> Vec<(String, String)> {
    let mut texts = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let packing = matches!(name.as_str(), "content-encoding" | "content-length");
        if !(unpacked && packing) {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            texts.push((name.as_str().to_owned(), value));
        }
    }
    texts
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
    }
}

fn invalid(detail: &str) -> HttpFailure {
    HttpFailure::unsent(FailureCause::Invalid, detail)
}
