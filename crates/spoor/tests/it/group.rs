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
