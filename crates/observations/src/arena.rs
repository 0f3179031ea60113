//! Rows end to end in memory, each a head of fixed width and its key, and putting them in order.
#![deny(clippy::indexing_slicing)]

/// What a row in memory says, as far as that is of fixed width.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) count: u64,
    /// The earliest hour in which it arrived, counted from 1970.
    pub(crate) hour: i32,
    /// What else the table knows of it.
    pub(crate) more: u32,
}

/// Octets of a head, with the length of the key at its end.
const HEAD: usize = 36;

/// Rows end to end. Whoever holds the place of one got it from this arena.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arena(Vec<u8>);

impl Arena {
    /// With room for so many octets.
    pub(crate) fn with_capacity(octets: usize) -> Arena {
        Arena(Vec::with_capacity(octets))
    }

    /// Adds a row; returns its place.
    pub(crate) fn push(&mut self, head: &Head, key: &[u8]) -> u32 {
        let place = self.0.len() as u32;
        self.0.extend(head.encode());
        self.0.extend((key.len() as u32).to_le_bytes());
        self.0.extend_from_slice(key);
        place
    }

    pub(crate) fn head(&self, place: u32) -> Head {
        let octets = self.0.get(place as usize..).and_then(|rest| rest.first_chunk());
        octets.map(Head::decode).unwrap_or_default()
    }

    pub(crate) fn set_head(&mut self, place: u32, head: &Head) {
        if let Some(octets) = self.0.get_mut(place as usize..).and_then(|rest| rest.first_chunk_mut()) {
            *octets = head.encode();
        }
    }

    pub(crate) fn key(&self, place: u32) -> &[u8] {
        let rest = self.0.get(place as usize + HEAD - 4..).unwrap_or_default();
        let Some((length, rest)) = rest.split_first_chunk::<4>() else { return &[] };
        rest.get(..u32::from_le_bytes(*length) as usize).unwrap_or_default()
    }

    /// Brings rows to the processor, all at once: one after the other, each would be waited for.
    pub(crate) fn warm(&self, places: impl Iterator<Item = u32>) {
        let octet = |at: usize| self.0.get(at).copied().unwrap_or(0);
        let sum = places.fold(0u8, |sum, place| sum ^ octet(place as usize) ^ octet(place as usize + 64));
        std::hint::black_box(sum);
    }

    pub(crate) fn size(&self) -> usize {
        self.0.len()
    }
}

impl Head {
    fn encode(&self) -> [u8; HEAD - 4] {
        let mut octets = [0; HEAD - 4];
        let (eights, rest) = octets.as_chunks_mut::<8>();
        for (to, from) in eights.iter_mut().zip([self.first as u64, self.last as u64, self.count, self.pair()]) {
            *to = from.to_le_bytes();
        }
        debug_assert!(rest.is_empty());
        octets
    }

    fn pair(&self) -> u64 {
        u64::from(self.hour as u32) | u64::from(self.more) << 32
    }

    fn decode(octets: &[u8; HEAD - 4]) -> Head {
        let (eights, _) = octets.as_chunks::<8>();
        let mut numbers = eights.iter().map(|eight| u64::from_le_bytes(*eight));
        let mut next = || numbers.next().unwrap_or(0);
        let (first, last, count, pair) = (next() as i64, next() as i64, next(), next());
        Head { first, last, count, hour: pair as i32, more: (pair >> 32) as u32 }
    }
}

/// Sixteen octets of a key, so that they compare as it does.
type Front = (u64, u64);

/// How many octets of a key a front has.
const FRONT: usize = 16;

/// A row's place, with the octets of its key by which it is being sorted: so many that most names differ in them, since
/// what they do not decide is looked up in the rows themselves, each somewhere else in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    front: Front,
    place: u32,
}

/// So many rows are brought to the processor at once.
const AHEAD: usize = 64;
/// Up to so many keys with equal fronts are compared as they are.
const FEW: usize = 24;
/// So far into keys fronts are looked at.
const DEEP: usize = 1 << 10;

/// The order of rows: a list of their places.
#[derive(Debug, Default)]
pub(crate) struct Order(Vec<Item>);

impl Order {
    /// Adds a row; all keys are of one space, so their first octet tells nothing.
    pub(crate) fn push(&mut self, key: &[u8], place: u32) {
        self.0.push(Item { front: front(key, 1), place });
    }

    pub(crate) fn reserve(&mut self, rows: usize) {
        self.0.reserve(rows);
    }

    /// Calls `then` with the place of each row in the order of keys. Keys are put in order a few at a time just before, so
    /// that each is brought to the processor once.
    pub(crate) fn each<E>(self, arena: &Arena, mut then: impl FnMut(u32) -> Result<(), E>) -> Result<(), E> {
        let mut items = self.0;
        items.sort_unstable_by_key(|item| item.front);
        let mut rest = items.as_mut_slice();
        let mut warm = 0;
        while let Some(first) = rest.first() {
            let front = first.front;
            let same = rest.iter().take_while(|item| item.front == front).count();
            if warm < same {
                warm = same + AHEAD;
                arena.warm(rest.iter().take(warm).map(|item| item.place));
            }
            let (now, later) = rest.split_at_mut(same);
            sort_on(arena, now, 1 + FRONT);
            now.iter().try_for_each(|item| then(item.place))?;
            rest = later;
            warm -= same;
        }
        Ok(())
    }
}

/// Puts rows in order that are equal up to `from`.
fn sort(arena: &Arena, items: &mut [Item], from: usize) {
    let rest = |item: &Item| arena.key(item.place).get(from..).unwrap_or_default();
    match items {
        [] | [_] => {}
        few if few.len() <= FEW || from > DEEP => few.sort_unstable_by(|a, b| rest(a).cmp(rest(b))),
        many => {
            for item in many.iter_mut() {
                item.front = front(arena.key(item.place), from);
            }
            many.sort_unstable_by_key(|item| item.front);
            many.chunk_by_mut(|a, b| a.front == b.front).for_each(|same| sort_on(arena, same, from + FRONT));
        }
    }
}

/// The same for rows whose fronts, up to `from`, are equal. Keys that end there look like ones that go on with zeros:
/// compared whole, they do not.
fn sort_on(arena: &Arena, items: &mut [Item], from: usize) {
    if items.len() > 1 && items.iter().any(|item| arena.key(item.place).len() < from) {
        items.sort_unstable_by(|a, b| arena.key(a.place).cmp(arena.key(b.place)));
    } else {
        sort(arena, items, from);
    }
}

/// The octets of a key from some on; zeros behind its end.
fn front(key: &[u8], from: usize) -> Front {
    let rest = key.get(from..).unwrap_or_default();
    let octets = rest.first_chunk::<FRONT>().copied().unwrap_or_else(|| {
        let mut octets = [0; FRONT];
        octets.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        octets
    });
    let both = u128::from_be_bytes(octets);
    ((both >> 64) as u64, both as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_order_whatever_their_ends() {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        for n in 0..3000u32 {
            let mut key = vec![1];
            key.extend(std::iter::repeat_n((n % 3) as u8, (n % 41) as usize));
            key.extend(&(n.wrapping_mul(2_654_435_761) % 97).to_be_bytes()[..(n % 5) as usize]);
            keys.push(key);
        }
        let (mut arena, mut order) = (Arena::default(), Order::default());
        for (n, key) in keys.iter().enumerate() {
            let head = Head { first: -1, count: n as u64, hour: -5, more: 7, ..Head::default() };
            let place = arena.push(&head, key);
            order.push(key, place);
        }
        let mut sorted = Vec::new();
        let mut sum = 0;
        order
            .each(&arena, |place| {
                let head = arena.head(place);
                assert_eq!((head.first, head.hour, head.more), (-1, -5, 7));
                sum += head.count;
                sorted.push(arena.key(place).to_vec());
                Ok::<(), ()>(())
            })
            .unwrap();
        keys.sort();
        assert!(sorted == keys && sum == 2999 * 3000 / 2);
    }
}
