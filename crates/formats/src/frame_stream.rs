//! Frame streams: how dnstap is carried in files and over sockets (the `fstrm` protocol, farsightsec/fstrm).
//!
//! A *data frame* is its length in four octets, most significant first, and so many octets. A length of zero escapes a
//! *control frame*: its own length, its type, and fields of which one kind is known, the content type. A file is START,
//! data frames, STOP. Over a socket that speaks both ways, the sender begins with READY and names what it has, the
//! receiver says ACCEPT, then come START, data frames and STOP, and the receiver ends with FINISH.

use std::io::{self, Read};

/// The content type of dnstap.
pub const DNSTAP: &[u8] = b"protobuf:dnstap.Dnstap";
/// The longest data frame: a DNS message has at most 65,535 octets, a frame may hold two and what is said of them.
pub const FRAME_OCTETS_MAX: usize = 256 << 10;
/// The longest control frame (as fstrm has it).
const CONTROL_OCTETS_MAX: usize = 512;
const CONTENT_TYPE: u32 = 1;

/// The types of control frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// The receiver takes what was offered.
    Accept,
    /// Data frames follow.
    Start,
    /// No more data frames follow.
    Stop,
    /// The sender offers content types.
    Ready,
    /// The receiver has all.
    Finish,
}

/// A control frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Its type.
    pub kind: ControlKind,
    /// The content types that it names.
    pub content_types: Vec<Vec<u8>>,
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// Data: they are in the buffer.
    Data,
    /// A control frame.
    Control(Control),
    /// The stream ended where a frame could begin.
    End,
}

impl ControlKind {
    fn from_number(number: u32) -> Option<ControlKind> {
        Some(match number {
            1 => ControlKind::Accept,
            2 => ControlKind::Start,
            3 => ControlKind::Stop,
            4 => ControlKind::Ready,
            5 => ControlKind::Finish,
            _ => return None,
        })
    }
}

impl Control {
    /// A control frame that names dnstap, or nothing where its type names nothing.
    pub fn dnstap(kind: ControlKind) -> Control {
        let names = !matches!(kind, ControlKind::Stop | ControlKind::Finish);
        Control { kind, content_types: if names { vec![DNSTAP.to_vec()] } else { Vec::new() } }
    }

    /// Whether it names dnstap, or leaves open what it is.
    pub fn allows_dnstap(&self) -> bool {
        self.content_types.is_empty() || self.content_types.iter().any(|name| name == DNSTAP)
    }

    /// The octets of the whole frame.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = (self.kind as u32 + 1).to_be_bytes().to_vec();
        for name in &self.content_types {
            body.extend(CONTENT_TYPE.to_be_bytes());
            body.extend((name.len() as u32).to_be_bytes());
            body.extend(name);
        }
        [&[0; 4][..], &(body.len() as u32).to_be_bytes(), &body].concat()
    }

    fn parse(body: &[u8]) -> Option<Control> {
        let (number, mut rest) = take_u32(body)?;
        let kind = ControlKind::from_number(number)?;
        let mut content_types = Vec::new();
        while !rest.is_empty() {
            let (field, after) = take_u32(rest)?;
            let (length, after) = take_u32(after)?;
            let (value, after) = after.split_at_checked(length as usize)?;
            if field == CONTENT_TYPE {
                content_types.push(value.to_vec());
            }
            rest = after;
        }
        Some(Control { kind, content_types })
    }
}

fn take_u32(octets: &[u8]) -> Option<(u32, &[u8])> {
    octets.split_first_chunk().map(|(first, rest)| (u32::from_be_bytes(*first), rest))
}

/// Reads the next frame; data replace what `buffer` holds. An input that ends within a frame, or that is no frame
/// stream, is an error; what was read before it counts.
pub fn read(input: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<Frame> {
    let Some(length) = read_length(input)? else { return Ok(Frame::End) };
    if length != 0 {
        read_body(input, buffer, length, FRAME_OCTETS_MAX)?;
        return Ok(Frame::Data);
    }
    let length = read_length(input)?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    read_body(input, buffer, length, CONTROL_OCTETS_MAX)?;
    Control::parse(buffer).map(Frame::Control).ok_or_else(|| damaged("a control frame cannot be read"))
}

/// Four octets, or none where the input ends before them.
fn read_length(input: &mut impl Read) -> io::Result<Option<usize>> {
    let mut octets = [0; 4];
    let mut filled = 0;
    while let Some(room) = octets.get_mut(filled..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(u32::from_be_bytes(octets) as usize))
}

fn read_body(input: &mut impl Read, buffer: &mut Vec<u8>, length: usize, max: usize) -> io::Result<()> {
    if length > max {
        return Err(damaged("a frame is longer than the limit: no frame stream, or a damaged one"));
    }
    buffer.resize(length, 0);
    input.read_exact(buffer)
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_one_by_one() {
        let start = Control::dnstap(ControlKind::Start);
        let stream =
            [&start.encode()[..], &[0, 0, 0, 3], b"abc", &Control::dnstap(ControlKind::Stop).encode()].concat();
        let (mut input, mut buffer) = (stream.as_slice(), Vec::new());
        assert_eq!(read(&mut input, &mut buffer).unwrap(), Frame::Control(start));
        assert_eq!(read(&mut input, &mut buffer).unwrap(), Frame::Data);
        assert_eq!(buffer, b"abc");
        let Frame::Control(stop) = read(&mut input, &mut buffer).unwrap() else { panic!() };
        assert!(stop.kind == ControlKind::Stop && stop.allows_dnstap());
        assert_eq!(read(&mut input, &mut buffer).unwrap(), Frame::End);
        for end in 1..stream.len() {
            let mut input = &stream[..end];
            let ended = loop {
                match read(&mut input, &mut buffer) {
                    Ok(Frame::End) => break true,
                    Ok(_) => {}
                    Err(_) => break false,
                }
            };
            assert_eq!(ended, matches!(end, 42 | 49), "{end}");
        }
    }

    #[test]
    fn other_streams_are_told() {
        let mut other = Control::dnstap(ControlKind::Ready);
        other.content_types = vec![b"text".to_vec()];
        let mut buffer = Vec::new();
        assert_eq!(read(&mut other.encode().as_slice(), &mut buffer).unwrap(), Frame::Control(other.clone()));
        assert!(!other.allows_dnstap());
        assert!(read(&mut &b"GET / HTTP/1.1"[..], &mut buffer).is_err());
    }
}
