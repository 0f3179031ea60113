//! Serving with a certificate, and with another one after SIGHUP.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::CertificateDer};

use super::{Reply, Server, program_with};

/// A certificate for `localhost` and its key, as PEM, and what a client trusts.
fn certificate() -> (String, String, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem(), made.cert.der().clone())
}

/// Asks with trust in one certificate alone.
fn ask(server: &Server, trusted: &CertificateDer<'static>) -> std::io::Result<Reply> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let stream = TcpStream::connect(server.address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut stream = StreamOwned::new(connection, stream);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // A server may end without a word of TLS.
    let _ = stream.read_to_end(&mut answer);
    Ok(Reply::read(&String::from_utf8_lossy(&answer)))
}

/// Asks until the server has read its files again.
fn eventually(server: &Server, trusted: &CertificateDer<'static>) -> Reply {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        match ask(server, trusted) {
            Ok(reply) => return reply,
            Err(error) if Instant::now() > until => panic!("{error}"),
            Err(_) => std::thread::yield_now(),
        }
    }
}

#[test]
fn a_new_certificate_is_served_after_a_hangup() {
    let program = program_with(&[]);
    let (first, second) = (certificate(), certificate());
    let cert = program.file("cert.pem", first.0.as_bytes());
    let key = program.file("key.pem", first.1.as_bytes());
    let server = Server::start(program, &[("SPOOR_SERVE_TLS_CERT", &cert), ("SPOOR_SERVE_TLS_KEY", &key)]);
    let reply = ask(&server, &first.2).unwrap();
    assert_eq!((reply.status, reply.header("strict-transport-security").is_some()), (200, true), "{reply:?}");
    assert!(ask(&server, &second.2).is_err(), "a client that trusts another certificate");
    assert_eq!(Reply::read(&server.raw(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")).status, 0, "nothing in the clear");

    std::fs::write(&key, "no key").unwrap();
    server.signal("HUP");
    assert_eq!(ask(&server, &first.2).unwrap().status, 200, "what is not good is not taken");
    std::fs::write(&cert, &second.0).unwrap();
    std::fs::write(&key, &second.1).unwrap();
    server.signal("HUP");
    assert_eq!(eventually(&server, &second.2).status, 200);
    assert!(ask(&server, &first.2).is_err(), "the old one is gone");
}
