//! The DNS server: recursive and authoritative in one, over UDP and TCP of one port (RFC 1035 §4.2).
//!
//! It answers for every zone of the world at once, as a resolver would after having asked them all: aliases are
//! followed, an absent name comes with the zone's SOA (RFC 2308 §3), and what does not fit into a datagram is
//! truncated, so that the client comes back over TCP.

use std::{net::SocketAddr, sync::Arc};

use hickory_proto::{
    op::{DEFAULT_MAX_PAYLOAD_LEN, Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{DNSClass, Name as WireName, RData, Record, RecordType as WireType, rdata::NULL},
};
use model::{Name, RecordType};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
};

use crate::{
    DnsAnswer, DnsRecord,
    server::{
        log::{Kind, Question},
        scene::Scene,
    },
};

/// How the log names this server.
const HOST: &str = "resolver.range.example";
const HEADER_OCTETS: usize = 12;

/// The DNS server of a range.
pub(crate) struct Dns {
    pub(crate) scene: Arc<Scene>,
}

impl Dns {
    /// Answers datagrams, one after the other.
    pub(crate) async fn serve_udp(self: Arc<Dns>, socket: UdpSocket) {
        let mut query = [0; 4096];
        loop {
            // An error here is about an earlier answer that nobody wanted.
            let Ok((length, client)) = socket.recv_from(&mut query).await else { continue };
            self.answer_datagram(&socket, client, &query[..length]).await;
        }
    }

    async fn answer_datagram(&self, socket: &UdpSocket, client: SocketAddr, query: &[u8]) {
        // The answer carries the EDNS record of the query, and with it the size that the client can take.
        let answer = self.answer(query).and_then(|answer| octets(&answer, answer.max_payload()));
        if let Some(answer) = answer {
            // A client that has gone cannot be told.
            let _ = socket.send_to(&answer, client).await;
        }
    }

    /// Answers the queries of one connection, in order, until the client closes it.
    pub(crate) async fn serve_tcp(self: Arc<Dns>, mut stream: TcpStream) {
        while let Ok(length) = stream.read_u16().await {
            let mut query = vec![0; length.into()];
            if stream.read_exact(&mut query).await.is_err() || self.answer_tcp(&mut stream, &query).await.is_none() {
                return;
            }
        }
    }

    async fn answer_tcp(&self, stream: &mut TcpStream, query: &[u8]) -> Option<()> {
        let answer = octets(&self.answer(query)?, u16::MAX)?;
        let framed = [&(answer.len() as u16).to_be_bytes()[..], &answer].concat();
        stream.write_all(&framed).await.ok()
    }

    /// The answer to a query; none to what is no query, lest two servers answer each other for ever.
    fn answer(&self, octets: &[u8]) -> Option<Message> {
        let Ok(query) = Message::from_vec(octets) else { return not_understood(octets) };
        if query.metadata.message_type != MessageType::Query {
            return None;
        }
        let mut answer = head(&query);
        match asked(&query) {
            Ok(question) => self.fill(&mut answer, question),
            Err(code) => answer.metadata.response_code = code,
        }
        Some(answer)
    }

    fn fill(&self, answer: &mut Message, question: &Query) {
        let rrtype = RecordType(question.query_type().into());
        let Ok(name) = Name::from_labels(question.name().iter()) else {
            answer.metadata.response_code = ResponseCode::FormErr;
            return;
        };
        let at = self.scene.now();
        self.scene.log.note(Question {
            at,
            server: HOST.to_owned(),
            protocol: Kind::Dns,
            question: name.to_string(),
            rrtype: Some(rrtype),
        });
        put(answer, self.scene.world.answer_dns(&name, rrtype, at));
    }
}

/// The answer on the wire, truncated where it is longer than `limit`.
fn octets(answer: &Message, limit: u16) -> Option<Vec<u8>> {
    let octets = answer.to_vec().ok()?;
    if octets.len() > usize::from(limit) { answer.truncate().to_vec().ok() } else { Some(octets) }
}

/// The start of an answer: id, question and flags of the query, and EDNS where the query has it (RFC 6891 §6.1.1).
fn head(query: &Message) -> Message {
    let mut answer = Message::response(query.metadata.id, query.metadata.op_code);
    answer.metadata.recursion_desired = query.metadata.recursion_desired;
    answer.metadata.recursion_available = true;
    // Who asks for recursion asks a resolver, which is no authority.
    answer.metadata.authoritative = !query.metadata.recursion_desired;
    answer.add_queries(query.queries.iter().cloned());
    if query.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(query.max_payload().min(DEFAULT_MAX_PAYLOAD_LEN));
        answer.set_edns(edns);
    }
    answer
}

/// The one question of a query, or why it is not answered.
fn asked(query: &Message) -> Result<&Query, ResponseCode> {
    match query.queries.as_slice() {
        _ if query.metadata.op_code != OpCode::Query => Err(ResponseCode::NotImp),
        [question] if question.query_class() != DNSClass::IN => Err(ResponseCode::Refused),
        [question] => Ok(question),
        _ => Err(ResponseCode::FormErr),
    }
}

/// What is said to octets with the header of a query that are none otherwise.
fn not_understood(octets: &[u8]) -> Option<Message> {
    let is_query = octets.len() >= HEADER_OCTETS && octets[2] & 0x80 == 0;
    let id = u16::from_be_bytes([*octets.first()?, *octets.get(1)?]);
    is_query.then(|| Message::error_msg(id, OpCode::Query, ResponseCode::FormErr))
}

/// Puts what the world says into the answer.
fn put(answer: &mut Message, said: DnsAnswer) {
    let (code, answers, authorities) = match said {
        DnsAnswer::Records { answer, authority } => (ResponseCode::NoError, answer, authority),
        DnsAnswer::NoData { authority } => (ResponseCode::NoError, Vec::new(), authority),
        DnsAnswer::NxDomain { authority } => (ResponseCode::NXDomain, Vec::new(), authority),
    };
    answer.metadata.response_code = code;
    answer.add_answers(answers.iter().filter_map(record));
    answer.add_authorities(authorities.iter().filter_map(record));
}

/// The record on the wire. Its data stand as the model has them, without compression.
fn record(record: &DnsRecord) -> Option<Record> {
    let name = WireName::from_labels(record.name.labels()).ok()?;
    let rdata = NULL::with(record.rdata.as_octets().to_vec());
    Some(Record::from_rdata(name, record.ttl, RData::Unknown { code: WireType::from(record.rrtype.0), rdata }))
}

#[cfg(test)]
mod tests {
    use model::Rdata;

    use super::*;

    /// An answer with thirty addresses, which is more than 512 octets and less than 1,232.
    fn large() -> Message {
        let mut query = Message::new(7, MessageType::Query, OpCode::Query);
        query.add_query(Query::query(WireName::from_ascii("www.hostile.test.").unwrap(), WireType::A));
        let mut answer = head(&query);
        let address = DnsRecord {
            name: "www.hostile.test".parse().unwrap(),
            rrtype: RecordType::A,
            ttl: 60,
            rdata: Rdata::from_canonical(&[192, 0, 2, 1]),
        };
        put(&mut answer, DnsAnswer::Records { answer: vec![address; 30], authority: Vec::new() });
        answer
    }

    #[test]
    fn what_does_not_fit_is_truncated() {
        let mut answer = large();
        let short = octets(&answer, answer.max_payload()).unwrap();
        assert!(short.len() < 512 && short[2] & 0x02 != 0 && short[7] == 0);
        answer.set_edns(Edns::new());
        let whole = octets(&answer, DEFAULT_MAX_PAYLOAD_LEN).unwrap();
        assert!(whole.len() > 512 && whole[2] & 0x02 == 0 && whole[7] == 30);
    }

    #[test]
    fn what_is_no_query_gets_no_answer() {
        assert!(not_understood(b"\0\x01\x80\0\0\x01\0\0\0\0\0\0").is_none());
        assert!(not_understood(b"\0\x01").is_none());
        let error = not_understood(b"\x12\x34\x01\0\xff\xff\0\0\0\0\0\0").unwrap();
        assert_eq!((error.metadata.id, error.metadata.response_code), (0x1234, ResponseCode::FormErr));
    }

    #[test]
    fn only_one_question_of_the_internet_is_answered() {
        let mut query = Message::new(1, MessageType::Query, OpCode::Query);
        assert_eq!(asked(&query).err(), Some(ResponseCode::FormErr));
        query.add_query(Query::query(WireName::root(), WireType::A).set_query_class(DNSClass::CH).clone());
        assert_eq!(asked(&query).err(), Some(ResponseCode::Refused));
        query.metadata.op_code = OpCode::Update;
        assert_eq!(asked(&query).err(), Some(ResponseCode::NotImp));
    }
}
