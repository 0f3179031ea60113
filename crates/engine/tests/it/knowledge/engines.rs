//! A fresh database on each engine for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use engine::Knowledge;
use store::{Address, Store};

/// Runs on SQLite, and on PostgreSQL where `SPOOR_TEST_POSTGRES` names a server (`.ci/postgres` starts one).
pub(crate) fn on_each(test: impl Fn(&Knowledge)) {
    let run = |address: &Address| test(&Knowledge::new(Store::open(address).unwrap()));
    let dir = tempfile::tempdir().unwrap();
    run(&Address::Sqlite(dir.path().join("spoor.db")));
    match std::env::var("SPOOR_TEST_POSTGRES") {
        Ok(server) => on_postgres(&server, run),
        Err(_) if std::env::var_os("SPOOR_REQUIRE_POSTGRES").is_some() => panic!("SPOOR_TEST_POSTGRES is not set"),
        Err(_) => eprintln!("skipped: PostgreSQL (SPOOR_TEST_POSTGRES names no server)"),
    }
}

fn on_postgres(server: &str, run: impl Fn(&Address)) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("spoor_engine_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut client = postgres::Client::connect(&format!("{server} dbname=postgres"), postgres::NoTls).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).unwrap();
    run(&Address::Postgres(format!("{server} dbname={name}")));
    client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
}
