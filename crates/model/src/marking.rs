//! How far something may be shared: Traffic Light Protocol 2.0 (FIRST, August 2022).

use serde::{Deserialize, Serialize};

use crate::source::words;

/// A TLP label, the freest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tlp {
    /// No limit on disclosure.
    Clear,
    /// The community may know it.
    Green,
    /// The organisation and its clients, on a need-to-know basis.
    Amber,
    /// The organisation alone.
    AmberStrict,
    /// The named recipients alone.
    Red,
}

words!(Tlp, "TLP label", "clear, green, amber, amber-strict, red",
    "clear" => Tlp::Clear, "green" => Tlp::Green, "amber" => Tlp::Amber,
    "amber-strict" => Tlp::AmberStrict, "red" => Tlp::Red);

impl Tlp {
    /// The label as TLP 2.0 writes it: `TLP:AMBER+STRICT`.
    pub fn label(self) -> &'static str {
        match self {
            Tlp::Clear => "TLP:CLEAR",
            Tlp::Green => "TLP:GREEN",
            Tlp::Amber => "TLP:AMBER",
            Tlp::AmberStrict => "TLP:AMBER+STRICT",
            Tlp::Red => "TLP:RED",
        }
    }

    /// Whether questions about such a value may go to outside sources that are not named as permitted.
    pub fn may_be_asked_about(self) -> bool {
        self < Tlp::AmberStrict
    }
}
