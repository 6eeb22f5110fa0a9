//! What stopped a connection test.

use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};

use super::{Certificate, StageName};
use crate::EditorTab;

/// Why the test stopped.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Finding {
    pub code: FindingCode,
    /// The step at which it stopped.
    pub stage: StageName,
    /// The tab of the editor to correct it in.
    pub tab: EditorTab,
    /// The values for its sentences.
    pub facts: FindingFacts,
    /// For experts: names, numbers and responses, without secrets.
    pub technical: String,
}

/// The values for the sentences of a finding; only those that its code uses are there.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct FindingFacts {
    /// The host, with its port.
    pub host: Option<String>,
    pub database: Option<String>,
    pub user: Option<String>,
    /// The database that was asked about the user.
    pub auth_source: Option<String>,
    /// The database that has the user.
    pub other_auth_source: Option<String>,
    /// The server's certificate.
    pub certificate: Option<Certificate>,
    /// The server's version.
    pub version: Option<String>,
    /// The domain that the hosts of a cluster must share.
    pub domain: Option<String>,
    /// The host that is outside of it.
    pub foreign_host: Option<String>,
    /// What is wrong, as a sentence without secrets.
    pub problem: Option<String>,
    /// Its start in the connection string, in UTF-16 code units.
    #[cfg_attr(feature = "wire", specta(type = Option<u32>))]
    pub start: Option<usize>,
    /// Its end, exclusive.
    #[cfg_attr(feature = "wire", specta(type = Option<u32>))]
    pub end: Option<usize>,
    /// Missing permissions, in the server's words.
    pub missing: Vec<String>,
    /// Whether the password has a percent sign and two hexadecimal digits: it may have been pasted percent-encoded.
    pub percent_in_password: bool,
    /// Whether the host belongs to MongoDB Atlas.
    pub atlas: bool,
}

/// What stopped the test. Each has a row in `docs/connections.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum FindingCode {
    /// The connection string cannot be parsed.
    StringMalformed,
    /// No DNS server knows the host.
    HostUnknown,
    /// The name of the cluster has no SRV record.
    SrvNotFound,
    /// The SRV record points outside the cluster's domain.
    SrvForeignDomain,
    /// The DNS servers did not respond, or not usefully.
    LookUpFailed,
    /// Nothing listens at the port.
    ConnectionRefused,
    /// There is no response.
    ConnectionSilent,
    /// There is no route to the host's network.
    NoRoute,
    /// Atlas does not let this address in, as far as can be told from outside.
    AccessList,
    /// The certificate's authority is not trusted.
    CertificateUnknownAuthority,
    /// The certificate is for another host.
    CertificateWrongName,
    /// The certificate has expired.
    CertificateExpired,
    /// The certificate is not valid yet.
    CertificateNotYetValid,
    /// A certificate file cannot be used.
    CertificateFile,
    /// The server requires a client certificate, or a different one.
    ClientCertificateNeeded,
    /// The server requires TLS, but the string does not use it.
    TlsExpectedByServer,
    /// The string uses TLS, but the server does not.
    TlsNotExpectedByServer,
    /// Server and driver could not agree on TLS.
    TlsFailed,
    /// The user or the password is wrong.
    CredentialsRefused,
    /// The credentials are right, but in another database.
    WrongAuthSource,
    /// The server does not offer the mechanism to this user.
    MechanismRefused,
    /// The user is not allowed to read organizations.
    NoPrivilege,
    /// The server is older than the driver supports.
    ServerTooOld,
    /// The replica set has no primary.
    NoPrimary,
    /// The replica set has another name.
    WrongReplicaSet,
    /// Something else responds.
    NotMongodb,
    /// The server closed the connection.
    ClosedByServer,
    /// A step exceeded its time limit.
    TookTooLong,
    /// Another reason; the technical text has it.
    Other,
}

impl FindingCode {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The code's stable word, the same as on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The tab of the editor to correct it in.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_word_in_reports_and_on_the_wire() {
        assert!(!FindingCode::ALL.is_empty());
        for code in FindingCode::ALL {
            assert_eq!(serde_json::to_value(code).expect("a word"), code.as_str());
        }
    }
}
