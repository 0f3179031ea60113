//! What hostile servers do to a connection whatever it speaks: stall, drip, flood, rave.

use std::{io, time::Duration};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How much a flood sends before it ends.
pub(super) const FLOOD_OCTETS: usize = 100 << 20;
/// The pause between two octets of a drip.
const DRIP: Duration = Duration::from_millis(20);

/// Reads what the client has to say until a line ends, at most 8 KiB.
pub(super) async fn hear(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut heard = vec![0; 8192];
    let mut filled = 0;
    while filled < heard.len() && !heard[..filled].contains(&b'\n') {
        match stream.read(&mut heard[filled..]).await? {
            0 => break,
            read => filled += read,
        }
    }
    heard.truncate(filled);
    Ok(heard)
}

/// Keeps the connection open and says no more.
pub(super) async fn stall() -> io::Result<()> {
    std::future::pending().await
}

/// Sends `octets` one at a time, again and again.
pub(super) async fn drip(stream: &mut (impl AsyncWrite + Unpin), octets: &[u8]) -> io::Result<()> {
    let mut pause = tokio::time::interval(DRIP);
    for octet in octets.iter().cycle() {
        pause.tick().await;
        stream.write_all(&[*octet]).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// Sends `piece` again and again, [`FLOOD_OCTETS`] in all.
pub(super) async fn flood(stream: &mut (impl AsyncWrite + Unpin), piece: &[u8]) -> io::Result<()> {
    let chunk = piece.repeat((1 << 16) / piece.len().max(1) + 1);
    let mut sent = 0;
    while sent < FLOOD_OCTETS {
        stream.write_all(&chunk).await?;
        sent += chunk.len();
    }
    Ok(())
}

/// Octets without any sense, the same every time (xorshift, Marsaglia 2003).
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}
