//! Records the responses of parsers and rules that the fake program of the UI's tests gives.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tenantry_core::rights::{Act, Role};

use super::Console;

const UPDATE: &str = "UPDATE_FIXTURES=1 cargo test -p tenantry --lib recorded";

#[test]
fn the_recorded_answers_of_the_fake_are_those_of_the_commands() {
    let inputs = std::fs::read_to_string(folder().join("inputs.json")).unwrap();
    let inputs: Map<String, Value> = serde_json::from_str(&inputs).unwrap();
    let console = Console::start();
    console.claim();

    let mut recorded = String::from("{");
    for (command, inputs) in &inputs {
        let separator = if recorded.len() > 1 { "," } else { "" };
        write!(recorded, "{separator}\n{}: [", json!(command)).unwrap();
        for (index, input) in inputs.as_array().unwrap().iter().enumerate() {
            let answer = console.ok(command, console.whole(input));
            let separator = if index > 0 { "," } else { "" };
            write!(recorded, "{separator}\n{}", json!({"input": input, "answer": answer})).unwrap();
        }
        recorded.push_str("\n]");
    }
    recorded.push_str("\n}\n");
    compare("answers.json", &recorded);
}

#[test]
fn the_recorded_rights_of_the_fake_are_those_of_the_roles() {
    let rights: Vec<String> = Role::ALL
        .iter()
        .map(|role| {
            let acts: Vec<Act> = role.acts().collect();
            format!("  \"{}\": {}", role.as_str(), json!(acts))
        })
        .collect();
    compare("rights.json", &format!("{{\n{}\n}}\n", rights.join(",\n")));
}

/// Compares a recording with the committed one line by line, for a failure that shows only what differs.
fn compare(name: &str, recorded: &str) {
    let file = folder().join(name);
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&file, recorded).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    for (committed, now) in committed.lines().zip(recorded.lines()) {
        assert_eq!(committed, now, "ui/fake/recorded/{name} is not what the program answers. Run {UPDATE}");
    }
    assert!(committed == recorded, "ui/fake/recorded/{name} is incomplete. Run {UPDATE}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/fake/recorded")
}

impl Console {
    /// A recorded input with the arguments that none of them has. Of the fields, an input has only those that differ
    /// from its text's reading.
    fn whole(&self, input: &Value) -> Value {
        let mut arguments = input.as_object().unwrap().clone();
        arguments.insert("draft".to_owned(), json!("recorded"));
        if let Some(changed) = arguments.get("fields").cloned() {
            let read = self.ok("read_connection_string", json!({"draft": "recorded", "text": input["text"]}));
            let mut fields = read["fields"].as_object().cloned().unwrap_or_default();
            fields.extend(changed.as_object().unwrap().clone());
            arguments.insert("fields".to_owned(), Value::Object(fields));
        }
        Value::Object(arguments)
    }
}
