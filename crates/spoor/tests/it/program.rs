//! The built program in a directory of its own.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

/// The program with an empty data directory.
pub(crate) struct Program {
    pub(crate) data: tempfile::TempDir,
}

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    pub(crate) fn new() -> Program {
        Program { data: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spoor"));
        command.env_clear().env("SPOOR_DATA", self.data.path()).env("USER", "tester");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command().args(arguments).stdin(Stdio::null()).output().unwrap())
    }

    pub(crate) fn feed(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses its arguments does not read: that is no failure of the test.
        let _ = child.stdin.take().unwrap().write_all(input);
        Run::of(child.wait_with_output().unwrap())
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.data.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    pub(crate) fn source(&self, name: &str, kind: &str) {
        let run = self.run(&["source", "add", name, "--kind", kind]);
        assert_eq!(run.code, 0, "{}", run.err);
    }

    pub(crate) fn path(&self) -> &Path {
        self.data.path()
    }
}

impl Run {
    pub(crate) fn of(output: Output) -> Run {
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON lines on standard output.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
