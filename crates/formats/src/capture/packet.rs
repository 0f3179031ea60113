//! IP packets of both versions, and what they carry.

/// The longest chain of extension headers that is followed.
const EXTENSIONS_MAX: usize = 8;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Sender and receiver; an IPv4 address fills the first four octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ends {
    pub(super) from: [u8; 16],
    pub(super) to: [u8; 16],
}

/// An IP packet, or a fragment of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    ends: Ends,
    pub(super) protocol: u8,
    pub(super) payload: &'a [u8],
    pub(super) fragment: Option<Fragment>,
}

/// Which part of its packet a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) id: u32,
    pub(super) offset: usize,
    pub(super) more: bool,
}

/// What a packet carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Transport<'a> {
    Udp { from: u16, payload: &'a [u8] },
    Tcp(Segment<'a>),
    Other,
}

/// A TCP segment (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) sequence: u32,
    pub(super) begins: bool,
    pub(super) ends: bool,
    pub(super) payload: &'a [u8],
}

/// Reads an IP packet; none where its octets contradict themselves.
pub(super) fn parse(octets: &[u8]) -> Option<Packet<'_>> {
    match octets.first()? >> 4 {
        4 => parse_v4(octets),
        6 => parse_v6(octets),
        _ => None,
    }
}

/// RFC 791 §3.1.
fn parse_v4(octets: &[u8]) -> Option<Packet<'_>> {
    let header = usize::from(octets.first()? & 0xf) * 4;
    let total = usize::from(u16_at(octets, 2)?);
    // Segments that the card cuts for the kernel (TSO) have no length in the capture.
    let end = if total == 0 { octets.len() } else { total.min(octets.len()) };
    if header < 20 {
        return None;
    }
    let flags = u16_at(octets, 6)?;
    let (offset, more) = (usize::from(flags & 0x1fff) * 8, flags & 0x2000 != 0);
    let fragment = (offset > 0 || more).then_some(Fragment { id: u16_at(octets, 4)?.into(), offset, more });
    let mut ends = Ends { from: [0; 16], to: [0; 16] };
    ends.from.get_mut(..4)?.copy_from_slice(octets.get(12..16)?);
    ends.to.get_mut(..4)?.copy_from_slice(octets.get(16..20)?);
    Some(Packet { ends, protocol: *octets.get(9)?, payload: octets.get(header..end)?, fragment })
}

/// RFC 8200 §3 and §4.
fn parse_v6(octets: &[u8]) -> Option<Packet<'_>> {
    let length = usize::from(u16_at(octets, 4)?);
    let end = if length == 0 { octets.len() } else { (40 + length).min(octets.len()) };
    let ends = Ends { from: *octets.get(8..)?.first_chunk()?, to: *octets.get(24..)?.first_chunk()? };
    let (mut protocol, mut at, mut fragment) = (*octets.get(6)?, 40, None);
    for _ in 0..EXTENSIONS_MAX {
        let (next, length) = (octets.get(at).copied(), octets.get(at + 1).copied());
        let octets_of = |unit: usize, plus: usize| length.map(|length| (usize::from(length) + plus) * unit);
        match protocol {
            0 | 43 | 60 => at += octets_of(8, 1)?,
            51 => at += octets_of(4, 2)?,
            44 => {
                let place = u16_at(octets, at + 2)?;
                let id = u32::from(u16_at(octets, at + 4)?) << 16 | u32::from(u16_at(octets, at + 6)?);
                let part = Fragment { id, offset: usize::from(place & 0xfff8), more: place & 1 != 0 };
                // A packet may be its own only fragment (RFC 6946).
                fragment = (part.offset > 0 || part.more).then_some(part);
                at += 8;
                if part.offset > 0 {
                    protocol = next?;
                    break;
                }
            }
            _ => break,
        }
        protocol = next?;
    }
    Some(Packet { ends, protocol, payload: octets.get(at..end)?, fragment })
}

impl<'a> Packet<'a> {
    pub(super) fn ends(&self) -> Ends {
        self.ends
    }

    /// The packet of which this was a fragment.
    pub(super) fn whole<'w>(&self, payload: &'w [u8]) -> Packet<'w> {
        Packet { payload, fragment: None, ends: self.ends, protocol: self.protocol }
    }

    /// What it carries; none where that contradicts itself.
    pub(super) fn transport(&self) -> Option<Transport<'a>> {
        match self.protocol {
            UDP => {
                let length = usize::from(u16_at(self.payload, 4)?);
                let end = if length == 0 { self.payload.len() } else { length.min(self.payload.len()) };
                Some(Transport::Udp { from: u16_at(self.payload, 0)?, payload: self.payload.get(8..end)? })
            }
            TCP => segment(self.payload).map(Transport::Tcp),
            _ => Some(Transport::Other),
        }
    }
}

fn segment(octets: &[u8]) -> Option<Segment<'_>> {
    let (place, flags) = (*octets.get(12)?, *octets.get(13)?);
    let header = usize::from(place >> 4) * 4;
    let (begins, ends) = (flags & 0x02 != 0, flags & 0x05 != 0);
    if header < 20 {
        return None;
    }
    Some(Segment {
        from: u16_at(octets, 0)?,
        to: u16_at(octets, 2)?,
        sequence: u32::from(u16_at(octets, 4)?) << 16 | u32::from(u16_at(octets, 6)?),
        begins,
        ends,
        payload: octets.get(header..)?,
    })
}

fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair))
}
