//! A store on a server that is away while a worker begins. The server is a few bytes of its
//! protocol: it refuses whoever comes, in the words of a real one.

use super::support::Home;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStderr},
};

/// A worker whose store is at this address, and what it says.
fn worker(home: &Home, address: &str) -> (Child, BufReader<ChildStderr>) {
    let store = format!("postgres://ada:hidden-word@{address}/leads?sslmode=prefer");
    let mut child = home.command(&["worker", "--store", &store]).spawn().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap());
    (child, told)
}

fn line(told: &mut BufReader<ChildStderr>) -> String {
    let mut said = String::new();
    told.read_line(&mut said).unwrap();
    assert!(!said.contains("hidden-word"), "{said}");
    said
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Answer everybody who comes that nobody is let in, for this reason.
fn refuse(listener: &TcpListener, state: &str, times: usize) {
    for _ in 0..times {
        let (mut stream, _) = listener.accept().unwrap();
        refuse_one(&mut stream, state);
    }
}

fn refuse_one(stream: &mut TcpStream, state: &str) {
    /// The code of a request for an encrypted connection.
    const ENCRYPTED: [u8; 4] = 80_877_103_u32.to_be_bytes();
    let mut head = [0; 8];
    stream.read_exact(&mut head).unwrap();
    if head[4..] == ENCRYPTED {
        stream.write_all(b"N").unwrap();
        stream.read_exact(&mut head).unwrap();
    }
    let length = u32::from_be_bytes(head[..4].try_into().unwrap());
    let mut rest = vec![0; usize::try_from(length).unwrap() - head.len()];
    stream.read_exact(&mut rest).unwrap();
    let said = format!("SFATAL\0VFATAL\0C{state}\0Mnobody is let in\0\0");
    let mut answer = vec![b'E'];
    answer.extend(u32::try_from(said.len() + 4).unwrap().to_be_bytes());
    answer.extend(said.as_bytes());
    stream.write_all(&answer).unwrap();
}

#[test]
fn a_worker_waits_for_a_server_that_is_away() {
    let home = Home::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    for (signal_, code) in [(Signal::INT, 0), (Signal::TERM, 0)] {
        let (mut child, mut told) = worker(&home, &address);
        let said = line(&mut told);
        assert!(said.starts_with("The store does not answer; waiting for it."), "{said}");
        assert!(child.try_wait().unwrap().is_none(), "it waits");
        signal(&child, signal_);
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
    // It comes, first too busy to let anybody in, then without the database that was named.
    let (mut child, mut told) = worker(&home, &address);
    assert!(line(&mut told).starts_with("The store does not answer"));
    let server = TcpListener::bind(&address).unwrap();
    refuse(&server, "57P03", 1);
    refuse(&server, "3D000", 1);
    let said = line(&mut told);
    assert!(said.contains("has no such database"), "{said}");
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

/// A worker whose server refuses it so ends at once, and says this.
fn check(state: &str, said: &str) {
    let home = Home::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let (mut child, mut told) = worker(&home, &address);
    refuse(&server, state, 1);
    let line = line(&mut told);
    assert_eq!(line, format!("morket: url: the database at {address} {said}\n"));
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn what_waiting_does_not_mend_ends_a_worker_at_once() {
    check("28P01", "refuses this user, or the password is wrong");
    check("28000", "refuses this user, or the password is wrong");
    check("3D000", "has no such database");
    let home = Home::new();
    let (mut child, mut told) = worker(&home, "127.0.0.1:port");
    assert_eq!(line(&mut told), "morket: url: must be postgres://user@host:port/database\n");
    assert_eq!(child.wait().unwrap().code(), Some(2));
}
