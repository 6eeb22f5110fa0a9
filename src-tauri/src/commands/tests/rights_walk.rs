//! Every command of the window in every role, on the session's own organization, on another one and on one that does
//! not exist, against the table of rights in core.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Value, json};
use tauri::Manager;
use tenantry_console::OpenWorkspace;
use tenantry_console::compose::{self, Place};
use tenantry_console::console::ExportedList;
use tenantry_core::export::ExportFormat;
use tenantry_core::records::{Access, NewOperator, OperatorRole};
use tenantry_core::rights::{Act, Reach, Role};
use tenantry_core::sessions::{Session, SignedIn, SigningKey};
use tenantry_core::values::{EmailAddress, OperatorId};

use super::{Console, OPERATOR, PASSWORD};

/// What a command needs.
#[derive(Debug, Clone, Copy)]
enum Needs {
    /// No session.
    Nothing,
    /// A session of any role.
    Session,
    /// The act in the whole workspace.
    Everywhere(Act),
    /// The act on the organization that the call names.
    On(Act),
    /// The act on anything: the answer has what the session reaches.
    Within(Act),
}

use Needs::{Everywhere, Nothing, On, Within};

/// What becomes of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    Trashed,
    Nowhere,
}

/// The subject of a call.
struct Subject {
    organization: String,
    name: &'static str,
    state: State,
    /// Whether it is the session's own organization.
    own: bool,
    /// A place for a file, good for one call.
    target: String,
    /// A folder for bundles, which is no bundle.
    folder: String,
    /// The id of a person of it; of nobody, if there is no such organization.
    person: String,
    /// The number of an entry of the record about it; of no entry, if there is no such organization.
    entry: Value,
}

/// Arguments that do nothing where the call is allowed, or that a workspace for reading only refuses.
type Arguments = fn(&Subject) -> Value;

const NO_ARGUMENTS: Arguments = |_| json!({});

/// Commands about the program, its saved connections and its secrets. They know no roles.
const OF_THE_PROGRAM: &[&str] = &[
    "about",
    "report_ui_problem",
    "list_workspaces",
    "read_connection_string",
    "write_connection_string",
    "forget_draft",
    "connection_templates",
    "seed_list",
    "choose_certificate_file",
    "test_connection",
    // What loosens a connection asks for an operator; `access.rs` has its tests.
    "save_profile",
    "duplicate_profile",
    "remove_profile",
    "restore_profile",
    "arrange_profiles",
    "mark_favorite",
    "choose_import_file",
    "import_profiles",
    "choose_profiles_file",
    // Secrets leave with a proof; `transfer.rs` has its tests.
    "export_profiles",
    "open_workspace",
    "switch_workspace",
    "current_workspace",
    "open_workspaces",
    "close_workspace",
    "secret_keeping",
    "look_for_keychain",
    "choose_secret_keeper",
    "unlock_secrets",
    "lock_secrets",
    "change_passphrase",
    "check_password",
    "reveal_file",
    "cancel_job",
];

/// Commands in a workspace. One that is in neither list fails the test.
const IN_A_WORKSPACE: &[(&str, Needs, Arguments)] = &[
    ("access_state", Nothing, NO_ARGUMENTS),
    ("lock_workspace", Nothing, NO_ARGUMENTS),
    ("note_activity", Nothing, NO_ARGUMENTS),
    ("check_line", Nothing, NO_ARGUMENTS),
    ("role_command", Nothing, NO_ARGUMENTS),
    ("current_session", Nothing, NO_ARGUMENTS),
    ("claim_workspace", Nothing, |_| json!({"name": "X", "email": "x@example.com", "password": PASSWORD})),
    ("sign_in", Nothing, |_| json!({"email": "no address", "password": PASSWORD, "account": null})),
    (
        "sign_in_with_new_password",
        Nothing,
        |_| json!({"email": "no address", "oneTimePassword": "x", "password": PASSWORD, "account": null}),
    ),
    ("recover", Nothing, |_| json!({"email": "no address", "code": "x", "password": PASSWORD})),
    // An empty name, and passwords that are wrong: each is refused after the rights.
    ("rename_oneself", Needs::Session, |_| json!({"name": ""})),
    ("change_own_password", Needs::Session, |_| json!({"present": "x", "password": "x"})),
    // Owners alone have one, and nobody else manages operators.
    ("renew_recovery_code", Everywhere(Act::Operators), |_| json!({"password": "x"})),
    ("save_recovery_code", Needs::Session, |_| json!({"code": "x", "owner": "x", "workspaceName": "x"})),
    ("save_one_time_passwords", Needs::Session, |_| json!({"rows": []})),
    ("workspace_health", Everywhere(Act::Health), NO_ARGUMENTS),
    (
        "load_sample_organizations",
        Everywhere(Act::Create),
        |_| json!({"progress": "__CHANNEL__:1", "job": "j"}),
    ),
    ("unlock_workspace", Everywhere(Act::Unlock), |_| json!({"reason": "no"})),
    (
        "decide_permits",
        Everywhere(Act::Settings),
        |_| json!({"environment": "local", "access": "read_write", "reason": "no"}),
    ),
    ("list_unsettled", Everywhere(Act::Restore), NO_ARGUMENTS),
    (
        "decide_unsettled",
        Everywhere(Act::Restore),
        |on| json!({"organizationId": on.organization, "choice": "none", "seen": "nothing"}),
    ),
    ("copy_token", Needs::Session, NO_ARGUMENTS),
    ("copy_password", Needs::Session, |_| json!({"password": PASSWORD})),
    ("list_organizations", Within(Act::List), |_| {
        json!({"query": {
            "filter": {"search": "", "status": "all"}, "sort": "name", "direction": "ascending",
            "backwards": false, "start": {"kind": "beginning"}, "limit": 10
        }})
    }),
    ("count_organizations", Within(Act::List), |_| json!({"search": ""})),
    ("get_organization", On(Act::List), |on| json!({"nameOrId": on.organization})),
    ("get_organization", On(Act::List), |on| json!({"nameOrId": on.name})),
    ("check_organization_name", Everywhere(Act::Create), |_| json!({"name": "free-name", "forId": null})),
    ("check_organization_name", On(Act::Change), |on| json!({"name": "free-name", "forId": on.organization})),
    ("check_admin_email", Everywhere(Act::Create), |_| json!({"email": "f@example.com", "forId": null})),
    ("check_admin_email", On(Act::Change), |on| json!({"email": "f@example.com", "forId": on.organization})),
    ("create_organization", Everywhere(Act::Create), |_| {
        json!({"input": {
            "name": "new-one", "displayName": null, "email": "new@example.com", "password": PASSWORD
        }})
    }),
    ("update_organization", On(Act::Change), |on| update(on, "name", "renamed")),
    ("update_organization", On(Act::Change), |on| update(on, "displayName", "Renamed")),
    ("update_organization", On(Act::Change), |on| update(on, "email", "renamed@example.com")),
    ("update_organization", On(Act::Change), |on| update(on, "password", "An0ther-password")),
    ("preview_rename", On(Act::Change), |on| json!({"id": on.organization, "name": "renamed"})),
    ("deactivate_organization", On(Act::Deactivate), |on| json!({"id": on.organization})),
    ("reactivate_organization", On(Act::Deactivate), |on| json!({"id": on.organization})),
    ("preview_removal", On(Act::Trash), |on| json!({"id": on.organization})),
    ("delete_organization", On(Act::Trash), |on| json!({"id": on.organization, "confirmation": on.name})),
    ("restore_organization", On(Act::Restore), |on| json!({"id": on.organization, "name": null})),
    (
        "delete_organization_forever",
        On(Act::DeleteForever),
        |on| json!({"id": on.organization, "confirmation": on.name}),
    ),
    ("collection_statistics", On(Act::Statistics), |on| json!({"id": on.organization})),
    ("summarize_statistics", On(Act::Statistics), |on| json!({"ids": [on.organization]})),
    (
        "run_doctor",
        Everywhere(Act::Findings),
        |_| json!({"progress": "__CHANNEL__:2", "job": "j", "depth": "quick"}),
    ),
    ("doctor_summary", Within(Act::Findings), NO_ARGUMENTS),
    ("list_findings", Within(Act::Findings), |_| json!({"query": findings()})),
    ("get_finding", Within(Act::Findings), |_| json!({"id": "missing_collection:none"})),
    ("organization_drift", Within(Act::Findings), |on| json!({"ids": [on.organization]})),
    ("default_bundle_folder", Within(Act::BackUp), NO_ARGUMENTS),
    ("choose_bundle_folder", Within(Act::BackUp), NO_ARGUMENTS),
    ("back_up", Within(Act::BackUp), |on| {
        let input = json!({"job": "j", "ids": [on.organization], "target": on.folder});
        json!({"progress": "__CHANNEL__:3", "input": input})
    }),
    ("choose_bundle", Within(Act::BackUp), NO_ARGUMENTS),
    ("read_bundle", Within(Act::BackUp), |on| json!({"source": on.folder})),
    (
        "verify_bundle",
        Within(Act::BackUp),
        |on| json!({"progress": "__CHANNEL__:3", "input": {"job": "j", "source": on.folder}}),
    ),
    (
        "plan_restore",
        Everywhere(Act::RestoreBundle),
        |on| json!({"source": on.folder, "name": "free-name", "email": "f@example.com"}),
    ),
    ("restore_bundle", Everywhere(Act::RestoreBundle), |on| {
        json!({"progress": "__CHANNEL__:3", "input": {
            "job": "j", "source": on.folder, "name": "free-name", "email": "f@example.com", "password": PASSWORD
        }})
    }),
    ("plan_move", On(Act::RestoreBundle), |on| json!({"input": moving(on)})),
    (
        "move_organization",
        On(Act::RestoreBundle),
        |on| json!({"progress": "__CHANNEL__:3", "input": moving(on)}),
    ),
    (
        "preview_masking",
        On(Act::RestoreBundle),
        |on| json!({"id": on.organization, "choices": {"automatic": true, "fields": [], "kept": []}}),
    ),
    ("list_unfinished_moves", Needs::Session, NO_ARGUMENTS),
    ("finish_move", Everywhere(Act::RestoreBundle), |_| json!({"id": "x"})),
    ("take_back_move", Everywhere(Act::RestoreBundle), |_| json!({"id": "x"})),
    ("export_findings", Within(Act::Findings), |on| {
        json!({"progress": "__CHANNEL__:2", "input": {
            "query": findings(),
            "file": {"job": "j", "format": "json", "csv": {"kind": "excel"}, "target": on.target}
        }})
    }),
    ("compare_finding", Everywhere(Act::Mend), |_| json!({"finding": "missing_collection:none", "at": null})),
    ("dry_run_mend", Everywhere(Act::Mend), |_| json!({"request": mend()})),
    (
        "mend_finding",
        Everywhere(Act::Mend),
        |_| json!({"progress": "__CHANNEL__:2", "request": mend(), "job": null}),
    ),
    ("get_template", Everywhere(Act::Findings), NO_ARGUMENTS),
    ("change_template", Everywhere(Act::Mend), |_| json!({"seen": {"indexes": []}, "next": {"indexes": []}})),
    ("choose_export_file", Needs::Session, |_| json!({"list": "organizations", "format": "csv"})),
    ("default_export_file", Needs::Session, |_| json!({"list": "organizations", "format": "csv"})),
    ("export_organizations", Within(Act::List), |on| {
        json!({"progress": "__CHANNEL__:2", "input": {
            "job": "j", "scope": {"kind": "all"}, "columns": ["name"], "format": "json",
            "csv": {"kind": "excel"}, "target": on.target, "sort": "name", "direction": "ascending"
        }})
    }),
    ("choose_organizations_file", Everywhere(Act::Import), NO_ARGUMENTS),
    ("read_organizations_file", Everywhere(Act::Import), |_| json!({"name": "a.csv", "content": ""})),
    (
        "list_import_rows",
        Everywhere(Act::Import),
        |_| json!({"id": IMPORT, "query": {"facet": "all", "search": "", "start": 0, "limit": 10}}),
    ),
    ("change_import", Everywhere(Act::Import), |_| json!({"id": IMPORT, "change": {"kind": "again"}})),
    ("run_import", Everywhere(Act::Import), |_| {
        json!({"progress": "__CHANNEL__:2", "input": {
            "id": IMPORT, "job": "j", "create": 0, "change": 0, "passwords": null
        }})
    }),
    ("save_failed_rows", Everywhere(Act::Import), |on| json!({"id": IMPORT, "target": on.target})),
    ("close_import", Needs::Session, |_| json!({"id": IMPORT})),
    (
        "list_activity",
        Within(Act::Activity),
        |_| json!({"query": {"filter": every_entry(), "cursor": null, "newerThan": null, "limit": 10}}),
    ),
    ("activity_entry", On(Act::Activity), |on| json!({"number": on.entry})),
    // The entry of a create has no undo. What undoing another takes is the right to the act that undoes it.
    ("undo_activity", On(Act::Activity), |on| json!({"number": on.entry, "confirmation": null})),
    ("deployment_room", Everywhere(Act::Create), NO_ARGUMENTS),
    ("list_kept_long_enough", Everywhere(Act::DeleteForever), NO_ARGUMENTS),
    ("erase_organization", On(Act::DeleteForever), |on| {
        json!({"progress": "__CHANNEL__:3", "input": {
            "job": "j", "id": on.organization, "collection": "org_x", "confirmation": "not its name", "backup": null
        }})
    }),
    // Only what was deleted for good has one, and nobody learns anything else from it.
    ("erasure_certificate", On(Act::DeleteForever), |on| json!({"id": on.organization})),
    (
        "save_erasure_certificate",
        On(Act::DeleteForever),
        |on| json!({"id": on.organization, "target": on.target}),
    ),
    // What undoing takes is the right to the act that undoes it.
    ("undo_act", On(Act::List), |on| json!({"id": on.organization, "act": "none", "confirmation": null})),
    ("record_anchor", Needs::Session, NO_ARGUMENTS),
    ("verify_record", Everywhere(Act::Activity), |_| json!({"progress": "__CHANNEL__:2", "job": "j"})),
    ("export_activity", Within(Act::Activity), |on| {
        json!({"progress": "__CHANNEL__:2", "input": {
            "job": "j", "filter": every_entry(), "format": "json", "csv": {"kind": "excel"}, "target": on.target
        }})
    }),
    ("preview_archive", Everywhere(Act::Settings), |_| json!({"months": 1})),
    ("archive_activity", Everywhere(Act::Settings), |on| {
        json!({"progress": "__CHANNEL__:2", "input": {
            "job": "j", "last": {"number": 1, "hash": "0".repeat(64)}, "target": on.target
        }})
    }),
    ("list_operators", Everywhere(Act::Operators), |_| json!({"query": somebodies(), "job": null})),
    ("count_operators", Everywhere(Act::Operators), |_| json!({"search": "", "job": null})),
    ("get_operator", Everywhere(Act::Operators), |_| json!({"id": COLLEAGUE})),
    (
        "add_operator",
        Everywhere(Act::Operators),
        |_| json!({"input": {"name": "New", "email": "new.operator@example.com", "role": "operator"}}),
    ),
    (
        "change_operator_role",
        Everywhere(Act::Operators),
        |_| json!({"id": COLLEAGUE, "seen": "operator", "role": "owner"}),
    ),
    ("deactivate_operator", Everywhere(Act::Operators), |_| json!({"id": COLLEAGUE})),
    ("reactivate_operator", Everywhere(Act::Operators), |_| json!({"id": COLLEAGUE})),
    ("remove_operator", Everywhere(Act::Operators), |_| json!({"id": COLLEAGUE})),
    ("set_operator_password", Everywhere(Act::Operators), |_| json!({"id": COLLEAGUE})),
    (
        "export_operators",
        Everywhere(Act::Operators),
        |on| json!({"progress": "__CHANNEL__:2", "input": people_export(on)}),
    ),
    (
        "list_people",
        On(Act::ReadPeople),
        |on| json!({"query": somebodies(), "organizationId": on.organization, "job": null}),
    ),
    (
        "list_people",
        Within(Act::ReadPeople),
        |_| json!({"query": somebodies(), "organizationId": null, "job": null}),
    ),
    (
        "count_people",
        On(Act::ReadPeople),
        |on| json!({"search": "", "organizationId": on.organization, "job": null}),
    ),
    ("add_person", On(Act::ManagePeople), |on| {
        json!({"input": {
            "organizationId": on.organization, "name": "New", "email": "new.person@example.com", "role": "viewer"
        }})
    }),
    ("get_person", On(Act::ReadPeople), |on| json!({"id": on.person})),
    (
        "change_person_role",
        On(Act::ManagePeople),
        |on| json!({"id": on.person, "organizationId": on.organization, "seen": "viewer", "role": "viewer"}),
    ),
    ("deactivate_person", On(Act::ManagePeople), membership),
    ("reactivate_person", On(Act::ManagePeople), membership),
    ("remove_person", On(Act::ManagePeople), membership),
    ("remove_person", Everywhere(Act::ManagePeople), |on| json!({"id": on.person, "organizationId": null})),
    ("set_person_password", On(Act::ManagePeople), |on| json!({"id": on.person})),
    (
        "export_people",
        Within(Act::ReadPeople),
        |on| json!({"progress": "__CHANNEL__:2", "input": people_export(on)}),
    ),
    ("list_sessions", Within(Act::Sessions), |_| json!({"whose": {"kind": "own"}, "cursor": null})),
    (
        "list_sessions",
        On(Act::Sessions),
        |on| json!({"whose": {"kind": "organization", "id": on.organization}, "cursor": null}),
    ),
    ("list_sessions", Everywhere(Act::Sessions), |_| json!({"whose": {"kind": "everybody"}, "cursor": null})),
    // Ending others' ends the sessions of the walk; `tests/tests/services/live_sessions.rs` has its tests.
    ("end_sessions", Within(Act::EndSessions), |_| json!({"whose": {"kind": "one", "id": "none"}})),
    ("renew_session", Needs::Session, NO_ARGUMENTS),
    ("watch_session", Nothing, |_| json!({"news": "__CHANNEL__:3"})),
    ("unlock_window", Needs::Session, |_| json!({"password": PASSWORD})),
    ("list_failing_sign_ins", Everywhere(Act::Sessions), NO_ARGUMENTS),
    ("clear_failing_sign_ins", Everywhere(Act::EndSessions), |_| json!({"key": "none"})),
    ("workspace_settings", Needs::Session, NO_ARGUMENTS),
    ("change_workspace_settings", Everywhere(Act::Settings), |_| {
        let settings = json!({
            "sessionMinutes": 30, "renewWhileWorking": true, "idleLockMinutes": null, "keepRecordMonths": null,
            "keepTrashDays": 30
        });
        json!({"seen": settings, "next": settings})
    }),
    ("lock_window", Nothing, NO_ARGUMENTS),
    ("sign_out", Nothing, NO_ARGUMENTS),
];

/// Stands for the id of a file that the session is importing: one row, which lacks an address.
const IMPORT: &str = "__IMPORT__";

/// The id of the operator beside the owner.
const COLLEAGUE: &str = "00000000000000000000beef";

/// About a finding that no result has.
fn mend() -> Value {
    json!({
        "finding": "missing_collection:none", "mend": "create_collection",
        "choices": {
            "organization": null, "collection": null, "name": null, "adminEmail": null, "decision": null,
            "twins": null, "copyToBoth": false, "target": null
        }
    })
}

fn somebodies() -> Value {
    json!({
        "search": "", "status": null, "sort": "name", "direction": "ascending", "backwards": false,
        "start": {"kind": "beginning"}, "limit": 10
    })
}

fn membership(on: &Subject) -> Value {
    json!({"id": on.person, "organizationId": on.organization})
}

fn people_export(on: &Subject) -> Value {
    json!({
        "organizationId": null, "search": "", "status": null, "ids": null, "sort": "name",
        "direction": "ascending", "columns": ["name"],
        "file": {"job": "j", "format": "json", "csv": {"kind": "excel"}, "target": on.target}
    })
}

/// A move to a workspace that is not open.
fn moving(on: &Subject) -> Value {
    json!({
        "job": "j", "id": on.organization, "kind": "move", "target": "elsewhere", "name": "free-name",
        "email": "f@example.com", "password": null, "masking": null, "confirmation": null
    })
}

fn findings() -> Value {
    json!({"kind": null, "severity": null, "search": "", "organization": null, "offset": 0, "limit": 10})
}

fn every_entry() -> Value {
    json!({
        "facet": "all", "search": "", "person": null, "organization": null, "outcome": null, "from": null,
        "until": null
    })
}

fn update(on: &Subject, field: &str, value: &str) -> Value {
    let mut input = json!({
        "id": on.organization, "name": null, "displayName": null, "email": null, "password": null
    });
    input[field] = json!(value);
    json!({"input": input})
}

/// What a call gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// It is done, or refused for another reason than rights.
    Allowed,
    NotSignedIn,
    Forbidden,
    /// Nobody learns whether it exists.
    NotFound,
}

fn expected(role: Option<Role>, needs: Needs, on: &Subject) -> Answer {
    let reach = |act: Act| role.map(|role| role.reach(act));
    match needs {
        Nothing => Answer::Allowed,
        _ if role.is_none() => Answer::NotSignedIn,
        Needs::Session => Answer::Allowed,
        Everywhere(act) if reach(act) == Some(Reach::All) => Answer::Allowed,
        Within(act) if reach(act) > Some(Reach::Nothing) => Answer::Allowed,
        Everywhere(_) | Within(_) => Answer::Forbidden,
        On(_) if is_scoped(role) && !on.own => Answer::NotFound,
        // What is not about oneself is not even known of.
        On(act) if is_scoped(role) && reach(act) == Some(Reach::Oneself) => Answer::NotFound,
        On(act) if reach(act) == Some(Reach::All) || (is_scoped(role) && reach(act) == Some(Reach::Own)) => {
            Answer::Allowed
        }
        On(_) => Answer::Forbidden,
    }
}

/// Whether sessions of a role are in one organization.
fn is_scoped(role: Option<Role>) -> bool {
    matches!(role, Some(Role::OrganizationAdmin | Role::Viewer))
}

/// Whether an answer is the expected one. Who may see every organization may learn that there is none.
fn fits(answer: Answer, expected: Answer, role: Option<Role>, needs: Needs, on: &Subject) -> bool {
    let there = match needs {
        On(Act::Restore | Act::DeleteForever) => on.state == State::Trashed,
        _ => on.state == State::Live,
    };
    // What a role may do on nothing is refused in the same way on everything, and tells as little.
    let on_nothing = |act: Act| {
        role.is_some_and(|role| match role.reach(act) {
            Reach::Nothing => true,
            Reach::Oneself => on.own,
            Reach::Own | Reach::All => false,
        })
    };
    let tells_nothing = match needs {
        On(act) => expected == Answer::NotFound && answer == Answer::Forbidden && on_nothing(act),
        Nothing | Needs::Session | Everywhere(_) | Within(_) => false,
    };
    let is_missed = answer == Answer::NotFound && !there && !is_scoped(role) && role.is_some();
    // What is about the whole workspace, and allowed, may look for something else that is not there, such as a finding.
    let looks_for_nothing =
        matches!(needs, Everywhere(_)) && expected == Answer::Allowed && answer == Answer::NotFound;
    answer == expected || tells_nothing || is_missed || looks_for_nothing
}

fn answered(answer: &Result<Value, Value>) -> Answer {
    match answer {
        Ok(_) => Answer::Allowed,
        Err(error) => match error["code"].as_str() {
            Some("not_signed_in") => Answer::NotSignedIn,
            Some("forbidden") => Answer::Forbidden,
            Some("not_found") => Answer::NotFound,
            _ => Answer::Allowed,
        },
    }
}

/// A workspace that is open twice: refusals are tried where all can be written, everything else where nothing can be.
struct Walk {
    console: Console,
    writable: Arc<OpenWorkspace>,
    read_only: Arc<OpenWorkspace>,
    organizations: [String; 4],
    /// A person of each of them.
    people: [String; 4],
    /// An entry of the record about each of them.
    entries: [Value; 4],
}

impl Walk {
    fn begin() -> Self {
        let console = Console::start();
        let key = SigningKey::random();
        let open = |id: &str, access: Access| {
            let state = console.app.state::<tenantry_console::Console>();
            let file = console.folder.path().join("walked.db");
            let setting = state.setting(access.into(), key.clone());
            let opened = tauri::async_runtime::block_on(compose::open(Place::File(&file), setting)).unwrap();
            let workspace = Arc::new(OpenWorkspace::new(id, opened));
            state.open.add(Arc::clone(&workspace));
            workspace
        };
        let saved = console.save(&json!({"name": "Twin", "connectionString": "mongodb://127.0.0.1:1"}));
        let writable = open(saved["id"].as_str().unwrap(), Access::ReadWrite);
        let person = json!({
            "workspace": writable.id, "name": "Dana Ortiz", "email": OPERATOR, "password": PASSWORD
        });
        console.ok("claim_workspace", person);
        let [own, other, gone] = ["own", "other", "gone"].map(|name| {
            let email = format!("{name}@example.com");
            let input = json!({"name": name, "displayName": null, "email": email, "password": PASSWORD});
            let created =
                console.ok("create_organization", json!({"workspace": writable.id, "input": input}));
            created["id"].as_str().unwrap().to_owned()
        });
        let person = |organization: &String| {
            let email = format!("{organization}@people.example.com");
            let input =
                json!({"organizationId": organization, "name": "Pat", "email": email, "role": "viewer"});
            let added = console.ok("add_person", json!({"workspace": writable.id, "input": input}));
            added["somebody"]["id"].as_str().unwrap().to_owned()
        };
        let people = [person(&own), person(&other), person(&gone), "b".repeat(24)];
        let trashing = json!({"workspace": writable.id, "id": gone, "confirmation": null});
        console.ok("delete_organization", trashing);
        let organizations = [own, other, gone, "a".repeat(24)];
        let entries = organizations.each_ref().map(|organization| {
            let mut filter = every_entry();
            filter["organization"] = json!(organization);
            let query = json!({"filter": filter, "cursor": null, "newerThan": null, "limit": 10});
            let page = console.ok("list_activity", json!({"workspace": writable.id, "query": query}));
            let created = page["entries"].as_array().unwrap().last().map(|entry| entry["number"].clone());
            created.unwrap_or(json!(u32::MAX))
        });
        let read_only = open("built-in", Access::ReadOnly);
        Self { console, writable, read_only, organizations, people, entries }
    }

    /// The session's own organization, another one, one in the trash, and none.
    fn subjects(&self, role: Option<Role>) -> Vec<Subject> {
        let states = [State::Live, State::Live, State::Trashed, State::Nowhere];
        let subject = |(index, (organization, state)): (usize, (&String, State))| Subject {
            organization: organization.clone(),
            name: ["own", "other", "gone", "nowhere"][index],
            state,
            own: index == 0 && is_scoped(role),
            person: self.people[index].clone(),
            target: self.target(),
            folder: self.console.app.state::<tenantry_console::Console>().default_bundle_folder().target,
            entry: self.entries[index].clone(),
        };
        self.organizations.iter().zip(states).enumerate().map(subject).collect()
    }

    fn target(&self) -> String {
        let state = self.console.app.state::<tenantry_console::Console>();
        let chosen = state.default_export_file(ExportedList::Organizations, ExportFormat::Json);
        tauri::async_runtime::block_on(chosen).unwrap().target
    }

    /// A session of each role, and none: operators, the service's own admin, and people.
    fn sessions(&self) -> Vec<(Option<Role>, Option<Session>)> {
        let mut sessions = vec![(None, None)];
        let mut sign_in = |role: Role, email: &str, one_time: Option<&str>| {
            let (service, password) = (self.writable.sessions(), SecretString::from(PASSWORD));
            let signed_in = tauri::async_runtime::block_on(async {
                match one_time {
                    Some(text) => {
                        let one_time = SecretString::from(text);
                        service.sign_in_with_new_password(email, &one_time, &password, None).await
                    }
                    None => service.sign_in(email, &password, None).await,
                }
            });
            let SignedIn::Session(session) = signed_in.unwrap() else { panic!("{email} signs in at once") };
            assert_eq!(session.actor.role(), role, "{email} is somebody else");
            sessions.push((Some(role), Some(session)));
        };
        let mut people = Vec::new();
        for role in [Role::OrganizationAdmin, Role::Viewer] {
            let email = format!("{}@people.example.com", role.as_str());
            let input = json!({
                "organizationId": self.organizations[0], "name": "Sam", "email": email, "role": role.as_str()
            });
            let added = self.console.ok("add_person", json!({"workspace": self.writable.id, "input": input}));
            people.push((role, email, added["oneTimePassword"].as_str().unwrap().to_owned()));
        }
        sign_in(Role::Owner, OPERATOR, None);
        for (role, email) in self.add_operators() {
            sign_in(role, &email, None);
        }
        sign_in(Role::OrganizationAdmin, "own@example.com", None);
        for (role, email, one_time) in people {
            sign_in(role, &email, Some(&one_time));
        }
        sessions
    }

    /// Adds the other operators, with the owner's password.
    fn add_operators(&self) -> Vec<(Role, String)> {
        let accounts = &self.writable.ports().accounts;
        let owner = EmailAddress::parse(OPERATOR).unwrap();
        let owner = tauri::async_runtime::block_on(accounts.find_operator_by_email(&owner)).unwrap().unwrap();
        let add = |role: OperatorRole| {
            let email = format!("{}@example.com", Role::from(role).as_str());
            let operator = NewOperator {
                id: match role {
                    OperatorRole::Operator => COLLEAGUE.parse().unwrap(),
                    OperatorRole::Owner | OperatorRole::ReadOnlyOperator => OperatorId::new(),
                },
                name: owner.name.clone(),
                email: EmailAddress::parse(&email).unwrap(),
                role,
                password_hash: owner.password_hash.clone(),
                one_time: None,
                recovery: None,
                created_at: owner.created_at,
            };
            tauri::async_runtime::block_on(accounts.insert_operator(&operator)).unwrap();
            (role.into(), email)
        };
        [OperatorRole::Operator, OperatorRole::ReadOnlyOperator].map(add).into()
    }

    /// Lets the holder of this session work in one of the two.
    fn seat<'a>(&self, workspace: &'a OpenWorkspace, session: Option<&Session>) -> &'a OpenWorkspace {
        tauri::async_runtime::block_on(async {
            match session {
                Some(session) => drop(workspace.keep_session(session.clone()).await),
                None => drop(workspace.sign_out().await),
            }
        });
        workspace
    }

    fn call(&self, workspace: &OpenWorkspace, command: &str, arguments: &Value) -> Answer {
        let mut arguments = arguments.clone();
        arguments["workspace"] = json!(workspace.id);
        let text = arguments.to_string();
        if text.contains(IMPORT)
            && let Some(session) = workspace.session()
        {
            let draft = tenantry_core::import::read("a.csv", b"name\nacme-new\n".to_vec()).unwrap();
            let import = workspace.import.begin(session.actor.account(), draft);
            arguments = serde_json::from_str(&text.replace(IMPORT, &import.id)).unwrap();
        }
        let answer = self.console.call(command, arguments);
        if let Err(Value::String(framework)) = &answer {
            panic!("{command} was not even called: {framework}");
        }
        answered(&answer)
    }

    /// Everything in the file except what a refusal may leave: its entry in the record, and the use of a session.
    fn stored(&self) -> BTreeMap<String, Vec<String>> {
        let file = rusqlite::Connection::open(self.console.folder.path().join("walked.db")).unwrap();
        let mut names = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let left =
            |name: &String| !LEFT_BY_A_REFUSAL.contains(&name.as_str()) && !name.starts_with("sqlite_");
        let rows = |name: String| {
            let mut all = file.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
            let columns = all.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                (0..columns)
                    .map(|column| row.get::<_, rusqlite::types::Value>(column))
                    .collect::<Result<Vec<_>, _>>()
            };
            let rows = all.query_map([], row).unwrap().map(|row| format!("{:?}", row.unwrap())).collect();
            (name, rows)
        };
        names.into_iter().filter(left).map(rows).collect()
    }
}

const LEFT_BY_A_REFUSAL: &[&str] = &["console_activity", "console_sessions", "console_sign_in_attempts"];

/// The commands of the window, from the bindings that the window is built with.
fn exported() -> BTreeSet<&'static str> {
    let bindings = include_str!("../../../../ui/src/lib/bindings.ts");
    let names = bindings.split("__TAURI_INVOKE(\"").skip(1);
    names.map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_command_has_an_entry_in_the_walk() {
    let listed: Vec<&str> =
        OF_THE_PROGRAM.iter().copied().chain(IN_A_WORKSPACE.iter().map(|(command, ..)| *command)).collect();
    let walked: BTreeSet<&str> = listed.iter().copied().collect();
    let exported = exported();
    assert!(exported.len() > 60, "the commands were not found in the bindings");
    let missing: Vec<_> = exported.difference(&walked).collect();
    assert!(missing.is_empty(), "say in rights_walk.rs which right these commands need: {missing:?}");
    let gone: Vec<_> = walked.difference(&exported).collect();
    assert!(gone.is_empty(), "the window has no such commands: {gone:?}");
}

#[test]
fn every_command_answers_every_role_as_the_table_of_rights_says() {
    let walk = Walk::begin();
    let mut wrong = Vec::new();
    for (role, session) in walk.sessions() {
        for (command, needs, arguments) in IN_A_WORKSPACE {
            for on in walk.subjects(role) {
                let expected = expected(role, *needs, &on);
                let arguments = arguments(&on);
                let told = format!("{command} as {role:?} with {arguments}");
                let answer = if expected == Answer::Allowed {
                    walk.call(walk.seat(&walk.read_only, session.as_ref()), command, &arguments)
                } else {
                    let workspace = walk.seat(&walk.writable, session.as_ref());
                    let before = walk.stored();
                    let answer = walk.call(workspace, command, &arguments);
                    if before != walk.stored() {
                        wrong.push(format!("{told} was refused, and changed the database"));
                    }
                    answer
                };
                if !fits(answer, expected, role, *needs, &on) {
                    wrong.push(format!("{told}: {answer:?} instead of {expected:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers are not those of the table:\n{}", wrong.len(), wrong.join("\n"));
}
