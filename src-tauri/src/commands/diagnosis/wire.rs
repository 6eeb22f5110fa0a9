//! The connection test's types on the wire.

use serde::Serialize;
use tenantry_connection::diagnosis as core;

use crate::commands::connection_strings::EditorTab;
use crate::commands::health::{EndOfLife, Privilege, RoleCommand};
use crate::commands::moment;
use crate::commands::workspaces::Topology;
use tenantry_console::numbers::Count;

same_words! {
    /// A stage of the connection test.
    StageName {
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

    /// How far a stage is.
    StageState {
        /// Its turn will come.
        Waiting,
        /// It is under way.
        Running,
        /// It is done.
        Passed,
        /// The test stopped here.
        Failed,
        /// It is not needed here.
        Skipped,
        /// An earlier stage failed.
        NotRun,
    }

    /// What stopped the test.
    FindingCode {
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
        /// Atlas does not let this address in.
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
        /// The server does not offer the mechanism.
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
        /// Anything else.
        Other,
    }
}

/// One stage.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct TestStage {
    /// Which.
    pub stage: StageName,
    /// How far it is.
    pub state: StageState,
    /// How long it took; `null` before its end.
    pub milliseconds: Option<Count>,
    /// What it found.
    pub facts: Option<StageFacts>,
}

/// What a stage found.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum StageFacts {
    /// Of the connection string.
    Read {
        /// Hosts with their ports, or the one name to look up.
        hosts: Vec<String>,
        /// The hosts stand in DNS.
        srv: bool,
    },
    /// Of the name server.
    LookUp {
        /// Hosts with their ports.
        hosts: Vec<String>,
        /// SRV records that named them.
        srv_records: Count,
        /// Their addresses.
        addresses: Count,
        /// Options of the TXT record.
        txt_options: Vec<String>,
    },
    /// Of the ports.
    Reach {
        /// Hosts that accepted a connection.
        reached: Count,
        /// Hosts in all.
        hosts: Count,
    },
    /// Of the encrypted line.
    Tls {
        /// The protocol.
        version: String,
        /// The certificates that the server showed: its own first, then those that vouch for the one before.
        chain: Vec<Certificate>,
        /// They were found good.
        trusted: bool,
        /// Sentences on certificates in the CA file that can't be read and are left out.
        left_out: Vec<String>,
    },
    /// Of the server.
    Handshake {
        /// Its product.
        product: String,
        /// Its version.
        version: String,
        /// How the deployment is built.
        topology: Topology,
        /// The newest wire version that it speaks.
        wire_version: i32,
        /// The primary.
        primary: Option<String>,
        /// Until when its series is mended; `null` where that is not known.
        end_of_life: Option<EndOfLife>,
    },
    /// Of the sign-in.
    SignIn {
        /// The database user.
        user: String,
        /// The mechanism.
        mechanism: String,
        /// The database that knows the user.
        auth_source: String,
    },
    /// Of the rights.
    Permissions {
        /// What each part of the program needs.
        privileges: Vec<Privilege>,
        /// Found out by trying: the server does not list them.
        tried: bool,
        /// What would give a user who lacks rights the smallest role that allows everything.
        role: Option<RoleCommand>,
    },
}

/// A certificate.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Whose it is, in one name.
    subject: String,
    /// The names that it is good for.
    names: Vec<String>,
    /// Who issued it.
    issuer: String,
    /// Its first moment.
    valid_from: String,
    /// Its last moment.
    valid_until: String,
    /// That moment is near, or over.
    ends_soon: bool,
}

/// What the test found.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionReport {
    /// All seven.
    pub stages: Vec<TestStage>,
    /// Why it stopped; `null` when everything passed.
    pub finding: Option<Finding>,
    /// How long it took in all.
    pub milliseconds: Count,
    /// All of it as plain text without secrets, to be copied.
    pub report: String,
}

/// Why the test stopped.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it is.
    pub code: FindingCode,
    /// Where it stopped.
    pub stage: StageName,
    /// Where in the editor it is put right.
    pub tab: EditorTab,
    /// What the sentences about it need.
    pub facts: FindingFacts,
    /// For those who know their way; without secrets.
    pub technical: String,
}

/// What the sentences about a finding need.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FindingFacts {
    /// The host, with its port.
    pub host: Option<String>,
    /// The database.
    pub database: Option<String>,
    /// The database user.
    pub user: Option<String>,
    /// The database that was asked to know the user.
    pub auth_source: Option<String>,
    /// The database that does.
    pub other_auth_source: Option<String>,
    /// The names of the server's certificate.
    pub certificate_names: Vec<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// Its first moment.
    pub valid_from: Option<String>,
    /// Its last moment.
    pub valid_until: Option<String>,
    /// The server's version.
    pub version: Option<String>,
    /// The domain that the hosts must share.
    pub domain: Option<String>,
    /// The host outside of it.
    pub foreign_host: Option<String>,
    /// What is wrong, as a sentence.
    pub problem: Option<String>,
    /// Where in the string that begins, in UTF-16 units.
    pub start: Option<u32>,
    /// Where it ends, exclusive.
    pub end: Option<u32>,
    /// Rights that are missing.
    pub missing: Vec<String>,
    /// The password looks percent-encoded.
    pub percent_in_password: bool,
    /// The host is one of Atlas.
    pub atlas: bool,
}

fn milliseconds(time: std::time::Duration) -> Count {
    Count::from(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl From<core::Stage> for TestStage {
    fn from(stage: core::Stage) -> Self {
        Self {
            stage: stage.name.into(),
            state: stage.state.into(),
            milliseconds: stage.time.map(milliseconds),
            facts: stage.facts.map(StageFacts::from),
        }
    }
}

impl From<core::StageFacts> for StageFacts {
    fn from(facts: core::StageFacts) -> Self {
        match facts {
            core::StageFacts::Read { hosts, srv } => Self::Read { hosts, srv },
            core::StageFacts::LookUp { hosts, srv_records, addresses, txt_options } => Self::LookUp {
                hosts,
                srv_records: Count::from(srv_records),
                addresses: Count::from(addresses),
                txt_options,
            },
            core::StageFacts::Reach { reached, hosts } => {
                Self::Reach { reached: Count::from(reached), hosts: Count::from(hosts) }
            }
            core::StageFacts::Tls { version, chain, trusted, left_out } => Self::Tls {
                version,
                chain: chain.into_iter().map(Certificate::from).collect(),
                trusted,
                left_out,
            },
            core::StageFacts::Handshake(server) => Self::Handshake {
                product: server.product,
                version: server.version,
                topology: server.topology.into(),
                wire_version: server.wire_version,
                primary: server.primary,
                end_of_life: server.end_of_life.map(EndOfLife::from),
            },
            core::StageFacts::SignIn { user, mechanism, auth_source } => {
                Self::SignIn { user, mechanism, auth_source }
            }
            core::StageFacts::Permissions { privileges, tried, role } => Self::Permissions {
                privileges: privileges.into_iter().map(Privilege::from).collect(),
                tried,
                role: role.map(RoleCommand::from),
            },
        }
    }
}

impl From<core::CertificateFacts> for Certificate {
    fn from(facts: core::CertificateFacts) -> Self {
        Self {
            subject: facts.subject,
            names: facts.names,
            issuer: facts.issuer,
            valid_from: moment(facts.valid_from),
            valid_until: moment(facts.valid_until),
            ends_soon: facts.ends_soon,
        }
    }
}

impl From<core::FindingFacts> for FindingFacts {
    fn from(facts: core::FindingFacts) -> Self {
        let certificate = facts.certificate.as_ref();
        let place = facts.place;
        Self {
            host: facts.host,
            database: facts.database,
            user: facts.user,
            auth_source: facts.auth_source,
            other_auth_source: facts.other_auth_source,
            certificate_names: certificate.map(|of| of.names.clone()).unwrap_or_default(),
            issuer: certificate.map(|of| of.issuer.clone()),
            valid_from: certificate.map(|of| moment(of.valid_from)),
            valid_until: certificate.map(|of| moment(of.valid_until)),
            version: facts.version,
            domain: facts.domain,
            foreign_host: facts.foreign_host,
            problem: facts.problem,
            start: place.map(|(start, _)| start),
            end: place.map(|(_, end)| end),
            missing: facts.missing,
            percent_in_password: facts.percent_in_password,
            atlas: facts.atlas,
        }
    }
}

impl From<core::Finding> for Finding {
    fn from(finding: core::Finding) -> Self {
        Self {
            code: finding.code.into(),
            stage: finding.stage.into(),
            tab: finding.tab.into(),
            facts: finding.facts.into(),
            technical: finding.technical,
        }
    }
}

impl From<core::Diagnosis> for ConnectionReport {
    fn from(diagnosis: core::Diagnosis) -> Self {
        Self {
            stages: diagnosis.stages.into_iter().map(TestStage::from).collect(),
            finding: diagnosis.finding.map(Finding::from),
            milliseconds: milliseconds(diagnosis.time),
            report: diagnosis.report,
        }
    }
}
