//! What [`SettingsStore`](tenantry_core::ports::SettingsStore) owes.

use std::collections::BTreeSet;

use tenantry_core::limits::EXPIRE_AFTER_MAX;
use tenantry_core::ports::Ports;
use tenantry_core::records::{Accepted, IndexKey, IndexKeyKind, Template, TemplateIndex, WorkspaceSettings};
use tenantry_core::values::OrganizationId;

fn of_minutes(session_minutes: u32) -> WorkspaceSettings {
    WorkspaceSettings { session_minutes, ..WorkspaceSettings::default() }
}

/// A new workspace has the defaults, which are not stored.
pub async fn nothing_is_set_until_somebody_sets_it(ports: &Ports) {
    assert_eq!(ports.settings.find().await, Ok(None));
}

/// Every setting comes back, also one that is taken away.
pub async fn settings_are_read_as_they_were_written(ports: &Ports) {
    let all = WorkspaceSettings {
        session_minutes: 5,
        renew_while_working: false,
        idle_lock_minutes: Some(10),
        keep_record_months: Some(120),
        keep_trash_days: None,
    };
    let mut seen = None;
    for next in [all, WorkspaceSettings::default(), of_minutes(720)] {
        assert_eq!(ports.settings.change(seen.as_ref(), &next).await, Ok(true));
        assert_eq!(ports.settings.find().await, Ok(Some(next.clone())));
        seen = Some(next);
    }
    assert_eq!(ports.permits.find().await, Ok(None), "what the workspace permits is another entry");
}

/// Of two who change by what they saw, the second has to look again.
pub async fn settings_take_the_place_of_those_that_were_seen_only(ports: &Ports) {
    let (first, second, third) = (of_minutes(10), of_minutes(20), of_minutes(40));
    assert_eq!(ports.settings.change(Some(&first), &second).await, Ok(false), "there are none yet");
    assert_eq!(ports.settings.find().await, Ok(None));
    assert_eq!(ports.settings.change(None, &first).await, Ok(true));
    assert_eq!(ports.settings.change(None, &second).await, Ok(false), "there are some by now");
    assert_eq!(ports.settings.change(Some(&third), &second).await, Ok(false));
    assert_eq!(ports.settings.find().await, Ok(Some(first.clone())), "a refused change took its place");
    assert_eq!(ports.settings.change(Some(&first), &second).await, Ok(true));
    assert_eq!(ports.settings.find().await, Ok(Some(second)));
}

/// An answer that was lost is not a refusal.
pub async fn settings_that_are_written_again_count_as_done(ports: &Ports) {
    let (first, second) = (of_minutes(10), of_minutes(20));
    for seen in [None, None, Some(&first)] {
        assert_eq!(ports.settings.change(seen, &first).await, Ok(true));
    }
    for _ in 0..2 {
        assert_eq!(ports.settings.change(Some(&first), &second).await, Ok(true));
    }
    assert_eq!(ports.settings.find().await, Ok(Some(second)));
}

/// A template with one index of each of these fields.
pub fn template(fields: &[&str]) -> Template {
    let index = |field: &&str| {
        let key = |kind| IndexKey { field: (*field).to_owned(), kind };
        TemplateIndex {
            unique: field.starts_with("unique"),
            sparse: field.ends_with("sparse"),
            name: field.starts_with("named").then(|| format!("by {field}")),
            expire_after_seconds: field.ends_with("expires").then_some(EXPIRE_AFTER_MAX),
            ..TemplateIndex::on(vec![key(IndexKeyKind::Descending)])
        }
    };
    Template { indexes: fields.iter().map(index).collect() }
}

/// `template`, `change_template`.
pub async fn a_template_takes_the_place_of_the_one_that_was_seen_only(ports: &Ports) {
    let many = &["status", "unique_number", "sparse", "named", "expires", "named_expires"];
    let [first, second, third] = [&["status"][..], many, &[]].map(template);
    assert_eq!(ports.settings.template().await, Ok(None));
    assert_eq!(ports.settings.change_template(Some(&first), &second).await, Ok(false), "there is none yet");
    for _ in 0..2 {
        assert_eq!(
            ports.settings.change_template(None, &first).await,
            Ok(true),
            "repeated, it counts as done"
        );
    }
    assert_eq!(ports.settings.change_template(None, &second).await, Ok(false), "there is one by now");
    assert_eq!(ports.settings.change_template(Some(&third), &second).await, Ok(false));
    assert_eq!(ports.settings.template().await, Ok(Some(first.clone())));
    for _ in 0..2 {
        assert_eq!(ports.settings.change_template(Some(&first), &second).await, Ok(true));
    }
    assert_eq!(ports.settings.template().await, Ok(Some(second.clone())), "every index comes back");
    assert_eq!(ports.settings.change_template(Some(&second), &third).await, Ok(true));
    assert_eq!(ports.settings.template().await, Ok(Some(third)), "an emptied one is still one");
    assert_eq!(ports.settings.find().await, Ok(None), "the settings are another entry");
}

/// `accepted`, `accepted_of`, `accept`.
pub async fn what_is_accepted_for_an_organization_takes_the_place_of_what_was(ports: &Ports) {
    let accepted = |organization, differences: &[&str]| Accepted {
        organization,
        differences: differences.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>(),
    };
    let (first, second) = (OrganizationId::new(), OrganizationId::new());
    assert_eq!(ports.settings.accepted().await, Ok(Vec::new()));
    assert_eq!(ports.settings.accepted_of(first).await, Ok(None));
    let (of_first, of_second) =
        (accepted(first, &["index a_1: absent"]), accepted(second, &["validator: 5d2f"]));
    for one in [&of_second, &accepted(first, &["validator: 1"]), &of_first, &of_first] {
        assert_eq!(ports.settings.accept(one).await, Ok(()));
    }
    assert_eq!(ports.settings.accepted_of(first).await, Ok(Some(of_first.clone())));
    assert_eq!(ports.settings.accepted().await, Ok(vec![of_first, of_second.clone()]), "by id");
    for _ in 0..2 {
        assert_eq!(ports.settings.accept(&accepted(first, &[])).await, Ok(()), "nothing is kept");
    }
    assert_eq!(ports.settings.accepted_of(first).await, Ok(None));
    assert_eq!(ports.settings.accepted().await, Ok(vec![of_second]), "and no other is forgotten");
    assert_eq!(ports.settings.template().await, Ok(None), "the template is another entry");
}
