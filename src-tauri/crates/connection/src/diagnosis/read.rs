//! The first step: the connection string.
use mongodb::options::{
    AuthMechanism, ConnectionString as DriverString, Credential, HostInfo, ServerAddress, Tls, TlsOptions,
};
use secrecy::ExposeSecret;
use tenantry_core::StoreError;

use super::failed::Failed;
use super::{Passed, TestRequest};
use crate::ConnectionString;
use crate::diagnosis::{FindingCode, StageFacts};
use crate::hosts::{is_atlas, is_atlas_name, shown};

/// The destination of the test, and the user.
pub(super) struct Target {
    /// The driver's parse, with secrets. Its hosts are set once they are known.
    pub(super) string: DriverString,
    /// The name to look up, and its service.
    pub(super) srv: Option<SrvName>,
    pub(super) hosts: Vec<ServerAddress>,
    pub(super) tls: Option<TlsOptions>,
    pub(super) atlas: bool,
    /// Whether the password has `%` and two hexadecimal digits.
    pub(super) percent_in_password: bool,
}

pub(super) struct SrvName {
    pub(super) service: String,
    pub(super) name: String,
}

impl Target {
    pub(super) fn credential(&self) -> Option<&Credential> {
        self.string.credential.as_ref()
    }

    pub(super) fn user(&self) -> Option<String> {
        self.credential().and_then(|credential| credential.username.clone())
    }

    /// The database where the user was created: the driver's rules.
    pub(super) fn auth_source(&self) -> String {
        let Some(credential) = self.credential() else { return "admin".to_owned() };
        let database = self.string.default_database.as_deref();
        match (&credential.source, &credential.mechanism) {
            (Some(source), _) => source.clone(),
            (None, Some(AuthMechanism::MongoDbX509 | AuthMechanism::MongoDbOidc)) => "$external".to_owned(),
            (None, Some(AuthMechanism::Plain)) => database.unwrap_or("$external").to_owned(),
            (None, None | Some(_)) => database.unwrap_or("admin").to_owned(),
        }
    }

    pub(super) fn is_load_balanced(&self) -> bool {
        self.string.load_balanced == Some(true)
    }

    pub(super) fn is_direct(&self) -> bool {
        self.string.direct_connection == Some(true)
    }
}

pub(super) async fn read(request: &TestRequest) -> Result<Passed<Target>, Failed> {
    let string = with_secrets(request)?;
    let (parsed, _) = string.for_driver().map_err(refused)?;
    let (srv, hosts) = match &parsed.host_info {
        HostInfo::HostIdentifiers(hosts) => (None, hosts.clone()),
        HostInfo::DnsRecord(name) => {
            let service = string.srv_service().to_owned();
            (Some(SrvName { service, name: name.clone() }), Vec::new())
        }
        // A kind of host of a later driver.
        _ => return Err(malformed("Its hosts can't be read.")),
    };
    let tls = match (&parsed.tls, &srv) {
        (Some(Tls::Enabled(options)), _) => Some(options.clone()),
        (Some(Tls::Disabled), _) | (None, None) => None,
        (None, Some(_)) => Some(TlsOptions::default()),
    };
    let facts = StageFacts::Read {
        hosts: match &srv {
            Some(srv) => vec![srv.name.clone()],
            None => hosts.iter().map(|host| shown(host).to_string()).collect(),
        },
        srv: srv.is_some(),
    };
    let atlas = srv.as_ref().is_some_and(|srv| is_atlas_name(&srv.name)) || hosts.iter().any(is_atlas);
    let password = string.secrets().get(&crate::SecretKind::DatabasePassword);
    let percent_in_password = password.is_some_and(|password| looks_encoded(password.expose_secret()));
    let target = Target { string: parsed, srv, hosts, tls, atlas, percent_in_password };
    Ok(Passed { value: target, facts })
}

fn with_secrets(request: &TestRequest) -> Result<ConnectionString, Failed> {
    let reading = crate::read(&request.connection_string);
    if let Some(problem) = reading.problems.into_iter().next() {
        let mut failed = malformed(&problem.message);
        failed.tab = Some(problem.tab);
        (failed.facts.start, failed.facts.end) = (Some(problem.start), Some(problem.end));
        return Err(failed);
    }
    let string = ConnectionString::parse(&request.connection_string).map_err(refused)?;
    string.with_secrets(&request.secrets).map_err(refused)
}

fn refused(error: StoreError) -> Failed {
    match error {
        StoreError::ConnectionString { problem } => malformed(&problem),
        error => malformed(&error.to_string()),
    }
}

fn malformed(problem: &str) -> Failed {
    Failed::new(FindingCode::StringMalformed, problem).saying(problem)
}

/// Such a sequence is rare in passwords, but not in passwords copied from a connection string.
fn looks_encoded(password: &str) -> bool {
    password
        .split('%')
        .skip(1)
        .any(|rest| rest.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_was_pasted_encoded_is_noticed() {
        assert!(looks_encoded("p%40ss") && looks_encoded("%2F"));
        assert!(!looks_encoded("100%") && !looks_encoded("100%zz") && !looks_encoded("pass"));
        assert!(!looks_encoded("50%é"), "a cut through a character is no digit");
    }
}
