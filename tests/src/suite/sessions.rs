//! What [`SessionStore`](tenantry_core::ports::SessionStore) owes.

use tenantry_core::ports::Ports;
use tenantry_core::records::{LiveSession, SessionDigest, SessionFacts, SessionQuery, SessionsOf};
use tenantry_core::rights::Role;
use tenantry_core::values::OrganizationId;
use time::{Duration, OffsetDateTime};

use super::moment;

/// A fresh session of an address, of an organization or of an operator.
pub fn session_facts(email: &str, organization: Option<OrganizationId>) -> SessionFacts {
    // Any fresh id: two sessions of one address are two.
    let id = SessionDigest::of(&OrganizationId::new().to_hex());
    SessionFacts {
        id,
        account: format!("account:{email}"),
        role: Some(organization.map_or(Role::Operator, |_| Role::OrganizationAdmin)),
        name: "Dana Özgür".to_owned(),
        email: email.to_owned(),
        organization_id: organization,
        organization_name: organization.map(|_| "acme".to_owned()),
        device: "dana on mars, Linux".to_owned(),
        expires_at: moment(700_000),
    }
}

/// Everybody's.
pub fn all_sessions() -> SessionQuery {
    SessionQuery { of: SessionsOf::Everybody, live_at: moment(0), after: None, limit: 100 }
}

async fn inserted(ports: &Ports, email: &str, organization: Option<OrganizationId>) -> SessionFacts {
    let session = session_facts(email, organization);
    ports.sessions.insert(&session).await.expect("inserted");
    session
}

async fn ids_of(ports: &Ports, of: SessionsOf) -> Vec<SessionDigest> {
    let page = ports.sessions.page(&SessionQuery { of, ..all_sessions() }).await.expect("a page");
    let mut ids: Vec<_> = page.into_iter().map(|session| session.facts.id).collect();
    ids.sort();
    ids
}

fn sorted<const N: usize>(sessions: [&SessionFacts; N]) -> Vec<SessionDigest> {
    let mut ids = sessions.map(|session| session.id.clone()).to_vec();
    ids.sort();
    ids
}

/// `insert`, `find`, `end`.
pub async fn a_session_is_listed_whole_until_it_is_ended(ports: &Ports) {
    for organization in [Some(OrganizationId::new()), None] {
        let session = session_facts("dana@example.com", organization);
        assert_eq!(ports.sessions.find(&session.id).await, Ok(None));
        assert_eq!(ports.sessions.insert(&session).await, Ok(()));
        assert_eq!(ports.sessions.insert(&session).await, Ok(()), "a repeated call counts as done");
        let found = ports.sessions.find(&session.id).await.expect("a look-up answers").expect("listed");
        assert_eq!(found.facts, session);
        assert_eq!(found.since, found.last_used_at);
        let age = OffsetDateTime::now_utc() - found.since;
        assert!(age.abs() < Duration::minutes(1), "it began just now: {age}");
        let one = SessionsOf::One(session.id.clone());
        assert_eq!(ports.sessions.end(&one, None).await, Ok(1));
        assert_eq!(ports.sessions.find(&session.id).await, Ok(None));
        assert_eq!(ports.sessions.end(&one, None).await, Ok(0), "ending it again counts as done");
    }
    let of_tomorrow = SessionFacts { role: None, ..session_facts("dana@example.com", None) };
    ports.sessions.insert(&of_tomorrow).await.expect("inserted");
    let found = ports.sessions.find(&of_tomorrow.id).await.expect("a look-up answers").expect("listed");
    assert_eq!(found.facts.role, None, "a role that this version does not know hides no session");
}

/// `touch`.
pub async fn a_use_is_noted_and_an_ended_session_is_not_brought_back_by_it(ports: &Ports) {
    let session = inserted(ports, "dana@example.com", None).await;
    let touched = ports.sessions.touch(&session.id).await.expect("touched").expect("listed");
    assert_eq!(touched.facts, session);
    assert!(touched.last_used_at >= touched.since);
    assert_eq!(ports.sessions.find(&session.id).await, Ok(Some(touched)));
    ports.sessions.end(&SessionsOf::One(session.id.clone()), None).await.expect("ended");
    assert_eq!(ports.sessions.touch(&session.id).await, Ok(None));
    assert_eq!(ports.sessions.find(&session.id).await, Ok(None), "a use after the end brought it back");
}

/// `extend`.
pub async fn an_extended_session_expires_later_and_an_ended_one_is_not_extended(ports: &Ports) {
    let session = inserted(ports, "dana@example.com", None).await;
    for _ in 0..2 {
        assert_eq!(ports.sessions.extend(&session.id, moment(800_000)).await, Ok(true));
    }
    let found = ports.sessions.find(&session.id).await.expect("a look-up answers").expect("listed");
    assert_eq!(found.facts, SessionFacts { expires_at: moment(800_000), ..session.clone() });
    ports.sessions.end(&SessionsOf::One(session.id.clone()), None).await.expect("ended");
    assert_eq!(ports.sessions.extend(&session.id, moment(900_000)).await, Ok(false));
    assert_eq!(ports.sessions.find(&session.id).await, Ok(None), "an extension brought it back");
}

/// Whose sessions are meant.
pub async fn sessions_are_listed_of_one_of_an_account_of_an_organization_and_of_all(ports: &Ports) {
    let (acme, globex) = (OrganizationId::new(), OrganizationId::new());
    let first = inserted(ports, "dana@example.com", Some(acme)).await;
    let second = inserted(ports, "dana@example.com", Some(globex)).await;
    let colleague = inserted(ports, "lee@example.com", Some(acme)).await;
    let operator = inserted(ports, "olga@example.com", None).await;
    assert_eq!(ids_of(ports, SessionsOf::One(first.id.clone())).await, sorted([&first]));
    assert_eq!(ids_of(ports, SessionsOf::Account(first.account.clone())).await, sorted([&first, &second]));
    assert_eq!(ids_of(ports, SessionsOf::Organization(acme)).await, sorted([&first, &colleague]));
    let all = sorted([&first, &second, &colleague, &operator]);
    assert_eq!(ids_of(ports, SessionsOf::Everybody).await, all);
}

/// Ending several, and all but one.
pub async fn sessions_are_ended_of_one_of_an_account_of_an_organization_and_of_all(ports: &Ports) {
    let (acme, globex) = (OrganizationId::new(), OrganizationId::new());
    let end = async |of: SessionsOf, except: Option<&SessionFacts>| {
        ports.sessions.end(&of, except.map(|session| &session.id)).await.expect("ended")
    };
    let own = inserted(ports, "dana@example.com", Some(acme)).await;
    let elsewhere = inserted(ports, "dana@example.com", Some(globex)).await;
    let colleague = inserted(ports, "lee@example.com", Some(acme)).await;
    let operator = inserted(ports, "olga@example.com", None).await;
    assert_eq!(end(SessionsOf::Account(own.account.clone()), Some(&own)).await, 1);
    assert_eq!(ports.sessions.find(&elsewhere.id).await, Ok(None));
    assert_eq!(end(SessionsOf::Organization(acme), None).await, 2);
    assert_eq!(ids_of(ports, SessionsOf::Everybody).await, sorted([&operator]));
    assert_eq!(ports.sessions.find(&colleague.id).await, Ok(None));
    let another = inserted(ports, "lee@example.com", Some(acme)).await;
    assert_eq!(end(SessionsOf::Everybody, Some(&operator)).await, 1);
    assert_eq!(ids_of(ports, SessionsOf::Everybody).await, sorted([&operator]));
    assert_eq!(ports.sessions.find(&another.id).await, Ok(None));
    assert_eq!(end(SessionsOf::One(operator.id.clone()), Some(&operator)).await, 0);
}

/// `page`.
pub async fn the_list_is_paged_newest_first_without_the_expired(ports: &Ports) {
    for number in 0..5 {
        inserted(ports, &format!("person-{number}@example.com"), None).await;
    }
    let over = SessionFacts { expires_at: moment(10), ..session_facts("over@example.com", None) };
    ports.sessions.insert(&over).await.expect("inserted");
    let mut query = SessionQuery { live_at: moment(10), limit: 2, ..all_sessions() };
    let mut seen: Vec<LiveSession> = Vec::new();
    loop {
        let page = ports.sessions.page(&query).await.expect("a page");
        query.after = page.last().map(|last| (last.since, last.facts.id.clone()));
        let ended = page.len() < 2;
        seen.extend(page);
        if ended {
            break;
        }
    }
    let order: Vec<_> = seen.iter().map(|one| (one.since, one.facts.id.clone())).collect();
    assert!(order.is_sorted_by(|one, next| one > next), "newest first, each once: {order:?}");
    assert_eq!(seen.len(), 5, "the expired one is not on the list");
}
