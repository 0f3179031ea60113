//! Sockets on loopback, and what is done with the connections that come in.

use std::{io, net::Ipv4Addr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinSet,
};

/// How many connections one server holds open; further ones wait in the backlog.
const CONNECTIONS_MAX: usize = 256;
/// How long a client may take with one connection.
const CONNECTION_TIME: Duration = Duration::from_secs(10);
/// How many free ports are tried until one is free for UDP and TCP alike.
const PORTS_TRIED: usize = 32;

/// A free port of 127.0.0.1.
pub(crate) async fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// UDP and TCP of one free port of 127.0.0.1, as DNS wants them.
pub(crate) async fn listen_both() -> io::Result<(UdpSocket, TcpListener)> {
    let mut taken = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..PORTS_TRIED {
        let tcp = listen().await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) => taken = error,
        }
    }
    Err(taken)
}

/// Accepts connections and serves each in a task of its own; they end together with this one.
pub(crate) async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = open.join_next() => {}
            accepted = listener.accept(), if open.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => drop(open.spawn(within_time(serve(stream)))),
                // Out of descriptors: some connection has to end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

async fn within_time(connection: impl Future<Output = ()>) {
    // A client that is too slow is cut off; that is all there is to say to it.
    let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
}
