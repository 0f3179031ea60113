//! Registrations in bulk, zones a day apart, and providers that are asked.

use range::provider::{Knowledge, Providers};

use crate::program::{Program, Run};

const TABLE: &str = "domainName,registrarName,standardRegCreatedDate,registrant_email,reason\n\
    widgets.example,One Registrar,2026-01-31 10:00:00 UTC,ada@sample.example,added\n\
    gadgets.example,One Registrar,2026-02-01 10:00:00 UTC,ada@sample.example,added\n\
    tools.example,,,,dropped\n";

#[test]
fn tables_of_registrations_count_once_and_are_searched() {
    let program = Program::new();
    program.source("feed", "import");
    let file = program.file("registrations.csv", TABLE.as_bytes());
    let ingest = || {
        let run = program.run(&["--json", "ingest", &file, "--format", "registrations", "--source", "feed"]);
        assert_eq!(run.code, 0, "{}", run.err);
        run.lines()[0]["summary"].clone()
    };
    let (first, second) = (ingest(), ingest());
    assert_eq!((first["stored"].as_u64(), second["stored"].as_u64()), (Some(3), Some(0)));
    assert_eq!(second["known"].as_u64(), Some(3));
    let found = program.run(&["--json", "pivot", "ada@sample.example", "email"]).out;
    assert!(found.contains("widgets.example") && found.contains("gadgets.example"), "{found}");
    let dropped = program.run(&["--json", "registration", "tools.example"]).out;
    assert!(dropped.contains("available"), "{dropped}");
    let unknown = program.file("unknown.csv", b"a,b\n1,2\n");
    let run = program.run(&["ingest", &unknown, "--format", "registrations", "--source", "feed"]);
    assert!(run.out.contains("--columns domain=COLUMN"), "{}", run.out);
}

#[test]
fn a_directory_of_answers() {
    let program = Program::new();
    program.source("look", "lookup");
    let directory = program.path().join("answers");
    std::fs::create_dir(&directory).unwrap();
    let answer = "Domain Name: WIDGETS.EXAMPLE\nRegistrar: One\nRegistrant Email: ada@sample.example\n";
    std::fs::write(directory.join("widgets.example.txt"), answer).unwrap();
    let rdap = r#"{"objectClassName":"domain","ldhName":"gadgets.example","handle":"D1"}"#;
    std::fs::write(directory.join("gadgets.example.json"), rdap).unwrap();
    let directory = directory.display().to_string();
    let options = ["--format", "registrations", "--source", "look", "--at", "2026-03-01"];
    let run = program.run(&[&["--json", "ingest", &directory], &options[..]].concat());
    assert_eq!(run.lines()[0]["summary"]["stored"].as_u64(), Some(2), "{}{}", run.out, run.err);
    let raw = program.run(&["registration", "widgets.example", "--raw"]).out;
    assert!(raw.contains("WIDGETS.EXAMPLE"), "{raw}");
}

#[test]
fn what_turned_between_two_zones() {
    let program = Program::new();
    program.source("zone", "zone");
    let zone = |name: &str, domains: &[&str]| {
        let head = "example. 3600 in soa a.nic.example. hostmaster.nic.example. 1 2 3 4 5\nexample. 3600 in ns a.nic.example.\n";
        let delegated = |domain: &&str| format!("{domain}.example.\t3600\tin\tns\tns1.{domain}.example.\n");
        let text = head.to_owned() + &domains.iter().map(delegated).collect::<String>();
        program.file(name, text.as_bytes())
    };
    let (before, after) = (zone("before", &["stays", "goes"]), zone("after", &["stays", "comes"]));
    let ingest = || {
        let options = ["--format", "zone", "--source", "zone", "--at", "2026-03-02", "--before", &before];
        let run = program.run(&[&["--json", "ingest", &after], &options[..]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.lines()[1]["difference"].clone()
    };
    let difference = ingest();
    assert_eq!((difference["new"].as_u64(), difference["dropped"].as_u64()), (Some(1), Some(1)), "{difference}");
    assert_eq!(ingest()["known"].as_bool(), Some(true));
    assert!(program.run(&["--json", "registration", "comes.example"]).out.contains("registered"));
    assert!(program.run(&["--json", "registration", "goes.example"]).out.contains("available"));
    assert_eq!(program.run(&["registration", "stays.example"]).code, 1, "nothing turned");
}

/// All that a run said, wherever it said it.
fn said(run: &Run) -> String {
    format!("{}{}", run.out, run.err)
}

/// Providers, and a program that is told of some of them.
fn scene(extra: &str) -> (tokio::runtime::Runtime, Providers, Program) {
    let knowledge = Knowledge {
        records: vec![("www.widgets.example".into(), "A", "192.0.2.7".into(), 1_760_000_000, 1_770_000_000)],
        registered: ["widgets.example", "gadgets.example"]
            .map(|name| ("ada@sample.example".into(), name.into()))
            .into(),
        certificates: vec![],
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let providers = runtime.block_on(Providers::start(knowledge, "key")).unwrap();
    let program = Program::new();
    let key = program.file("key", b"key\n");
    let (url, address) = (providers.url(), providers.address());
    let config = format!(
        "[online]\nallow_private = [\"{address}\"]\n\
         [online.providers.dns]\nkind = \"dnsdb\"\nurl = \"{url}\"\nkey_file = \"{key}\"\nlicence = \"for us alone\"\nquota = 3\n\
         [online.providers.reverse]\nkind = \"whoisxml\"\nurl = \"{url}\"\nkey_file = \"{key}\"\n{extra}\n"
    );
    program.file("spoor.toml", config.as_bytes());
    (runtime, providers, program)
}

#[test]
fn live_questions_go_to_providers_and_are_accounted_for() {
    let (_runtime, providers, program) = scene("");
    let run = program.run(&["lookup", "192.0.2.7", "--live", "--reason", "ticket 7"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(run.out.contains("www[.]widgets[.]example"), "{}", run.out);
    assert!(
        said(&run).contains("provider dns (dnsdb), third-party learns of it; licence: for us alone; 0 of 3"),
        "{}",
        run.err
    );
    let pivot = program.run(&["pivot", "ada@sample.example", "email", "--live"]);
    assert!(pivot.out.contains("gadgets[.]example"), "{}{}", pivot.out, pivot.err);
    let sources = program.run(&["--json", "source", "show", "reverse"]).out;
    assert!(sources.contains("provider") && sources.contains("third-party"), "{sources}");
    let list = program.run(&["--json", "provider", "list"]).lines();
    assert_eq!((list[0]["used"].as_u64(), list[0]["quota"].as_u64()), (Some(1), Some(3)), "{list:?}");
    assert_eq!(
        program.run(&["--json", "exposure"]).lines().len(),
        providers.asked().len(),
        "the ledger is what was asked"
    );
    let red = program.run(&["lookup", "192.0.2.8", "--live", "--pap", "red"]);
    assert!(said(&red).contains("permitted exposure is red"), "{}", said(&red));
    assert_eq!(providers.asked().len(), 2);
}

#[test]
fn what_costs_is_said_and_not_spent() {
    let (_runtime, providers, program) = scene("cost = \"0.50 EUR\"");
    let ask = |options: &[&str]| {
        let question = ["provider", "ask", "reverse", "ada@sample.example"];
        program.run(&[&question[..], options].concat())
    };
    let refused = ask(&[]);
    assert_eq!(refused.code, 3, "{}", said(&refused));
    assert!(said(&refused).contains("costs 0.50 EUR, and nothing may be spent"), "{}", said(&refused));
    assert!(providers.asked().is_empty());
    let counted = ask(&["--count"]);
    assert!(counted.code == 0 && said(&counted).contains("0 of 2 records"), "{}", said(&counted));
    let bought = ask(&["--spend"]);
    assert!(bought.code == 0 && said(&bought).contains("2 of 2 records"), "{}", said(&bought));
    assert_eq!(providers.asked().len(), 2);
    program.file("spoor.toml", b"[online.providers.x]\nkind = \"gopher\"\nurl = \"https://x.example\"\n");
    let wrong = program.run(&["provider", "list"]);
    assert!(wrong.code == 2 && said(&wrong).contains("`gopher` is none of domaintools"), "{}", said(&wrong));
}
