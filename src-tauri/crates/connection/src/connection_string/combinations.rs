//! Options that are valid alone and conflict together.

use super::blame::{problem, tell};
use super::encoding::{decoded, is_socket};
use super::options;
use super::parts::{Parts, Spot};
use crate::{ConnectionProblem, EditorTab};

/// The rules that a string breaks. Each follows a check of the driver.
pub(super) fn of(parts: &Parts) -> Vec<ConnectionProblem> {
    let has = |name: &str| parts.find(name).is_some();
    let value = |name: &str| parts.find(name).map(|(_, value)| decoded(value));
    let is = |name: &str, wanted: &str| value(name).as_deref() == Some(wanted);
    let number = |name: &str| value(name)?.parse::<i64>().ok();
    let mut problems = Vec::from_iter(of_sign_in(parts, value("authMechanism").as_deref()));
    // Blames an option that is there.
    let mut rule = |is_broken: bool, name: &str, message: &str| {
        if let (true, Some((index, _)), Some(option)) = (is_broken, parts.find(name), options::find(name)) {
            problems.push(tell(parts, index, option, message));
        }
    };

    let on = is("tls", "true") || is("ssl", "true");
    let needs_tls = [
        "tlsCAFile",
        "tlsCertificateKeyFile",
        "tlsCertificateKeyFilePassword",
        "tlsInsecure",
        "tlsAllowInvalidCertificates",
    ]
    .into_iter()
    .any(has);
    if let Some(off) = ["tls", "ssl"].into_iter().find(|name| is(name, "false")) {
        rule(on, off, "tls and ssl are the same option but have different values.");
        let message = "TLS is off, but other options are about TLS. Remove them, or turn TLS on.";
        rule(needs_tls && !on, off, message);
    }
    let message = "tlsInsecure and tlsAllowInvalidCertificates cannot be combined. Keep one of them.";
    rule(has("tlsAllowInvalidCertificates"), "tlsInsecure", message);

    let from_primary = value("readPreference").is_none_or(|mode| mode.eq_ignore_ascii_case("primary"));
    let staleness = number("maxStalenessSeconds").filter(|seconds| *seconds != -1);
    for (name, needs_another) in [("readPreferenceTags", true), ("maxStalenessSeconds", staleness.is_some())]
    {
        let message = format!("{name} needs a readPreference other than primary.");
        rule(from_primary && needs_another, name, &message);
    }
    let heartbeat = number("heartbeatFrequencyMS").unwrap_or(10_000);
    let least = heartbeat.saturating_add(10_000).max(90_000);
    let message =
        format!("maxStalenessSeconds must be at least {} here, or -1.", least.saturating_add(999) / 1000);
    let is_too_short = staleness.is_some_and(|seconds| seconds.saturating_mul(1000) < least);
    rule(is_too_short, "maxStalenessSeconds", &message);

    let (srv, several) = (parts.is_srv(), parts.hosts.contains(','));
    let (direct, balanced) = (is("directConnection", "true"), is("loadBalanced", "true"));
    rule(direct && srv, "directConnection", "directConnection needs a mongodb:// string with one host.");
    let message = "directConnection needs one host, but the string lists several.";
    rule(direct && !srv && several, "directConnection", message);
    let message = "directConnection and loadBalanced cannot be combined.";
    rule(direct && balanced && !srv && !several, "directConnection", message);
    let message = "A load balancer is one host, but the string lists several.";
    rule(balanced && several, "loadBalanced", message);
    let message = "loadBalanced and replicaSet cannot be combined.";
    rule(balanced && has("replicaSet"), "loadBalanced", message);
    for name in ["srvMaxHosts", "srvServiceName"] {
        rule(!srv, name, &format!("{name} needs a mongodb+srv:// string."));
    }
    let is_limited = srv && number("srvMaxHosts").is_some_and(|most| most > 0);
    for (name, there) in [("replicaSet", has("replicaSet")), ("loadBalanced", balanced)] {
        rule(is_limited && there, "srvMaxHosts", &format!("srvMaxHosts and {name} cannot be combined."));
    }

    let message = "For this authentication method, authSource must be $external.";
    rule(is("authMechanism", "MONGODB-X509") && !is("authSource", "$external"), "authSource", message);

    let proxy = has("proxyHost");
    rule(proxy && !has("proxyUsername"), "proxyPassword", "proxyPassword needs a proxyUsername.");
    let message = "A proxy cannot lead to a socket on this computer.";
    rule(parts.hosts.split(',').any(is_socket), "proxyHost", message);
    for name in ["proxyPort", "proxyUsername", "proxyPassword"] {
        rule(!proxy, name, &format!("{name} needs a proxyHost."));
    }

    let message = "journal=true needs acknowledged writes, but w=0 turns them off.";
    rule(number("w") == Some(0) && is("journal", "true"), "journal", message);
    problems
}

fn of_sign_in(parts: &Parts, mechanism: Option<&str>) -> Option<ConnectionProblem> {
    let has_user = parts.user.as_deref().is_some_and(|user| !user.is_empty());
    let (spot, message) = match mechanism {
        None if parts.user.is_some() && !has_user => (Spot::User, "The user name is missing."),
        Some("SCRAM-SHA-1" | "SCRAM-SHA-256" | "PLAIN") if !has_user => {
            (Spot::User, "This authentication method needs a user name.")
        }
        Some("MONGODB-X509") if has_user && parts.password.is_some() => {
            (Spot::Password, "This authentication method takes no password.")
        }
        Some(_) | None => return None,
    };
    Some(problem(parts, spot, EditorTab::Authentication, None, message))
}
