//! Options that are good alone and refused together.

use crate::{ConnectionProblem, EditorTab};

use super::blame::{problem, tell};
use super::encoding::{decoded, is_socket};
use super::options;
use super::parts::{Parts, Spot};

/// What the options of a string say, for comparing.
struct Said<'a> {
    parts: &'a Parts,
}

impl Said<'_> {
    fn value(&self, name: &str) -> Option<String> {
        self.parts.find(name).map(|(_, value)| decoded(value))
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.value(name).as_deref() == Some(value)
    }

    fn has(&self, name: &str) -> bool {
        self.parts.find(name).is_some()
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.parse().ok()
    }

    /// Blames an option.
    fn at(&self, name: &str, message: &str) -> Option<ConnectionProblem> {
        let (index, _) = self.parts.find(name)?;
        Some(tell(self.parts, index, options::find(name)?, message))
    }
}

/// The rules that a string breaks; each has the driver's own check for its source.
pub(super) fn of(parts: &Parts) -> Vec<ConnectionProblem> {
    let said = Said { parts };
    [
        of_tls(&said),
        of_reading(&said),
        of_topology(&said),
        of_sign_in(&said),
        of_proxy(&said),
        of_writing(&said),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_tls(said: &Said<'_>) -> Vec<ConnectionProblem> {
    let off = ["tls", "ssl"].into_iter().find(|name| said.is(name, "false"));
    let on = ["tls", "ssl"].into_iter().any(|name| said.is(name, "true"));
    let needing = [
        "tlsCAFile",
        "tlsCertificateKeyFile",
        "tlsCertificateKeyFilePassword",
        "tlsInsecure",
        "tlsAllowInvalidCertificates",
    ];
    let mut problems = Vec::new();
    if let Some(off) = off {
        if on {
            problems.extend(said.at(off, "tls and ssl are the same option but have different values."));
        } else if needing.into_iter().any(|name| said.has(name)) {
            problems.extend(
                said.at(off, "TLS is off, but other options are about TLS. Remove them, or turn TLS on."),
            );
        }
    }
    if said.has("tlsInsecure") && said.has("tlsAllowInvalidCertificates") {
        problems.extend(said.at(
            "tlsInsecure",
            "tlsInsecure and tlsAllowInvalidCertificates cannot be combined. Keep one of them.",
        ));
    }
    problems
}

fn of_reading(said: &Said<'_>) -> Vec<ConnectionProblem> {
    let mode = said.value("readPreference").map(|mode| mode.to_lowercase());
    let mut problems = Vec::new();
    if mode.is_none() || mode.as_deref() == Some("primary") {
        for name in ["readPreferenceTags", "maxStalenessSeconds"] {
            if name == "readPreferenceTags" || said.number(name) != Some(-1) {
                let message = format!("{name} needs a readPreference other than primary.");
                problems.extend(said.at(name, &message));
            }
        }
    }
    let heartbeat = said.number("heartbeatFrequencyMS").unwrap_or(10_000);
    let least = heartbeat.saturating_add(10_000).max(90_000);
    if said
        .number("maxStalenessSeconds")
        .is_some_and(|seconds| seconds != -1 && seconds.saturating_mul(1000) < least)
    {
        let seconds = least.saturating_add(999) / 1000;
        let message = format!("maxStalenessSeconds must be at least {seconds} here, or -1.");
        problems.extend(said.at("maxStalenessSeconds", &message));
    }
    problems
}

fn of_topology(said: &Said<'_>) -> Vec<ConnectionProblem> {
    let several = said.parts.hosts.contains(',');
    let srv = said.parts.is_srv();
    let balanced = said.is("loadBalanced", "true");
    let mut problems = Vec::new();
    if said.is("directConnection", "true") {
        let message = match (srv, several, balanced) {
            (true, ..) => Some("directConnection needs a mongodb:// string with one host."),
            (false, true, _) => Some("directConnection needs one host, but the string lists several."),
            (false, false, true) => Some("directConnection and loadBalanced cannot be combined."),
            (false, false, false) => None,
        };
        problems.extend(message.and_then(|message| said.at("directConnection", message)));
    }
    if balanced && several {
        problems
            .extend(said.at("loadBalanced", "A load balancer is one host, but the string lists several."));
    }
    if balanced && said.has("replicaSet") {
        problems.extend(said.at("loadBalanced", "loadBalanced and replicaSet cannot be combined."));
    }
    for name in ["srvMaxHosts", "srvServiceName"] {
        if !srv {
            let message = format!("{name} needs a mongodb+srv:// string.");
            problems.extend(said.at(name, &message));
        }
    }
    if srv && said.number("srvMaxHosts").is_some_and(|most| most > 0) {
        for (name, there) in [("replicaSet", said.has("replicaSet")), ("loadBalanced", balanced)] {
            if there {
                let message = format!("srvMaxHosts and {name} cannot be combined.");
                problems.extend(said.at("srvMaxHosts", &message));
            }
        }
    }
    problems
}

fn of_sign_in(said: &Said<'_>) -> Vec<ConnectionProblem> {
    let parts = said.parts;
    let mechanism = said.value("authMechanism");
    let has_user = parts.user.as_deref().is_some_and(|user| !user.is_empty());
    let mut problems = Vec::new();
    let mut add = |spot, message: &str| {
        problems.push(problem(parts, spot, EditorTab::Authentication, None, message));
    };
    match mechanism.as_deref() {
        None if parts.user.is_some() && !has_user => add(Spot::User, "The user name is missing."),
        Some("SCRAM-SHA-1" | "SCRAM-SHA-256" | "PLAIN") if !has_user => {
            add(Spot::User, "This authentication method needs a user name.");
        }
        Some("MONGODB-X509") if has_user && parts.password.is_some() => {
            add(Spot::Password, "This authentication method takes no password.");
        }
        Some(_) | None => {}
    }
    if mechanism.as_deref() == Some("MONGODB-X509")
        && said.value("authSource").is_some_and(|source| source != "$external")
    {
        problems
            .extend(said.at("authSource", "For this authentication method, authSource must be $external."));
    }
    problems
}

fn of_proxy(said: &Said<'_>) -> Vec<ConnectionProblem> {
    let mut problems = Vec::new();
    if said.has("proxyHost") {
        if said.has("proxyPassword") && !said.has("proxyUsername") {
            problems.extend(said.at("proxyPassword", "proxyPassword needs a proxyUsername."));
        }
        if said.parts.hosts.split(',').any(is_socket) {
            problems.extend(said.at("proxyHost", "A proxy cannot lead to a socket on this computer."));
        }
    } else {
        for name in ["proxyPort", "proxyUsername", "proxyPassword"] {
            let message = format!("{name} needs a proxyHost.");
            problems.extend(said.at(name, &message));
        }
    }
    problems
}

fn of_writing(said: &Said<'_>) -> Vec<ConnectionProblem> {
    let unacknowledged = said.number("w") == Some(0) && said.is("journal", "true");
    let message = "journal=true needs acknowledged writes, but w=0 turns them off.";
    unacknowledged.then(|| said.at("journal", message)).flatten().into_iter().collect()
}
