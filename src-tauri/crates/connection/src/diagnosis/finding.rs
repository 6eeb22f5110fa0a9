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
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct FindingFacts {
    /// The host that it is about, with its port.
    pub host: Option<String>,
    pub database: Option<String>,
    pub user: Option<String>,
    /// The database that was asked to know the user.
    pub auth_source: Option<String>,
    /// The database that does know the user.
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
    /// Where in the connection string that begins, in UTF-16 code units.
    #[cfg_attr(feature = "wire", specta(type = Option<u32>))]
    pub start: Option<usize>,
    /// Where it ends, exclusive.
    #[cfg_attr(feature = "wire", specta(type = Option<u32>))]
    pub end: Option<usize>,
    /// Rights that are missing, in the server's words.
    pub missing: Vec<String>,
    /// The password has a percent sign and two hexadecimal digits: it may have been pasted percent-encoded.
    pub percent_in_password: bool,
    /// The host is one of MongoDB Atlas.
    pub atlas: bool,
}

/// What stopped the test. Each has a row in `docs/connections.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
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
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The code's stable word, the same as on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
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
