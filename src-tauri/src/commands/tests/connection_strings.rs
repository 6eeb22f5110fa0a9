//! What the editor needs from the desktop for a connection string.

use serde_json::json;

use super::*;

#[test]
fn a_certificate_file_is_looked_for_where_the_one_in_the_editor_is() {
    let console = Console::start();
    let certificates = console.folder.path().join("certificates");
    std::fs::create_dir(&certificates).unwrap();
    let chosen = certificates.join("new.pem");
    *console.desktop.choice.lock().unwrap() = Some(chosen.clone());
    let choose = |current: Value| {
        console.ok("choose_certificate_file", json!({"file": "authorities", "current": current}))
    };
    let began_in = || console.desktop.began_in.lock().unwrap().take().unwrap();

    assert_eq!(choose(json!(certificates.join("old.pem"))), json!(chosen));
    assert_eq!(began_in(), certificates);
    for current in [json!(null), json!(""), json!("relative/old.pem"), json!("/gone/old.pem")] {
        choose(current.clone());
        assert_eq!(began_in(), console.folder.path(), "{current}");
    }
    *console.desktop.choice.lock().unwrap() = None;
    assert_eq!(choose(json!(null)), Value::Null, "the person changed their mind");
}
