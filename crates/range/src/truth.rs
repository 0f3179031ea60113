//! What is so in a world: the answer that a hunt is judged by.

use std::net::IpAddr;

use model::{Name, Time};

/// What the case study has, by the numbers of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// S, where the story begins.
    pub seed: Name,
    /// D1 to D15, in order.
    pub domains: Vec<Name>,
    /// `sub1` to `sub4` of D9, in order.
    pub subdomains: Vec<Name>,
    /// The two names below D12 that stand on A2.
    pub below_twelve: Vec<Name>,
    /// E1 to E4, in order.
    pub emails: Vec<String>,
    /// A1, the address of S, D6 and D7.
    pub first_address: IpAddr,
    /// A2, the address of `sub2` and `sub3` of D9, of D12 and two names below it.
    pub second_address: IpAddr,
    /// H, the customer number of D1 and D12.
    pub handle: String,
    /// The IANA id of the registrar that gave out H.
    pub registrar: u32,
    /// When D15 is registered; the world's today is earlier.
    pub late: Time,
    /// Domains that have nothing to do with it.
    pub decoys: Vec<Decoy>,
}

/// A domain that looks related and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoy {
    /// The domain.
    pub domain: Name,
    /// The rule that must stop it, as the world file calls it.
    pub rule: String,
    /// Why it looks related.
    pub note: String,
}

impl Truth {
    /// Domain `number` of the story: 0 is S, 1 to 15 are D1 to D15.
    pub fn domain(&self, number: usize) -> Option<&Name> {
        if number == 0 { Some(&self.seed) } else { self.domains.get(number - 1) }
    }
}
