//! Who learns of a question that leaves, and who may.

use serde::{Deserialize, Serialize};

use crate::source::words;

/// Who learns of a question, in order of how much it gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exposure {
    /// Nobody: it is answered from this machine.
    Nobody,
    /// A third party, such as a provider of passive DNS.
    ThirdParty,
    /// The registry or registrar of the name, or the holder of an address block's registry.
    Registry,
    /// The adversary's own servers may see it: resolving a name.
    Target,
}

/// The permitted exposure of a question (Permissible Actions Protocol, MISP taxonomy `PAP`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pap {
    /// Nothing leaves.
    Red,
    /// Third parties, registries and registrars may learn of it.
    Amber,
    /// The target may learn of it too.
    Green,
}

impl Pap {
    /// Whether a question of this exposure may be asked.
    pub fn permits(self, exposure: Exposure) -> bool {
        exposure
            <= match self {
                Pap::Red => Exposure::Nobody,
                Pap::Amber => Exposure::Registry,
                Pap::Green => Exposure::Target,
            }
    }
}

words!(Exposure, "exposure", "nobody, third-party, registry, target",
    "nobody" => Exposure::Nobody, "third-party" => Exposure::ThirdParty,
    "registry" => Exposure::Registry, "target" => Exposure::Target);
words!(Pap, "permitted exposure", "red, amber, green", "red" => Pap::Red, "amber" => Pap::Amber, "green" => Pap::Green);
