//! The program is killed in the middle of an import and of an undo, again and again: the database has all of it or
//! nothing of it.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    indicator::on_each_database,
    program::{Program, Run},
};

const VALUES: usize = 4_000;
/// Each run is killed after another part of the time that a whole one takes.
const PARTS: u32 = 5;

/// One database, and what is done to it.
struct Scene<'a> {
    program: &'a Program,
    database: &'a str,
}

impl Scene<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program.command();
        command.args(["--json", "--database", self.database]).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    fn done(&self, arguments: &[&str]) -> Run {
        let run = Run::of(self.command(arguments).output().unwrap());
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
        run
    }

    /// Kills a run after a while, if it has not ended by then.
    fn kill(&self, arguments: &[&str], after: Duration) {
        let mut command = self.command(arguments);
        let began = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() {
            if began.elapsed() >= after {
                child.kill().unwrap();
                break;
            }
            std::thread::yield_now();
        }
        child.wait().unwrap();
        self.settle();
    }

    /// A server of databases ends what a killed client began when it notices, which may be later.
    fn settle(&self) {
        if self.database.starts_with("sqlite:") {
            return;
        }
        let mut client = postgres::Client::connect(self.database, postgres::NoTls).unwrap();
        let others = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        while client.query_one(others, &[]).unwrap().get::<_, i64>(0) > 0 {
            std::thread::yield_now();
        }
    }

    /// What the database holds. However it came about: rows of an import are all there or none is, and history and
    /// audit log say the same.
    fn state(&self) -> State {
        self.done(&["database", "check"]);
        let dump = self.done(&["database", "dump", "-"]).out;
        let rows: Vec<(String, Value)> = dump.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |table: &str| rows.iter().filter(|(name, _)| name == table).map(|(_, row)| row).collect::<Vec<_>>();
        let imports = of("imports");
        let undone = imports.iter().filter(|import| !import["undone"].is_null()).count();
        let state = State { imports: imports.len(), undone, id: self.held() };
        assert_eq!(of("import_items").len(), VALUES * state.imports, "{state:?}");
        for table in ["indicators", "opinions", "evidence", "tags"] {
            assert_eq!(of(table).len(), VALUES * (state.imports - undone), "{table}: {state:?}");
        }
        let audited = |action: &str| of("audit").iter().filter(|entry| entry["action"] == action).count();
        assert_eq!((audited("import.add"), audited("import.undo")), (state.imports, undone), "{state:?}");
        state
    }

    /// The import that was not taken back.
    fn held(&self) -> Option<String> {
        let imports = Run::of(self.command(&["import", "list"]).output().unwrap()).lines();
        let held = imports.iter().find(|import| import["undone"].is_null())?;
        Some(held["id"].as_str().unwrap().to_owned())
    }
}

#[derive(Debug, PartialEq)]
struct State {
    imports: usize,
    undone: usize,
    /// The import that was not taken back.
    id: Option<String>,
}

#[test]
fn an_import_and_an_undo_that_are_killed_leave_nothing_half_done() {
    on_each_database(|program, database| {
        let scene = Scene { program, database };
        scene.done(&["owner", "add", "Ours"]);
        let list: String = (0..VALUES).map(|number| format!("d{number}.example\n")).collect();
        let file = program.file("list.txt", list.as_bytes());
        let import = ["import", &file, "--owner", "Ours", "--format", "plain", "--tags", "case", "--yes"];
        let timed = |arguments: &[&str]| {
            let began = Instant::now();
            scene.done(arguments);
            began.elapsed()
        };
        let import_takes = timed(&import);
        let undo_takes = timed(&["import", "undo", &scene.state().id.unwrap()]);
        let mut half_done = [0; 2];
        for part in 1..PARTS {
            scene.kill(&import, import_takes * part / PARTS);
            if scene.state().id.is_none() {
                half_done[0] += 1;
                scene.done(&import);
            }
            let id = scene.state().id.unwrap();
            let undo = ["import", "undo", &id];
            scene.kill(&undo, undo_takes * part / PARTS);
            if scene.state().id.is_some() {
                half_done[1] += 1;
                scene.done(&undo);
            }
        }
        eprintln!("killed before their end: {} imports, {} undos, of {} each", half_done[0], half_done[1], PARTS - 1);
        assert!(half_done.iter().all(|count| *count > 0), "all ended before they were killed");
    });
}
