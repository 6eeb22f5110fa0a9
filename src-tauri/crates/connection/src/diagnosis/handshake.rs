//! The fifth step: the handshake with the server.
use bson::{Document, doc};
use futures_util::future::join_all;
use mongodb::options::ServerAddress;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::Passed;
use super::encryption::{Encryption, Trouble, trouble};
use super::failed::Failed;
use super::look_up::look_up_one;
use super::reach::{Line, reach_one};
use super::read::Target;
use super::redaction::Redactor;
use super::tls::{access_list, encrypt_one, speaks_tls};
use super::wire::{Form, NoAnswer, ask};
use crate::diagnosis::{FindingCode, StageFacts};
use crate::dns::NameOptions;
use crate::end_of_life::end_of_life;
use crate::hosts::is_atlas;
use crate::product;

/// The oldest wire protocol that the driver supports: MongoDB 4.4.
const OLDEST_WIRE_VERSION: i32 = 9;
/// Wire versions by release, newest first. Source: the server's `wire_version.h`.
const RELEASES: [(i32, &str); 15] = [
    (27, "8.2"),
    (26, "8.1"),
    (25, "8.0"),
    (21, "7.0"),
    (17, "6.0"),
    (13, "5.0"),
    (9, "4.4"),
    (8, "4.2"),
    (7, "4.0"),
    (6, "3.6"),
    (5, "3.4"),
    (4, "3.2"),
    (3, "3.0"),
    (2, "2.6"),
    (0, "2.4 or older"),
];

/// The deployment, once a server that accepts writes was found.
pub(super) struct Server {
    /// The open connection.
    pub(super) line: Line,
    /// Authentication mechanisms that it offers to the user; none if it does not tell.
    pub(super) mechanisms: Vec<String>,
}

/// How servers are asked.
pub(super) struct Asking<'a> {
    pub(super) encryption: Option<&'a Encryption>,
    pub(super) names: NameOptions,
    pub(super) redactor: Redactor,
    pub(super) now: OffsetDateTime,
    pub(super) deadline: Instant,
}

struct Introduced {
    line: Line,
    hello: Document,
}

pub(super) async fn handshake(
    target: &Target,
    lines: Vec<Line>,
    asking: Asking<'_>,
) -> Result<Passed<Server>, Failed> {
    let mut introduced = Vec::new();
    let mut first_failure = None;
    for answer in join_all(lines.into_iter().map(|line| introduce(target, line, &asking))).await {
        match answer {
            Ok(one) => introduced.push(one),
            Err(failed) => {
                first_failure.get_or_insert(failed);
            }
        }
    }
    let Some(mut server) = choose(introduced) else {
        return Err(first_failure.unwrap_or_else(|| Failed::new(FindingCode::Other, "no host answered")));
    };
    check_version(&mut server).await?;
    check_set_name(target, &server)?;
    if !takes_writes(&server.hello) {
        server = follow(target, server, &asking).await?;
        check_version(&mut server).await?;
    }
    let facts = describe(&mut server, &asking).await;
    let mechanisms = server
        .hello
        .get_array("saslSupportedMechs")
        .map(|list| list.iter().filter_map(|mechanism| mechanism.as_str().map(str::to_owned)).collect());
    let server = Server { line: server.line, mechanisms: mechanisms.unwrap_or_default() };
    Ok(Passed { value: server, facts })
}

async fn introduce(target: &Target, mut line: Line, asking: &Asking<'_>) -> Result<Introduced, Failed> {
    let (form, question) = question(target);
    // Without TLS, the other half of the time is for finding out whether TLS is what is missing.
    let now = Instant::now();
    let all = asking.deadline.saturating_duration_since(now);
    let patience = now + if asking.encryption.is_some() { all } else { all / 2 };
    match ask(&mut *line.stream, form, &question, patience).await {
        Ok(hello) if is_hello(&hello) => Ok(Introduced { line, hello }),
        Ok(answer) => {
            let keys: Vec<_> = answer.keys().map(String::as_str).collect();
            let technical = format!(
                "{}: an answer without ok or maxWireVersion; it has {}",
                line.host.shown(),
                keys.join(", ")
            );
            let technical = asking.redactor.foreign(&technical);
            Err(Failed::new(FindingCode::NotMongodb, technical).at(line.host.shown()))
        }
        Err(problem) => Err(explain(problem, &line, asking).await),
    }
}

fn question(target: &Target) -> (Form, Document) {
    if target.is_load_balanced() {
        return (Form::Message, doc! { "hello": 1, "loadBalanced": true, "$db": "admin" });
    }
    // As the driver begins, so that old servers can tell their version.
    let mut question = doc! { "isMaster": 1, "helloOk": true };
    if let Some(credential) = target.credential()
        && let Some(user) = &credential.username
    {
        question.insert("saslSupportedMechs", format!("{}.{user}", target.auth_source()));
    }
    (Form::Query, question)
}

fn is_hello(answer: &Document) -> bool {
    let is_ok = number(answer, "ok") == Some(1);
    is_ok && ["maxWireVersion", "ismaster", "isWritablePrimary"].iter().any(|key| answer.contains_key(key))
}

fn number(document: &Document, key: &str) -> Option<i32> {
    match document.get(key)? {
        bson::Bson::Int32(number) => Some(*number),
        bson::Bson::Int64(number) => i32::try_from(*number).ok(),
        // A server's `ok` is a floating-point number.
        bson::Bson::Double(number) => Some(*number as i32),
        bson::Bson::Boolean(yes) => Some(i32::from(*yes)),
        _ => None,
    }
}

fn takes_writes(hello: &Document) -> bool {
    ["isWritablePrimary", "ismaster"].iter().any(|key| hello.get_bool(key).unwrap_or(false))
}

/// The primary, otherwise a member that knows one, otherwise any.
fn choose(introduced: Vec<Introduced>) -> Option<Introduced> {
    introduced.into_iter().min_by_key(|one| {
        if takes_writes(&one.hello) {
            0
        } else if one.hello.contains_key("primary") {
            1
        } else {
            2
        }
    })
}

async fn check_version(server: &mut Introduced) -> Result<(), Failed> {
    let wire_version = number(&server.hello, "maxWireVersion").unwrap_or(0);
    if wire_version >= OLDEST_WIRE_VERSION {
        return Ok(());
    }
    let release = release(wire_version);
    let name = server.line.host.shown();
    let technical = format!(
        "{name}: maxWireVersion {wire_version} (MongoDB {release}); \
         at least {OLDEST_WIRE_VERSION} (MongoDB {}) is needed",
        self::release(OLDEST_WIRE_VERSION)
    );
    let mut failed = Failed::new(FindingCode::ServerTooOld, technical).at(name);
    failed.facts.version = Some(release.to_owned());
    Err(failed)
}

fn release(wire_version: i32) -> &'static str {
    RELEASES.iter().find(|(number, _)| wire_version >= *number).map_or("unknown", |(_, release)| release)
}

fn check_set_name(target: &Target, server: &Introduced) -> Result<(), Failed> {
    let Some(wanted) = &target.string.replica_set else { return Ok(()) };
    let name = server.line.host.shown();
    let problem = match server.hello.get_str("setName") {
        Ok(actual) if actual == wanted => return Ok(()),
        Ok(actual) => format!("The replica set is named {actual}; the connection string asks for {wanted}."),
        // It will be in a set once it is initiated; there is no primary until then.
        Err(_) if server.hello.get_bool("isreplicaset").unwrap_or(false) => return Ok(()),
        Err(_) => {
            format!("The server is not in a replica set; the connection string asks for {wanted}.")
        }
    };
    Err(Failed::new(FindingCode::WrongReplicaSet, format!("{name}: {problem}")).at(name).saying(problem))
}

/// Goes from a member that accepts no writes to the primary.
async fn follow(target: &Target, member: Introduced, asking: &Asking<'_>) -> Result<Introduced, Failed> {
    let name = member.line.host.shown();
    let primary = member.hello.get_str("primary").ok();
    let Some(primary) = primary.filter(|_| !target.is_direct()) else {
        if is_atlas(&member.line.host.name) {
            return Err(access_list(&member.line.host.name, "no member is primary"));
        }
        let problem = if target.is_direct() {
            "directConnection=true, and this member is not the primary."
        } else if member.hello.get_bool("isreplicaset").unwrap_or(false) {
            "The server belongs to a replica set that has not been initiated (rs.initiate)."
        } else {
            "No member of the replica set is primary, or knows which one is."
        };
        return Err(Failed::new(FindingCode::NoPrimary, format!("{name}: {problem}"))
            .at(name)
            .saying(problem));
    };
    let address = ServerAddress::parse(primary).map_err(|_| {
        let technical = format!("{name} names a primary that is no address");
        Failed::new(FindingCode::NoPrimary, technical).at(name)
    })?;
    let told = |mut failed: Failed| {
        failed.technical = format!("{name} names {primary} as its primary\n{}", failed.technical);
        failed
    };
    let proxy = member.line.host.proxy.as_ref();
    let host = look_up_one(address, proxy, asking.names, asking.deadline).await.map_err(told)?;
    let reached = reach_one(host, asking.deadline).await.map_err(told)?;
    let line = match asking.encryption {
        Some(encryption) => encrypt_one(encryption, reached, asking.deadline).await.map_err(told)?.0,
        None => reached,
    };
    let server = introduce(target, line, asking).await.map_err(told)?;
    if takes_writes(&server.hello) {
        return Ok(server);
    }
    let problem = "The member reported as primary says that it is not.";
    Err(told(Failed::new(FindingCode::NoPrimary, problem).at(server.line.host.shown()).saying(problem)))
}

async fn describe(server: &mut Introduced, asking: &Asking<'_>) -> StageFacts {
    let hello = &server.hello;
    let topology = product::topology(hello);
    let wire_version = number(hello, "maxWireVersion").unwrap_or(0);
    let primary = hello.get_str("primary").ok().map(str::to_owned);
    // Some servers tell more only after a sign-in.
    let question = doc! { "buildInfo": 1, "$db": "admin" };
    let build = ask(&mut *server.line.stream, Form::Message, &question, asking.deadline).await;
    let answered = build.ok().filter(|build| build.contains_key("version"));
    let hosts = [server.line.host.shown().to_string()];
    let (product, version) = match &answered {
        Some(build) => product::of(build, &hosts),
        None => (product::of(&Document::new(), &hosts).0, release(wire_version).to_owned()),
    };
    let end_of_life = end_of_life(&product, &version, asking.now);
    StageFacts::Handshake { product, version, topology, wire_version, primary, end_of_life }
}

async fn explain(problem: NoAnswer, line: &Line, asking: &Asking<'_>) -> Failed {
    let name = line.host.shown();
    let (code, problem) = match problem {
        NoAnswer::Foreign(bytes) => {
            let text = asking.redactor.foreign(&String::from_utf8_lossy(&bytes));
            let technical = format!("{name}: what answered is not MongoDB; it began with: {text}");
            return Failed::new(FindingCode::NotMongodb, technical).at(name);
        }
        NoAnswer::Tls => {
            let technical = format!("{name}: the server answered in TLS");
            return Failed::new(FindingCode::TlsExpectedByServer, technical).at(name);
        }
        NoAnswer::Silent => (FindingCode::ConnectionSilent, "no answer to hello".to_owned()),
        NoAnswer::Closed(kind) => {
            (FindingCode::ClosedByServer, format!("the server hung up after hello ({kind})"))
        }
        NoAnswer::Broken(error) => {
            let problem = match trouble(error, false) {
                Trouble::Alert { alert, .. } => format!("TLS alert {} ({alert:?})", u8::from(alert)),
                Trouble::Tls(error) => error.to_string(),
                Trouble::Closed(kind) => format!("the line broke ({kind})"),
                other @ (Trouble::Name | Trouble::Silent | Trouble::PlainText) => format!("{other:?}"),
            };
            (FindingCode::ClosedByServer, problem)
        }
    };
    if is_atlas(&line.host.name) && asking.encryption.is_some() {
        return access_list(&line.host.name, &problem);
    }
    if asking.encryption.is_none() && speaks_tls(&line.host, asking.deadline).await {
        let technical = format!("{name}: {problem}; it answers in TLS");
        return Failed::new(FindingCode::TlsExpectedByServer, technical).at(name);
    }
    Failed::new(code, format!("{name}: {problem}")).at(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_told_by_its_wire_version() {
        assert_eq!(release(8), "4.2");
        assert_eq!(release(21), "7.0");
        assert_eq!(release(22), "7.0", "versions between two releases are of rapid releases after the first");
        assert_eq!(release(-1), "unknown");
    }
}
