//! What a host's subscriber hears of requests: no secret, and no more of a URL than its host.

use crate::support::{Server, ok, secure::Secure};
use morket_core::{
    Secret,
    http::{Http, HttpRequest},
};
use morket_http::Client;
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Writes down everything that is said at `debug` and above, by whomever, and by us at any level.
#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Notebook {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("morket") || *metadata.level() <= Level::DEBUG
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = self.0.lock().unwrap();
        text.push_str(&format!("\n{}:", event.metadata().target()));
        event.record(&mut Line(&mut text));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn p097_nothing_that_is_said_holds_a_secret() {
    // method: property
    let notebook = Notebook::default();
    let _guard = tracing::subscriber::set_default(notebook.clone());
    let key = Secret::new("canary-key".to_owned());
    let build = |url: String| {
        HttpRequest::post(url)
            .secret_query("key", &key)
            .query("email", "canary@example.com")
            .bearer(&key)
            .body(b"canary-body".to_vec())
            .timeout(Duration::from_millis(200))
    };
    let mut told = String::new();
    for answer in [ok("canary-answer"), "HTTP/1.1 canary\r\n\r\n".to_owned(), String::new()] {
        let server = Server::closing_after(answer).await;
        let client = server.client();
        for url in [server.url("/canary-path"), "https://127.0.0.1/canary-path".to_owned()] {
            let request = build(url);
            told.push_str(&format!("{request:?} {client:?} "));
            if let Err(failure) = client.send(request).await {
                told.push_str(&format!("{failure} {failure:?}"));
            }
        }
    }
    for protocol in ["h2", "http/1.1"] {
        let server = Secure::start(&[protocol]).await;
        let client = Client::new(server.options()).unwrap();
        for path in ["/", "/silent"] {
            if let Err(failure) = client.send(build(server.url(path))).await {
                told.push_str(&format!("{failure} {failure:?}"));
            }
        }
    }
    // What is plain in a request may be seen in the request's own `Debug`, and nowhere else.
    assert!(!told.contains("canary-key") && !told.contains("canary-body"), "{told}");
    let heard = notebook.0.lock().unwrap();
    assert!(heard.contains("morket_http") && heard.contains("127.0.0.1"), "{heard}");
    assert!(!heard.contains("canary"), "{heard}");
}
