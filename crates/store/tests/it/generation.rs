//! Whoever remembers a caller sees when accounts and rights are others.

use model::{Actor, Id, Owner, OwnerId, OwnerKind, SourceId, Time, Tlp};
use store::Store;

use crate::engines::{on_each, on_each_address};

const NOW: Time = Time(1_790_000_000);

fn owner(number: u8) -> Owner {
    Owner {
        id: OwnerId(Id([number; 16])),
        name: format!("Owner {number}"),
        kind: OwnerKind::Organization,
        reviewed: false,
        open: false,
        tlp: Tlp::Amber,
        revision: 1,
    }
}

#[test]
fn moves_with_rights_alone() {
    on_each(|store| {
        let first = store.generation().unwrap();
        assert_eq!(store.generation(), Some(first), "nothing happened");
        store::test_statement(store, "INSERT INTO settings (name, value) VALUES ('a', 'b')").unwrap();
        assert_eq!(store.generation(), Some(first), "nothing of rights");
        store.write(|tx| store::owner::add(tx, &owner(1), NOW)).unwrap();
        let second = store.generation().unwrap();
        assert_ne!(second, first);
        let right = Actor::local("tester").may_administer().unwrap();
        store.write(|tx| store::reader::set(tx, &right, SourceId(7), Some(&[OwnerId(Id([1; 16]))]))).unwrap();
        let third = store.generation().unwrap();
        assert_ne!(third, second);
        let undone: Result<(), store::Error> = store.write(|tx| {
            store::owner::add(tx, &owner(2), NOW)?;
            Err(store::Error::Busy)
        });
        assert!(undone.is_err());
        assert_eq!(store.generation(), Some(third), "what was not kept changed nothing");
    });
}

/// Every way to change what a caller may do: which table, and what is done to it.
const CHANGES: [&str; 9] = [
    "UPDATE users SET disabled = 1",
    "UPDATE tokens SET expires = 1",
    "DELETE FROM tokens",
    "DELETE FROM sessions",
    "UPDATE memberships SET role = 'reader'",
    "DELETE FROM memberships",
    "UPDATE owners SET open = 1",
    "INSERT INTO restricted_sources (source) VALUES (3)",
    "DELETE FROM restricted_sources",
];
/// What happens all the time and takes nothing away.
const NO_CHANGES: [&str; 3] =
    ["UPDATE users SET totp_step = 5", "UPDATE tokens SET used = 5", "UPDATE sessions SET seen = 5"];

#[test]
fn every_change_is_seen_by_another_process() {
    on_each_address(|address| {
        let (store, other) = (Store::open(address).unwrap(), Store::open(address).unwrap());
        store.write(|tx| store::owner::add(tx, &owner(1), NOW)).unwrap();
        for row in [
            "INSERT INTO users (id, name, name_folded, administrator, api_only, disabled, created, revision) \
             SELECT id, 'ada', 'ada', 0, 0, 0, 0, 1 FROM owners",
            "INSERT INTO tokens (id, user_id, name, hash, scopes, networks, created) SELECT id, id, 't', id, '', '', 0 FROM users",
            "INSERT INTO sessions (id, user_id, hash, created, seen, expires, address, agent) \
             SELECT id, id, id, 0, 0, 9, '', '' FROM users",
            "INSERT INTO memberships (owner_id, user_id, role) SELECT id, id, 'analyst' FROM owners",
        ] {
            store::test_statement(&store, row).unwrap();
        }
        for (changes, moves) in [(&NO_CHANGES[..], false), (&CHANGES[..], true)] {
            for change in changes {
                let before = other.generation().unwrap();
                assert_eq!(store::test_statement(&store, change).unwrap(), 1, "{change}");
                assert_eq!(other.generation() != Some(before), moves, "{change}");
            }
        }
    });
}
