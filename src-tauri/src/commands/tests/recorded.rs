//! Records the responses of parsers and rules that the fake program of the UI's tests gives.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Console;

const UPDATE: &str = "UPDATE_FIXTURES=1 cargo test -p tenantry --lib recorded";

#[test]
fn the_recorded_answers_of_the_fake_are_those_of_the_commands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/fake/recorded");
    let inputs = std::fs::read_to_string(folder.join("inputs.json")).unwrap();
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

    let answers = folder.join("answers.json");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&answers, &recorded).unwrap();
    }
    let committed = std::fs::read_to_string(answers).unwrap_or_default();
    for (committed, now) in committed.lines().zip(recorded.lines()) {
        assert_eq!(
            committed, now,
            "ui/fake/recorded/answers.json is not what the commands answer. Run {UPDATE}"
        );
    }
    assert!(committed == recorded, "ui/fake/recorded/answers.json lacks inputs. Run {UPDATE}");
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
