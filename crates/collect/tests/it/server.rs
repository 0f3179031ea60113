//! Small honest servers, each with a log of what it was asked.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::Record,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
};

/// A server's address and what it was asked so far.
pub(crate) struct Server {
    pub(crate) socket: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.socket)
    }
}

/// Answers a line with a text.
pub(crate) async fn whois(answer: impl Fn(&str) -> String + Send + 'static) -> Server {
    lines(move |line| answer(line)).await
}

/// Answers a path with status, further header lines and body.
pub(crate) async fn http(answer: impl Fn(&str) -> (u16, String, String) + Send + 'static) -> Server {
    lines(move |line| {
        let (status, headers, body) = answer(line.split(' ').nth(1).unwrap_or_default());
        format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    })
    .await
}

/// Takes the first line of a connection, answers and closes.
async fn lines(answer: impl Fn(&str) -> String + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server { socket: listener.local_addr().unwrap(), asked: Arc::default() };
    let log = server.asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let line = first_line(&mut stream).await;
            log.lock().unwrap().push(line.clone());
            let _ = stream.write_all(answer(&line).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    server
}

/// Reads until the end of a WHOIS line or of an HTTP head.
async fn first_line(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let ended = |heard: &[u8]| match heard.starts_with(b"GET ") {
        true => heard.ends_with(b"\r\n\r\n"),
        false => heard.ends_with(b"\r\n"),
    };
    while !ended(&heard) {
        match stream.read_u8().await {
            Ok(octet) => heard.push(octet),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&heard).lines().next().unwrap_or_default().to_owned()
}

/// Answers DNS questions over UDP: a code and records for `NAME TYPE`.
pub(crate) async fn dns(answer: impl Fn(&str) -> (ResponseCode, Vec<Record>) + Send + 'static) -> Server {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = Server { socket: udp.local_addr().unwrap(), asked: Arc::default() };
    let log = server.asked.clone();
    tokio::spawn(async move {
        let mut datagram = [0; 4096];
        while let Ok((length, from)) = udp.recv_from(&mut datagram).await {
            let mut message = Message::from_vec(&datagram[..length]).unwrap();
            let asked = format!("{} {}", message.queries[0].name(), message.queries[0].query_type());
            log.lock().unwrap().push(asked.clone());
            let (code, records) = answer(&asked);
            message.metadata.message_type = MessageType::Response;
            message.metadata.response_code = code;
            message.answers = records;
            let _ = udp.send_to(&message.to_vec().unwrap(), from).await;
        }
    });
    server
}
