//! The rules of the acts, on a real store: what each one does, refuses, and leaves behind.

#[path = "services/access.rs"]
mod access;
#[path = "services/accounts.rs"]
mod accounts;
#[path = "services/activity.rs"]
mod activity;
#[path = "services/acts.rs"]
mod acts;
#[path = "services/attention.rs"]
mod attention;
#[path = "services/bundles.rs"]
mod bundles;
#[path = "services/bundles_hostile.rs"]
mod bundles_hostile;
#[path = "services/capacity.rs"]
mod capacity;
#[path = "services/changed_elsewhere.rs"]
mod changed_elsewhere;
#[path = "services/clocks.rs"]
mod clocks;
#[path = "services/doctor.rs"]
mod doctor;
#[path = "services/erasure.rs"]
mod erasure;
#[path = "services/escalation.rs"]
mod escalation;
#[path = "services/exports.rs"]
mod exports;
#[path = "services/forged_tokens.rs"]
mod forged_tokens;
#[path = "services/hits.rs"]
mod hits;
#[path = "services/import.rs"]
mod import;
#[path = "services/interrupted.rs"]
mod interrupted;
#[path = "services/live_sessions.rs"]
mod live_sessions;
#[path = "services/mends.rs"]
mod mends;
#[path = "services/operators.rs"]
mod operators;
#[path = "services/people.rs"]
mod people;
#[path = "services/record.rs"]
mod record;
#[path = "services/rights.rs"]
mod rights;
#[path = "services/samples.rs"]
mod samples;
#[path = "services/sessions.rs"]
mod sessions;
#[path = "services/setting_aside.rs"]
mod setting_aside;
#[path = "services/shared.rs"]
mod shared;
#[path = "services/sign_in.rs"]
mod sign_in;
#[path = "services/slept.rs"]
mod slept;
#[path = "services/statistics.rs"]
mod statistics;
#[path = "services/template.rs"]
mod template;
#[path = "services/timing.rs"]
mod timing;
#[path = "services/twins.rs"]
mod twins;
#[path = "services/undo.rs"]
mod undo;
#[path = "services/verify.rs"]
mod verify;
