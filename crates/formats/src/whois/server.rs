//! Name servers with the addresses that stand beside them.

use std::{mem, net::IpAddr};

use model::{Name, registration::NameServer};

/// How many name servers are kept.
const SERVERS_MAX: usize = 100;

/// Name servers in the order in which they are stated.
#[derive(Debug, Default)]
pub(super) struct Servers {
    found: Vec<NameServer>,
}

impl Servers {
    /// Adds what a line of a list states. A sentence that has a host in it is no such line.
    pub(super) fn add_line(&mut self, text: &str) -> bool {
        let mut words = text.split_whitespace().map(bare);
        let leads = words.next().is_some_and(|first| host(first).is_some());
        (leads || words.nth(1).is_none()) && self.add(text)
    }

    /// Adds what a value states: names, each with its addresses. Tells whether there was any name.
    pub(super) fn add(&mut self, text: &str) -> bool {
        let mut any = false;
        for word in text.split([',', ';', ' ', '\t']).map(bare) {
            if let Ok(address) = word.parse() {
                self.add_address(address);
            } else if let Some(name) = host(word) {
                any = true;
                self.add_name(name);
            }
        }
        any
    }

    /// Adds addresses to the last server.
    pub(super) fn add_addresses(&mut self, text: &str) {
        for word in text.split([',', ';', ' ']) {
            if let Ok(address) = word.trim().parse() {
                self.add_address(address);
            }
        }
    }

    /// Adds an address to the last server.
    pub(super) fn add_address(&mut self, address: IpAddr) {
        if let Some(server) = self.found.last_mut()
            && server.addresses.len() < SERVERS_MAX
        {
            server.addresses.push(address);
        }
    }

    fn add_name(&mut self, name: Name) {
        if let Some(at) = self.found.iter().position(|server| server.name == name) {
            let again = self.found.remove(at);
            self.found.push(again);
        } else if self.found.len() < SERVERS_MAX {
            self.found.push(NameServer { name, addresses: Vec::new() });
        }
    }

    /// Takes them, sorted, without repeats.
    pub(super) fn take(&mut self) -> Vec<NameServer> {
        let mut found = mem::take(&mut self.found);
        for server in &mut found {
            server.addresses.sort();
            server.addresses.dedup();
        }
        found.sort();
        found
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(['[', ']', '(', ')', '<', '>'])
}

/// What registry software prints where there is no server.
const PLACEHOLDERS: &[&str] = &["not.defined", "not.available", "no.nameserver"];

/// A host's name: at least two labels, the last of which is no number.
fn host(word: &str) -> Option<Name> {
    let word = word.trim_end_matches('.');
    let top = word.rsplit_once('.')?.1;
    let plain = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if !plain || PLACEHOLDERS.contains(&word) || !top.starts_with(char::is_alphabetic) || top.chars().count() < 2 {
        return None;
    }
    Name::from_unicode(word).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_addresses() {
        let mut servers = Servers::default();
        assert!(servers.add("NS2.example.test. 192.0.2.2 [2001:db8::2]"));
        assert!(servers.add("ns1.example.test [192.0.2.1], ns3.example.test"));
        assert!(!servers.add("not a server"));
        assert!(!servers.add("http://www.example.test/"));
        assert!(!servers.add_line("See www.example.test for help"));
        let found = servers.take();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].name.to_string(), "ns1.example.test");
        assert_eq!(found[1].addresses.len(), 2);
    }
}
