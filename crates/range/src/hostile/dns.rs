//! Hostile DNS servers. Their messages are written octet by octet: a library would refuse to write most of them.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
};

use super::stream::{drip, flood, noise, stall};

const HEADER_OCTETS: usize = 12;
/// QR, RD and RA: an ordinary answer of a resolver (RFC 1035 §4.1.1).
const FLAGS: u16 = 0x8180;
const TRUNCATED: u16 = 0x0200;
/// A pointer to the question's name, which follows the header (RFC 1035 §4.1.4).
const ASKED: [u8; 2] = [0xc0, 0x0c];
const CNAME: u16 = 5;
const A: u16 = 1;
/// The labels `x.hostile.test`.
const ELSEWHERE: &[u8] = b"\x01x\x07hostile\x04test\0";

/// What a hostile DNS server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsTrick {
    /// Takes questions and never answers.
    NeverAnswer,
    /// Answers with another message id.
    WrongId,
    /// Answers another question.
    WrongQuestion,
    /// Answers over UDP from another port.
    WrongSource,
    /// Sends random octets.
    Noise,
    /// Sends half a header.
    ShortHeader,
    /// Sends the question back as it came.
    Echo,
    /// Refuses.
    Refused,
    /// Says that it failed.
    ServerFailure,
    /// Answers with a name that points to itself.
    CompressionLoop,
    /// Answers with a name that points beyond the message.
    CompressionBeyond,
    /// Truncates over UDP and over TCP.
    TruncatedForever,
    /// Truncates over UDP, and stalls over TCP.
    TruncatedThenStall,
    /// Truncates over UDP, and sends the TCP answer one octet at a time, for ever.
    TruncatedThenDrip,
    /// Truncates over UDP, and sends 100 MiB over TCP.
    TruncatedThenFlood,
    /// Claims more octets of record data than there are.
    LyingLength,
    /// Gives an address of three octets.
    WrongLength,
    /// Claims 65,535 records in each section and sends none.
    HugeCounts,
    /// Sends as many records as fit into one message of 64 KiB, over TCP.
    ManyRecords,
    /// Answers about a name that was not asked for.
    OutsideName,
    /// Answers with a name that is an alias of itself.
    CnameItself,
    /// Answers with two names that are aliases of each other.
    CnameLoop,
    /// Answers every name with a new alias, for ever.
    CnameChain,
}

impl DnsTrick {
    /// All tricks.
    pub const ALL: &[DnsTrick] = &[
        DnsTrick::NeverAnswer,
        DnsTrick::WrongId,
        DnsTrick::WrongQuestion,
        DnsTrick::WrongSource,
        DnsTrick::Noise,
        DnsTrick::ShortHeader,
        DnsTrick::Echo,
        DnsTrick::Refused,
        DnsTrick::ServerFailure,
        DnsTrick::CompressionLoop,
        DnsTrick::CompressionBeyond,
        DnsTrick::TruncatedForever,
        DnsTrick::TruncatedThenStall,
        DnsTrick::TruncatedThenDrip,
        DnsTrick::TruncatedThenFlood,
        DnsTrick::LyingLength,
        DnsTrick::WrongLength,
        DnsTrick::HugeCounts,
        DnsTrick::ManyRecords,
        DnsTrick::OutsideName,
        DnsTrick::CnameItself,
        DnsTrick::CnameLoop,
        DnsTrick::CnameChain,
    ];

    fn truncates(self) -> bool {
        matches!(
            self,
            DnsTrick::TruncatedForever
                | DnsTrick::TruncatedThenStall
                | DnsTrick::TruncatedThenDrip
                | DnsTrick::TruncatedThenFlood
        )
    }
}

/// Plays the trick on every datagram.
pub(super) async fn udp(socket: UdpSocket, trick: DnsTrick, asked: Arc<AtomicUsize>) {
    let Ok(elsewhere) = super::elsewhere().await else { return };
    let mut query = [0; 4096];
    loop {
        let Ok((length, client)) = socket.recv_from(&mut query).await else { continue };
        asked.fetch_add(1, Ordering::SeqCst);
        let from = if trick == DnsTrick::WrongSource { &elsewhere } else { &socket };
        send(from, client, trick, &query[..length]).await;
    }
}

async fn send(from: &UdpSocket, client: SocketAddr, trick: DnsTrick, query: &[u8]) {
    let truncated = trick.truncates() || trick == DnsTrick::ManyRecords;
    let answer = if truncated { question_only(query, FLAGS | TRUNCATED) } else { answer(trick, query) };
    if let Some(answer) = answer {
        // A client that has given up is no concern of ours.
        let _ = from.send_to(&answer, client).await;
    }
}

/// Plays the trick on one connection; a client that hangs up ends it.
pub(super) async fn tcp(mut stream: TcpStream, trick: DnsTrick) {
    let _ = play(&mut stream, trick).await;
}

async fn play(stream: &mut TcpStream, trick: DnsTrick) -> io::Result<()> {
    let length = stream.read_u16().await?;
    let mut query = vec![0; length.into()];
    stream.read_exact(&mut query).await?;
    match trick {
        DnsTrick::TruncatedThenStall | DnsTrick::NeverAnswer => return stall().await,
        DnsTrick::TruncatedThenDrip => return drip(stream, &[0xff]).await,
        DnsTrick::TruncatedThenFlood => return flood(stream, &[0xff]).await,
        _ => {}
    }
    let flags = if trick.truncates() { FLAGS | TRUNCATED } else { FLAGS };
    let answer = if trick.truncates() { question_only(&query, flags) } else { answer(trick, &query) };
    let answer = answer.unwrap_or_default();
    stream.write_u16(answer.len().min(usize::from(u16::MAX)) as u16).await?;
    stream.write_all(&answer).await
}

/// The answer of a trick; none where it stays silent or the query is none.
fn answer(trick: DnsTrick, query: &[u8]) -> Option<Vec<u8>> {
    let asked = question(query)?;
    let one = |records: &[u8]| message(query, FLAGS, [1, 1, 0, 0], &[asked, records].concat());
    Some(match trick {
        DnsTrick::NeverAnswer => return None,
        DnsTrick::WrongId => wrong_id(one(&address(&ASKED))),
        DnsTrick::WrongQuestion => {
            let other = [ELSEWHERE, &[0, 1, 0, 1], &address(&ASKED)].concat();
            message(query, FLAGS, [1, 1, 0, 0], &other)
        }
        DnsTrick::Noise => noise(512),
        DnsTrick::ShortHeader => query[..HEADER_OCTETS / 2].to_vec(),
        DnsTrick::Echo => query.to_vec(),
        DnsTrick::Refused => message(query, FLAGS | 5, [1, 0, 0, 0], asked),
        DnsTrick::ServerFailure => message(query, FLAGS | 2, [1, 0, 0, 0], asked),
        DnsTrick::CompressionLoop => {
            let here = 0xc000 | (HEADER_OCTETS + asked.len()) as u16;
            one(&address(&here.to_be_bytes()))
        }
        DnsTrick::CompressionBeyond => one(&address(&[0xff, 0xff])),
        DnsTrick::LyingLength => one(&record(&ASKED, A, 60_000, &[192, 0, 2, 1])),
        DnsTrick::WrongLength => one(&record(&ASKED, A, 3, &[192, 0, 2])),
        DnsTrick::HugeCounts => message(query, FLAGS, [1, u16::MAX, u16::MAX, u16::MAX], asked),
        DnsTrick::ManyRecords => many(query, asked),
        DnsTrick::OutsideName => one(&address(ELSEWHERE)),
        DnsTrick::CnameItself => one(&record(&ASKED, CNAME, 2, &ASKED)),
        DnsTrick::CnameLoop => {
            let there = record(&ASKED, CNAME, ELSEWHERE.len(), ELSEWHERE);
            let back = record(ELSEWHERE, CNAME, 2, &ASKED);
            message(query, FLAGS, [1, 2, 0, 0], &[asked, &there, &back].concat())
        }
        DnsTrick::CnameChain => one(&record(&ASKED, CNAME, 4, &[1, b'x', ASKED[0], ASKED[1]])),
        _ => one(&address(&ASKED)),
    })
}

fn wrong_id(mut message: Vec<u8>) -> Vec<u8> {
    message[0] ^= 0x55;
    message
}

/// As many addresses as a message has room for.
fn many(query: &[u8], asked: &[u8]) -> Vec<u8> {
    let record = address(&ASKED);
    let count = (usize::from(u16::MAX) - HEADER_OCTETS - asked.len()) / record.len();
    message(query, FLAGS, [1, count as u16, 0, 0], &[asked, &record.repeat(count)].concat())
}

fn question_only(query: &[u8], flags: u16) -> Option<Vec<u8>> {
    question(query).map(|asked| message(query, flags, [1, 0, 0, 0], asked))
}

/// A message with the id of `query`: header, then `rest`.
fn message(query: &[u8], flags: u16, counts: [u16; 4], rest: &[u8]) -> Vec<u8> {
    let mut octets = query[..2].to_vec();
    octets.extend(flags.to_be_bytes());
    octets.extend(counts.into_iter().flat_map(u16::to_be_bytes));
    octets.extend_from_slice(rest);
    octets
}

fn address(owner: &[u8]) -> Vec<u8> {
    record(owner, A, 4, &[192, 0, 2, 1])
}

/// A record of class IN that claims `length` octets of data (RFC 1035 §4.1.3).
fn record(owner: &[u8], rrtype: u16, length: usize, data: &[u8]) -> Vec<u8> {
    let fixed = [&rrtype.to_be_bytes()[..], &[0, 1, 0, 0, 0, 60], &(length as u16).to_be_bytes()].concat();
    [owner, &fixed, data].concat()
}

/// The question of a query: name, type and class as they stand after the header.
fn question(query: &[u8]) -> Option<&[u8]> {
    let mut at = HEADER_OCTETS;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1 + length;
        if length == 0 {
            return query.get(HEADER_OCTETS..at + 4);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01";

    #[test]
    fn every_trick_survives_its_own_clients() {
        for trick in DnsTrick::ALL {
            assert!(answer(*trick, QUERY).is_some() || *trick == DnsTrick::NeverAnswer, "{trick:?}");
            for cut in 0..QUERY.len() {
                assert_eq!(answer(*trick, &QUERY[..cut]), None, "{trick:?} {cut}");
            }
        }
    }

    #[test]
    fn a_full_message_fits_its_length() {
        let answer = answer(DnsTrick::ManyRecords, QUERY).unwrap();
        assert!((65_500..=65_535).contains(&answer.len()), "{}", answer.len());
    }
}
