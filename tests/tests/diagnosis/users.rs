//! Sign-in, and the permissions of the database user.

use bson::doc;
use mongodb::Client;
use tenantry_connection::EditorTab;
use tenantry_connection::diagnosis::{FindingCode, StageFacts, StageName};
use tenantry_core::records::PrivilegedAct;
use tenantry_tests::listeners::{Listener, good_hello, refusal};
use tenantry_tests::server::{Server, fresh_database};

use tenantry_connection::SecretKind;

use super::{Attempt, stage};

const PASSWORD: &str = "Planted-P4ss";

/// A user of this name on a fresh database, which knows it and nobody else does; with these roles there.
async fn user_of_its_own_database(name: &str, roles: &[&str]) -> (&'static Server, String) {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let administrator = Client::with_uri_str(server.administrator_uri()).await.expect("a good string");
    let roles: Vec<_> = roles.iter().map(|role| doc! { "role": *role, "db": &database }).collect();
    administrator
        .database(&database)
        .run_command(doc! { "createUser": name, "pwd": PASSWORD, "roles": roles })
        .await
        .expect("the user is made");
    (server, database)
}

fn address(server: &Server) -> String {
    server.uri().trim_start_matches("mongodb://").trim_end_matches('/').to_owned()
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let (server, database) = user_of_its_own_database("dana", &["readWrite"]).await;
    for user in ["dana", "nobody"] {
        let string = format!("mongodb://{user}@{}/{database}", address(server));
        let attempt = Attempt::of(string).password("Wrong-P4ss").database(&database);
        let (finding, diagnosis) = attempt.found(StageName::SignIn, FindingCode::CredentialsRefused).await;
        assert_eq!(finding.facts.user.as_deref(), Some(user));
        assert_eq!(finding.facts.auth_source.as_deref(), Some(database.as_str()));
        assert_eq!(finding.tab, EditorTab::Authentication);
        assert!(!finding.facts.percent_in_password);
        assert!(!diagnosis.report.contains("Wrong-P4ss"));
    }
}

#[tokio::test]
async fn a_password_that_was_pasted_encoded_is_noticed_where_it_is_refused() {
    let (server, database) = user_of_its_own_database("dana", &["readWrite"]).await;
    let string = format!("mongodb://dana@{}/{database}", address(server));
    let attempt = Attempt::of(string).password("Planted%2DP4ss").database(&database);
    let (finding, _) = attempt.found(StageName::SignIn, FindingCode::CredentialsRefused).await;
    assert!(finding.facts.percent_in_password);
}

#[tokio::test]
async fn credentials_that_another_database_knows_are_told_with_that_database() {
    let (server, database) = user_of_its_own_database("erin", &["readWrite"]).await;
    let string = format!("mongodb://erin@{}/?authSource=admin", address(server));
    let attempt = Attempt::of(string).password(PASSWORD).database(&database);
    let (finding, _) = attempt.found(StageName::SignIn, FindingCode::WrongAuthSource).await;
    assert_eq!(finding.facts.auth_source.as_deref(), Some("admin"));
    assert_eq!(finding.facts.other_auth_source.as_deref(), Some(database.as_str()));

    let uri = server.add_user("frank", &database, &["readWrite"]).await;
    let string = uri.replace("/?authSource=admin", &format!("/?authSource={database}"));
    let attempt = Attempt::of(string).database(&database);
    let (finding, _) = attempt.found(StageName::SignIn, FindingCode::WrongAuthSource).await;
    assert_eq!(finding.facts.other_auth_source.as_deref(), Some("admin"));
}

#[tokio::test]
async fn a_mechanism_that_the_user_does_not_have_is_told() {
    let server = Server::shared_with_access_control();
    let database = fresh_database();
    let administrator = Client::with_uri_str(server.administrator_uri()).await.expect("a good string");
    let user = doc! {
        "createUser": "dana", "pwd": PASSWORD, "roles": [], "mechanisms": ["SCRAM-SHA-256"],
    };
    administrator.database(&database).run_command(user).await.expect("the user is made");
    let string = format!("mongodb://dana@{}/{database}?authMechanism=SCRAM-SHA-1", address(server));
    let attempt = Attempt::of(string).password(PASSWORD).database(&database);
    let (finding, diagnosis) = attempt.found(StageName::SignIn, FindingCode::MechanismRefused).await;
    assert_eq!(finding.facts.user.as_deref(), Some("dana"));
    assert!(!diagnosis.report.contains(PASSWORD));
}

#[tokio::test]
async fn a_refused_sign_in_of_atlas_is_told_as_one_and_other_codes_are_not() {
    for (code, name, message, expected) in [
        (8000, "AtlasError", "bad auth : authentication failed", FindingCode::CredentialsRefused),
        (18, "AuthenticationFailed", "Authentication failed.", FindingCode::CredentialsRefused),
        (334, "MechanismUnavailable", "not enabled", FindingCode::MechanismRefused),
        (96, "OperationFailed", "out of luck", FindingCode::Other),
    ] {
        let server = Listener::introducing(good_hello(), Some(refusal(code, name, message))).await;
        let string = format!("mongodb://dana@{}/?authMechanism=SCRAM-SHA-256", server.address);
        let attempt = Attempt::of(string).password(PASSWORD);
        let (finding, _) = attempt.found(StageName::SignIn, expected).await;
        assert!(finding.technical.contains(&code.to_string()), "{}", finding.technical);
    }
}

#[tokio::test]
async fn what_a_server_says_is_shown_without_the_secrets_that_it_repeats() {
    let said = "no: Planted-P4ss and key Planted-K3y, token Planted-T0ken or Planted%2FT0ken";
    let server = Listener::introducing(good_hello(), Some(refusal(18, "AuthenticationFailed", said))).await;
    let mut attempt = Attempt::of(format!("mongodb://dana@{}/?authMechanism=SCRAM-SHA-256", server.address))
        .password(PASSWORD);
    attempt.request.secrets.insert(SecretKind::CertificateKeyPassword, "Planted-K3y".into());
    attempt.request.secrets.insert(SecretKind::AwsSessionToken, "Planted-T0ken".into());
    attempt.request.secrets.insert(SecretKind::ProxyPassword, "Planted/T0ken".into());
    let (finding, diagnosis) = attempt.found(StageName::SignIn, FindingCode::CredentialsRefused).await;
    assert!(finding.technical.contains("••••••••"), "the rest is shown: {}", finding.technical);
    let told = format!("{diagnosis:?}");
    for secret in ["Planted-P4ss", "Planted-K3y", "Planted-T0ken", "Planted%2FT0ken", "Planted/T0ken"] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
}

#[tokio::test]
async fn a_user_that_may_not_read_organizations_is_told() {
    let (server, database) = user_of_its_own_database("gina", &[]).await;
    let string = format!("mongodb://gina@{}/{database}", address(server));
    let attempt = Attempt::of(string).password(PASSWORD).database(&database);
    let (finding, _) = attempt.found(StageName::Permissions, FindingCode::NoPrivilege).await;
    assert_eq!(finding.facts.missing, [format!("find on {database}.organizations")]);
    assert_eq!(finding.facts.database.as_deref(), Some(database.as_str()));
    assert_eq!(finding.facts.user.as_deref(), Some("gina"));
}

#[tokio::test]
async fn a_string_without_a_user_for_a_server_that_wants_one_is_told() {
    let server = Server::shared_with_access_control();
    let (finding, _) =
        Attempt::of(server.uri()).found(StageName::Permissions, FindingCode::NoPrivilege).await;
    assert_eq!(finding.facts.user, None);
    assert_eq!(finding.tab, EditorTab::Authentication);
}

#[tokio::test]
async fn a_reader_passes_and_is_told_what_it_may_not() {
    let (server, database) = user_of_its_own_database("hana", &["read"]).await;
    let string = format!("mongodb://hana@{}/{database}", address(server));
    let diagnosis = Attempt::of(string).password(PASSWORD).database(&database).run().await;
    assert_eq!(diagnosis.finding, None, "{}", diagnosis.report);
    let Some(StageFacts::Permissions { privileges, .. }) = &stage(&diagnosis, StageName::Permissions).facts
    else {
        panic!("{}", diagnosis.report);
    };
    let may = |act: PrivilegedAct| {
        privileges.iter().find(|privilege| privilege.act == act).and_then(|one| one.allowed)
    };
    assert_eq!(may(PrivilegedAct::ReadOrganizations), Some(true), "{privileges:?}");
    assert_eq!(may(PrivilegedAct::AddOrganizations), Some(false), "{privileges:?}");
}
