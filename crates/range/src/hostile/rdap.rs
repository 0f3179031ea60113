//! Hostile RDAP servers.

use std::io;

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::stream::{drip, flood, hear, noise, stall};

/// The host name for its answers to refer to.
pub(super) const HOST: &str = "rdap.hostile.example";
/// How deep [`RdapTrick::DeepJson`] nests.
const DEPTH: usize = 100_000;

/// What a hostile RDAP server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RdapTrick {
    /// Accepts and never answers.
    NeverAnswer,
    /// Sends a head and half a body, and then nothing.
    Stall,
    /// Closes without a word.
    Close,
    /// Sends a body one octet at a time, for ever.
    Drip,
    /// Sends a body of 100 MiB, without saying so.
    Flood,
    /// Sends a head that never ends.
    FloodHead,
    /// Claims a body of 2^62 octets.
    HugeLength,
    /// Claims a longer body than it sends, and closes.
    ShortBody,
    /// Claims a shorter body than it sends.
    LongBody,
    /// Sends random octets in place of HTTP.
    Noise,
    /// Sends random octets as body.
    NoiseBody,
    /// Sends JSON that ends in the middle.
    InvalidJson,
    /// Sends JSON with octets that are not UTF-8.
    InvalidUtf8,
    /// Sends JSON with NUL octets and terminal escapes in its texts.
    Nuls,
    /// Sends JSON nested 100,000 deep.
    DeepJson,
    /// Sends JSON whose members have the wrong types.
    WrongTypes,
    /// Answers about another domain.
    OtherDomain,
    /// Sends a page of HTML.
    Html,
    /// Redirects to itself.
    RedirectLoop,
    /// Redirects to a new path each time, for ever.
    RedirectChain,
    /// Redirects to 127.0.0.1.
    RedirectLoopback,
    /// Redirects to 169.254.169.254.
    RedirectLinkLocal,
    /// Redirects to 10.0.0.1.
    RedirectPrivate,
    /// Redirects to a host that no list has.
    RedirectUnlisted,
    /// Redirects to a file.
    RedirectFile,
    /// Names itself as the registrar's server.
    RelatedItself,
    /// Names 127.0.0.1 as the registrar's server.
    RelatedLoopback,
    /// Names a host that no list has as the registrar's server.
    RelatedUnlisted,
}

impl RdapTrick {
    /// All tricks.
    pub const ALL: &[RdapTrick] = &[
        RdapTrick::NeverAnswer,
        RdapTrick::Stall,
        RdapTrick::Close,
        RdapTrick::Drip,
        RdapTrick::Flood,
        RdapTrick::FloodHead,
        RdapTrick::HugeLength,
        RdapTrick::ShortBody,
        RdapTrick::LongBody,
        RdapTrick::Noise,
        RdapTrick::NoiseBody,
        RdapTrick::InvalidJson,
        RdapTrick::InvalidUtf8,
        RdapTrick::Nuls,
        RdapTrick::DeepJson,
        RdapTrick::WrongTypes,
        RdapTrick::OtherDomain,
        RdapTrick::Html,
        RdapTrick::RedirectLoop,
        RdapTrick::RedirectChain,
        RdapTrick::RedirectLoopback,
        RdapTrick::RedirectLinkLocal,
        RdapTrick::RedirectPrivate,
        RdapTrick::RedirectUnlisted,
        RdapTrick::RedirectFile,
        RdapTrick::RelatedItself,
        RdapTrick::RelatedLoopback,
        RdapTrick::RelatedUnlisted,
    ];

    /// Where this trick sends the client, if it does.
    fn location(self, base: &str, asked: &str) -> Option<String> {
        Some(match self {
            RdapTrick::RedirectLoop => format!("{base}domain/hostile.test"),
            RdapTrick::RedirectChain => format!("{base}{}x", asked.trim_start_matches('/')),
            RdapTrick::RedirectLoopback => "http://127.0.0.1:9/domain/hostile.test".into(),
            RdapTrick::RedirectLinkLocal => "http://169.254.169.254/latest/meta-data/".into(),
            RdapTrick::RedirectPrivate => "http://10.0.0.1/domain/hostile.test".into(),
            RdapTrick::RedirectUnlisted => "https://rdap.unlisted.hostile.example/domain/hostile.test".into(),
            RdapTrick::RedirectFile => "file:///etc/passwd".into(),
            _ => return None,
        })
    }

    /// The body of an answer with a regular head.
    fn body(self, base: &str) -> Vec<u8> {
        let related = |url: &str| {
            format!(r#"{{"objectClassName":"domain","ldhName":"hostile.test","links":[{{"rel":"related","type":"application/rdap+json","href":"{url}"}}]}}"#)
                .into_bytes()
        };
        match self {
            RdapTrick::NoiseBody => noise(4096),
            RdapTrick::InvalidJson => br#"{"objectClassName":"domain","ldhName":"host"#.to_vec(),
            RdapTrick::InvalidUtf8 => b"{\"objectClassName\":\"domain\",\"ldhName\":\"host\xff\xc3\x28.test\"}".to_vec(),
            RdapTrick::Nuls => br#"{"objectClassName":"domain","ldhName":"host\u0000ile.test","handle":"\u001b[2J\u0000"}"#.to_vec(),
            RdapTrick::DeepJson => [b"[".repeat(DEPTH), b"]".repeat(DEPTH)].concat(),
            RdapTrick::WrongTypes => br#"{"objectClassName":7,"ldhName":["hostile.test"],"entities":{"roles":"registrant"},"events":"none","nameservers":[[[]]],"status":{"a":1},"links":9}"#.to_vec(),
            RdapTrick::OtherDomain => br#"{"objectClassName":"domain","ldhName":"somebody-else.test"}"#.to_vec(),
            RdapTrick::Html => b"<html><body>Please enable JavaScript</body></html>".to_vec(),
            RdapTrick::RelatedItself => related(&format!("{base}domain/hostile.test")),
            RdapTrick::RelatedLoopback => related("http://127.0.0.1:9/domain/hostile.test"),
            RdapTrick::RelatedUnlisted => related("https://rdap.unlisted.hostile.example/domain/hostile.test"),
            _ => br#"{"objectClassName":"domain","ldhName":"hostile.test"}"#.to_vec(),
        }
    }

    /// The length that the head claims, where it claims one.
    fn claimed(self, body: usize) -> Option<u64> {
        match self {
            RdapTrick::HugeLength => Some(1 << 62),
            RdapTrick::ShortBody => Some(body as u64 + 1000),
            RdapTrick::LongBody => Some(10),
            RdapTrick::Flood | RdapTrick::Drip | RdapTrick::Stall => None,
            _ => Some(body as u64),
        }
    }
}

/// Plays the trick on one connection; a client that hangs up ends it.
pub(super) async fn serve(mut stream: TcpStream, trick: RdapTrick, base: String) {
    let _ = play(&mut stream, trick, &base).await;
}

async fn play(stream: &mut TcpStream, trick: RdapTrick, base: &str) -> io::Result<()> {
    let heard = hear(stream).await?;
    match trick {
        RdapTrick::NeverAnswer => return stall().await,
        RdapTrick::Close => return Ok(()),
        RdapTrick::Noise => return stream.write_all(&noise(4096)).await,
        RdapTrick::FloodHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            return flood(stream, b"X-Hostile: AAAAAAAAAAAAAAAAAAAAAAAA\r\n").await;
        }
        _ => {}
    }
    if let Some(location) = trick.location(base, path_of(&heard)) {
        let head =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return stream.write_all(head.as_bytes()).await;
    }
    answer(stream, trick, base).await
}

async fn answer(stream: &mut TcpStream, trick: RdapTrick, base: &str) -> io::Result<()> {
    let body = trick.body(base);
    let kind = if trick == RdapTrick::Html { "text/html" } else { "application/rdap+json" };
    let length = trick.claimed(body.len()).map(|length| format!("Content-Length: {length}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{length}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    match trick {
        RdapTrick::Drip => drip(stream, b" ").await,
        RdapTrick::Flood => flood(stream, br#"[{"objectClassName":"domain"}],"#).await,
        RdapTrick::Stall => {
            stream.write_all(&body[..body.len() / 2]).await?;
            stall().await
        }
        _ => stream.write_all(&body).await,
    }
}

fn path_of(heard: &[u8]) -> &str {
    std::str::from_utf8(heard).ok().and_then(|text| text.split(' ').nth(1)).unwrap_or("/")
}
