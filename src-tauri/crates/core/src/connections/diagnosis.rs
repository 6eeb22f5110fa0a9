//! The connection test: its stages, what each found, and where and why it stopped.

mod report;

use std::time::Duration;

use time::OffsetDateTime;

use super::EditorTab;
use crate::health::{EndOfLife, Privilege, Topology};

pub use report::report;

/// The stages, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StageName {
    /// The connection string is read.
    Read,
    /// Names become addresses.
    LookUp,
    /// Ports are reached.
    Reach,
    /// The line is encrypted.
    Tls,
    /// The server introduces itself.
    Handshake,
    /// The database user signs in.
    SignIn,
    /// What the database user may do.
    Permissions,
}

impl StageName {
    /// All of them, in their order.
    pub const ALL: [Self; 7] =
        [Self::Read, Self::LookUp, Self::Reach, Self::Tls, Self::Handshake, Self::SignIn, Self::Permissions];
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageState {
    /// Its turn will come.
    Waiting,
    /// It is under way.
    Running,
    /// It is done.
    Passed,
    /// The test stopped here.
    Failed,
    /// It is not needed here: no encryption, no user.
    Skipped,
    /// An earlier stage failed.
    NotRun,
}

/// One stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Which.
    pub name: StageName,
    /// How far it is.
    pub state: StageState,
    /// How long it took; `None` before its end.
    pub time: Option<Duration>,
    /// What it found; some stages know something even where they fail.
    pub facts: Option<StageFacts>,
}

impl Stage {
    /// A stage whose turn will come.
    pub fn waiting(name: StageName) -> Self {
        Self { name, state: StageState::Waiting, time: None, facts: None }
    }
}

/// What a stage found.
#[derive(Debug, Clone, PartialEq)]
pub enum StageFacts {
    /// Of the connection string.
    Read {
        /// Hosts with their ports, or the one name to look up.
        hosts: Vec<String>,
        /// Whether the hosts stand in DNS.
        srv: bool,
    },
    /// Of the name server.
    LookUp {
        /// Hosts with their ports.
        hosts: Vec<String>,
        /// How many SRV records named them.
        srv_records: usize,
        /// How many addresses they have.
        addresses: usize,
        /// Options of the TXT record, as `name=value`.
        txt_options: Vec<String>,
    },
    /// Of the ports.
    Reach {
        /// Hosts that accepted a connection.
        reached: usize,
        /// Hosts in all.
        hosts: usize,
    },
    /// Of the encrypted line.
    Tls {
        /// The protocol: "TLS 1.3".
        version: String,
        /// The server's certificate.
        certificate: CertificateFacts,
        /// Whether the certificate was found good.
        trusted: bool,
    },
    /// Of the server.
    Handshake(ServerIntroduction),
    /// Of the sign-in.
    SignIn {
        /// The database user.
        user: String,
        /// The mechanism: "SCRAM-SHA-256".
        mechanism: String,
        /// The database that knows the user.
        auth_source: String,
    },
    /// Of the database user's rights.
    Permissions {
        /// What each part of the program needs.
        privileges: Vec<Privilege>,
        /// Found out by trying: the server does not list them.
        tried: bool,
    },
}

/// Whom a certificate names, who vouches, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The names that it is good for.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Its first moment.
    pub valid_from: OffsetDateTime,
    /// Its last moment.
    pub valid_until: OffsetDateTime,
}

/// What a server says of itself before anybody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerIntroduction {
    /// Its product: "MongoDB".
    pub product: String,
    /// Its version; empty where it does not tell.
    pub version: String,
    /// How the deployment is built.
    pub topology: Topology,
    /// The newest version of the wire protocol that it speaks.
    pub wire_version: i32,
    /// The primary of its replica set.
    pub primary: Option<String>,
    /// Until when its series is mended, where that is known.
    pub end_of_life: Option<EndOfLife>,
}

/// Why the test stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is.
    pub code: FindingCode,
    /// The stage that it stopped at.
    pub stage: StageName,
    /// Where in the editor it is put right.
    pub tab: EditorTab,
    /// What the sentences about it need.
    pub facts: FindingFacts,
    /// For those who know their way: names, numbers and answers, without secrets.
    pub technical: String,
}

/// What the sentences about a finding need; only what the code has a use for is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FindingFacts {
    /// The host that it is about, with its port.
    pub host: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// The database user.
    pub user: Option<String>,
    /// The database that was asked to know the user.
    pub auth_source: Option<String>,
    /// The database that does know the user.
    pub other_auth_source: Option<String>,
    /// The server's certificate.
    pub certificate: Option<CertificateFacts>,
    /// The server's version.
    pub version: Option<String>,
    /// The domain that the hosts of a cluster must share.
    pub domain: Option<String>,
    /// The host that is outside of it.
    pub foreign_host: Option<String>,
    /// What is wrong, as a sentence without secrets.
    pub problem: Option<String>,
    /// Where in the connection string that is, in UTF-16 units, first and one past the last.
    pub place: Option<(u32, u32)>,
    /// Rights that are missing, in the server's words.
    pub missing: Vec<String>,
    /// The password has a percent sign and two hexadecimal digits: it may have been pasted percent-encoded.
    pub percent_in_password: bool,
    /// The host is one of MongoDB Atlas.
    pub atlas: bool,
}

/// What stopped the test. Each has a row in `docs/connections.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FindingCode {
    /// The connection string can't be read.
    StringMalformed,
    /// The name of no host is known.
    HostUnknown,
    /// The name of the cluster has no SRV record.
    SrvNotFound,
    /// The SRV record points out of the cluster's domain.
    SrvForeignDomain,
    /// The name server did not answer, or not usefully.
    LookUpFailed,
    /// Nothing listens at the port.
    ConnectionRefused,
    /// Nobody answers.
    ConnectionSilent,
    /// There is no way to the host's network.
    NoRoute,
    /// Atlas does not let this address in, as far as one can tell from outside.
    AccessList,
    /// The certificate's issuer is not known.
    CertificateUnknownAuthority,
    /// The certificate is another host's.
    CertificateWrongName,
    /// The certificate's time is over.
    CertificateExpired,
    /// The certificate's time has not begun.
    CertificateNotYetValid,
    /// A certificate's file can't be used.
    CertificateFile,
    /// The server wants a client certificate, or another one.
    ClientCertificateNeeded,
    /// The server wants encryption and the string does not.
    TlsExpectedByServer,
    /// The string wants encryption and the server does not.
    TlsNotExpectedByServer,
    /// No encryption could be agreed on.
    TlsFailed,
    /// The user or the password is wrong.
    CredentialsRefused,
    /// The credentials are right in another database.
    WrongAuthSource,
    /// The server does not offer the mechanism to this user.
    MechanismRefused,
    /// The user may not read organizations.
    NoPrivilege,
    /// The server is older than the driver supports.
    ServerTooOld,
    /// The replica set has no primary.
    NoPrimary,
    /// The replica set has another name.
    WrongReplicaSet,
    /// Something else answers.
    NotMongodb,
    /// The server hung up.
    ClosedByServer,
    /// A stage took longer than it may.
    TookTooLong,
    /// Anything else; the technical text says what.
    Other,
}

impl FindingCode {
    /// Every code.
    pub const ALL: [Self; 29] = [
        Self::StringMalformed,
        Self::HostUnknown,
        Self::SrvNotFound,
        Self::SrvForeignDomain,
        Self::LookUpFailed,
        Self::ConnectionRefused,
        Self::ConnectionSilent,
        Self::NoRoute,
        Self::AccessList,
        Self::CertificateUnknownAuthority,
        Self::CertificateWrongName,
        Self::CertificateExpired,
        Self::CertificateNotYetValid,
        Self::CertificateFile,
        Self::ClientCertificateNeeded,
        Self::TlsExpectedByServer,
        Self::TlsNotExpectedByServer,
        Self::TlsFailed,
        Self::CredentialsRefused,
        Self::WrongAuthSource,
        Self::MechanismRefused,
        Self::NoPrivilege,
        Self::ServerTooOld,
        Self::NoPrimary,
        Self::WrongReplicaSet,
        Self::NotMongodb,
        Self::ClosedByServer,
        Self::TookTooLong,
        Self::Other,
    ];

    /// The code's stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StringMalformed => "string_malformed",
            Self::HostUnknown => "host_unknown",
            Self::SrvNotFound => "srv_not_found",
            Self::SrvForeignDomain => "srv_foreign_domain",
            Self::LookUpFailed => "look_up_failed",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionSilent => "connection_silent",
            Self::NoRoute => "no_route",
            Self::AccessList => "access_list",
            Self::CertificateUnknownAuthority => "certificate_unknown_authority",
            Self::CertificateWrongName => "certificate_wrong_name",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateNotYetValid => "certificate_not_yet_valid",
            Self::CertificateFile => "certificate_file",
            Self::ClientCertificateNeeded => "client_certificate_needed",
            Self::TlsExpectedByServer => "tls_expected_by_server",
            Self::TlsNotExpectedByServer => "tls_not_expected_by_server",
            Self::TlsFailed => "tls_failed",
            Self::CredentialsRefused => "credentials_refused",
            Self::WrongAuthSource => "wrong_auth_source",
            Self::MechanismRefused => "mechanism_refused",
            Self::NoPrivilege => "no_privilege",
            Self::ServerTooOld => "server_too_old",
            Self::NoPrimary => "no_primary",
            Self::WrongReplicaSet => "wrong_replica_set",
            Self::NotMongodb => "not_mongodb",
            Self::ClosedByServer => "closed_by_server",
            Self::TookTooLong => "took_too_long",
            Self::Other => "other",
        }
    }

    /// Where in the editor it is put right.
    pub fn tab(self) -> EditorTab {
        match self {
            Self::CertificateUnknownAuthority
            | Self::CertificateWrongName
            | Self::CertificateExpired
            | Self::CertificateNotYetValid
            | Self::CertificateFile
            | Self::ClientCertificateNeeded
            | Self::TlsExpectedByServer
            | Self::TlsNotExpectedByServer
            | Self::TlsFailed => EditorTab::Tls,
            Self::CredentialsRefused | Self::WrongAuthSource | Self::MechanismRefused | Self::NoPrivilege => {
                EditorTab::Authentication
            }
            Self::StringMalformed
            | Self::HostUnknown
            | Self::SrvNotFound
            | Self::SrvForeignDomain
            | Self::LookUpFailed
            | Self::ConnectionRefused
            | Self::ConnectionSilent
            | Self::NoRoute
            | Self::AccessList
            | Self::ServerTooOld
            | Self::NoPrimary
            | Self::WrongReplicaSet
            | Self::NotMongodb
            | Self::ClosedByServer
            | Self::TookTooLong
            | Self::Other => EditorTab::General,
        }
    }
}

/// All that the test found.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// All seven, in their order.
    pub stages: Vec<Stage>,
    /// Why it stopped; `None` when everything passed.
    pub finding: Option<Finding>,
    /// How long it took in all.
    pub time: Duration,
    /// All of it as plain text without secrets, to be copied.
    pub report: String,
}

/// Where the test tells how far it is.
pub trait StageSink: Send + Sync {
    /// A stage began or ended. Must not block.
    fn stage(&self, stage: &Stage);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_a_word_of_its_own() {
        let words: HashSet<_> = FindingCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), FindingCode::ALL.len());
    }
}
