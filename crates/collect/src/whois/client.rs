//! The protocol: connect, one line, read until the server closes (RFC 3912 §2).

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    config::Limits,
    outcome::{Fact, Outcome},
};

/// The assigned port.
pub(super) const PORT: u16 = 43;

/// The whole answer, or why there is none. An answer that did not end in time or broke off is none: cut short it could
/// be read as another.
pub(super) async fn ask(socket: SocketAddr, query: &str, limits: &Limits) -> Result<Vec<u8>, Fact> {
    let deadline = Instant::now() + limits.total();
    let connected = timeout(limits.connect().min(limits.total()), TcpStream::connect(socket)).await;
    let stream = connected.map_err(|_| Outcome::Timeout)?.map_err(broken)?;
    let answer = timeout_at(deadline, exchange(stream, query, limits.whois_bytes_max)).await;
    match answer.map_err(|_| Outcome::Timeout)?.map_err(broken)? {
        None => Err(Outcome::TooLarge),
        Some(body) if body.iter().all(u8::is_ascii_whitespace) => Err(Outcome::Malformed("empty answer".into())),
        Some(body) => Ok(body),
    }
}

/// The answer; none where it is longer than allowed.
async fn exchange(mut stream: TcpStream, query: &str, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
    stream.write_all(format!("{query}\r\n").as_bytes()).await?;
    let mut body = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    stream.take(limit).read_to_end(&mut body).await?;
    Ok((body.len() <= bytes_max).then_some(body))
}

fn broken(error: io::Error) -> Fact {
    Outcome::Unreachable(error.to_string())
}
