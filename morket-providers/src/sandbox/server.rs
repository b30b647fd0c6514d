//! Connections: requests in, answers out, cut or late where the dice say so.

use super::{
    Delivery, Fault, Vendor, control,
    faults::Course,
    hall::{Served, Shared},
    http::{Parsed, Reply, Request, parse},
};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// The bytes one read asks for.
const READ: usize = 16 * 1024;

const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// Accepts connections until it is dropped, and with it they.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and awaited: none may linger for a fuller packet.
                let _ = stream.set_nodelay(true);
                let shared = Arc::clone(&shared);
                connections.spawn(async move { Connection::new(stream).run(&shared).await });
            }
            // Out of file descriptors, most likely: some will be given back.
            Err(_) => sleep(ACCEPT_AGAIN).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
}

struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    output: Vec<u8>,
    /// Calls whose answers stand in `output`.
    due: Vec<(Vendor, u64)>,
    told_to_continue: bool,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        let (input, output, due) = (Vec::with_capacity(READ), Vec::new(), Vec::new());
        Self { stream, input, output, due, told_to_continue: false }
    }

    /// An error means that the client is gone, which is the client's business.
    async fn run(mut self, shared: &Shared) {
        let ended = self.converse(shared).await;
        let delivery = if ended.is_ok() { Delivery::Delivered } else { Delivery::Failed };
        self.settle(shared, delivery);
    }

    async fn converse(&mut self, shared: &Shared) -> io::Result<()> {
        loop {
            let input = std::mem::take(&mut self.input);
            let (then, used) = self.answer_all(&input, shared).await?;
            self.input = input;
            self.input.drain(..used);
            self.flush(shared).await?;
            if then == Then::Close {
                return self.stream.shutdown().await;
            }
            self.input.reserve(READ);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Answers every whole request in `input`; how many bytes they took.
    async fn answer_all(&mut self, input: &[u8], shared: &Shared) -> io::Result<(Then, usize)> {
        let mut at = 0;
        while at < input.len() {
            match parse(&input[at..]) {
                Parsed::Partial { wants_continue } => {
                    if wants_continue && !self.told_to_continue {
                        self.told_to_continue = true;
                        self.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
                    }
                    break;
                }
                Parsed::Bad(status) => {
                    let reply = Reply::text(status, "text/plain", "this is no request\n");
                    reply.write(false, false, &mut self.output);
                    return Ok((Then::Close, input.len()));
                }
                Parsed::Whole(request, used) => {
                    at += used;
                    self.told_to_continue = false;
                    if self.answer(&request, shared).await? == Then::Close {
                        return Ok((Then::Close, input.len()));
                    }
                }
            }
        }
        Ok((Then::GoOn, at))
    }

    async fn answer(&mut self, request: &Request<'_>, shared: &Shared) -> io::Result<Then> {
        let keep_alive = request.keep_alive;
        let without_body = request.method == "HEAD";
        let then = if keep_alive { Then::GoOn } else { Then::Close };
        let Served { vendor, seq, reply, course } = match shared.serve(request) {
            Some(served) => served?,
            None => {
                let reply = control::answer(request, shared);
                reply.write(keep_alive, without_body, &mut self.output);
                return Ok(then);
            }
        };
        if !course.before.is_zero() {
            self.flush(shared).await?;
            sleep(course.before).await;
        }
        let start = self.output.len();
        if let Some(reply) = reply {
            reply.write(keep_alive, without_body, &mut self.output);
        }
        if let Some(kept) = kept(&course, self.output.len() - start) {
            self.output.truncate(start + kept);
            shared.log().settle(vendor, seq, Delivery::Cut)?;
            self.flush(shared).await?;
            return Ok(Then::Close);
        }
        self.due.push((vendor, seq));
        if !course.within.is_zero() {
            self.flush_part(start).await?;
            sleep(course.within).await;
        }
        Ok(then)
    }

    /// Sends everything up to the middle of the answer that begins at `start`.
    async fn flush_part(&mut self, start: usize) -> io::Result<()> {
        let middle = start + (self.output.len() - start) / 2;
        self.stream.write_all(&self.output[..middle]).await?;
        self.output.drain(..middle);
        Ok(())
    }

    async fn flush(&mut self, shared: &Shared) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
        }
        self.settle(shared, Delivery::Delivered);
        Ok(())
    }

    fn settle(&mut self, shared: &Shared, delivery: Delivery) {
        if !self.due.is_empty() {
            let mut log = shared.log();
            for (vendor, seq) in self.due.drain(..) {
                // A file that cannot be written any more stops the next call, which is recorded
                // before it is answered.
                let _ = log.settle(vendor, seq, delivery);
            }
        }
    }
}

/// How many bytes of an answer are sent before the cut; none if it is not cut.
pub(super) fn kept(course: &Course, length: usize) -> Option<usize> {
    match course.fault? {
        Fault::Cut | Fault::LostWhole => Some(0),
        Fault::LostPart => {
            let most = u64::try_from(length.saturating_sub(1)).unwrap_or(0).max(1);
            usize::try_from(course.chance % most).ok().map(|at| at.max(1))
        }
        _ => None,
    }
}
