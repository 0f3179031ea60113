//! The demo, as a user runs it.

use crate::program::Program;

#[test]
fn the_demo_walks_and_leaves_a_store_to_play_with() {
    let program = Program::new();
    let dir = program.path().join("play");
    let data = dir.display().to_string();
    let run = program.run(&["--data", &data, "demo"]);
    assert_eq!(run.code, 0, "{}\n{}", run.out, run.err);
    let number = |line: &str| line.split_once("  ").and_then(|(number, _)| number.parse::<usize>().ok());
    let steps: Vec<usize> = run.out.lines().filter_map(number).collect();
    assert_eq!(steps, (1..=11).collect::<Vec<_>>(), "{}", run.out);
    let command =
        run.out.lines().find_map(|line| line.trim().strip_prefix(&format!("spoor --data {data} hunt "))).unwrap();
    let seed = command.split(' ').next().unwrap();
    let hunt = program.run(&["--data", &data, "--json", "hunt", seed]);
    assert_eq!(hunt.code, 0, "{}", hunt.err);
    let likely = hunt.lines().iter().filter(|line| line["tier"] != "weak").count();
    assert_eq!(likely, 15, "{}", hunt.out);
    let line = hunt.lines()[0].clone();
    let mut keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort();
    assert_eq!(keys, ["hops", "paths", "score", "tier", "type", "value"]);
    let exposure = program.run(&["--data", &data, "--json", "exposure", seed]);
    assert!(exposure.lines().iter().any(|entry| entry["protocol"] == "dns"), "{}", exposure.out);
    let again = program.run(&["--data", &data, "demo", "--seed", "2"]);
    assert_eq!(again.code, 0, "its own directory may be made anew: {}", again.err);
}

#[test]
fn the_demo_touches_nothing_that_it_did_not_make() {
    let program = Program::new();
    program.file("precious.txt", b"mine");
    let run = program.run(&["demo"]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("did not make"), "{}", run.err);
}
