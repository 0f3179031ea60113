//! What is peculiar to a server or a zone and cannot be seen in its answers: a table.

use std::{collections::HashMap, sync::LazyLock};

use model::{Name, Role};

use super::date::Order;

/// The peculiarities of one server or zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peculiar {
    /// Day or month first, where an answer leaves both readings open.
    pub(super) order: Order,
    /// Whose the fields are that stand in a block about no one.
    pub(super) contact: Role,
}

static TABLE: LazyLock<HashMap<&'static str, Peculiar>> = LazyLock::new(|| {
    let lines = include_str!("../../data/whois/servers.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).map(|(whose, words)| (whose, peculiar(words))).collect()
});

/// What is peculiar to an answer of this server about a name in this zone; the server's line goes before the zone's.
pub(super) fn of(server: &str, zone: &str) -> Peculiar {
    let find = |kind: &str, name: &str| TABLE.get(format!("{kind} {name}").as_str());
    let top = zone.rsplit('.').next().unwrap_or_default();
    let found = find("server", server).or_else(|| find("zone", zone)).or_else(|| find("zone", top));
    found.copied().unwrap_or_else(|| peculiar(""))
}

/// The zone of a domain: all of its name but the first label.
pub(super) fn zone(domain: &Name) -> String {
    domain.parent().map_or_else(String::new, |parent| parent.to_string().trim_end_matches('.').to_owned())
}

fn peculiar(words: &str) -> Peculiar {
    let find = |key: &str| words.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    Peculiar {
        order: if find("dates") == Some("mdy") { Order::MonthFirst } else { Order::DayFirst },
        contact: find("contact").and_then(|role| role.parse().ok()).unwrap_or(Role::Registrant),
    }
}
