//! Tokens that Tenantry did not make.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::tests::{actor, base64url, signed_for, standing};
use super::*;

/// Far more than any token needs, even while the computer is building.
const DEADLINE: Duration = Duration::from_secs(5);

fn key() -> SigningKey {
    SigningKey(SecretSlice::from(vec![7; 32]))
}

fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
}

/// A valid token that has not expired.
static GOOD: LazyLock<String> =
    LazyLock::new(|| signed_for(&actor("acme"), &key()).expose_secret().to_owned());

/// Two texts signed with the workspace's own key, as the service, or someone with its secret, could send them.
fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", base64url(header), base64url(claims));
    let signing = EncodingKey::from_secret(key().0.expose_secret());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &signing, ALGORITHM).expect("signed");
    format!("{message}.{signature}")
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec![i64::MIN, -1, 0, 1, 253_402_300_799, 253_402_300_800, i64::MAX]).prop_map(Value::from),
    ];
    let text = prop_oneof![
        ".{0,20}".prop_map(Value::from),
        "[0-9a-f]{24}".prop_map(Value::from),
        select(vec!["HS256", "none", "operator", "viewer", "tenantry", "JWT"]).prop_map(Value::from),
    ];
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, text];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((".{0,6}", inner), 0..4).prop_map(Value::from_iter),
        ]
    })
}

/// An object with some of these fields, of any type.
fn object(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    vec((select(names), value()), 0..8)
        .prop_map(|fields| Value::from_iter(fields.into_iter().map(|(name, value)| (name.to_owned(), value))))
}

fn deep() -> impl Strategy<Value = String> {
    (select(vec![("[", "]"), ("{\"a\":", "}")]), 1..2_000_usize)
        .prop_map(|((open, close), depth)| format!("{}1{}", open.repeat(depth), close.repeat(depth)))
}

fn header() -> impl Strategy<Value = String> {
    let fields =
        object(&["alg", "typ", "cty", "kid", "jku", "jwk", "x5u", "x5c", "x5t", "crit", "enc", "zip"]);
    prop_oneof![
        4 => Just("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".to_owned()),
        2 => fields.prop_map(|fields| fields.to_string()),
        1 => deep(),
    ]
}

fn claims() -> impl Strategy<Value = String> {
    let names: &[_] = &[
        "admin_id",
        "organization_id",
        "organization_name",
        "email",
        "exp",
        "nbf",
        "aud",
        "iss",
        "sub",
        "iat",
        "jti",
        "role",
        "ver",
    ];
    let whole = (object(names), value()).prop_map(|(mut claims, exp)| {
        let own = json!({"admin_id": "650000000000000000000001", "email": "dana@example.com", "exp": exp});
        for (name, value) in own.as_object().into_iter().flatten() {
            claims.as_object_mut().into_iter().for_each(|claims| {
                claims.entry(name.clone()).or_insert_with(|| value.clone());
            });
        }
        claims.to_string()
    });
    prop_oneof![
        4 => whole,
        2 => object(names).prop_map(|claims| claims.to_string()),
        1 => deep(),
        1 => ".{0,60}",
    ]
}

/// A token changed on its way: something removed, inserted, exchanged or repeated.
fn changed() -> impl Strategy<Value = String> {
    let change = (any::<Index>(), 0..40_usize, "[A-Za-z0-9_.=-]{0,6}|.{0,3}");
    (Just(GOOD.clone()), vec(change, 1..4)).prop_map(|(mut token, changes)| {
        for (place, length, text) in changes {
            let mut ends = token.char_indices().map(|(at, _)| at).chain([token.len()]);
            let start = ends.nth(place.index(token.chars().count() + 1)).unwrap_or_default();
            let end = ends.nth(length).unwrap_or(start);
            token.replace_range(start..end, &text);
        }
        token
    })
}

fn unsigned() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,300}",
        "[A-Za-z0-9_-]{0,80}(\\.[A-Za-z0-9_-]{0,120}){0,4}",
        (header(), claims(), "[A-Za-z0-9_-]{0,50}").prop_map(|(header, claims, signature)| {
            format!("{}.{}.{signature}", base64url(&header), base64url(&claims))
        }),
        changed(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_token_that_was_made_or_changed_elsewhere_is_refused(token in unsigned()) {
        let started = Instant::now();
        let answer = read(&SecretString::from(token.clone()), &key(), now());
        prop_assert!(started.elapsed() < DEADLINE, "it took {:?}", started.elapsed());
        prop_assert!(answer.is_err() || token == *GOOD, "accepted: {answer:?}");
    }

    #[test]
    fn nothing_that_is_signed_well_can_stop_the_program((header, claims) in (header(), claims())) {
        let started = Instant::now();
        if let Ok(claims) = read(&SecretString::from(signed(&header, &claims)), &key(), now()) {
            prop_assert!(claims.expires_at > now());
            let standing = standing("hash");
            let _ = (claims.session_id(), claims.predates(Some(7)), standing.follows(&claims));
            prop_assert!(standing.judge(&claims, &key()).is_ok());
        }
        prop_assert!(started.elapsed() < DEADLINE, "it took {:?}", started.elapsed());
    }
}

#[test]
fn a_token_longer_than_any_of_ours_is_not_decoded() {
    let with_name = |length: usize| signed_for(&actor(&"x".repeat(length)), &key());
    assert!(read(&with_name(1_000), &key(), now()).is_ok());
    let refused = read(&with_name(TOKEN_BYTES_MAX), &key(), now()).err();
    assert_eq!(refused, Some(Refusal::TooLong), "it would be taken apart in memory");
}
