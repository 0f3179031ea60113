//! Capture files: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), both byte orders.

use std::io::{self, Read};

/// The longest frame, as tcpdump has it.
pub const FRAME_OCTETS_MAX: usize = 256 << 10;
/// The longest block of a pcapng file.
const BLOCK_OCTETS_MAX: usize = 16 << 20;
/// How many interfaces one section may have.
const INTERFACES_MAX: usize = 4096;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const SIMPLE: u32 = 3;
const ENHANCED: u32 = 6;

/// A frame as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The link type.
    pub link: u32,
    /// The octets that were kept of it.
    pub octets: &'a [u8],
}

/// Reads frames from a file of either format.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    order: Order,
    format: Format,
    buffer: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

#[derive(Debug)]
enum Format {
    Pcap { link: u32 },
    Next { interfaces: Vec<Interface> },
}

/// An interface of a pcapng section.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u32,
    /// How many units of time a second has.
    per_second: u64,
    offset: i64,
    snapshot: usize,
}

/// The octets of a frame in the buffer, and what is known of them.
struct Found {
    time: i64,
    link: u32,
    from: usize,
    to: usize,
}

impl Order {
    fn u32(self, octets: [u8; 4]) -> u32 {
        if self == Order::Little { u32::from_le_bytes(octets) } else { u32::from_be_bytes(octets) }
    }

    fn u32_at(self, octets: &[u8], at: usize) -> Option<u32> {
        octets.get(at..)?.first_chunk().map(|octets| self.u32(*octets))
    }

    fn u16_at(self, octets: &[u8], at: usize) -> Option<u16> {
        let pair = *octets.get(at..)?.first_chunk()?;
        Some(if self == Order::Little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    }
}

impl<R: Read> Reader<R> {
    /// Reads the head of a file.
    pub fn new(mut input: R) -> io::Result<Reader<R>> {
        let mut magic = [0; 4];
        input.read_exact(&mut magic).map_err(|_| damaged("no capture: shorter than any"))?;
        let (order, is_next) = match magic {
            [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1] => (Order::Little, false),
            [0xa1, 0xb2, 0xc3, 0xd4] | [0xa1, 0xb2, 0x3c, 0x4d] => (Order::Big, false),
            [0x0a, 0x0d, 0x0d, 0x0a] => (Order::Little, true),
            _ => return Err(damaged("no capture: neither pcap nor pcapng begins so")),
        };
        let format = Format::Next { interfaces: Vec::new() };
        let mut reader = Reader { input, order, format, buffer: Vec::new() };
        if is_next {
            reader.read_section()?;
        } else {
            let mut rest = [0; 20];
            reader.input.read_exact(&mut rest)?;
            let link = order.u32_at(&rest, 16).unwrap_or_default();
            // The upper bits say how long the check sum of each frame is.
            reader.format = Format::Pcap { link: link & 0x03ff_ffff };
        }
        Ok(reader)
    }

    /// The next frame; none at the end. A file that ends within a frame is an error; what was read before it counts.
    pub fn next_frame(&mut self) -> io::Result<Option<Frame<'_>>> {
        let found = match self.format {
            Format::Pcap { link } => self.next_pcap(link)?,
            Format::Next { .. } => self.next_block()?,
        };
        Ok(found.map(|found| Frame {
            time: found.time,
            link: found.link,
            octets: self.buffer.get(found.from..found.to).unwrap_or_default(),
        }))
    }

    fn next_pcap(&mut self, link: u32) -> io::Result<Option<Found>> {
        let mut head = [0; 16];
        if !fill(&mut self.input, &mut head)? {
            return Ok(None);
        }
        let [seconds, _, kept, _] = words(&head, self.order);
        let kept = kept as usize;
        self.read(kept, FRAME_OCTETS_MAX)?;
        Ok(Some(Found { time: i64::from(seconds), link, from: 0, to: kept }))
    }

    fn next_block(&mut self) -> io::Result<Option<Found>> {
        loop {
            let mut head = [0; 4];
            if !fill(&mut self.input, &mut head)? {
                return Ok(None);
            }
            let kind = self.order.u32(head);
            if kind == SECTION || kind == SECTION.swap_bytes() {
                self.read_section()?;
                continue;
            }
            self.input.read_exact(&mut head)?;
            self.read_block(self.order.u32(head), 8)?;
            match kind {
                INTERFACE => self.add_interface()?,
                ENHANCED => {
                    if let Some(found) = self.enhanced() {
                        return Ok(Some(found));
                    }
                    return Err(damaged("a block of the capture contradicts itself"));
                }
                SIMPLE => {
                    if let Some(found) = self.simple() {
                        return Ok(Some(found));
                    }
                }
                _ => {}
            }
        }
    }

    /// A section header, behind its type: which order, and no interfaces yet.
    fn read_section(&mut self) -> io::Result<()> {
        let mut head = [0; 8];
        self.input.read_exact(&mut head)?;
        let [l0, l1, l2, l3, m @ ..] = head;
        self.order = match m {
            [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
            [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
            _ => return Err(damaged("a section of the capture begins with no byte order")),
        };
        self.format = Format::Next { interfaces: Vec::new() };
        self.read_block(self.order.u32([l0, l1, l2, l3]), 12)
    }

    /// Reads what is left of a block of this length, of which so many octets were read; its own length ends it.
    fn read_block(&mut self, length: u32, read: usize) -> io::Result<()> {
        let rest = (length as usize).checked_sub(read).filter(|rest| *rest >= 4);
        self.read(rest.ok_or_else(|| damaged("a block of the capture is too short"))?, BLOCK_OCTETS_MAX)
    }

    fn read(&mut self, octets: usize, max: usize) -> io::Result<()> {
        if octets > max {
            return Err(damaged("a frame is longer than the limit: a damaged capture"));
        }
        self.buffer.resize(octets, 0);
        self.input.read_exact(&mut self.buffer)
    }

    fn add_interface(&mut self) -> io::Result<()> {
        let (order, body) = (self.order, self.buffer.as_slice());
        let read = |body| Some((order.u16_at(body, 0)?, order.u32_at(body, 4)?));
        let (link, snapshot) = read(body).ok_or_else(|| damaged("an interface of the capture is too short"))?;
        let mut interface =
            Interface { link: link.into(), per_second: 1_000_000, offset: 0, snapshot: snapshot as usize };
        options(order, body.get(8..).unwrap_or_default(), |code, value| match (code, value) {
            (9, [unit, ..]) => interface.per_second = per_second(*unit),
            (14, value) => {
                let octets = value.first_chunk::<8>().copied().unwrap_or_default();
                interface.offset =
                    if order == Order::Little { i64::from_le_bytes(octets) } else { i64::from_be_bytes(octets) };
            }
            _ => {}
        });
        let Format::Next { interfaces } = &mut self.format else { return Ok(()) };
        if interfaces.len() >= INTERFACES_MAX {
            return Err(damaged("more interfaces in one section than the limit"));
        }
        interfaces.push(interface);
        Ok(())
    }

    fn interface(&self, number: u32) -> Option<Interface> {
        let Format::Next { interfaces } = &self.format else { return None };
        interfaces.get(number as usize).copied()
    }

    fn enhanced(&self) -> Option<Found> {
        let word = |at| self.order.u32_at(&self.buffer, at);
        let interface = self.interface(word(0)?)?;
        let units = u64::from(word(4)?) << 32 | u64::from(word(8)?);
        let to = 20 + word(12)? as usize;
        let seconds = i64::try_from(units / interface.per_second).ok()?;
        let fits = to + 4 <= self.buffer.len();
        fits.then_some(Found { time: seconds.checked_add(interface.offset)?, link: interface.link, from: 20, to })
    }

    /// A block without time; it counts as from 1970, which no store takes for a moment of today.
    fn simple(&self) -> Option<Found> {
        let interface = self.interface(0)?;
        let kept = self.order.u32_at(&self.buffer, 0)? as usize;
        let kept = if interface.snapshot > 0 { kept.min(interface.snapshot) } else { kept };
        let to = (4 + kept).min(self.buffer.len().saturating_sub(4));
        Some(Found { time: 0, link: interface.link, from: 4, to })
    }
}

/// `if_tsresol`: a power of ten, or of two where the first bit is set.
fn per_second(unit: u8) -> u64 {
    let exponent = u32::from(unit & 0x7f);
    let base: u64 = if unit & 0x80 == 0 { 10 } else { 2 };
    base.checked_pow(exponent).unwrap_or(u64::MAX)
}

/// Shows the options of a block.
fn options(order: Order, mut rest: &[u8], mut show: impl FnMut(u16, &[u8])) {
    while let (Some(code @ 1..), Some(length)) = (order.u16_at(rest, 0), order.u16_at(rest, 2)) {
        let length = usize::from(length);
        let Some(value) = rest.get(4..4 + length) else { return };
        show(code, value);
        rest = rest.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
    }
}

fn words(octets: &[u8; 16], order: Order) -> [u32; 4] {
    [0, 4, 8, 12].map(|at| order.u32_at(octets, at).unwrap_or_default())
}

/// Fills the room; false where the input ends before it.
fn fill(input: &mut impl Read, room: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(file: &[u8]) -> (Vec<(i64, u32, Vec<u8>)>, bool) {
        let Ok(mut reader) = Reader::new(file) else { return (Vec::new(), false) };
        let mut found = Vec::new();
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => found.push((frame.time, frame.link, frame.octets.to_vec())),
                Ok(None) => return (found, true),
                Err(_) => return (found, false),
            }
        }
    }

    fn both_orders(words: &[u32], big: bool) -> Vec<u8> {
        words.iter().flat_map(|word| if big { word.to_be_bytes() } else { word.to_le_bytes() }).collect()
    }

    #[test]
    fn pcap_in_both_orders() {
        for big in [false, true] {
            let mut file = both_orders(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1], big);
            file.extend(both_orders(&[1_700_000_000, 250, 3, 99], big));
            file.extend(b"abc");
            assert_eq!(frames(&file), (vec![(1_700_000_000, 1, b"abc".to_vec())], true));
            (0..file.len()).for_each(|end| assert_eq!(frames(&file[..end]).1, end == 24, "{end}"));
        }
    }

    #[test]
    fn pcapng_with_units_of_time() {
        for big in [false, true] {
            let block = |kind: u32, body: &[u32]| {
                let length = 12 + 4 * body.len() as u32;
                both_orders(&[&[kind, length][..], body, &[length]].concat(), big)
            };
            let option = if big { 9 << 16 | 1 } else { 1 << 16 | 9 };
            let nine = if big { 9 << 24 } else { 9 };
            let units = 1_700_000_000u64 * 1_000_000_000 + 5;
            let file = [
                block(SECTION, &[0x1a2b_3c4d, 1, 0xffff_ffff, 0xffff_ffff]),
                block(INTERFACE, &[if big { 113 << 16 } else { 113 }, 0, option, nine]),
                block(99, &[7]),
                block(ENHANCED, &[0, (units >> 32) as u32, units as u32, 4, 4, 0x6464_6464]),
                block(SIMPLE, &[4, 0x6565_6565]),
            ]
            .concat();
            let expected = vec![(1_700_000_000, 113, b"dddd".to_vec()), (0, 113, b"eeee".to_vec())];
            assert_eq!(frames(&file), (expected, true));
        }
    }
}
