//! The arrows between crates, and that ARCHITECTURE.md names what is there.

use std::{collections::BTreeSet, path::PathBuf, process::Command};

use serde_json::Value;

/// What each crate may use of the others (DESIGN: arrows go one way).
const ARROWS: [(&str, &[&str]); 10] = [
    ("model", &[]),
    ("formats", &["model"]),
    ("observations", &["model"]),
    ("store", &["model"]),
    ("engine", &["formats", "model", "observations", "store"]),
    ("collect", &["formats", "model"]),
    ("range", &["formats", "model"]),
    ("intake", &["collect", "engine", "formats", "model", "observations", "store"]),
    ("server", &["collect", "engine", "formats", "intake", "model", "observations", "store"]),
    ("spoor", &["collect", "engine", "formats", "intake", "model", "observations", "range", "server", "store"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

#[test]
fn arrows_go_one_way() {
    let packages = packages();
    let names: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(names, ARROWS.iter().map(|(name, _)| *name).collect());
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        let allowed = ARROWS.iter().find(|(of, _)| *of == name).unwrap().1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let for_tests = dependency["kind"].as_str() == Some("dev");
            // Tests may play with a simulated Internet; nothing else goes against the arrows.
            let fits = !names.contains(on) || allowed.contains(&on) || (for_tests && (on == "range" || on == name));
            assert!(fits, "{name} must not use {on}");
        }
    }
}

#[test]
fn one_binary() {
    let packages = packages();
    let targets = packages.iter().flat_map(|package| package["targets"].as_array().unwrap());
    let binaries: Vec<&str> = targets
        .filter(|target| target["kind"].as_array().unwrap().iter().any(|kind| kind == "bin"))
        .map(|target| target["name"].as_str().unwrap())
        .collect();
    assert_eq!(binaries, ["spoor"]);
}

#[test]
fn architecture_names_what_is_there() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut named = 0;
    for quoted in text.split('`').skip(1).step_by(2) {
        if let Some(name) = quoted.strip_prefix("crates/") {
            assert!(root().join("crates").join(name).exists(), "{quoted}");
            named += 1;
        }
        if let Some((name, rest)) = quoted.split_once("::").filter(|(name, _)| ARROWS.iter().any(|(of, _)| of == name))
        {
            let module = rest.split("::").next().unwrap();
            let source = root().join("crates").join(name).join("src");
            let is_module = source.join(format!("{module}.rs")).exists() || source.join(module).is_dir();
            // A type re-exported at the top is named like a module, with a capital.
            assert!(is_module || module.starts_with(char::is_uppercase), "{quoted}");
            named += 1;
        }
    }
    assert!(named >= 2 * ARROWS.len(), "{named}");
    for (name, _) in ARROWS {
        assert!(text.contains(&format!("`crates/{name}`")), "{name} is missing from the map");
    }
}
