//! Exports, through the window's commands.

use serde_json::{Value, json};

use super::Console;

#[test]
fn an_export_goes_where_the_dialog_said_and_nowhere_else() {
    let console = Console::start();
    console.claim();
    console.create("acme");
    let path = console.folder.path().join("chosen.csv");
    assert_eq!(
        console.ok("choose_export_file", json!({"list": "organizations", "format": "csv"})),
        Value::Null,
        "the dialog was cancelled"
    );
    *console.desktop.choice.lock().unwrap() = Some(path.clone());
    let chosen = console.ok("choose_export_file", json!({"list": "organizations", "format": "csv"}));

    let shown = console.refused("reveal_file", json!({"path": path}));
    assert_eq!(shown["code"], "not_found", "a path from the window must not reach the file manager: {shown}");
    let report = console.export(&chosen["target"]).unwrap();
    assert_eq!((&report["rows"], &report["path"]), (&json!(1), &json!(path)), "{report}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("acme@example.com"));
    console.ok("reveal_file", json!({"path": path}));
    assert_eq!(console.desktop.revealed.lock().unwrap().as_slice(), std::slice::from_ref(&path));

    let again = console.export(&chosen["target"]).unwrap_err();
    assert_eq!(again["code"], "not_found", "a place is good for one export: {again}");
    let invented = console.export(&json!("/etc/passwd")).unwrap_err();
    assert_eq!(invented["code"], "not_found", "the window named a path, and it was taken: {invented}");
}

#[test]
fn a_file_that_came_after_the_dialog_is_not_replaced() {
    let console = Console::start();
    console.claim();
    let path = console.folder.path().join("chosen.csv");
    *console.desktop.choice.lock().unwrap() = Some(path.clone());
    let chosen = console.ok("choose_export_file", json!({"list": "organizations", "format": "csv"}));
    std::fs::write(&path, "somebody else's").unwrap();
    let error = console.export(&chosen["target"]).unwrap_err();
    assert_eq!(
        (&error["code"], &error["details"]["reason"]),
        (&json!("file_not_written"), &json!("exists")),
        "nobody agreed to replace it: {error}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody else's");
}

#[test]
fn a_csv_file_is_laid_out_as_the_window_says() {
    let console = Console::start();
    console.claim();
    console.create("acme");
    let written = |csv: Value| {
        let place = console.ok("default_export_file", json!({"list": "organizations", "format": "csv"}));
        let report = console.export_as(&place["target"], &csv).unwrap();
        assert_eq!(report["cutCells"], 0, "{report}");
        std::fs::read(report["path"].as_str().unwrap()).unwrap()
    };
    let plain = |separator: &str, byte_order_mark: bool| {
        let csv = json!({"kind": "plain", "separator": separator, "byteOrderMark": byte_order_mark});
        String::from_utf8(written(csv)).unwrap()
    };
    assert!(plain("comma", true).starts_with("\u{feff}\"organization_name\",\"admin_email\""));
    assert!(plain("semicolon", false).starts_with("\"organization_name\";\"admin_email\""));
    assert!(plain("tab", false).starts_with("\"organization_name\"\t\"admin_email\""));
    assert_eq!(written(json!({"kind": "excel"}))[..4], [0xFF, 0xFE, b'"', 0], "UTF-16 with its mark");
}
