//! What [`SettingsStore`](tenantry_core::ports::SettingsStore) owes.

use tenantry_core::ports::Ports;
use tenantry_core::records::WorkspaceSettings;

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
