//! Clients that know no more than a line of text or a DNS header, so that nothing here shares a mistake with a server.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

/// When a test gives up on a server that ought to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Sends `question` over a connection and reads to its end, or `limit` octets.
pub(crate) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    question: &[u8],
    limit: u64,
) -> std::io::Result<Vec<u8>> {
    stream.write_all(question).await?;
    let mut answer = Vec::new();
    stream.take(limit).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The text that a WHOIS or HTTP server answers.
pub(crate) async fn text(server: SocketAddr, question: &str) -> String {
    let stream = TcpStream::connect(server).await.unwrap();
    let answer = timeout(PATIENCE, exchange(stream, question.as_bytes(), 1 << 20)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

/// A query for a name of ordinary labels: id 0x1234, RD set.
pub(crate) fn query(name: &str, rrtype: u16) -> Vec<u8> {
    let mut octets = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00".to_vec();
    for label in name.split('.') {
        octets.push(label.len() as u8);
        octets.extend_from_slice(label.as_bytes());
    }
    octets.push(0);
    octets.extend([rrtype.to_be_bytes(), 1u16.to_be_bytes()].concat());
    octets
}

/// What a DNS server answers over UDP.
pub(crate) async fn udp(server: SocketAddr, query: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(query, server).await.unwrap();
    let mut answer = vec![0; 65_535];
    let length = timeout(PATIENCE, socket.recv(&mut answer)).await.unwrap().unwrap();
    answer.truncate(length);
    answer
}

/// What a DNS server answers over TCP.
pub(crate) async fn tcp(server: SocketAddr, query: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let framed = [&(query.len() as u16).to_be_bytes()[..], query].concat();
    stream.write_all(&framed).await.unwrap();
    timeout(PATIENCE, async {
        let mut answer = vec![0; stream.read_u16().await.unwrap().into()];
        stream.read_exact(&mut answer).await.unwrap();
        answer
    })
    .await
    .unwrap()
}

/// The 16-bit word at `at`.
pub(crate) fn word(message: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([message[at], message[at + 1]])
}

/// The code of an answer: 0 no error, 3 no such name.
pub(crate) fn code(message: &[u8]) -> u16 {
    word(message, 2) & 0xf
}
