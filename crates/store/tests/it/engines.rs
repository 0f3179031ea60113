//! A fresh database on each engine for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use store::{Address, Store};

/// Runs on SQLite, and on PostgreSQL where `SPOOR_TEST_POSTGRES` names a server (`.ci/postgres` starts one).
pub(crate) fn on_each(test: impl Fn(&Store)) {
    on_each_address(|address| test(&Store::open(address).unwrap()));
}

/// The same with the address of an empty database.
pub(crate) fn on_each_address(test: impl Fn(&Address)) {
    let dir = tempfile::tempdir().unwrap();
    test(&Address::Sqlite(dir.path().join("spoor.db")));
    match std::env::var("SPOOR_TEST_POSTGRES") {
        Ok(server) => on_postgres(&server, test),
        Err(_) if std::env::var_os("SPOOR_REQUIRE_POSTGRES").is_some() => panic!("SPOOR_TEST_POSTGRES is not set"),
        Err(_) => eprintln!("skipped: PostgreSQL (SPOOR_TEST_POSTGRES names no server)"),
    }
}

fn on_postgres(server: &str, test: impl Fn(&Address)) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("spoor_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut client = postgres::Client::connect(&format!("{server} dbname=postgres"), postgres::NoTls).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).unwrap();
    test(&Address::Postgres(format!("{server} dbname={name}")));
    client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
}
