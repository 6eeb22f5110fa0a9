//! What [`AccountStore`](tenantry_core::ports::AccountStore) owes.

use tenantry_core::error::{StoreError, UniqueField};
use tenantry_core::ports::Ports;
use tenantry_core::records::{NewOperator, OneTime, Operator, OperatorChange, OperatorRole};
use tenantry_core::values::{Device, OperatorId, PersonName, RecoveryCode};

use super::{device, email, hash, moment, renewal};

const EMAIL_TAKEN: Result<(), StoreError> = Err(StoreError::Duplicate { field: UniqueField::Email });
const ID_TAKEN: Result<(), StoreError> = Err(StoreError::Duplicate { field: UniqueField::Id });

/// An owner with this address.
pub fn operator(address: &str) -> NewOperator {
    NewOperator {
        id: OperatorId::new(),
        name: PersonName::parse("Dana Özgür").expect("a good name"),
        email: email(address),
        role: OperatorRole::Owner,
        one_time: None,
        recovery: None,
        password_hash: hash("operator"),
        created_at: moment(0),
    }
}

/// `has_operators`, `find_operator`, `find_operator_by_email`.
pub async fn an_inserted_operator_is_found_by_id_and_by_address_in_any_case(ports: &Ports) {
    assert_eq!(ports.accounts.has_operators().await, Ok(false));
    let new = operator("Dana@example.com");
    assert_eq!(ports.accounts.insert_operator(&new).await, Ok(()));
    assert_eq!(ports.accounts.has_operators().await, Ok(true));
    let by_id = ports.accounts.find_operator(new.id).await.expect("a look-up answers").expect("it is there");
    assert_eq!(by_id.id, new.id);
    assert_eq!(by_id.name, new.name);
    assert_eq!(by_id.email.as_str(), "Dana@example.com");
    assert_eq!(by_id.password_hash.expose(), hash("operator").expose());
    for typed in ["Dana@example.com", "dana@EXAMPLE.com", "DANA@example.com"] {
        let found = ports.accounts.find_operator_by_email(&email(typed)).await.expect("a look-up answers");
        assert_eq!(found.map(|found| found.id), Some(new.id), "{typed}");
    }
    let nobody =
        ports.accounts.find_operator_by_email(&email("nobody@example.com")).await.expect("a look-up answers");
    assert!(nobody.is_none());
    assert!(ports.accounts.find_operator(OperatorId::new()).await.expect("a look-up answers").is_none());
}

/// Uniqueness of id and address.
pub async fn an_operator_is_refused_when_id_or_address_is_taken(ports: &Ports) {
    let first = operator("Dana@example.com");
    ports.accounts.insert_operator(&first).await.expect("inserted");
    let same_id = NewOperator { id: first.id, ..operator("other@example.com") };
    assert_eq!(ports.accounts.insert_operator(&same_id).await, ID_TAKEN);
    let same_address = operator("DANA@example.com");
    assert_eq!(ports.accounts.insert_operator(&same_address).await, EMAIL_TAKEN);
    assert!(ports.accounts.find_operator(same_address.id).await.expect("a look-up answers").is_none());
    let kept =
        ports.accounts.find_operator(first.id).await.expect("a look-up answers").expect("the first stays");
    assert_eq!(kept.email.as_str(), "Dana@example.com");
}

/// Two claims at once.
pub async fn of_many_founders_at_once_one_wins(ports: &Ports) {
    let claims = (0..8).map(|number| {
        let new =
            NewOperator { id: OperatorId::FOUNDER, ..operator(&format!("founder{number}@example.com")) };
        let accounts = ports.accounts.clone();
        async move { accounts.insert_operator(&new).await }
    });
    let answers = futures_util::future::join_all(claims).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == ID_TAKEN), "{answers:?}");
}

/// A renewed cost must not undo a password change.
pub async fn an_operators_hash_is_renewed_only_while_it_is_the_one_that_was_read(ports: &Ports) {
    let new = operator("dana@example.com");
    ports.accounts.insert_operator(&new).await.expect("inserted");
    let renew = async |to: &str| {
        let (from, note) = (hash("operator"), renewal("operator", to));
        ports.accounts.renew_operator_hash(new.id, &from, &hash(to), &note).await
    };
    for to in ["renewed", "late"] {
        assert_eq!(renew(to).await, Ok(()));
        let found = ports.accounts.find_operator(new.id).await.expect("a look-up answers");
        let found = found.expect("it is there");
        assert_eq!(found.password_hash.expose(), hash("renewed").expose());
        assert_eq!(found.renewal, Some(renewal("operator", "renewed")));
    }
}

/// The failures in a row of each account, in the order asked for.
async fn failures(ports: &Ports, accounts: &[&str]) -> Vec<Option<u32>> {
    let asked: Vec<String> = accounts.iter().map(|account| (*account).to_owned()).collect();
    let found = ports.accounts.sign_in_attempts(&asked).await.expect("a look-up answers");
    let of = |account: &&str| found.iter().find(|attempts| attempts.account == **account);
    accounts.iter().map(|account| of(account).map(|attempts| attempts.failures)).collect()
}

/// Failures are counted per account and forgotten.
pub async fn failed_sign_ins_are_counted_per_account_until_they_are_cleared(ports: &Ports) {
    assert_eq!(failures(ports, &["account-1"]).await, [None]);
    for number in 1..=3_u32 {
        assert_eq!(ports.accounts.add_failed_sign_in("account-1", &device()).await, Ok(number));
    }
    assert_eq!(ports.accounts.add_failed_sign_in("account-2", &device()).await, Ok(1));
    let all = ["account-2", "account-1", "account-3"];
    assert_eq!(failures(ports, &all).await, [Some(1), Some(3), None], "several are asked for at once");
    assert_eq!(ports.accounts.clear_failed_sign_ins("account-1").await, Ok(()));
    assert_eq!(ports.accounts.clear_failed_sign_ins("account-1").await, Ok(()), "none counts as done");
    assert_eq!(failures(ports, &all).await, [Some(1), None, None]);
    assert_eq!(
        ports.accounts.add_failed_sign_in("account-1", &device()).await,
        Ok(1),
        "counting starts anew"
    );
}

/// The store tells how long ago.
pub async fn a_failure_that_was_just_counted_is_not_long_ago(ports: &Ports) {
    for _ in 0..2 {
        ports.accounts.add_failed_sign_in("account", &device()).await.expect("counted");
        let found = ports.accounts.sign_in_attempts(&["account".to_owned()]).await.expect("a look-up");
        assert!(found[0].since_last < std::time::Duration::from_secs(60), "{found:?}");
    }
}

/// Counting is atomic.
pub async fn failed_sign_ins_at_once_are_all_counted(ports: &Ports) {
    let failing = (0..16).map(|_| {
        let accounts = ports.accounts.clone();
        async move { accounts.add_failed_sign_in("account", &device()).await.expect("counted") }
    });
    let mut answers = futures_util::future::join_all(failing).await;
    answers.sort_unstable();
    // A response can include failures that were counted meanwhile; it omits none that came before.
    for (counted, answer) in (1..=16).zip(&answers) {
        assert!(*answer >= counted && *answer <= 16, "a failure was lost: {answers:?}");
    }
    assert_eq!(failures(ports, &["account"]).await, [Some(16)]);
}

/// The list of those who fail.
pub async fn failed_sign_ins_are_listed_latest_first_with_their_last_device(ports: &Ports) {
    let elsewhere = Device::named("lee", "venus", "Windows");
    for (account, device) in
        [("account-1", device()), ("account-2", device()), ("account-1", elsewhere.clone())]
    {
        // Two failures in one millisecond have no order.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        ports.accounts.add_failed_sign_in(account, &device).await.expect("counted");
    }
    let listed = ports.accounts.failed_sign_ins(10).await.expect("a list");
    let mut told: Vec<_> =
        listed.iter().map(|one| (one.account.as_str(), one.failures, one.device.clone())).collect();
    // A computer's clock that stands still, as the tests' does, has no order either.
    told.sort_unstable_by_key(|(account, ..)| *account);
    assert_eq!(told, [("account-1", 2, Some(elsewhere)), ("account-2", 1, Some(device()))]);
    assert!(listed.is_sorted_by_key(|one| one.since_last), "{listed:?}");
    assert_eq!(ports.accounts.failed_sign_ins(1).await.expect("a list").len(), 1);
    ports.accounts.clear_failed_sign_ins("account-1").await.expect("cleared");
    assert_eq!(ports.accounts.failed_sign_ins(10).await.expect("a list").len(), 1);
}

async fn load(ports: &Ports, id: OperatorId) -> Operator {
    ports.accounts.find_operator(id).await.expect("a look-up answers").expect("it is there")
}

/// Inserts owners with these addresses.
async fn owners<const N: usize>(ports: &Ports, addresses: [&str; N]) -> [Operator; N] {
    let mut found = Vec::new();
    for address in addresses {
        let new = operator(address);
        ports.accounts.insert_operator(&new).await.expect("inserted");
        found.push(load(ports, new.id).await);
    }
    found.try_into().expect("as many as there were")
}

const CHANGED: StoreError = StoreError::Changed { what: "the operator" };
const MISSING: StoreError = StoreError::NotFound { what: "operator" };

fn demoted() -> OperatorChange {
    OperatorChange { role: Some(OperatorRole::Operator), ..OperatorChange::default() }
}

fn deactivated() -> OperatorChange {
    OperatorChange { is_active: Some(false), ..OperatorChange::default() }
}

/// `operators`, and what an operator is inserted with.
pub async fn operators_are_listed_whole(ports: &Ports) {
    assert_eq!(ports.accounts.operators().await.map(|found| found.len()), Ok(0));
    let (one_time, recovery) = (OneTime { until: moment(7) }, RecoveryCode::new().digest());
    let new = NewOperator {
        role: OperatorRole::ReadOnlyOperator,
        one_time: Some(one_time),
        recovery: Some(recovery.clone()),
        ..operator("dana@example.com")
    };
    ports.accounts.insert_operator(&new).await.expect("inserted");
    owners(ports, ["olga@example.com"]).await;
    let found = ports.accounts.operators().await.expect("a list");
    assert_eq!(found.len(), 2);
    let dana = found.iter().find(|operator| operator.id == new.id).expect("it is there");
    assert_eq!((dana.role, dana.is_active), (OperatorRole::ReadOnlyOperator, true));
    assert_eq!((dana.one_time, dana.recovery.clone()), (Some(one_time), Some(recovery)));
    assert_eq!((dana.created_at, dana.last_sign_in_at), (moment(0), None));
    assert_eq!(ports.accounts.note_operator_sign_in(new.id, moment(3)).await, Ok(()));
    let noted = load(ports, new.id).await;
    assert_eq!((noted.last_sign_in_at, noted.session_version), (Some(moment(3)), 0));
}

/// `change_operator`.
pub async fn an_operator_is_changed_as_the_change_says_while_it_is_as_it_was_seen(ports: &Ports) {
    let [dana, _] = owners(ports, ["dana@example.com", "olga@example.com"]).await;
    let name = PersonName::parse("Dana").expect("a good name");
    let renamed = OperatorChange { name: Some(name.clone()), ..OperatorChange::default() };
    let found = ports.accounts.change_operator(&dana, &renamed).await.expect("changed");
    assert_eq!((found.name.clone(), found.session_version), (name.clone(), 0), "ends no session");
    let code = RecoveryCode::new().digest();
    let renewed = OperatorChange { recovery: Some(Some(code.clone())), ..OperatorChange::default() };
    let found = ports.accounts.change_operator(&found, &renewed).await.expect("changed");
    assert_eq!((found.name, found.recovery.clone()), (name, Some(code.clone())));
    let change = OperatorChange { role: Some(OperatorRole::Operator), ..deactivated() };
    let dana = ports.accounts.change_operator(&dana, &change).await.expect("changed");
    assert_eq!((dana.role, dana.is_active), (OperatorRole::Operator, false));
    assert_eq!((dana.session_version, dana.recovery.clone()), (1, Some(code)), "ends the sessions");
    let late =
        ports.accounts.change_operator(&Operator { session_version: 0, ..dana.clone() }, &demoted()).await;
    assert_eq!(late.map(drop), Err(CHANGED));
    let until = OneTime { until: moment(7) };
    let change = OperatorChange {
        password: Some((hash("once"), Some(until))),
        end_sessions: true,
        ..OperatorChange::default()
    };
    let dana = ports.accounts.change_operator(&dana, &change).await.expect("changed");
    assert_eq!((dana.one_time, dana.password_hash.expose()), (Some(until), hash("once").expose()));
    let own = ports.accounts.set_operators_own_password(&dana, &hash("own"), None).await.expect("set");
    assert_eq!((own.one_time, own.password_hash.expose()), (None, hash("own").expose()));
    let twice = ports.accounts.set_operators_own_password(&dana, &hash("twice"), None).await;
    assert_eq!(twice.map(drop), Err(CHANGED), "a one-time password is used once");
    let code = RecoveryCode::new().digest();
    let own = ports.accounts.set_operators_own_password(&own, &hash("a"), Some(&code)).await.expect("set");
    assert_eq!(own.recovery, Some(code));
    let nobody = Operator { id: OperatorId::new(), ..own };
    assert_eq!(ports.accounts.change_operator(&nobody, &demoted()).await.map(drop), Err(MISSING));
    assert_eq!(ports.accounts.remove_operator(&nobody).await, Err(MISSING));
}

/// The rule of the last owner.
pub async fn the_last_active_owner_stays_one(ports: &Ports) {
    let [dana, olga] = owners(ports, ["dana@example.com", "olga@example.com"]).await;
    let olga = ports.accounts.change_operator(&olga, &deactivated()).await.expect("deactivated");
    for change in [demoted(), deactivated()] {
        let refused = ports.accounts.change_operator(&dana, &change).await;
        assert_eq!(refused.map(drop), Err(StoreError::LastOwner), "a deactivated owner does not count");
    }
    assert_eq!(ports.accounts.remove_operator(&dana).await, Err(StoreError::LastOwner));
    let kept = load(ports, dana.id).await;
    assert_eq!((kept.role, kept.is_active, kept.session_version), (OperatorRole::Owner, true, 0));
    let reactivated = OperatorChange { is_active: Some(true), ..OperatorChange::default() };
    let olga = ports.accounts.change_operator(&olga, &reactivated).await.expect("reactivated");
    let late = Operator { session_version: 7, ..dana.clone() };
    assert_eq!(ports.accounts.remove_operator(&late).await, Err(CHANGED));
    assert_eq!(ports.accounts.remove_operator(&dana).await, Ok(()));
    assert!(ports.accounts.find_operator(dana.id).await.expect("a look-up answers").is_none());
    assert_eq!(ports.accounts.remove_operator(&olga).await, Err(StoreError::LastOwner));
}

/// Owners who take each other's rights away at the same moment leave one.
pub async fn of_owners_who_demote_each_other_at_once_one_stays(ports: &Ports) {
    for round in 0..4 {
        let addresses = [0, 1, 2].map(|number| format!("owner{number}.{round}@example.com"));
        let three = owners(ports, addresses.each_ref().map(String::as_str)).await;
        let changes = three.iter().enumerate().map(|(number, seen)| {
            let accounts = ports.accounts.clone();
            async move {
                match number {
                    0 => accounts.remove_operator(seen).await,
                    1 => accounts.change_operator(seen, &demoted()).await.map(drop),
                    _ => accounts.change_operator(seen, &deactivated()).await.map(drop),
                }
            }
        });
        let answers = futures_util::future::join_all(changes).await;
        let all = ports.accounts.operators().await.expect("a list");
        let left = all.iter().filter(|one| one.role == OperatorRole::Owner && one.is_active).count();
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!((left, done), (1, if round == 0 { 2 } else { 3 }), "round {round}: {answers:?}");
        let refused = answers.iter().filter(|answer| **answer == Err(StoreError::LastOwner)).count();
        assert_eq!(refused, if round == 0 { 1 } else { 0 }, "round {round}: {answers:?}");
    }
}

/// `add_passed_over`.
pub async fn one_guess_is_counted_once_until_it_is_another(ports: &Ports) {
    for (guess, expected) in [("one", 1), ("one", 1), ("two", 2), ("two", 2), ("one", 3)] {
        assert_eq!(ports.accounts.add_passed_over("account", guess).await, Ok(()));
        assert_eq!(failures(ports, &["account"]).await, [Some(expected)], "{guess}");
    }
    ports.accounts.clear_failed_sign_ins("account").await.expect("cleared");
    ports.accounts.add_failed_sign_in("account", &device()).await.expect("counted");
    ports.accounts.add_passed_over("account", "one").await.expect("counted");
    assert_eq!(failures(ports, &["account"]).await, [Some(2)]);
}
