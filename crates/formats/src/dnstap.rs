//! dnstap: what a DNS server tells of the messages it sends and receives (dnstap.info, `dnstap.proto`).
//!
//! A frame is one Protocol Buffers message; a dozen of its fields are wanted here, so they are read by hand. The
//! addresses and ports of whoever asked are in it too: this reader passes over them, and they go no further.

/// What a frame tells of a message, as far as a sensor may know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dnstap<'a> {
    /// Which message it is.
    pub kind: Kind,
    /// When the answer came, or the question where nothing says so: seconds since 1970.
    pub time: Option<i64>,
    /// The zone whose servers were asked, in wire form.
    pub zone: Option<&'a [u8]>,
    /// The answer.
    pub response: Option<&'a [u8]>,
}

/// Which message a frame tells of, by who sent what to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// An authoritative server answered.
    AuthResponse,
    /// A resolver was answered by an authoritative server.
    ResolverResponse,
    /// A resolver answered its client: says who asked.
    ClientResponse,
    /// A resolver was answered by another resolver.
    ForwarderResponse,
    /// Any other, among them all questions.
    #[default]
    Other,
}

impl Kind {
    fn from_number(number: u64) -> Kind {
        match number {
            2 => Kind::AuthResponse,
            4 => Kind::ResolverResponse,
            6 => Kind::ClientResponse,
            8 => Kind::ForwarderResponse,
            _ => Kind::Other,
        }
    }
}

/// The value of a field, by its wire type.
#[derive(Clone, Copy)]
enum Value<'a> {
    Number(u64),
    Octets(&'a [u8]),
}

/// Reads a frame; none where it is no dnstap.
pub fn parse(frame: &[u8]) -> Option<Dnstap<'_>> {
    let mut message = None;
    each_field(frame, |field, value| {
        if let (14, Value::Octets(octets)) = (field, value) {
            message = Some(octets);
        }
    })?;
    let (mut read, mut asked) = (Dnstap::default(), None);
    each_field(message?, |field, value| match (field, value) {
        (1, Value::Number(number)) => read.kind = Kind::from_number(number),
        (8, Value::Number(seconds)) => asked = i64::try_from(seconds).ok(),
        (11, Value::Octets(zone)) => read.zone = Some(zone),
        (12, Value::Number(seconds)) => read.time = i64::try_from(seconds).ok(),
        (14, Value::Octets(response)) => read.response = Some(response),
        _ => {}
    })?;
    Some(Dnstap { time: read.time.or(asked), ..read })
}

/// Shows the fields of a Protocol Buffers message; none where it cannot be read.
fn each_field<'a>(message: &'a [u8], mut show: impl FnMut(u64, Value<'a>)) -> Option<()> {
    let mut rest = message;
    while !rest.is_empty() {
        let (key, after) = varint(rest)?;
        let (value, after) = match key & 7 {
            0 => varint(after).map(|(number, after)| (Value::Number(number), after))?,
            1 => after.split_at_checked(8).map(|(octets, after)| (Value::Octets(octets), after))?,
            2 => {
                let (length, after) = varint(after)?;
                let (octets, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
                (Value::Octets(octets), after)
            }
            5 => after.split_at_checked(4).map(|(octets, after)| (Value::Octets(octets), after))?,
            _ => return None,
        };
        show(key >> 3, value);
        rest = after;
    }
    Some(())
}

fn varint(octets: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, octet) in octets.iter().take(10).enumerate() {
        number |= u64::from(octet & 0x7f) << (7 * at);
        if octet & 0x80 == 0 {
            return Some((number, octets.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_among_others() {
        let message = b"\x08\x04\x10\x01\x22\x04\xc0\0\x02\x01\x40\xf6\x8a\x94\xd8\x06\x4d\xab\xf6\xe9\x35\x5a\x01\0\x60\xf7\x8a\x94\xd8\x06\x72\x02hi";
        let frame = [&b"\x0a\x02ns\x72"[..], &[message.len() as u8], message, b"\x78\x01"].concat();
        let read = parse(&frame).unwrap();
        assert_eq!(read.kind, Kind::ResolverResponse);
        assert_eq!((read.time, read.zone, read.response), (Some(1_795_491_191), Some(&b"\0"[..]), Some(&b"hi"[..])));
        // Without the last field each end between fields is a frame too, any other is none.
        let read = (0..frame.len()).filter(|end| parse(&frame[..*end]).is_some()).count();
        assert_eq!(read, 1);
        assert_eq!(parse(b""), None);
    }
}
