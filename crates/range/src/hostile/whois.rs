//! Hostile WHOIS servers.

use std::io;

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::stream::{drip, flood, hear, noise, stall};

/// The host name under which the first (or only) server is known.
pub(super) const FIRST_HOST: &str = "whois.first.hostile.example";
const SECOND_HOST: &str = "whois.second.hostile.example";
/// The longest chain of referrals; a client has to give up long before its end.
const CHAIN: [&str; 8] = [
    "whois.chain-1.hostile.example",
    "whois.chain-2.hostile.example",
    "whois.chain-3.hostile.example",
    "whois.chain-4.hostile.example",
    "whois.chain-5.hostile.example",
    "whois.chain-6.hostile.example",
    "whois.chain-7.hostile.example",
    "whois.chain-8.hostile.example",
];

/// What a hostile WHOIS server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhoisTrick {
    /// Accepts and never answers.
    NeverAnswer,
    /// Sends half a line and then nothing, with the connection open.
    Stall,
    /// Closes without a word.
    Close,
    /// Sends one octet at a time, for ever.
    Drip,
    /// Sends 100 MiB of lines.
    Flood,
    /// Sends 100 MiB without a line break.
    FloodOneLine,
    /// Sends random octets.
    Noise,
    /// Sends text that is not UTF-8.
    InvalidUtf8,
    /// Sends NUL octets among the text.
    Nuls,
    /// Sends terminal escapes and text that changes direction.
    Escapes,
    /// Refers to itself.
    ReferToItself,
    /// Refers to a second server, which refers back.
    ReferLoop,
    /// Refers to a second server, that to a third, and so on, eight times.
    ReferChain,
    /// Refers to 127.0.0.1.
    ReferLoopback,
    /// Refers to 10.0.0.1.
    ReferPrivate,
    /// Refers to 169.254.169.254, where clouds keep their secrets.
    ReferLinkLocal,
    /// Refers to `[::1]`.
    ReferLoopbackV6,
    /// Refers to a host that no list has.
    ReferUnlisted,
    /// Refers to another port of a host.
    ReferPort,
    /// Refers to an `rwhois://` address.
    ReferRwhois,
    /// Refers to an `http://` address.
    ReferHttp,
    /// Refers to a text with a line break and a second question in it.
    ReferInjection,
}

impl WhoisTrick {
    /// All tricks.
    pub const ALL: &[WhoisTrick] = &[
        WhoisTrick::NeverAnswer,
        WhoisTrick::Stall,
        WhoisTrick::Close,
        WhoisTrick::Drip,
        WhoisTrick::Flood,
        WhoisTrick::FloodOneLine,
        WhoisTrick::Noise,
        WhoisTrick::InvalidUtf8,
        WhoisTrick::Nuls,
        WhoisTrick::Escapes,
        WhoisTrick::ReferToItself,
        WhoisTrick::ReferLoop,
        WhoisTrick::ReferChain,
        WhoisTrick::ReferLoopback,
        WhoisTrick::ReferPrivate,
        WhoisTrick::ReferLinkLocal,
        WhoisTrick::ReferLoopbackV6,
        WhoisTrick::ReferUnlisted,
        WhoisTrick::ReferPort,
        WhoisTrick::ReferRwhois,
        WhoisTrick::ReferHttp,
        WhoisTrick::ReferInjection,
    ];

    /// The referral of `host` in this trick.
    fn referral(self, host: &str) -> Option<&'static str> {
        Some(match self {
            WhoisTrick::ReferToItself => FIRST_HOST,
            WhoisTrick::ReferLoop if host == FIRST_HOST => SECOND_HOST,
            WhoisTrick::ReferLoop => FIRST_HOST,
            WhoisTrick::ReferChain => next_in_chain(host)?,
            WhoisTrick::ReferLoopback => "127.0.0.1",
            WhoisTrick::ReferPrivate => "10.0.0.1",
            WhoisTrick::ReferLinkLocal => "169.254.169.254",
            WhoisTrick::ReferLoopbackV6 => "[::1]",
            WhoisTrick::ReferUnlisted => "whois.unlisted.hostile.example",
            WhoisTrick::ReferPort => "whois.first.hostile.example:22",
            WhoisTrick::ReferRwhois => "rwhois://rwhois.hostile.example:4321",
            WhoisTrick::ReferHttp => "http://whois.hostile.example/latest/meta-data",
            WhoisTrick::ReferInjection => "whois.first.hostile.example\0\u{b}helo whois.hostile.example",
            _ => return None,
        })
    }
}

/// The hosts beside the first that a trick needs.
pub(super) fn other_hosts(trick: WhoisTrick) -> &'static [&'static str] {
    match trick {
        WhoisTrick::ReferLoop => &[SECOND_HOST],
        WhoisTrick::ReferChain => &CHAIN,
        _ => &[],
    }
}

fn next_in_chain(host: &str) -> Option<&'static str> {
    let next = CHAIN.iter().position(|link| *link == host).map_or(0, |at| at + 1);
    CHAIN.get(next).copied()
}

/// Plays the trick on one connection; a client that hangs up ends it.
pub(super) async fn serve(mut stream: TcpStream, trick: WhoisTrick, host: &'static str) {
    let _ = play(&mut stream, trick, host).await;
}

async fn play(stream: &mut TcpStream, trick: WhoisTrick, host: &str) -> io::Result<()> {
    hear(stream).await?;
    let text = match trick {
        WhoisTrick::NeverAnswer => return stall().await,
        WhoisTrick::Stall => {
            stream.write_all(b"Domain Name: HOSTILE.TEST\r\nRegistr").await?;
            return stall().await;
        }
        WhoisTrick::Close => Vec::new(),
        WhoisTrick::Drip => return drip(stream, b"Registrant Name: A\r\n").await,
        WhoisTrick::Flood => return flood(stream, b"Registrant Name: AAAAAAAAAAAAAAAA\r\n").await,
        WhoisTrick::FloodOneLine => return flood(stream, b"Registrant Name: A ").await,
        WhoisTrick::Noise => noise(4096),
        WhoisTrick::InvalidUtf8 => {
            b"Domain Name: hostile.test\r\nRegistrant Name: \xff\xfe\xc3\x28\xed\xa0\x80\r\n".to_vec()
        }
        WhoisTrick::Nuls => b"Domain Name: hostile.test\0\r\n\0\0Registrant\0 Email: a\0@b.example\r\n\0".to_vec(),
        WhoisTrick::Escapes => {
            "Domain Name: hostile.test\r\nRegistrant Name: \x1b]0;owned\x07\x1b[2J\u{202e}evil\r\n".into()
        }
        _ => refer(trick.referral(host)),
    };
    stream.write_all(&text).await
}

fn refer(referral: Option<&str>) -> Vec<u8> {
    let line = referral.map(|to| format!("   Registrar WHOIS Server: {to}\r\n")).unwrap_or_default();
    format!("   Domain Name: HOSTILE.TEST\r\n{line}   Registrar: Hostile Registrar\r\n").into_bytes()
}
