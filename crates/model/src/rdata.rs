//! Record data in canonical form: uncompressed wire form, embedded names folded.

/// Record data in canonical wire form; what the octets mean depends on the record type beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rdata(Box<[u8]>);

impl Rdata {
    /// Octets that are canonical already, as a store gives them back.
    pub fn from_canonical(octets: &[u8]) -> Rdata {
        Rdata(octets.into())
    }

    /// The canonical octets.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}
