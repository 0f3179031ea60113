//! The store from the command line: what it holds, what it forgets, and the proof that it keeps the rest.

use crate::{manual::observed, program::Program};

#[test]
fn stats_count_and_forget_takes_away() {
    let program = Program::new();
    observed(&program);
    let stats = |arguments: &[&str]| {
        let run = program.run(&[&["--json", "stats"], arguments].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        run.lines().remove(0)
    };
    let before = stats(&[]);
    assert_eq!((&before["tuples"], &before["names"], &before["addresses"]), (&204.into(), &204.into(), &201.into()));
    assert!(before["oldest"].is_string() && before["newest"].is_string() && before["logOctets"].as_u64() > Some(0));
    assert!(stats(&["--quick"])["tuples"].is_null());

    let refused = program.run(&["forget", "203.0.113.7"]);
    assert!(refused.code == 2 && refused.err.contains("--yes"), "{}", refused.err);
    assert_eq!(program.run(&["forget", "203.0.113.0/24", "--yes"]).code, 2);
    assert_eq!(program.run(&["owner", "add", "Ours"]).code, 0);
    let gone = program.run(&["--json", "forget", "203.0.113.7", "h.other1.test", "--yes"]);
    assert_eq!(gone.code, 0, "{}", gone.err);
    let lines = gone.lines();
    assert_eq!((&lines[0]["kind"], &lines[1]["kind"]), (&"address".into(), &"name".into()));
    assert!(lines.iter().all(|line| line["rows"].as_u64() > Some(0) && line["damaged"] == 0));
    assert_eq!((stats(&[])["tuples"].as_u64(), stats(&[])["addresses"].as_u64()), (Some(199), Some(199)));
    assert_eq!(program.run(&["forget", "203.0.113.7", "--yes"]).code, 1, "there is nothing left of it");
    let audit = program.run(&["--json", "audit", "list", "--action", "observations.forget"]);
    assert!(audit.lines().len() == 3 && !audit.out.contains("203.0.113.7"), "{}", audit.out);
    assert_eq!(program.run(&["check"]).code, 0);
}

#[test]
fn durability_is_proved_from_the_command_line() {
    let program = Program::new();
    let run = program.run(&["--json", "bench", "durability", "--workloads", "20", "--seed", "7"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report = run.lines().remove(0);
    assert_eq!((report["workloads"].as_u64(), report["failures"].as_array().map(Vec::len)), (Some(20), Some(0)));
    assert!(report["counts"]["losses of power"].as_u64() > Some(0), "{report}");
    let killed = program.run(&["--json", "bench", "durability", "--kill", "2"]);
    assert_eq!(killed.code, 0, "{}{}", killed.out, killed.err);
    assert!(killed.lines()[0]["acknowledged"].as_u64() > Some(0), "{}", killed.out);
}

#[test]
fn the_workload_is_measured_from_the_command_line() {
    let program = Program::new();
    let run = program.run(&["bench", "observations", "--tuples", "20000", "--no-limit"]);
    assert_eq!(run.code, 0, "{}", run.err);
    for part in ["20000 tuples", "bulk: ", "stream: ", "full compaction: ", "exact name: p50", "/24: "] {
        assert!(run.out.contains(part), "{part} in {}", run.out);
    }
}
