//! The API as its clients see it: the built program, over real connections.

mod account;
mod database;
mod dns;
mod group;
mod hostile;
mod indicator;
mod leak;
mod oidc;
mod reference;
mod right;
mod tls;
mod track;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::program::Program;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A server on a port of its own.
pub(crate) struct Server {
    pub(crate) program: Program,
    child: Child,
    pub(crate) address: SocketAddr,
    /// What it said on standard error before it served: where the code of a first start stands.
    pub(crate) notes: BufReader<std::process::ChildStderr>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// By what a request is recognised.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum By {
    Nobody,
    Session(String),
    Token(String),
}

impl Server {
    /// Starts on a data directory.
    pub(crate) fn start(program: Program, variables: &[(&str, &str)]) -> Server {
        let mut child = program
            .command()
            .args(["--json", "serve", "--listen", "127.0.0.1:0"])
            .env("SPOOR_LOG", "warn")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}"));
        let address = said["address"].as_str().unwrap().parse().unwrap();
        let notes = BufReader::new(child.stderr.take().unwrap());
        Server { program, child, address, notes }
    }

    /// Sends octets as they are, and reads all that comes back.
    pub(crate) fn raw(&self, octets: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let _ = stream.write_all(octets); // a server that refuses early may not read it all
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Reply {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
        if let Some(body) = body {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        Reply::read(&self.raw(format!("{request}\r\n{}", body.unwrap_or("")).as_bytes()))
    }

    /// A request by somebody, with JSON where there is a body.
    pub(crate) fn ask(&self, by: &By, method: &str, path: &str, body: Option<Value>) -> Reply {
        self.ask_with(by, method, path, &[], body)
    }

    pub(crate) fn ask_with(
        &self,
        by: &By,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        let own = match by {
            By::Nobody => None,
            By::Session(cookie) => Some(("cookie", cookie.clone())),
            By::Token(token) => Some(("authorization", format!("Bearer {token}"))),
        };
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.extend(own.iter().map(|(name, value)| (*name, value.as_str())));
        all.extend(body.as_ref().map(|_| ("content-type", "application/json")));
        self.send(method, path, &all, body.map(|body| body.to_string()).as_deref())
    }

    pub(crate) fn sign_in(&self, name: &str) -> By {
        let reply =
            self.ask(&By::Nobody, "POST", "/api/v1/sessions", Some(json!({"name": name, "password": PASSWORD})));
        assert_eq!(reply.status, 201, "{name}: {}", reply.body);
        By::Session(reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned())
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
    }

    /// Tells it to stop, and how it ended.
    pub(crate) fn stop(&mut self) -> i32 {
        self.signal("TERM");
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reply {
    pub(crate) fn read(text: &str) -> Reply {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { unchunked(body) } else { body.to_owned() };
        Reply { status, headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        if size == 0 || after.len() < size {
            break;
        }
        body.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    body
}

/// A program with an account for each of these names and whatever options stand after it.
pub(crate) fn program_with(accounts: &[&[&str]]) -> Program {
    let program = Program::new();
    for account in accounts {
        let run = program.feed(&[&["user", "add"], *account, &["--password-stdin"]].concat(), PASSWORD.as_bytes());
        assert_eq!(run.code, 0, "{}", run.err);
    }
    program
}

/// A token of an account.
pub(crate) fn token(program: &Program, account: &str, options: &[&str]) -> String {
    let run = program.run(&[&["--json", "token", "add", account, "a program"], options].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    run.lines()[0]["text"].as_str().unwrap().to_owned()
}
