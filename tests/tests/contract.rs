//! The contract of the ports, fact by fact, on every store.

use tenantry_tests::suite;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

macro_rules! facts {
    ($store:expr; $($noun:ident: $($fact:ident),+;)+) => {
        $(mod $noun {
            use super::super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $fact() {
                let workspace = TestWorkspace::open($store).await;
                suite::$noun::$fact(&workspace.ports).await;
                workspace.remove().await;
            })+
        })+
    };
}

/// Every fact of the suite as a test on one store.
macro_rules! contract {
    ($store:expr) => {
        facts! { $store;
            access:
                every_write_is_refused_behind_a_shut_gate_and_nothing_changes,
                reads_pass_a_shut_gate,
                what_must_hold_in_a_locked_workspace_too_passes_a_shut_gate,
                an_open_gate_lets_writes_through;
            organizations:
                an_inserted_organization_is_found_whole,
                insert_is_refused_when_the_name_is_taken,
                insert_is_refused_when_the_address_is_taken_in_another_case,
                an_address_that_the_store_takes_for_the_same_is_told_as_taken,
                an_insert_that_is_repeated_counts_as_done,
                insert_is_refused_when_the_id_belongs_to_another_name,
                of_many_inserts_of_one_name_at_once_one_wins,
                of_many_inserts_of_one_address_at_once_one_wins,
                many_are_inserted_in_one_go,
                inserting_many_stops_at_the_first_that_is_refused,
                name_and_address_are_free_again_once_they_are_in_the_trash,
                a_removed_organization_is_gone_and_removing_it_again_counts_as_done,
                credentials_are_found_by_address_in_any_case_with_the_stored_hash,
                what_claims_names_and_addresses_is_found_for_many_at_once,
                what_is_in_the_trash_is_seen_by_the_trash_only,
                every_sort_goes_through_all_rows_once_in_order_with_ties_broken_by_id,
                the_trash_goes_through_every_sort_as_well,
                the_last_page_has_no_next_one_even_when_it_is_full,
                paging_is_stable_under_inserts_and_removals_before_the_cursor,
                a_jump_shows_the_rows_from_a_number_on,
                a_jump_beyond_the_end_shows_the_last_rows,
                a_jump_with_an_old_total_shows_rows_that_follow_each_other,
                a_list_is_walked_backwards_in_the_opposite_order,
                search_finds_text_anywhere_in_name_display_name_and_address_in_any_case,
                search_takes_its_text_literally,
                a_list_holds_what_its_filter_says,
                a_searched_and_filtered_list_is_paged_without_gaps,
                counts_are_by_status_and_follow_search_and_only,
                setting_a_name_moves_name_and_collection_name_only,
                a_name_that_was_given_up_is_free_for_another,
                setting_a_name_again_counts_as_done,
                setting_a_name_is_refused_when_it_is_taken_or_nobody_is_there,
                a_change_touches_only_what_it_names,
                a_change_raises_the_session_version_only_when_it_ends_sessions,
                a_change_that_is_repeated_answers_the_same,
                a_change_is_refused_when_what_it_relies_on_is_other_than_expected,
                a_change_is_refused_when_the_address_is_taken_or_nobody_is_there,
                a_hash_is_renewed_only_while_it_is_the_one_that_was_read,
                an_operators_address_is_refused_to_organizations_in_every_case,
                an_admins_address_is_refused_to_operators_in_every_case,
                of_an_operator_and_an_organization_with_one_address_at_once_one_wins,
                a_copy_in_the_trash_is_whole_and_the_live_one_stays,
                the_trash_remembers_what_became_of_the_collection,
                copying_to_the_trash_again_counts_as_done,
                copying_to_the_trash_is_refused_when_nobody_is_there,
                a_copy_comes_back_from_the_trash_whole_under_its_new_name,
                copying_from_the_trash_again_counts_as_done,
                copying_from_the_trash_is_refused_when_name_or_address_is_taken,
                the_trash_forgets_what_is_removed_and_removing_it_again_counts_as_done,
                a_live_organization_is_removed_only_while_it_is_as_it_was_seen,
                a_name_is_set_only_while_the_organization_is_as_it_was_seen,
                what_changed_since_it_was_copied_is_copied_before_it_is_removed,
                a_live_organization_is_not_removed_for_a_copy_that_the_trash_does_not_have,
                another_copy_in_the_trash_is_left_alone,
                one_id_in_the_list_and_in_the_trash_loses_neither_document,
                a_collection_is_of_who_has_its_name_and_of_who_left_it_to_others,
                removing_on_one_side_leaves_the_other_side;
            rows:
                the_rows_are_those_of_the_pages_in_the_same_order,
                rows_begin_after_a_place_and_end_with_the_limit,
                a_list_of_one_has_one_batch_and_an_empty_one_none,
                batches_are_bounded_in_rows_and_in_bytes,
                what_stays_comes_once_while_others_come_and_go,
                a_list_that_is_not_read_to_its_end_is_in_nobodys_way;
            collections:
                a_collection_exists_once_it_is_created,
                of_many_names_those_of_collections_are_told,
                a_new_collection_has_the_indexes_of_the_service_and_no_documents,
                a_collection_is_empty_until_something_is_inserted,
                creating_again_keeps_what_is_there,
                a_collection_that_must_be_new_is_made_only_where_there_is_none,
                a_rename_takes_documents_and_indexes_along,
                a_rename_keeps_which_collection_it_is_and_a_new_one_is_another,
                a_collection_moves_to_the_trash_and_back,
                a_rename_is_refused_when_the_target_is_there_and_nothing_changes,
                a_rename_is_refused_when_the_source_is_missing,
                a_deleted_collection_is_gone_and_deleting_it_again_counts_as_done,
                statistics_tell_documents_and_their_bytes,
                statistics_of_a_missing_collection_say_that_it_is_missing,
                a_document_whose_id_is_there_counts_as_done_and_the_others_are_inserted,
                documents_keep_ids_of_every_type_apart,
                documents_are_refused_when_the_collection_is_missing,
                a_collection_that_stands_in_anothers_place_is_neither_renamed_nor_deleted,
                an_empty_collection_is_deleted_and_one_with_documents_stays,
                bytes_that_are_no_document_are_refused;
            contents:
                collections_of_tenants_are_listed_by_name_and_no_others,
                a_collection_is_described_as_it_was_made,
                a_collection_is_made_like_another_with_its_options_and_indexes,
                every_document_comes_once_and_whole,
                a_validator_that_refuses_nothing_takes_what_the_services_would_refuse,
                documents_are_found_by_ids_of_every_type,
                documents_are_paged_by_id_through_every_type,
                a_page_of_large_documents_is_short_and_none_is_left_out,
                a_document_is_replaced_only_while_it_is_exactly_this_one,
                the_newest_document_has_the_greatest_id,
                a_document_is_removed_only_while_it_is_exactly_this_one,
                an_index_is_made_once_and_removed,
                an_index_in_the_place_of_another_is_refused,
                a_validator_is_set;
            stored:
                every_document_is_scanned_by_name_on_its_shelf,
                a_document_is_corrected_only_while_it_is_as_it_was_seen,
                a_correction_to_a_taken_value_is_refused_and_changes_nothing,
                a_correction_that_is_repeated_counts_as_done,
                a_corrected_password_ends_sessions,
                a_whole_document_travels_with_fields_that_nobody_knows,
                a_whole_document_keeps_its_further_fields_in_the_trash_and_back,
                a_whole_document_is_refused_when_something_is_taken_or_breaks_the_format;
            accounts:
                an_inserted_operator_is_found_by_id_and_by_address_in_any_case,
                an_operator_is_refused_when_id_or_address_is_taken,
                of_many_founders_at_once_one_wins,
                an_operators_hash_is_renewed_only_while_it_is_the_one_that_was_read,
                failed_sign_ins_are_counted_per_account_until_they_are_cleared,
                failed_sign_ins_at_once_are_all_counted,
                a_failure_that_was_just_counted_is_not_long_ago,
                failed_sign_ins_are_listed_latest_first_with_their_last_device,
                operators_are_listed_whole,
                an_operator_is_changed_as_the_change_says_while_it_is_as_it_was_seen,
                the_last_active_owner_stays_one,
                of_owners_who_demote_each_other_at_once_one_stays,
                one_guess_is_counted_once_until_it_is_another;
            people:
                an_inserted_person_is_found_whole_by_id_and_by_address_in_any_case,
                a_person_is_refused_when_id_or_address_is_taken,
                an_admins_address_is_free_for_a_person,
                a_membership_is_added_once_and_changed_alone,
                a_role_that_became_another_one_is_not_written_over,
                a_person_goes_with_the_last_membership,
                all_people_leave_an_organization_and_keep_the_others,
                of_many_who_leave_at_once_nobody_is_left_over,
                a_password_is_set_only_for_the_person_that_was_seen,
                a_name_a_cheap_hash_and_a_sign_in_end_no_session,
                a_list_of_people_holds_what_its_filter_says,
                every_sort_of_people_goes_through_all_rows_once_in_order,
                a_jump_in_people_shows_the_rows_from_a_number_on;
            journal:
                every_plan_is_read_as_it_was_written,
                a_second_operation_on_one_organization_is_refused_until_the_first_ends,
                of_many_begins_at_once_one_wins,
                unfinished_operations_are_listed_oldest_first_until_they_end,
                an_operation_is_taken_over_only_as_it_was_seen,
                an_operation_that_was_asserted_meanwhile_is_not_taken_over,
                an_operation_is_ended_by_its_owner_only,
                an_entry_is_as_old_as_its_turn_and_remembers_when_it_began,
                of_many_that_take_over_at_once_one_wins;
            activity:
                the_newest_entries_of_an_organization_come_first,
                an_entry_is_read_as_it_was_written,
                the_record_survives_its_organization,
                each_entry_holds_the_digest_of_the_one_before,
                of_many_entries_at_once_all_are_in_one_chain,
                a_page_holds_what_its_filter_says,
                a_cut_removes_old_entries_only_as_they_were_seen;
            permits:
                nothing_is_decided_until_somebody_decides,
                a_decision_is_read_as_it_was_written,
                a_decision_takes_the_place_of_the_one_that_was_seen_only,
                a_decision_that_is_repeated_counts_as_done,
                of_many_first_decisions_at_once_one_wins;
            sessions:
                a_session_is_listed_whole_until_it_is_ended,
                a_use_is_noted_and_an_ended_session_is_not_brought_back_by_it,
                an_extended_session_expires_later_and_an_ended_one_is_not_extended,
                sessions_are_listed_of_one_of_an_account_of_an_organization_and_of_all,
                sessions_are_ended_of_one_of_an_account_of_an_organization_and_of_all,
                the_list_is_paged_newest_first_without_the_expired;
            settings:
                nothing_is_set_until_somebody_sets_it,
                settings_are_read_as_they_were_written,
                settings_take_the_place_of_those_that_were_seen_only,
                settings_that_are_written_again_count_as_done,
                a_template_takes_the_place_of_the_one_that_was_seen_only,
                what_is_accepted_for_an_organization_takes_the_place_of_what_was;
            health:
                preparing_again_changes_nothing_and_warns_of_nothing,
                the_store_says_what_it_is,
                the_room_for_collections_and_names_is_told,
                a_deployment_is_told_with_its_members_and_its_room;
        }
    };
}

mod sqlite_in_memory {
    contract!(StoreKind::SqliteInMemory);
}

mod sqlite_on_a_file {
    contract!(StoreKind::SqliteOnFile);
}

mod mongodb_replica_set {
    contract!(StoreKind::MongoReplicaSet);
}

mod mongodb_standalone {
    contract!(StoreKind::MongoStandalone);
}

#[test]
fn every_fact_of_the_suite_is_run() {
    let here = include_str!("contract.rs");
    for source in [
        include_str!("../src/suite/access.rs"),
        include_str!("../src/suite/accounts.rs"),
        include_str!("../src/suite/activity.rs"),
        include_str!("../src/suite/collections.rs"),
        include_str!("../src/suite/health.rs"),
        include_str!("../src/suite/journal.rs"),
        include_str!("../src/suite/organizations.rs"),
        include_str!("../src/suite/people.rs"),
        include_str!("../src/suite/permits.rs"),
        include_str!("../src/suite/rows.rs"),
        include_str!("../src/suite/sessions.rs"),
        include_str!("../src/suite/settings.rs"),
    ] {
        for rest in source.split("pub async fn ").skip(1) {
            let fact = rest.split('(').next().expect("a function has parentheses");
            let listed = here.lines().any(|line| line.trim().trim_end_matches([',', ';']) == fact);
            assert!(listed, "{fact} is in the suite and in no list of this file");
        }
    }
}

#[test]
fn every_method_of_every_port_is_held_to_the_gate() {
    macro_rules! port {
        ($name:literal) => {
            ($name, include_str!(concat!("../../src-tauri/crates/core/src/ports/", $name, ".rs")))
        };
    }
    let mut missing = Vec::new();
    for (port, source) in [
        port!("organizations"),
        port!("collections"),
        port!("accounts"),
        port!("people"),
        port!("journal"),
        port!("activity"),
        port!("permits"),
        port!("sessions"),
        port!("settings"),
        port!("health"),
    ] {
        let methods: Vec<_> = source
            .lines()
            .filter_map(|line| line.strip_prefix("    async fn ").or(line.strip_prefix("    fn ")))
            .filter_map(|rest| rest.split('(').next())
            .map(|method| format!("{port}.{method}"))
            .collect();
        assert!(!methods.is_empty(), "the port {port} is somewhere else");
        let lists =
            suite::access::REFUSED.iter().chain(&suite::access::PERMITTED).chain(&suite::access::READS);
        let listed: Vec<_> = lists.copied().filter(|method| method.starts_with(port)).collect();
        missing.extend(methods.into_iter().filter(|method| !listed.contains(&method.as_str())));
    }
    assert!(missing.is_empty(), "does a shut gate refuse them? {missing:?}");
}
