//! The one place where TLP decides what goes out to whom.

use model::Tlp;
use serde::{Deserialize, Serialize};

/// Who will get it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Anybody.
    Public,
    /// The community.
    Community,
    /// The organisation and its clients.
    Clients,
    /// The organisation alone: the usual one.
    #[default]
    Organization,
    /// The named recipients alone: people who read it here.
    Recipients,
}

impl Audience {
    /// All of them, the widest first.
    pub const ALL: [Audience; 5] =
        [Audience::Public, Audience::Community, Audience::Clients, Audience::Organization, Audience::Recipients];

    /// The strictest label that may go to it (TLP 2.0).
    pub fn strictest(self) -> Tlp {
        match self {
            Audience::Public => Tlp::Clear,
            Audience::Community => Tlp::Green,
            Audience::Clients => Tlp::Amber,
            Audience::Organization => Tlp::AmberStrict,
            Audience::Recipients => Tlp::Red,
        }
    }

    /// Whether something with this label may go to it.
    pub fn admits(self, tlp: Tlp) -> bool {
        tlp <= self.strictest()
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Audience::Public => "public",
            Audience::Community => "community",
            Audience::Clients => "clients",
            Audience::Organization => "organization",
            Audience::Recipients => "recipients",
        }
    }
}

impl std::str::FromStr for Audience {
    type Err = String;

    fn from_str(text: &str) -> Result<Audience, String> {
        let known = Audience::ALL.into_iter().find(|audience| audience.as_str() == text);
        known.ok_or_else(|| {
            format!("unknown audience `{text}`: one of public, community, clients, organization, recipients")
        })
    }
}

impl std::fmt::Display for Audience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_audience_gets_what_tlp_allows() {
        for (audience, count) in Audience::ALL.into_iter().zip(1..) {
            assert_eq!(Tlp::ALL.iter().filter(|tlp| audience.admits(**tlp)).count(), count, "{audience}");
            assert_eq!(audience.as_str().parse(), Ok(audience));
        }
    }
}
