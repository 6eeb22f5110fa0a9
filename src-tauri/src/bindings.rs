//! The commands of the window, with the types from which `ui/src/lib/bindings.ts` is generated.

use serde_json::{Value, json};
use tauri::Runtime;
use tauri_specta::{Builder, ErrorHandlingMode};
use tenantry_connection::SECRET_MASK;
use tenantry_core::limits;
use tenantry_core::rights::{Act, Reach, Role, TABLE};

use tenantry_connection::database;
use tenantry_console::{console, profiles};

use crate::commands;

/// The commands with their types, for any runtime: the window's, and the mock one of tests.
pub fn builder<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        .commands(commands::all())
        // A rejection may also come from the framework: the window's one api file tells which it is.
        .error_handling(ErrorHandlingMode::ResultUnknown)
        // An optional field of a response is `null`, never absent: one type serves both directions.
        .disable_serde_phases()
        .typ::<tenantry_console::error::ConsoleError>()
        .constant("LIMITS", limits_for_forms())
        .constant("RIGHTS", rights())
        .typ::<Reach>()
        .constant("DEFAULT_DATABASE", limits::DEFAULT_DATABASE)
        .constant("SECRET_MASK", SECRET_MASK)
}

/// The table of rights: one row an act, with its reach in each role.
fn rights() -> Value {
    let row = |(act, reaches): &(Act, [Reach; 5])| {
        let mut row = serde_json::Map::from_iter([("act".to_owned(), json!(act))]);
        row.extend(
            Role::ALL.iter().zip(reaches).map(|(role, reach)| (role.as_str().to_owned(), json!(reach))),
        );
        Value::Object(row)
    };
    TABLE.iter().map(row).collect()
}

/// The limits that forms show and count against.
fn limits_for_forms() -> Value {
    json!({
        "organizationNameMin": limits::ORGANIZATION_NAME_MIN,
        "organizationNameMax": limits::ORGANIZATION_NAME_MAX,
        "displayNameMax": limits::DISPLAY_NAME_MAX,
        "personNameMax": limits::PERSON_NAME_MAX,
        "passwordMin": limits::PASSWORD_MIN,
        "passwordMaxBytes": limits::PASSWORD_MAX_BYTES,
        "emailMax": limits::EMAIL_MAX,
        "pageMax": limits::PAGE_MAX,
        "summaryMax": limits::SUMMARY_MAX,
        "idleLockMinutesMax": limits::IDLE_LOCK_MINUTES_MAX,
        "idleLockMinutesMin": limits::IDLE_LOCK_MINUTES_MIN,
        "keepRecordMonthsMax": limits::KEEP_RECORD_MONTHS_MAX,
        "keepRecordMonthsMin": limits::KEEP_RECORD_MONTHS_MIN,
        "keepTrashDaysMax": limits::KEEP_TRASH_DAYS_MAX,
        "keepTrashDaysMin": limits::KEEP_TRASH_DAYS_MIN,
        "sessionMinutesMax": limits::SESSION_MINUTES_MAX,
        "sessionMinutesMin": limits::SESSION_MINUTES_MIN,
        "expireAfterMax": limits::EXPIRE_AFTER_MAX,
        "indexNameMaxBytes": limits::INDEX_NAME_MAX,
        "bulkAtOnce": limits::BULK_AT_ONCE,
        "importBytesMax": limits::IMPORT_BYTES_MAX,
        "importUnpackedMax": limits::IMPORT_UNPACKED_MAX,
        "importRowsMax": limits::IMPORT_ROWS_MAX,
        "importColumnsMax": limits::IMPORT_COLUMNS_MAX,
        "importCellMax": limits::IMPORT_CELL_MAX,
        "profileNameMax": profiles::NAME_MAX,
        "notesMax": profiles::NOTES_MAX,
        "databaseNameMaxBytes": database::DATABASE_NAME_MAX,
        "reasonMin": limits::REASON_MIN,
        "reasonMax": limits::REASON_MAX,
        "passphraseMin": console::PASSPHRASE_MIN,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use specta_typescript::Typescript;

    use super::*;

    #[test]
    fn the_bindings_in_the_repository_are_those_of_the_commands() {
        let folder = tempfile::tempdir().unwrap();
        let rendered = folder.path().join("bindings.ts");
        builder::<tauri::test::MockRuntime>().export(Typescript::default(), &rendered).unwrap();
        let rendered = std::fs::read_to_string(rendered).unwrap();

        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/lib/bindings.ts");
        if std::env::var_os("UPDATE_BINDINGS").is_some() {
            std::fs::write(&committed, &rendered).unwrap();
        }
        let committed = std::fs::read_to_string(committed).unwrap();
        assert!(
            committed == rendered,
            "ui/src/lib/bindings.ts is not what the commands are. Run UPDATE_BINDINGS=1 cargo test -p tenantry bindings"
        );
    }
}
