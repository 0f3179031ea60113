//! Encrypted connections to PostgreSQL, with certificates made here.

use std::{fs, os::unix::fs as unix, path::Path};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use store::{Address, Error, Store};

#[test]
fn a_server_is_trusted_as_far_as_the_address_says() {
    let Some((mut admin, port)) = server() else { return };
    let authority = authority("Ours");
    let dir = tempfile::tempdir().unwrap();
    let (ours, others) = (dir.path().join("ours.pem"), dir.path().join("others.pem"));
    fs::write(&ours, authority.pem()).unwrap();
    fs::write(&others, self::authority("Others").pem()).unwrap();
    admin.batch_execute("DROP DATABASE IF EXISTS spoor_tls").unwrap();
    admin.batch_execute("CREATE DATABASE spoor_tls TEMPLATE template0 ENCODING 'UTF8'").unwrap();
    let open = |host: &str, options: &str| {
        let address = format!("host={host} port={port} user=spoor dbname=spoor_tls {options}");
        Store::open(&address.parse::<Address>().unwrap()).and_then(|store| encrypted(&store))
    };
    let refused = |outcome: Result<bool, Error>, why: &str| {
        let error = outcome.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };

    encrypt(&mut admin, "off");
    assert!(!open("127.0.0.1", "sslmode=prefer").unwrap(), "a server that cannot is taken as it is");
    refused(open("127.0.0.1", "sslmode=require"), "does not support TLS");

    serve(&mut admin, &authority, "localhost");
    let (trusted, foreign) = (format!("sslrootcert={}", ours.display()), format!("sslrootcert={}", others.display()));
    assert!(!open("127.0.0.1", "sslmode=disable").unwrap());
    assert!(open("127.0.0.1", "").unwrap(), "preferred where nothing is said");
    assert!(open("127.0.0.1", "sslmode=require").unwrap(), "by any certificate");
    refused(open("127.0.0.1", &format!("sslmode=require {foreign}")), "UnknownIssuer");
    assert!(open("127.0.0.1", &format!("sslmode=verify-ca {trusted}")).unwrap(), "whatever its name");
    refused(open("127.0.0.1", &format!("sslmode=verify-ca {foreign}")), "UnknownIssuer");
    assert!(open("localhost", &format!("sslmode=verify-full {trusted}")).unwrap());
    refused(open("127.0.0.1", &format!("sslmode=verify-full {trusted}")), "not valid for name");
    refused(open("localhost", &format!("sslmode=verify-full {foreign}")), "UnknownIssuer");
    refused(open("localhost", "sslmode=verify-full sslrootcert=/not/there.pem"), "/not/there.pem");
    let url = format!("postgres://spoor@localhost:{port}/spoor_tls?sslmode=verify-full&{trusted}");
    assert!(encrypted(&Store::open(&url.parse().unwrap()).unwrap()).unwrap());
    admin.batch_execute("DROP DATABASE spoor_tls WITH (FORCE)").unwrap();
}

/// The server's socket, and its port; none where there is none that listens on loopback.
fn server() -> Option<(postgres::Client, String)> {
    let required = std::env::var_os("SPOOR_REQUIRE_POSTGRES").is_some();
    let Ok(server) = std::env::var("SPOOR_TEST_POSTGRES") else {
        assert!(!required, "SPOOR_TEST_POSTGRES is not set");
        eprintln!("skipped: PostgreSQL, encrypted (SPOOR_TEST_POSTGRES names no server)");
        return None;
    };
    let mut admin = postgres::Client::connect(&format!("{server} dbname=postgres"), postgres::NoTls).unwrap();
    let show = |admin: &mut postgres::Client, name: &str| -> String {
        admin.query_one(&format!("SHOW {name}"), &[]).unwrap().get(0)
    };
    if !show(&mut admin, "listen_addresses").contains("127.0.0.1") {
        assert!(!required, "the server does not listen on loopback");
        eprintln!("skipped: PostgreSQL, encrypted (the server does not listen on loopback)");
        return None;
    }
    let port = show(&mut admin, "port");
    Some((admin, port))
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut of = CertificateParams::new(Vec::new()).unwrap();
    of.distinguished_name.push(DnType::CommonName, name);
    of.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(of, KeyPair::generate().unwrap()).unwrap()
}

/// Gives the server a certificate for a name.
fn serve(admin: &mut postgres::Client, authority: &CertifiedIssuer<'static, KeyPair>, name: &str) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let data: String = admin.query_one("SHOW data_directory", &[]).unwrap().get(0);
    keep(Path::new(&data), "server.crt", &certificate.pem());
    keep(Path::new(&data), "server.key", &key.serialize_pem());
    encrypt(admin, "on");
}

/// Switches encryption, and waits until the server has seen it.
fn encrypt(admin: &mut postgres::Client, to: &str) {
    admin.batch_execute(&format!("ALTER SYSTEM SET ssl = {to}")).unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").unwrap();
    let look = "SELECT setting, pg_sleep(0.02) FROM pg_settings WHERE name = 'ssl'";
    let mut now = || admin.query_one(look, &[]).unwrap().get::<_, String>(0);
    assert!((0..500).any(|_| now() == to), "the server did not switch encryption {to}");
}

/// A file that the server may read and nobody else.
fn keep(data: &Path, name: &str, text: &str) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let (path, owner) = (data.join(name), fs::metadata(data).unwrap());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    unix::chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

fn encrypted(store: &Store) -> Result<bool, Error> {
    let text = "SELECT CAST(ssl AS INT) FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    store::test_number(store, text).map(|number| number == 1)
}
