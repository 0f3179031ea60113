//! Steps along a shared value, and whether sharing it says anything.

use serde::{Deserialize, Serialize};

use crate::source::words;

/// A kind of step from one thing to what shares a value with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PivotKind {
    /// Registrations with the same e-mail address.
    Email,
    /// Registrations with the same person's name.
    Name,
    /// Registrations with the same organisation.
    Organization,
    /// Registrations with the same telephone number.
    Phone,
    /// Registrations with the same street.
    Street,
    /// Registrations with the same handle from the same registry or registrar.
    Handle,
    /// Registrations made in the same minute at one registrar.
    RegisteredMinute,
    /// Registrations at the same registrar.
    Registrar,
    /// Domains with the same set of name servers.
    NameServers,
    /// Domains with the same mailbox in their SOA record.
    SoaMailbox,
    /// Domains with the same mail server.
    Mx,
    /// Names that had the same address.
    Address,
    /// Names in the same /24 (IPv4) or /48 (IPv6).
    Network,
    /// Names below the domain.
    Subdomain,
}

words!(PivotKind, "kind of pivot",
    "email, name, organization, phone, street, handle, registered-minute, registrar, name-servers, soa-mailbox, mx, \
     address, network, subdomain",
    "email" => PivotKind::Email, "name" => PivotKind::Name, "organization" => PivotKind::Organization,
    "phone" => PivotKind::Phone, "street" => PivotKind::Street, "handle" => PivotKind::Handle,
    "registered-minute" => PivotKind::RegisteredMinute, "registrar" => PivotKind::Registrar,
    "name-servers" => PivotKind::NameServers, "soa-mailbox" => PivotKind::SoaMailbox, "mx" => PivotKind::Mx,
    "address" => PivotKind::Address, "network" => PivotKind::Network, "subdomain" => PivotKind::Subdomain);

/// Whether sharing a value says anything. Not a verdict: nothing here is malicious or benign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// Few share it: worth following.
    Selective,
    /// Many share it: supports what is otherwise found, finds nothing by itself.
    Crowded,
    /// Sharing it says nothing (a privacy service, a parking address, a sinkhole).
    Poison,
    /// No measured population says how many share it.
    Unmeasured,
}

words!(Quality, "pivot quality", "selective, crowded, poison, unmeasured",
    "selective" => Quality::Selective, "crowded" => Quality::Crowded,
    "poison" => Quality::Poison, "unmeasured" => Quality::Unmeasured);
