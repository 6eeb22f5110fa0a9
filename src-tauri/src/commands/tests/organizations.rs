//! Organizations, through the window's commands.

use serde_json::json;

use super::{Console, PASSWORD};

#[test]
fn an_organization_lives_its_whole_life_through_the_window() {
    let console = Console::start();
    console.claim();
    let id = console.create("acme")["id"].clone();
    let taken = console.refused(
        "create_organization",
        json!({"input": {
        "name": "ACME", "displayName": null, "email": "other@example.com", "password": PASSWORD}}),
    );
    assert_eq!((&taken["code"], &taken["details"]["field"]), (&json!("conflict"), &json!("name")), "{taken}");

    let renamed = console.ok(
        "update_organization",
        json!({"input": {
        "id": id, "name": "acme-corp", "displayName": "Acme", "email": null, "password": null}}),
    );
    assert_eq!(renamed["collectionName"], "org_acme-corp", "the collection is named after the organization");
    let statistics = console.ok("collection_statistics", json!({"id": id}));
    assert_eq!((&statistics["exists"], &statistics["documents"]), (&json!(true), &json!(0)), "{statistics}");

    console.ok("delete_organization", json!({"id": id, "confirmation": null}));
    assert!(console.list().is_empty(), "an organization in the trash is still listed");
    console.ok("restore_organization", json!({"id": id, "name": null}));
    assert_eq!(console.list()[0]["name"], "acme-corp");

    console.ok("delete_organization", json!({"id": id, "confirmation": null}));
    let mismatch = console.refused("delete_organization_forever", json!({"id": id, "confirmation": "acme"}));
    assert_eq!(
        mismatch["code"], "confirmation_mismatch",
        "deleting for ever needs the exact name: {mismatch}"
    );
    console.ok("delete_organization_forever", json!({"id": id, "confirmation": "acme-corp"}));
    assert_eq!(console.refused("get_organization", json!({"nameOrId": id}))["code"], "not_found");
}

#[test]
fn an_organizations_admin_sees_and_changes_only_their_own() {
    let console = Console::start();
    console.claim();
    let (own, other) = (console.create("acme")["id"].clone(), console.create("beta")["id"].clone());
    let session = console.ok("sign_in", json!({"email": "acme@example.com", "password": PASSWORD}));
    assert_eq!(session["session"]["role"], "organization_admin");
    assert_eq!(console.list().len(), 1, "the list shows another tenant");
    let strange = console.refused("get_organization", json!({"nameOrId": other}));
    assert_eq!(strange["code"], "not_found", "whether another tenant exists is nobody's business: {strange}");
    for (command, arguments) in [
        ("workspace_health", json!({})),
        ("load_sample_organizations", json!({"progress": "__CHANNEL__:1", "job": "j"})),
        ("deactivate_organization", json!({"id": own})),
        ("restore_organization", json!({"id": own, "name": null})),
    ] {
        assert_eq!(console.refused(command, arguments)["code"], "forbidden", "{command}");
    }
    let before = console.token();
    console.ok(
        "update_organization",
        json!({"input": {
        "id": own, "name": null, "displayName": null, "email": null, "password": "Another-P4ssw0rd"}}),
    );
    assert_ne!(console.token(), before, "the session must go on under the new password");
    assert_eq!(console.list().len(), 1, "whoever changes their own password was signed out");
}
