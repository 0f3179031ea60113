//! Opening, migrating, statements, dump and load.

use store::{Address, Error, Store};

use crate::engines::{on_each, on_each_address};

#[test]
fn every_registered_statement_is_understood() {
    on_each(|store| {
        let failures: Vec<String> = store::prepare_all(store).unwrap();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        assert!(store::statements().count() > 1);
    });
}

#[test]
fn opens_again_and_refuses_what_a_newer_version_made() {
    on_each_address(|address| {
        drop(Store::open(address).unwrap());
        let store = Store::open(address).unwrap();
        store::test_statement(
            &store,
            "INSERT INTO migrations (number, name, checksum) VALUES (9999, '9999_later', 'x')",
        )
        .unwrap();
        let Err(Error::Schema(why)) = Store::open(address) else { panic!("opened") };
        assert!(why.contains("newer version") && why.contains("9999_later"), "{why}");
    });
}

#[test]
fn refuses_a_changed_migration() {
    on_each_address(|address| {
        let store = Store::open(address).unwrap();
        store::test_statement(&store, "UPDATE migrations SET checksum = 'x'").unwrap();
        assert!(matches!(Store::open(address), Err(Error::Schema(_))));
    });
}

#[test]
fn a_dump_comes_back_the_same() {
    on_each(|store| {
        store::test_statement(store, "INSERT INTO settings (name, value) VALUES ('a', 'ä\n\"')").unwrap();
        store::test_statement(store, "INSERT INTO restricted_sources (source) VALUES (7)").unwrap();
        let mut first = Vec::new();
        store::test_statement(store, "INSERT INTO track_changes (number, changes) VALUES (1, 3)").unwrap();
        assert_eq!(store::dump(store, &mut first).unwrap(), 3);
        on_each(|other| {
            assert_eq!(store::load(other, &mut first.as_slice()).unwrap(), 3);
            let mut second = Vec::new();
            store::dump(other, &mut second).unwrap();
            assert_eq!(String::from_utf8(second).unwrap(), String::from_utf8(first.clone()).unwrap());
            assert!(store::load(other, &mut first.as_slice()).is_err(), "not empty any more");
        });
    });
}

#[test]
fn says_what_an_address_is() {
    assert_eq!("sqlite:a/b.db".parse::<Address>().unwrap(), Address::Sqlite("a/b.db".into()));
    assert!("postgres://u@h/n".parse::<Address>().is_ok());
    assert!("mysql://u@h/n".parse::<Address>().is_err());
    let unknown = Store::open(&"postgres://u@h.example/n?sslmode=sometimes".parse().unwrap());
    assert!(matches!(unknown, Err(Error::Tls(_))), "never taken for less than was meant");
}

#[test]
fn every_table_is_in_a_dump_or_derived() {
    let missing = store::undumped();
    assert_eq!(missing, ["account_changes", "phrases"], "each can be made again");
}
