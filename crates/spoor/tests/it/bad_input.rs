//! Bad input gets a message that names the place and the remedy; nothing from outside reaches the terminal raw.

use crate::program::Program;

#[test]
fn misuse_is_exit_code_2_and_says_what_would_do() {
    let program = Program::new();
    let refused = |arguments: &[&str], part: &str| {
        let run = program.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(part), "{arguments:?}: {}", run.err);
    };
    refused(&["lookup", "x", "--type", "planet"], "host");
    refused(&["lookup", "a..example"], "--type");
    refused(&["lookup", "--type", "host", &format!("{}.example", "a".repeat(300))], "longer than");
    refused(&["pivot", "seed.example", "colour"], "name-servers");
    refused(&["lookup", "seed.example"], "no observations in");
    refused(&["ingest", "x.json", "--format", "cof", "--source", "nobody"], "spoor source add nobody");
    refused(&["source", "add", "Big Name", "--kind", "sensor"], "no name of a source");
    refused(&["--config", "/nonexistent/spoor.toml", "nonsense"], "nonsense");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let program = Program::new();
    program.source("sensor", "sensor");
    let run = program.run(&["ingest", "/nonexistent/pdns.json", "--format", "cof", "--source", "sensor"]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("`/nonexistent/pdns.json`"), "{}", run.err);
}

#[test]
fn refused_lines_are_counted_with_their_numbers_and_the_rest_is_kept() {
    let program = Program::new();
    program.source("sensor", "sensor");
    let lines =
        b"{\"rrname\":\"a.example\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\",\"time_first\":1,\"time_last\":2}\n\
        {\"rrname\":\"b.example\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\",\"time_last\":2}\n\
        nonsense\n";
    let ingest = ["ingest", "-", "--format", "cof", "--source", "sensor"];
    let run = program.feed(&ingest, lines);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("1 stored") && run.out.contains("2 refused"), "{}", run.out);
    assert!(run.out.contains("missing field \"time_first\"") && run.out.contains("line 2"), "{}", run.out);
    assert!(run.out.contains("not a record in JSON") && run.out.contains("line 3"), "{}", run.out);
    let strict = program.feed(&[&ingest[..], &["--strict"]].concat(), lines);
    assert_eq!(strict.code, 3);
    assert!(strict.err.contains("line 2"), "{}", strict.err);
    let found = program.run(&["lookup", "a.example"]);
    assert_eq!(found.code, 0);
    assert!(found.out.contains("a[.]example") && found.out.contains("192[.]0[.]2[.]1"), "{}", found.out);
    assert_eq!(program.run(&["lookup", "nobody.example"]).code, 1);
}

#[test]
fn text_from_outside_reaches_nobody_raw() {
    let program = Program::new();
    program.source("whois", "import");
    let answer = "Domain Name: evil.example\nCreation Date: 2026-01-01T00:00:00Z\nRegistrar: R\u{1b}]0;owned\u{7}\u{202e}x\n\
        Registrant Name: \u{1b}[31mRed\u{1b}[0m \u{200b}Baron\nRegistrant Email: a@b.example\n";
    let ingest = ["ingest", "-", "--format", "whois", "--source", "whois", "--domain", "evil.example"];
    let run = program.feed(&ingest, answer.as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
    let run = program.run(&["lookup", "evil.example"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let raw = |c: char| c == '\u{1b}' || c == '\u{7}' || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200b}';
    assert!(!run.out.contains(raw), "{:?}", run.out);
    assert!(run.out.contains("Baron"), "{}", run.out);
    let machine = program.run(&["--json", "lookup", "evil.example"]);
    assert!(!machine.out.contains('\u{1b}'), "JSON escapes control characters");
    assert_eq!(machine.lines()[0]["value"], "evil.example");
}
