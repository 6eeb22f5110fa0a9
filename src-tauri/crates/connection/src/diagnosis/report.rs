//! The results of a connection test, and all of them as plain text.

use std::fmt::Write as _;

use serde::Serialize;
use tenantry_core::records::Topology;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Certificate, Finding, Stage, StageFacts, StageName, StageState};

/// All results of the test.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename = "ConnectionReport", rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Diagnosis {
    /// All seven, in their order.
    pub stages: Vec<Stage>,
    /// Why it stopped; `None` if everything passed.
    pub finding: Option<Finding>,
    /// The total time.
    pub milliseconds: u32,
    /// Everything as plain text without secrets, to be copied.
    pub report: String,
}

/// Writes a test as text: steps with their times, the code and its values, versions and names of hosts.
///
/// It contains exactly what the steps and the finding contain, and so no secret unless they do.
pub fn report(at: OffsetDateTime, stages: &[Stage], finding: Option<&Finding>, milliseconds: u32) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "Tenantry connection test, {}", moment(at));
    for stage in stages {
        let took = stage.milliseconds.map(|time| format!(", {time} ms")).unwrap_or_default();
        let _ = writeln!(text, "{:<12} {}{took}", name(stage.name), state(stage.state));
        if let Some(facts) = &stage.facts {
            for line in lines(facts) {
                let _ = writeln!(text, "{:<12} {line}", "");
            }
        }
    }
    match finding {
        Some(finding) => {
            let _ = writeln!(text, "Result: {}", finding.code.as_str());
            for line in facts(finding) {
                let _ = writeln!(text, "  {line}");
            }
            for line in finding.technical.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        None => {
            let _ = writeln!(text, "Result: everything passed");
        }
    }
    let _ = writeln!(text, "In all {milliseconds} ms");
    text
}

fn name(name: StageName) -> &'static str {
    match name {
        StageName::Read => "read",
        StageName::LookUp => "look up",
        StageName::Reach => "reach",
        StageName::Tls => "TLS",
        StageName::Handshake => "handshake",
        StageName::SignIn => "sign-in",
        StageName::Permissions => "permissions",
    }
}

fn state(state: StageState) -> &'static str {
    match state {
        StageState::Waiting => "waiting",
        StageState::Running => "running",
        StageState::Passed => "passed",
        StageState::Failed => "FAILED",
        StageState::Skipped => "not needed",
        StageState::NotRun => "not run",
    }
}

fn lines(facts: &StageFacts) -> Vec<String> {
    match facts {
        StageFacts::Read { hosts, srv: false } => vec![format!("hosts {}", hosts.join(", "))],
        StageFacts::Read { hosts, srv: true } => vec![format!("mongodb+srv {}", hosts.join(", "))],
        StageFacts::LookUp { hosts, srv_records, addresses, txt_options } => {
            let mut lines =
                vec![format!("{srv_records} SRV records, {addresses} addresses: {}", hosts.join(", "))];
            if !txt_options.is_empty() {
                lines.push(format!("TXT {}", txt_options.join("&")));
            }
            lines
        }
        StageFacts::Reach { reached, hosts } => vec![format!("{reached} of {hosts} hosts")],
        StageFacts::Tls { version, chain, trusted, left_out } => {
            let mut lines = vec![format!("{version}, {}", if *trusted { "trusted" } else { "not trusted" })];
            lines.extend(chain.iter().flat_map(certificate));
            lines.extend(left_out.iter().cloned());
            lines
        }
        StageFacts::Handshake { product, version, topology, wire_version, primary, end_of_life } => {
            let topology = match topology {
                Topology::File => "file",
                Topology::Standalone => "standalone",
                Topology::ReplicaSet => "replica set",
                Topology::Sharded => "sharded cluster",
            };
            let version = if version.is_empty() { "of unknown version" } else { version };
            let mut lines = vec![format!("{product} {version}, {topology}, wire version {wire_version}")];
            lines.extend(primary.iter().map(|primary| format!("primary {primary}")));
            lines.extend(
                end_of_life
                    .iter()
                    .map(|end| format!("{} gets updates until {}", end.series, end.date.date())),
            );
            lines
        }
        StageFacts::SignIn { user, mechanism, auth_source } => {
            vec![format!("{user} with {mechanism} in {auth_source}")]
        }
        StageFacts::Permissions { privileges, tried, role: _ } => {
            let how = if *tried { "tried" } else { "listed by the server" };
            let mut lines = vec![how.to_owned()];
            lines.extend(privileges.iter().map(|privilege| {
                let answer = match privilege.allowed {
                    Some(true) => "yes",
                    Some(false) => "NO",
                    None => "not known",
                };
                format!("{answer}: {} ({})", privilege.act.as_str(), privilege.needs)
            }));
            lines
        }
    }
}

fn certificate(of: &Certificate) -> Vec<String> {
    vec![
        format!("certificate for {}, issued by {}", of.names.join(", "), of.issuer),
        format!("valid from {} until {}", moment(of.valid_from), moment(of.valid_until)),
    ]
}

fn facts(finding: &Finding) -> Vec<String> {
    let facts = &finding.facts;
    let mut lines = Vec::new();
    let mut add = |label: &str, value: &Option<String>| {
        lines.extend(value.iter().map(|value| format!("{label} {value}")));
    };
    add("host", &facts.host);
    add("database", &facts.database);
    add("user", &facts.user);
    add("authSource", &facts.auth_source);
    add("authSource that works", &facts.other_auth_source);
    add("version", &facts.version);
    add("domain", &facts.domain);
    add("foreign host", &facts.foreign_host);
    add("problem", &facts.problem);
    if let Some(of) = &facts.certificate {
        lines.extend(certificate(of));
    }
    if !facts.missing.is_empty() {
        lines.push(format!("missing {}", facts.missing.join("; ")));
    }
    lines
}

fn moment(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}
