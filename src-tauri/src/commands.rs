//! All commands of the window. Each parses, calls the console, and maps the response.

pub mod about;
pub mod access;
pub mod activity;
pub mod attention;
pub mod bundles;
pub mod collections;
pub mod connection_strings;
pub mod diagnosis;
pub mod doctor;
pub mod erasure;
pub mod exports;
pub mod health;
pub mod import;
pub mod jobs;
pub mod live_sessions;
pub mod mends;
pub mod operators;
pub mod organizations;
pub mod own_account;
pub mod people;
pub mod profiles;
pub mod secrets;
pub mod sessions;
pub mod template;
pub mod transfer;
pub mod workspaces;

#[cfg(test)]
mod tests;

use tauri::Runtime;
use tauri_specta::{Commands, collect_commands};

/// The one list of commands: the window cannot call anything else.
pub fn all<R: Runtime>() -> Commands<R> {
    collect_commands![
        about::about,
        about::report_ui_problem,
        workspaces::list_workspaces,
        connection_strings::read_connection_string,
        connection_strings::write_connection_string,
        connection_strings::forget_draft,
        connection_strings::connection_templates,
        connection_strings::seed_list,
        connection_strings::choose_certificate_file,
        diagnosis::test_connection,
        profiles::save_profile,
        profiles::duplicate_profile,
        profiles::remove_profile,
        profiles::restore_profile,
        profiles::arrange_profiles,
        profiles::mark_favorite,
        transfer::choose_import_file,
        transfer::import_profiles,
        transfer::choose_profiles_file,
        transfer::export_profiles,
        workspaces::open_workspace,
        workspaces::switch_workspace,
        workspaces::current_workspace,
        workspaces::open_workspaces,
        workspaces::close_workspace,
        workspaces::claim_workspace,
        health::workspace_health,
        health::role_command,
        workspaces::load_sample_organizations,
        access::access_state,
        access::unlock_workspace,
        access::decide_permits,
        access::lock_workspace,
        access::note_activity,
        access::check_line,
        attention::list_unsettled,
        attention::decide_unsettled,
        sessions::sign_in,
        sessions::sign_in_with_new_password,
        sessions::recover,
        sessions::sign_out,
        sessions::current_session,
        sessions::copy_token,
        sessions::copy_password,
        own_account::rename_oneself,
        own_account::change_own_password,
        own_account::renew_recovery_code,
        own_account::save_recovery_code,
        own_account::save_one_time_passwords,
        live_sessions::list_sessions,
        live_sessions::end_sessions,
        live_sessions::renew_session,
        live_sessions::lock_window,
        live_sessions::unlock_window,
        live_sessions::watch_session,
        live_sessions::list_failing_sign_ins,
        live_sessions::clear_failing_sign_ins,
        live_sessions::workspace_settings,
        live_sessions::change_workspace_settings,
        secrets::secret_keeping,
        secrets::look_for_keychain,
        secrets::choose_secret_keeper,
        secrets::unlock_secrets,
        secrets::lock_secrets,
        secrets::change_passphrase,
        organizations::list_organizations,
        organizations::count_organizations,
        organizations::get_organization,
        organizations::check_organization_name,
        organizations::check_admin_email,
        organizations::check_password,
        organizations::create_organization,
        organizations::update_organization,
        organizations::preview_rename,
        organizations::deactivate_organization,
        organizations::reactivate_organization,
        organizations::preview_removal,
        organizations::delete_organization,
        organizations::restore_organization,
        organizations::delete_organization_forever,
        erasure::erase_organization,
        erasure::erasure_certificate,
        erasure::save_erasure_certificate,
        erasure::list_kept_long_enough,
        organizations::deployment_room,
        operators::list_operators,
        operators::count_operators,
        operators::get_operator,
        operators::add_operator,
        operators::change_operator_role,
        operators::deactivate_operator,
        operators::reactivate_operator,
        operators::remove_operator,
        operators::set_operator_password,
        operators::export_operators,
        people::list_people,
        people::count_people,
        people::get_person,
        people::add_person,
        people::change_person_role,
        people::deactivate_person,
        people::reactivate_person,
        people::remove_person,
        people::set_person_password,
        people::export_people,
        collections::collection_statistics,
        collections::summarize_statistics,
        activity::list_activity,
        activity::activity_entry,
        activity::undo_activity,
        activity::undo_act,
        activity::record_anchor,
        activity::verify_record,
        activity::export_activity,
        activity::preview_archive,
        activity::archive_activity,
        doctor::run_doctor,
        doctor::doctor_summary,
        doctor::list_findings,
        doctor::get_finding,
        doctor::organization_drift,
        bundles::default_bundle_folder,
        bundles::choose_bundle_folder,
        bundles::back_up,
        bundles::choose_bundle,
        bundles::read_bundle,
        bundles::verify_bundle,
        bundles::plan_restore,
        bundles::restore_bundle,
        bundles::plan_move,
        bundles::move_organization,
        bundles::preview_masking,
        bundles::list_unfinished_moves,
        bundles::finish_move,
        bundles::take_back_move,
        doctor::export_findings,
        mends::compare_finding,
        mends::dry_run_mend,
        mends::mend_finding,
        template::get_template,
        template::change_template,
        exports::choose_export_file,
        exports::default_export_file,
        exports::export_organizations,
        exports::reveal_file,
        import::choose_organizations_file,
        import::read_organizations_file,
        import::list_import_rows,
        import::change_import,
        import::run_import,
        import::save_failed_rows,
        import::close_import,
        jobs::cancel_job,
    ]
}

/// A moment for the window: RFC 3339, UTC.
fn moment(at: time::OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    // Only a year past 9999 does not fit the format; no stored date has one.
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// # Errors
/// `not_found`: text that is not an id is nothing's id.
fn organization_id(
    text: &str,
) -> Result<tenantry_core::values::OrganizationId, tenantry_console::error::ConsoleError> {
    text.parse().map_err(|()| tenantry_console::error::ConsoleError::not_found("organization"))
}
