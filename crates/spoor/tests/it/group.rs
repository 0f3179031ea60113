//! `spoor group` and `spoor association`: a threat profile from the command line.

use crate::program::Program;

fn done(program: &Program, arguments: &[&str]) -> String {
    let run = program.run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    run.out
}

#[test]
fn a_profile_is_added_linked_and_shown() {
    let program = Program::new();
    let none = program.run(&["group", "add", "adversary", "Paper Bear"]);
    assert_eq!(none.code, 2, "{}", none.err);
    assert!(none.err.contains("spoor owner add"), "{}", none.err);
    done(&program, &["owner", "add", "Ours"]);
    let fields = r#"{"aliases":["Cardboard Bear"],"goals":["payment data"]}"#;
    done(&program, &["group", "add", "adversary", "Paper Bear", "--fields", fields]);
    done(&program, &["group", "add", "malware", "Wormlet", "--tlp", "red", "--description", "speaks to c2.example"]);
    let wrong = program.run(&["group", "add", "adversary", "X", "--fields", r#"{"gaols":[]}"#]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("fields.gaols"), "{}", wrong.err);
    let reason = "the same strings in both";
    let said = done(&program, &["association", "add", "paper bear", "uses", "malware:wormlet", "--reason", reason]);
    assert!(said.contains("TLP:RED"), "the strictest of both ends: {said}");

    let shown = done(&program, &["group", "show", "Paper Bear"]);
    for part in ["aliases: Cardboard Bear", "goals: payment data", "1 associations", "Wormlet", reason] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(done(&program, &["group", "show", "wormlet"]).contains("c2[.]example"), "defanged for people");
    let listed = program.run(&["--json", "group", "list", "--query", "type = adversary and name ~ \"bear\""]).lines();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["group"]["name"], "Paper Bear");
    let linked = program.run(&["--json", "association", "list", "wormlet", "--kind", "uses"]).lines();
    assert_eq!((&linked[0]["linked"]["other"]["name"], linked.len()), (&"Paper Bear".into(), 1));
    assert_eq!(program.run(&["group", "show", "nobody"]).code, 1);
    assert_eq!(program.run(&["group", "list", "--type", "campaign"]).code, 1);
}

const BUNDLE: &str = r#"{"type":"bundle","id":"bundle--1","objects":[
  {"type":"attack-pattern","id":"attack-pattern--1","name":"Phishing","description":"Messages that lure",
   "external_references":[{"source_name":"mitre-attack","external_id":"T1566","url":"https://attack.example/T1566"}],
   "kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"initial-access"}]},
  {"type":"attack-pattern","id":"attack-pattern--2","name":"Old","revoked":true,
   "external_references":[{"source_name":"mitre-attack","external_id":"T1001"}]}]}"#;

#[test]
fn techniques_come_from_the_bundle_of_attack() {
    let program = Program::new();
    assert_eq!(program.run(&["owner", "add", "Ours"]).code, 0);
    let file = program.file("attack.json", BUNDLE.as_bytes());
    let import = || {
        let run = program.run(&["--json", "group", "techniques", &file]);
        assert_eq!(run.code, 0, "{}", run.err);
        let done = run.lines().remove(0);
        (done["added"].as_u64(), done["same"].as_u64(), done["retired"].as_u64())
    };
    assert_eq!(import(), (Some(1), Some(0), Some(1)));
    assert_eq!(import(), (Some(0), Some(1), Some(1)), "the same again changes nothing");
    let listed = program.run(&["--json", "group", "list", "--query", "technique = \"T1566\""]);
    assert!(listed.out.contains("T1566 Phishing"), "{} {}", listed.out, listed.err);
    let empty = program.file("empty.json", b"{}");
    assert_eq!(program.run(&["group", "techniques", &empty]).code, 2);
}

#[test]
fn a_source_is_kept_for_the_members_of_an_owner() {
    let program = Program::new();
    program.source("sensor", "sensor");
    assert_eq!(program.run(&["owner", "add", "Ours"]).code, 0);
    let readers = |options: &[&str]| program.run(&[&["source", "readers", "sensor"], options].concat());
    assert_eq!(readers(&["--owner", "Ours"]).out, "members of Ours alone may read `sensor`\n");
    assert_eq!(readers(&["--nobody"]).out, "no account may read `sensor`\n");
    assert_eq!(readers(&["--everybody"]).out, "every account may read `sensor`\n");
    assert_eq!(readers(&[]).code, 2, "it must be said");
    assert_eq!(program.run(&["source", "readers", "other", "--everybody"]).code, 2);
    assert_ne!(readers(&["--owner", "Theirs"]).code, 0);
}
