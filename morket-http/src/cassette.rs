//! Real traffic, written down once and played back for ever.
//!
//! A recording is a file of JSON lines, one exchange each, without the secrets of its requests:
//! neither where they were sent nor where the vendor repeats them. What a vendor says about people
//! stays in it; the file is made readable to its owner alone.

use crate::fingerprint::Fingerprint;
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use morket_core::{
    Error, Result,
    http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse, Scrub},
    privacy::Search,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// Records what goes through it, or answers from what was recorded.
pub struct Cassette(Mode);

enum Mode {
    Record { inner: Arc<dyn Http>, file: Mutex<File> },
    Replay(Mutex<HashMap<Fingerprint, VecDeque<Answer>>>),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Exchange {
    request: Fingerprint,
    answer: Answer,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    /// The body where it is text, else `packed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The body in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packed: Option<String>,
}

impl Cassette {
    /// Send everything through `inner`, and add each answer to this file.
    pub fn record(path: impl AsRef<Path>, inner: Arc<dyn Http>) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(unusable)?;
        Ok(Self(Mode::Record { inner, file: Mutex::new(file) }))
    }

    /// Answer from this file alone. The same request again gets the next answer it got then; one
    /// that was not recorded, or not as often, is `Forbidden`.
    pub fn replay(path: impl AsRef<Path>) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(unusable)?;
        let mut tape: HashMap<_, VecDeque<_>> = HashMap::new();
        for (index, line) in text.lines().enumerate() {
            let exchange: Exchange = serde_json::from_str(line).map_err(|error| {
                let problem = format!("line {} is no exchange", index + 1);
                Error::invalid("http.cassette", "path", problem).caused_by(error)
            })?;
            tape.entry(exchange.request).or_default().push_back(exchange.answer);
        }
        Ok(Self(Mode::Replay(Mutex::new(tape))))
    }
}

impl fmt::Debug for Cassette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Mode::Record { .. } => "Cassette(recording)",
            Mode::Replay(_) => "Cassette(replaying)",
        })
    }
}

#[async_trait]
impl Http for Cassette {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let scrub = Scrub::of(&request);
        let fingerprint = Fingerprint::of(&request, &scrub);
        match &self.0 {
            Mode::Record { inner, file } => {
                let answer = inner.send(request).await?;
                let shown = Answer::write(scrub.answer(&answer));
                let written = append(file, &Exchange { request: fingerprint, answer: shown });
                // The answer was paid for: it is not held back because a disk is full.
                if written.is_err() {
                    tracing::warn!("an exchange could not be added to its recording");
                }
                Ok(answer)
            }
            Mode::Replay(tape) => {
                let mut tape = tape.lock().unwrap_or_else(PoisonError::into_inner);
                let answer = tape.get_mut(&fingerprint).and_then(VecDeque::pop_front);
                answer.and_then(Answer::read).ok_or_else(|| {
                    let detail = "the recording has no such request, or not as often";
                    HttpFailure::unsent(FailureCause::Forbidden, detail)
                })
            }
        }
    }

    fn check(&self, url: &str) -> Result<(), HttpFailure> {
        match &self.0 {
            Mode::Record { inner, .. } => inner.check(url),
            // Nothing leaves.
            Mode::Replay(_) => Ok(()),
        }
    }

    fn is_recorded(&self) -> bool {
        match &self.0 {
            Mode::Record { inner, .. } => inner.is_recorded(),
            Mode::Replay(_) => true,
        }
    }
}

impl Exchange {
    /// Whether it names somebody.
    pub(crate) fn is_named(&self, search: &Search) -> bool {
        let packed = self.answer.packed.as_ref().and_then(|it| STANDARD.decode(it).ok());
        let packed = packed.map(|it| String::from_utf8_lossy(&it).into_owned());
        let body = [self.answer.body.as_ref(), packed.as_ref()].into_iter().flatten();
        let told = |text: &String| {
            // What is escaped in a document stands plain in its leaves.
            let document = serde_json::from_str(text).is_ok_and(|it| search.is_in(&it));
            document || search.is_in_text(text)
        };
        let head = self.answer.headers.iter().any(|(_, value)| search.is_in_text(value));
        head || self.request.texts().any(|it| search.is_in_text(it)) || { body }.any(told)
    }
}

impl Answer {
    fn write(answer: HttpResponse) -> Self {
        let HttpResponse { status, headers, body } = answer;
        let (body, packed) = match String::from_utf8(body) {
            Ok(text) => (Some(text), None),
            Err(bytes) => (None, Some(STANDARD.encode(bytes.as_bytes()))),
        };
        Self { status, headers, body, packed }
    }

    fn read(self) -> Option<HttpResponse> {
        let body = match (self.body, self.packed) {
            (Some(text), _) => text.into_bytes(),
            (None, Some(packed)) => STANDARD.decode(packed).ok()?,
            (None, None) => Vec::new(),
        };
        Some(HttpResponse { status: self.status, headers: self.headers, body })
    }
}

/// One line, in one write, so that several recorders may share a file.
fn append(file: &Mutex<File>, exchange: &Exchange) -> io::Result<()> {
    let mut line = serde_json::to_vec(exchange)?;
    line.push(b'\n');
    file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
}

pub(crate) fn unusable(error: io::Error) -> Error {
    Error::invalid("http.cassette", "path", "the recording cannot be opened").caused_by(error)
}
