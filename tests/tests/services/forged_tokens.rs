//! Tokens that are no session, by every way to make one: each is refused, and the record tells why. Whoever makes them
//! has the signing key unless the way says otherwise, because the service and whoever runs it have it too.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use tenantry_core::error::{AppError, SessionProblem};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::records::{
    ActivityKind, MemberRole, OperatorRole, Organization, Outcome, RecordQuery, Recorded, SessionDigest,
    SessionsOf,
};
use tenantry_core::rights::Account;
use tenantry_core::sessions::{Freshness, PasswordHasher, Session};
use tenantry_core::values::{OrganizationId, Password, PersonId};
use tenantry_tests::console::{Console, PASSWORD, Run, update_request};
use tenantry_tests::tokens::{self, Algorithm, TEST_KEY, claims_in, claims_of_service, own_key, sealed};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

const BOTH: [StoreKind; 2] = [StoreKind::SqliteOnFile, StoreKind::MongoReplicaSet];
const PLAIN: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

type Claims = Map<String, Value>;

/// A token that is no session, and why not.
struct Forged {
    way: String,
    token: SecretString,
    reason: &'static str,
}

#[derive(Default)]
struct Forgeries(Vec<Forged>);

impl Forgeries {
    fn add(&mut self, way: &str, token: impl Into<String>, reason: &'static str) {
        self.0.push(Forged { way: way.to_owned(), token: SecretString::from(token.into()), reason });
    }

    /// Claims that the right key signed.
    fn claim(&mut self, way: &str, claims: &Claims, reason: &'static str) {
        self.add(way, signed(claims), reason);
    }
}

/// Signed as its account's tokens are: those of people and operators with another key than the service's.
fn signed(claims: &Claims) -> String {
    let is_known_to_service =
        !claims.contains_key("jti") || claims.get("admin_id") == claims.get("organization_id");
    if is_known_to_service { signed_by(TEST_KEY.as_bytes(), claims) } else { signed_by(&own_key(), claims) }
}

fn signed_by(key: &[u8], claims: &Claims) -> String {
    let content = Value::Object(claims.clone()).to_string();
    sealed(PLAIN.as_bytes(), content.as_bytes(), key, Algorithm::HS256)
}

fn with(claims: &Claims, name: &str, value: Value) -> Claims {
    let mut claims = claims.clone();
    claims.insert(name.to_owned(), value);
    claims
}

fn without(claims: &Claims, name: &str) -> Claims {
    let mut claims = claims.clone();
    claims.remove(name);
    claims
}

fn under(header: &str, claims: &Claims) -> String {
    let content = Value::Object(claims.clone()).to_string();
    sealed(header.as_bytes(), content.as_bytes(), TEST_KEY.as_bytes(), Algorithm::HS256)
}

/// Other algorithms, other keys, other headers.
fn signatures(forged: &mut Forgeries, good: &str, claims: &Claims) {
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let content = message.split_once('.').expect("claims").1;
    for name in ["none", "None", "NONE", "nOnE"] {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": name, "typ": "JWT"}).to_string());
        forged.add(&format!("alg {name}, no signature"), format!("{header}.{content}."), "algorithm");
        forged.add(&format!("alg {name}, signed"), format!("{header}.{content}.{signature}"), "algorithm");
    }
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = tokens::sign(claims, TEST_KEY, algorithm);
        forged.add(&format!("{algorithm:?}"), token.expose_secret(), "algorithm");
        let content = Value::Object(claims.clone()).to_string();
        let token = sealed(PLAIN.as_bytes(), content.as_bytes(), TEST_KEY.as_bytes(), algorithm);
        forged.add(&format!("{algorithm:?} that calls itself HS256"), token, "signature");
    }
    for name in ["RS256", "ES256", "EdDSA", "PS256", "hs256", ""] {
        let header = json!({"alg": name, "typ": "JWT"}).to_string();
        forged.add(&format!("HMAC that calls itself {name:?}"), under(&header, claims), "algorithm");
    }
    for key in ["", "another key", "a key of the tests ", "A key of the tests"] {
        let token = tokens::sign(claims, key, Algorithm::HS256);
        forged.add(&format!("signed with {key:?}"), token.expose_secret(), "signature");
    }
    forged.add("no signature", format!("{message}."), "signature");
    forged.add(
        "a signature of another token",
        {
            let raised = signed(&with(claims, "role", "owner".into()));
            format!("{}.{signature}", raised.rsplit_once('.').expect("a signature").0)
        },
        "signature",
    );
    for header in [
        r#"{"alg":"HS256","typ":"JWT","crit":["exp"]}"#,
        r#"{"alg":"HS256","typ":"JWT","jwk":{"kty":"oct","k":"YSBrZXk"}}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}"#,
        r#"{"alg":"HS256","typ":"JWT","jku":"https://example.com/keys"}"#,
        r#"{"alg":"HS256","typ":"JWT","x5u":"https://example.com/keys"}"#,
        r#"{"alg":"HS256","typ":"JWT","zip":"DEF"}"#,
        r#"{"alg":"HS256","typ":"JWE"}"#,
        r#"{"alg":"HS256","alg":"HS256","typ":"JWT"}"#,
        r#"{"alg":["HS256"],"typ":"JWT"}"#,
        r#"{"typ":"JWT"}"#,
        r#""HS256""#,
        "",
    ] {
        forged.add(&format!("the header {header}"), under(header, claims), "header");
    }
}

/// Texts that have not the form of a token.
fn forms(forged: &mut Forgeries, good: &str, claims: &Claims) {
    let (message, signature) = good.rsplit_once('.').expect("a signature");
    let (header, content) = message.split_once('.').expect("claims");
    for (way, token) in [
        ("nothing", String::new()),
        ("a space", " ".to_owned()),
        ("whitespace", " \t\r\n ".to_owned()),
        ("dots", "..".to_owned() + "."),
        ("whitespace before", format!(" {good}")),
        ("whitespace after", format!("{good}\n")),
        ("a scheme before", format!("Bearer {good}")),
        ("the signature cut off with its dot", message.to_owned()),
        ("the header alone", header.to_owned()),
        ("cut in the claims", good[..header.len() + 9].to_owned()),
        ("a fourth part", format!("{good}.{signature}")),
        ("a padded part", format!("{header}==.{content}.{signature}")),
        ("a NUL", format!("{good}\0")),
        ("letters of another script", format!("{message}.ключ")),
    ] {
        forged.add(way, token, "not_a_token");
    }
    forged.add("a shortened signature", &good[..good.len() - 3], "signature");
    forged.add("empty parts", "..", "header");
    forged.add("a megabyte", "a".repeat(1 << 20), "too_long");
    forged.add("a megabyte of claims", signed(&with(claims, "pad", "x".repeat(1 << 20).into())), "too_long");
    let text = |content: &[u8]| sealed(PLAIN.as_bytes(), content, TEST_KEY.as_bytes(), Algorithm::HS256);
    for (way, content) in [
        ("claims that are no UTF-8", &b"\xff\xfe{\"exp\":1}"[..]),
        ("a text in the claims that is no UTF-8", b"{\"email\":\"\xc3\x28\"}"),
        ("no claims", b""),
        ("an array of claims", b"[]"),
        ("null", b"null"),
        ("claims with a second object behind", b"{}{}"),
    ] {
        forged.add(way, text(content), "claims");
    }
    let no_text = sealed(b"\xff\xfe", b"{}", TEST_KEY.as_bytes(), Algorithm::HS256);
    forged.add("a header that is no UTF-8", no_text, "header");
    let whole = Value::Object(claims.clone()).to_string();
    for (name, value) in [("role", "\"owner\""), ("exp", "99999999999"), ("unknown", "1,\"unknown\":1")] {
        let doubled = format!("{},\"{name}\":{value}}}", &whole[..whole.len() - 1]);
        forged.add(&format!("{name} doubled"), text(doubled.as_bytes()), "doubled");
    }
}

/// Claims that the right key signed and that are none of ours.
fn contents(forged: &mut Forgeries, own: &Claims, of_service: &Claims) {
    for name in ["iss", "sub", "iat", "jti", "role", "ver", "cred"] {
        forged.claim(&format!("{name} missing"), &without(own, name), "incomplete");
        forged.claim(&format!("{name} null"), &with(own, name, Value::Null), "incomplete");
        let lent = with(of_service, name, own[name].clone());
        forged.claim(&format!("{name} in a token of the service"), &lent, "incomplete");
    }
    for name in ["admin_id", "email", "exp"] {
        forged.claim(&format!("{name} missing"), &without(own, name), "claims");
        forged.claim(&format!("{name} missing from the service's"), &without(of_service, name), "claims");
    }
    for (name, value) in [
        ("admin_id", json!(1)),
        ("admin_id", json!({"$ne": null})),
        ("organization_id", json!(["a"])),
        ("email", json!(null)),
        ("exp", json!("99999999999")),
        ("exp", json!(1e300)),
        ("exp", json!(true)),
        ("exp", json!(i64::MAX)),
        ("iat", json!(i64::MIN)),
        ("ver", json!("0")),
        ("ver", json!(0.5)),
        ("role", json!(0)),
        ("jti", json!({})),
        ("cred", json!([])),
        ("nbf", json!("now")),
    ] {
        forged.claim(&format!("{name} is {value}"), &with(own, name, value.clone()), "claims");
    }
    forged.claim("an audience", &with(own, "aud", "tenantry".into()), "audience");
    forged.claim("an audience of null", &with(of_service, "aud", Value::Null), "audience");
    forged.claim("issued by another", &with(own, "iss", "somebody".into()), "issuer");
    forged.claim("about another", &with(own, "sub", OrganizationId::new().to_hex().into()), "issuer");
    let (issued_at, ends_at) = (own["iat"].as_i64().expect("a time"), own["exp"].as_i64().expect("a time"));
    forged.claim("from the future", &with(own, "iat", (issued_at + 600).into()), "early");
    forged.claim("not before tomorrow", &with(own, "nbf", (issued_at + 86_400).into()), "early");
    forged.claim("good for a year", &with(own, "exp", (ends_at + 31_536_000).into()), "late");
    forged.claim("good for 13 hours", &with(own, "exp", (issued_at + 13 * 3_600).into()), "late");
    forged.claim("the service's for a year", &with(of_service, "exp", (ends_at + 31_536_000).into()), "late");
    for role in ["owner", "operator", "read_only_operator"] {
        forged.claim(&format!("the admin as {role}"), &with(own, "role", role.into()), "account");
        let posing = without(&with(own, "role", role.into()), "organization_id");
        forged.claim(&format!("the admin as {role} of no organization"), &posing, "unknown");
    }
    for role in ["admin", "Owner", "", "viewer "] {
        forged.claim(&format!("the role {role:?}"), &with(own, "role", role.into()), "role");
    }
    forged.claim("the admin as a viewer", &with(own, "role", "viewer".into()), "role");
    let pose = |claims: &Claims, id: &str| {
        let claims = with(&with(claims, "admin_id", id.into()), "organization_id", id.into());
        if claims.contains_key("sub") { with(&claims, "sub", id.into()) } else { claims }
    };
    let nobody = OrganizationId::new().to_hex();
    forged.claim("an admin that does not exist", &pose(own, &nobody), "unknown");
    forged.claim("the service's, of an unknown admin", &pose(of_service, &nobody), "unknown");
    for id in ["", "1", "\u{202e}", "' OR 1=1 --"] {
        forged.claim(&format!("the service's, of {id:?}"), &pose(of_service, id), "account");
        forged.claim(&format!("the admin {id:?}"), &pose(own, id), "account");
    }
    forged.claim("a session of no organization", &without(own, "organization_id"), "account");
    forged.claim("a version to come", &with(own, "ver", 1.into()), "version");
    forged.claim("a version of before", &with(own, "ver", (-1).into()), "version");
    forged.claim("another password", &with(own, "cred", "00".repeat(32).into()), "password");
    forged.claim("no password", &with(own, "cred", "".into()), "password");
    forged.claim("a session that never was", &with(own, "jti", "00".repeat(16).into()), "ended");
    forged.claim("a session without an id", &with(own, "jti", "".into()), "ended");
}

/// Tokens of one account for another, and tokens that were good.
async fn others(forged: &mut Forgeries, console: &Console, acme: &Organization) {
    let globex = console.create("globex").await;
    let own = claims_in(&console.sign_in("admin@acme.example.com").await.token);
    let (id, other) = (acme.id.to_hex(), globex.id.to_hex());
    let in_other = with(&own, "organization_id", other.as_str().into());
    forged.claim("the admin in another organization", &in_other, "unknown");
    let as_other = with(&with(&in_other, "admin_id", other.as_str().into()), "sub", other.as_str().into());
    forged.claim("the admin as another's admin", &as_other, "password");
    let service = with(&claims_of_service(acme), "organization_id", other.as_str().into());
    forged.claim("the service's, in another organization", &service, "account");

    let viewer = console.person(acme, "vera@example.com", MemberRole::Viewer).await;
    let claims = claims_in(&viewer.token);
    forged.claim("a viewer as admin", &with(&claims, "role", "organization_admin".into()), "role");
    forged.claim(
        "a viewer in another organization",
        &with(&claims, "organization_id", other.into()),
        "unknown",
    );
    let as_admin = with(&with(&claims, "admin_id", id.as_str().into()), "sub", id.into());
    let as_admin = with(&as_admin, "role", "organization_admin".into());
    forged.claim("a viewer as the service's admin", &as_admin, "version");
    forged.claim("the same, in its version", &with(&as_admin, "ver", 0.into()), "password");
    let posing = without(&with(&claims, "role", "operator".into()), "organization_id");
    forged.claim("a person as an operator", &posing, "unknown");
    let stranger = PersonId::new().to_hex();
    let nobody = with(&with(&claims, "admin_id", stranger.as_str().into()), "sub", stranger.into());
    forged.claim("a person that does not exist", &nobody, "unknown");

    let reader = console.another_operator("rita@example.com", OperatorRole::ReadOnlyOperator).await;
    let claims = claims_in(&reader.token);
    for role in ["owner", "operator"] {
        forged.claim(&format!("a read-only operator as {role}"), &with(&claims, "role", role.into()), "role");
    }
    let owner = claims_in(&console.sign_in(tenantry_tests::console::OPERATOR).await.token);
    let as_owner = with(&with(&claims, "admin_id", owner["sub"].clone()), "sub", owner["sub"].clone());
    let as_owner = with(&as_owner, "role", "owner".into());
    for (way, claims) in [("a person's", claims_in(&viewer.token)), ("an owner's", owner.clone())] {
        let token = signed_by(TEST_KEY.as_bytes(), &claims);
        forged.add(&format!("{way}, signed with the service's secret"), token, "signature");
    }
    forged.add("the admin's, signed with the key of people", signed_by(&own_key(), &own), "signature");
    forged.claim("an operator as the owner", &as_owner, "version");
    forged.claim("the same, in the owner's version", &with(&as_owner, "ver", 0.into()), "password");
}

/// Sessions that were good until something happened.
async fn ended(forged: &mut Forgeries, console: &Console, workspace: &TestWorkspace) {
    let operator = console.operator().await;
    let mut good = |way: &str, session: &Session, reason| {
        forged.add(way, session.token.expose_secret(), reason);
    };
    let signed_out = console.sign_in("admin@acme.example.com").await;
    console.sessions.sign_out(&signed_out.token).await.expect("signed out");
    good("signed out", &signed_out, "ended");

    let elsewhere = console.sign_in("admin@acme.example.com").await;
    let id = claims_in(&elsewhere.token)["jti"].as_str().map(SessionDigest::of).expect("an id");
    let run = Run { instance: "second-run".to_owned(), ..Run::default() };
    let second = Console::run(workspace.reopened().await, &workspace.clock, run);
    assert_eq!(second.sessions.end(&operator, SessionsOf::One(id)).await, Ok(1));
    good("ended elsewhere", &elsewhere, "ended");

    let stale = console.create("stale").await;
    let before = console.sign_in("admin@stale.example.com").await;
    let password = Some(SecretString::from("An0ther-password"));
    let request = UpdateRequest { password, ..update_request(stale.id) };
    console.organizations.update(&operator, request).await.expect("changed");
    good("of a version before", &before, "version");

    let rewritten = console.create("rewritten").await;
    let before = console.sign_in("admin@rewritten.example.com").await;
    let password = Password::parse(&SecretString::from("An0ther-password")).expect("a good password");
    let hash = PasswordHasher::with_cost(4).hash(&password).await.expect("hashed");
    workspace.write_behind(rewritten.id, "admin_password", hash.expose()).await;
    good("of the password before", &before, "password");

    let closed = console.create("closed").await;
    let admin = console.sign_in("admin@closed.example.com").await;
    let person = console.person(&closed, "carl@example.com", MemberRole::OrganizationAdmin).await;
    console.organizations.deactivate(&operator, closed.id).await.expect("deactivated");
    good("an admin of a deactivated organization", &admin, "deactivated");
    good("a person of a deactivated organization", &person, "deactivated");

    let gone = console.create("gone").await;
    let admin = console.sign_in("admin@gone.example.com").await;
    console.organizations.trash(&operator, gone.id, None).await.expect("trashed");
    good("an admin of an organization in the trash", &admin, "unknown");

    let company = console.create("company").await;
    let id_of = |session: &Session| match session.actor.account() {
        Account::Person(id, _) => id,
        other => panic!("a person: {other:?}"),
    };
    let demoted = console.person(&company, "dora@example.com", MemberRole::OrganizationAdmin).await;
    let people = &console.people;
    people.change_role(&operator, id_of(&demoted), company.id, MemberRole::Viewer).await.expect("demoted");
    good("a person with another role now", &demoted, "role");
    let barred = console.person(&company, "bill@example.com", MemberRole::OrganizationAdmin).await;
    people.deactivate(&operator, id_of(&barred), Some(company.id)).await.expect("deactivated");
    good("a deactivated person", &barred, "deactivated");
    let turned = console.person(&company, "tara@example.com", MemberRole::OrganizationAdmin).await;
    people.remove(&operator, id_of(&turned), Some(company.id)).await.expect("removed");
    console.another_operator("tara@example.com", OperatorRole::Owner).await;
    good("a person who is an operator now", &turned, "unknown");

    let service = |organization: &Organization| signed(&claims_of_service(organization));
    forged.add("the service's, of a deactivated admin", service(&closed), "deactivated");
    forged.add("the service's, of an admin in the trash", service(&gone), "unknown");
    let raised = tokens::for_organization(&company, Some("owner"));
    forged.add("the service's, with a role", raised.expose_secret(), "incomplete");
    // What the service signed says no more than the second.
    let before = service(&stale);
    workspace.clock.advance(std::time::Duration::from_secs(60));
    let display_name = Some("Stale & Sons".to_owned());
    let request = UpdateRequest { display_name, ..update_request(stale.id) };
    console.organizations.update(&operator, request).await.expect("changed");
    forged.add("the service's, from before a change", before, "stale");
}

async fn refusals(console: &Console) -> Vec<Recorded> {
    let kinds = vec![ActivityKind::SessionRefused];
    let query = RecordQuery { kinds, limit: 500, ..RecordQuery::default() };
    console.ports.activity.page(&query).await.expect("a page").entries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_forged_token_is_accepted_and_the_record_tells_the_reasons_apart() {
    for kind in BOTH {
        let workspace = TestWorkspace::open(kind).await;
        let console = Console::on(&workspace);
        let acme = console.create("acme").await;
        let session = console.sign_in("admin@acme.example.com").await;
        let (own, of_service) = (claims_in(&session.token), claims_of_service(&acme));
        let mut forged = Forgeries::default();
        signatures(&mut forged, session.token.expose_secret(), &own);
        forms(&mut forged, session.token.expose_secret(), &own);
        contents(&mut forged, &own, &of_service);
        others(&mut forged, &console, &acme).await;
        ended(&mut forged, &console, &workspace).await;

        // The same claims and the same way of signing, without the forgery.
        let control = |way: &str, token: String| (way.to_owned(), SecretString::from(token));
        let controls = [
            control("the session", session.token.expose_secret().to_owned()),
            control("its claims, signed again", signed(&own)),
            control("with a header of its own", under(r#"{"alg":"HS256"}"#, &own)),
            control("of the service", signed(&of_service)),
        ];
        for (way, token) in &controls {
            let answer = console.sessions.authorize(token, Freshness::Now).await;
            assert_eq!(
                answer.map(|actor| actor.account()),
                Ok(Account::Organization(acme.id)),
                "{kind:?} {way}"
            );
        }
        assert!(forged.0.len() >= 20, "{}", forged.0.len());
        let mut reasons = std::collections::BTreeSet::new();
        for (number, Forged { way, token, reason }) in forged.0.iter().enumerate() {
            // A run of its own for each: one run records each reason once a minute.
            let run = Console::on(&workspace);
            for freshness in [Freshness::Now, Freshness::Recent] {
                let answer = run.sessions.authorize(token, freshness).await.map(|actor| actor.role());
                assert_eq!(answer, Err(AppError::Session(SessionProblem::Revoked)), "{kind:?} {way}");
            }
            let told = refusals(&run).await;
            let last = &told.first().unwrap_or_else(|| panic!("{kind:?} {way}: nothing is on record")).entry;
            let found = (told.len(), last.detail.as_deref(), last.outcome);
            assert_eq!(found, ((number + 1).min(500), Some(*reason), Outcome::Refused), "{kind:?} {way}");
            reasons.insert(*reason);
        }
        assert!(console.authorize(&session).await.is_ok(), "{kind:?}: the session is good as before");
        // That time passes is the one reason that is not recorded.
        workspace.clock.advance(std::time::Duration::from_secs(31 * 60));
        let answer = console.authorize(&session).await.map(drop);
        assert_eq!(answer, Err(AppError::Session(SessionProblem::Expired)), "{kind:?}");
        assert_eq!(refusals(&console).await.len(), forged.0.len(), "{kind:?}");
        let all: std::collections::BTreeSet<_> =
            tenantry_core::sessions::Refusal::ALL.iter().map(|reason| reason.as_str()).collect();
        let left: Vec<_> = all.difference(&reasons).copied().collect();
        assert_eq!(left, ["expired"], "{kind:?}: every reason has a forgery");
        println!("{kind:?}: {} forged tokens, {} reasons, 0 accepted", forged.0.len(), reasons.len());
        workspace.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_workspace_opens_nothing() {
    for kind in BOTH {
        let (here, there) = (TestWorkspace::open(kind).await, TestWorkspace::open(kind).await);
        let console = Console::on(&here);
        console.operator().await;
        let acme = console.create("acme").await;
        let own_key = || Run { key: tenantry_core::sessions::SigningKey::random(), ..Run::default() };
        // With the same secret of the service, and with a key of its own.
        for (run, is_same) in [(Run::default(), true), (own_key(), false)] {
            let other = Console::run(there.ports.clone(), &there.clock, run);
            other.create(if is_same { "acme" } else { "globex" }).await;
            let tokens = [
                // Both owners have the same id.
                (console.sign_in(tenantry_tests::console::OPERATOR).await.token, "password"),
                (console.sign_in("admin@acme.example.com").await.token, "unknown"),
                (tokens::for_organization(&acme, None), "unknown"),
            ];
            for (token, reason) in tokens {
                let reason = if is_same { reason } else { "signature" };
                workspace_refuses(&other, &token).await;
                let last = refusals(&other).await.into_iter().next().expect("an entry");
                assert_eq!(last.entry.detail.as_deref(), Some(reason), "{kind:?}");
                there.clock.advance(std::time::Duration::from_secs(60));
            }
        }
        here.remove().await;
        there.remove().await;
    }
}

async fn workspace_refuses(console: &Console, token: &SecretString) {
    let answer = console.sessions.authorize(token, Freshness::Now).await.map(drop);
    assert_eq!(answer, Err(AppError::Session(SessionProblem::Revoked)));
}

#[tokio::test]
async fn one_refused_token_of_each_reason_is_recorded_a_minute() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let console = Console::on(&workspace);
    console.operator().await;
    for _ in 0..50 {
        workspace_refuses(&console, &SecretString::from(PASSWORD)).await;
    }
    assert_eq!(refusals(&console).await.len(), 1, "whoever tries tokens does not fill the record");
    workspace.clock.advance(std::time::Duration::from_secs(60));
    workspace_refuses(&console, &SecretString::from(PASSWORD)).await;
    let told = refusals(&console).await;
    let details: Vec<_> = told.iter().map(|one| one.entry.detail.as_deref().unwrap_or_default()).collect();
    assert_eq!(details, ["not_a_token; 49 more like it since the last entry", "not_a_token"]);
}
