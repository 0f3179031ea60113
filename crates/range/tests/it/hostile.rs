//! Every hostile trick is really played.

use std::{net::SocketAddr, time::Duration};

use range::hostile::{DnsTrick, Hostile, RdapTrick, WhoisTrick};
use tokio::{
    io::AsyncReadExt,
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use crate::client::{PATIENCE, exchange, query, tcp, text, udp, word};

/// How long to wait for what must not come.
const MOMENT: Duration = Duration::from_millis(50);
const LIMIT: u64 = 1 << 20;

/// A whole answer, up to a limit; from a server that ought to be silent, none within a moment.
async fn taste(server: SocketAddr, question: &[u8], silent: bool) -> Option<Vec<u8>> {
    let stream = TcpStream::connect(server).await.unwrap();
    timeout(if silent { MOMENT } else { PATIENCE }, exchange(stream, question, LIMIT)).await.ok()?.ok()
}

#[tokio::test]
async fn whois_servers_play_their_tricks() {
    for trick in WhoisTrick::ALL {
        let hostile = Hostile::whois(*trick).await.unwrap();
        let silent = matches!(trick, WhoisTrick::NeverAnswer | WhoisTrick::Stall | WhoisTrick::Drip);
        let answer = taste(hostile.address(), b"hostile.test\r\n", silent).await;
        assert_eq!(answer.is_none(), silent, "{trick:?}");
        if matches!(trick, WhoisTrick::Flood | WhoisTrick::FloodOneLine) {
            assert_eq!(answer.unwrap().len() as u64, LIMIT, "{trick:?}");
        }
        assert_eq!(hostile.asked(), 1, "{trick:?}");
    }
}

#[tokio::test]
async fn referral_loop_comes_back() {
    let hostile = Hostile::whois(WhoisTrick::ReferLoop).await.unwrap();
    let mut at = hostile.address();
    for _ in 0..4 {
        let answer = text(at, "hostile.test\r\n").await;
        let referral = answer.lines().find_map(|line| line.trim().strip_prefix("Registrar WHOIS Server: ")).unwrap();
        assert_ne!(hostile.hosts()[referral], at);
        at = hostile.hosts()[referral];
    }
    assert_eq!((at, hostile.asked()), (hostile.address(), 4));
}

#[tokio::test]
async fn rdap_servers_play_their_tricks() {
    for trick in RdapTrick::ALL {
        let hostile = Hostile::rdap(*trick).await.unwrap();
        let silent = matches!(trick, RdapTrick::NeverAnswer | RdapTrick::Stall | RdapTrick::Drip);
        let question = b"GET /domain/hostile.test HTTP/1.1\r\nHost: x\r\n\r\n";
        let answer = taste(hostile.address(), question, silent).await;
        assert_eq!(answer.is_none(), silent, "{trick:?}");
        let Some(answer) = answer else { continue };
        if matches!(trick, RdapTrick::Flood | RdapTrick::FloodHead) {
            assert_eq!(answer.len() as u64, LIMIT, "{trick:?}");
        }
        let redirects = answer.starts_with(b"HTTP/1.1 302 ");
        assert_eq!(redirects, format!("{trick:?}").starts_with("Redirect"), "{trick:?}");
    }
}

#[tokio::test]
async fn dns_servers_play_their_tricks() {
    let query = query("www.hostile.test", 1);
    for trick in DnsTrick::ALL {
        let hostile = Hostile::dns(*trick).await.unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&query, hostile.address()).await.unwrap();
        let mut answer = [0; 4096];
        if *trick == DnsTrick::NeverAnswer {
            assert!(timeout(MOMENT, socket.recv_from(&mut answer)).await.is_err());
            continue;
        }
        let (length, from) = timeout(PATIENCE, socket.recv_from(&mut answer)).await.unwrap().unwrap();
        assert_eq!(from != hostile.address(), *trick == DnsTrick::WrongSource, "{trick:?}");
        let regular = length > 12 && answer[..2] == query[..2] && answer[2] & 0x80 != 0;
        let odd = [DnsTrick::WrongId, DnsTrick::Noise, DnsTrick::ShortHeader, DnsTrick::Echo].contains(trick);
        assert_eq!(regular, !odd, "{trick:?}");
    }
}

#[tokio::test]
async fn truncated_answers_lead_nowhere() {
    let query = query("www.hostile.test", 1);
    let hostile = Hostile::dns(DnsTrick::TruncatedForever).await.unwrap();
    for answer in [udp(hostile.address(), &query).await, tcp(hostile.address(), &query).await] {
        assert_ne!(word(&answer, 2) & 0x0200, 0);
    }
    let hostile = Hostile::dns(DnsTrick::TruncatedThenStall).await.unwrap();
    let mut stream = TcpStream::connect(hostile.address()).await.unwrap();
    assert!(timeout(MOMENT, stream.read_u8()).await.is_err());
}
