//! The sixth step: the driver signs in.
use std::net::SocketAddr;
use std::time::Duration;

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, doc};
use mongodb::Client;
use mongodb::error::Error;
use mongodb::options::{
    AuthMechanism, ClientOptions, ConnectionString as DriverString, HostInfo, ServerAddress,
};
use tokio::time::{Instant, timeout_at};

use super::Passed;
use super::failed::Failed;
use super::handshake::Server;
use super::look_up::Host;
use super::read::Target;
use super::redaction::Redactor;
use super::wire::{Form, ask};
use crate::diagnosis::{FindingCode, StageFacts};
use crate::failure::{Failure, code, server_text};

/// How many other databases are tried. Servers may lock an account after too many failures.
const OTHER_SOURCES: usize = 2;

/// A client before the sign-in, which the driver does with the first command.
pub(super) async fn client(target: &Target, source: Option<&str>, limit: Duration) -> Result<Client, Failed> {
    let mut string = target.string.clone();
    if let (Some(source), Some(credential)) = (source, string.credential.as_mut()) {
        credential.source = Some(source.to_owned());
    }
    let unusable = |error: &Error| {
        // Not known before the lookup.
        let problem = "The options of the connection string conflict.";
        let technical = format!("{problem} The driver refuses them ({})", Failure::read(error).words());
        Failed::new(FindingCode::StringMalformed, technical).saying(problem)
    };
    let mut options = ClientOptions::parse(string).await.map_err(|error| unusable(&error))?;
    options.app_name = Some("Tenantry".to_owned());
    options.server_selection_timeout = Some(limit);
    options.connect_timeout = Some(limit);
    options.max_pool_size = Some(2);
    options.min_pool_size = Some(0);
    // A refusal is a response; a retry would only count as another failure.
    options.retry_reads = Some(false);
    Client::with_options(options).map_err(|error| unusable(&error))
}

/// Replaces names with addresses, for DNS servers of tests, which the driver cannot use.
pub(super) fn put_addresses(string: &mut DriverString, hosts: &[Host]) {
    let addresses = hosts.iter().flat_map(|host| &host.addresses).map(|address: &SocketAddr| {
        ServerAddress::Tcp { host: address.ip().to_string(), port: Some(address.port()) }
    });
    string.host_info = HostInfo::HostIdentifiers(addresses.collect());
}

pub(super) async fn sign_in(
    target: &Target,
    mut server: Server,
    database: &str,
    redactor: Redactor,
    deadline: Instant,
) -> Result<Passed<Client>, Failed> {
    let source = target.auth_source();
    let client = client(target, None, left(deadline)).await?;
    let error = match ping(&client, deadline).await {
        Ok(()) => {
            let facts = StageFacts::SignIn {
                user: target.user().unwrap_or_default(),
                mechanism: mechanism(target, &server),
                auth_source: source,
            };
            return Ok(Passed { value: client, facts });
        }
        Err(error) => error,
    };
    shut_down(client);
    let Some(error) = error else {
        let technical = format!("no answer to the sign-in of {}", target.user().unwrap_or_default());
        return Err(named(target, Failed::new(FindingCode::TookTooLong, technical)));
    };
    let failure = Failure::read(&error);
    if !failure.is_of_sign_in() {
        let said = server_text(&error).map(|text| redactor.foreign(&text));
        let technical =
            format!("sign-in on {source}: {}", said.unwrap_or_else(|| failure.words().to_owned()));
        return Err(named(target, Failed::new(FindingCode::Other, technical)));
    }
    let objection = objection(target, &mut server, &source, deadline).await;
    let code = objection.as_ref().map(|objection| objection.code);
    let said = match &objection {
        Some(objection) => redactor.foreign(&objection.text),
        None => "the server refused the proof of the password".to_owned(),
    };
    let technical = format!("sign-in on {source}: {said}");
    if is_not_offered(target, &server) || code.is_some_and(|code| code::MECHANISM.contains(&code)) {
        return Err(named(target, Failed::new(FindingCode::MechanismRefused, technical)));
    }
    if code.is_some_and(|code| !code::SIGN_IN_REFUSED.contains(&code)) {
        return Err(named(target, Failed::new(FindingCode::Other, technical)));
    }
    let mut failed = named(target, Failed::new(FindingCode::CredentialsRefused, technical));
    failed.facts.percent_in_password = target.percent_in_password;
    if takes_password(target) {
        for other in other_sources(&source, target, database) {
            let Ok(client) = self::client(target, Some(&other), left(deadline)).await else { continue };
            let works = ping(&client, deadline).await.is_ok();
            shut_down(client);
            if works {
                failed.code = FindingCode::WrongAuthSource;
                failed.technical = format!("{}\nsign-in on {other}: accepted", failed.technical);
                failed.facts.other_auth_source = Some(other);
                break;
            }
            failed.technical = format!("{}\nsign-in on {other}: refused", failed.technical);
        }
    }
    Err(failed)
}

fn named(target: &Target, mut failed: Failed) -> Failed {
    failed.facts.user = target.user();
    failed.facts.auth_source = Some(target.auth_source());
    if let Some(host) = target.hosts.first() {
        failed.facts.host = Some(crate::hosts::shown(host).to_string());
    }
    failed
}

pub(super) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// `Err(None)` without a response in time.
async fn ping(client: &Client, deadline: Instant) -> Result<(), Option<Error>> {
    let database = client.database("admin");
    match timeout_at(deadline, database.run_command(doc! { "ping": 1 })).await {
        Ok(answer) => answer.map(|_| ()).map_err(Some),
        Err(_) => Err(None),
    }
}

/// Its background tasks end by themselves; nobody has to wait for them.
pub(super) fn shut_down(client: Client) {
    tokio::spawn(client.shutdown().into_future());
}

/// The databases where users are usually created, except the one that was tried.
fn other_sources(asked: &str, target: &Target, database: &str) -> Vec<String> {
    let candidates = ["admin", database].into_iter().chain(target.string.default_database.as_deref());
    let mut others: Vec<String> = Vec::new();
    for candidate in candidates {
        if candidate != asked && !others.iter().any(|other| other == candidate) {
            others.push(candidate.to_owned());
        }
    }
    others.truncate(OTHER_SOURCES);
    others
}

fn takes_password(target: &Target) -> bool {
    let Some(credential) = target.credential() else { return false };
    match &credential.mechanism {
        None | Some(AuthMechanism::ScramSha1 | AuthMechanism::ScramSha256) => true,
        Some(_) => false,
    }
}

fn mechanism(target: &Target, server: &Server) -> String {
    match target.credential().and_then(|credential| credential.mechanism.as_ref()) {
        Some(mechanism) => name(mechanism).to_owned(),
        // The driver's choice: the stronger one if the server offers it to this user.
        None if server.mechanisms.iter().any(|offered| offered == "SCRAM-SHA-256") => {
            "SCRAM-SHA-256".to_owned()
        }
        None => "SCRAM-SHA-1".to_owned(),
    }
}

fn name(mechanism: &AuthMechanism) -> &'static str {
    match mechanism {
        AuthMechanism::ScramSha1 => "SCRAM-SHA-1",
        AuthMechanism::ScramSha256 => "SCRAM-SHA-256",
        AuthMechanism::MongoDbX509 => "MONGODB-X509",
        AuthMechanism::Plain => "PLAIN",
        AuthMechanism::MongoDbOidc => "MONGODB-OIDC",
        // The driver's list may grow, and depends on its features.
        _ => "another mechanism",
    }
}

/// Servers have different codes for a mechanism that they do not offer; their own offer is the better evidence.
fn is_not_offered(target: &Target, server: &Server) -> bool {
    let Some(mechanism) = target.credential().and_then(|credential| credential.mechanism.as_ref()) else {
        return false;
    };
    // The server lists mechanisms for known passwords; it refuses others itself.
    let is_scram = matches!(mechanism, AuthMechanism::ScramSha1 | AuthMechanism::ScramSha256);
    is_scram
        && !server.mechanisms.is_empty()
        && !server.mechanisms.iter().any(|offered| offered == name(mechanism))
}

/// Why a server refuses the start of a sign-in.
struct Objection {
    code: i32,
    text: String,
}

/// Begins to sign in once more, to hear why not: the driver does not pass on what the server said. No password is in
/// the beginning of it. `None` where the server has nothing against the beginning, so that it is the proof that it
/// refused.
async fn objection(
    target: &Target,
    server: &mut Server,
    source: &str,
    deadline: Instant,
) -> Option<Objection> {
    let mechanism = mechanism(target, server);
    let question = if mechanism == "MONGODB-X509" {
        doc! { "authenticate": 1, "mechanism": &mechanism, "$db": source }
    } else {
        let payload = if mechanism.starts_with("SCRAM-") { scram_beginning(target) } else { Vec::new() };
        let payload = Binary { subtype: BinarySubtype::Generic, bytes: payload };
        doc! { "saslStart": 1, "mechanism": &mechanism, "payload": payload, "$db": source }
    };
    let answer = ask(&mut *server.line.stream, Form::Message, &question, deadline).await.ok()?;
    let code = answer.get_i32("code").ok()?;
    let text = |key| answer.get_str(key).unwrap_or_default();
    Some(Objection { code, text: format!("code {code} {}: {}", text("codeName"), text("errmsg")) })
}

/// RFC 5802: the user, and a number used once.
fn scram_beginning(target: &Target) -> Vec<u8> {
    let user = target.user().unwrap_or_default().replace('=', "=3D").replace(',', "=2C");
    format!("n,,n={user},r={}", ObjectId::new()).into_bytes()
}
