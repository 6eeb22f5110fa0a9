//! Wire types of connection strings, beside the core's.

use serde::{Deserialize, Serialize};
use tenantry_connection as core;

use crate::commands::workspaces::WorkspaceKind;

same_words_both_ways! {
    /// How to sign in.
    AuthenticationKind {
        /// Not at all.
        None,
        /// With a password; the server chooses which SCRAM.
        Scram,
        /// With a password, by SCRAM-SHA-256.
        #[serde(rename = "scram_sha256")]
        ScramSha256,
        /// With a password, by SCRAM-SHA-1.
        #[serde(rename = "scram_sha1")]
        ScramSha1,
        /// With a client certificate.
        #[serde(rename = "x509")]
        X509,
        /// Some other way that the string names.
        Other,
    }
    /// Whether the line is encrypted.
    TlsChoice {
        /// On for `mongodb+srv`, off otherwise.
        Default,
        /// On.
        On,
        /// Off.
        Off,
    }
    /// Which members of a replica set lists are read from.
    ReadPreferenceMode {
        /// The primary.
        Primary,
        /// The primary while there is one.
        PrimaryPreferred,
        /// A secondary.
        Secondary,
        /// A secondary while there is one.
        SecondaryPreferred,
        /// The one that answers quickest.
        Nearest,
    }
    /// How messages are compressed.
    Compressor {
        /// Zstandard.
        Zstd,
        /// zlib.
        Zlib,
        /// Snappy.
        Snappy,
    }
    /// Part of the editor's form.
    EditorTab {
        /// Hosts, database, replica set.
        General,
        /// Who signs in, and how.
        Authentication,
        /// Encryption and certificates.
        Tls,
        /// Everything else.
        Advanced,
    }
    /// Part of a connection string.
    ConnectionPart {
        /// `mongodb://` or `mongodb+srv://`.
        Scheme,
        /// The user's name.
        User,
        /// The user's password.
        Password,
        /// The hosts with their ports.
        Hosts,
        /// The database after the slash.
        Database,
        /// What stands after the question mark.
        Options,
    }
}

/// What a form shows of a connection string.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionFields {
    /// `mongodb+srv`: the hosts are looked up.
    pub srv: bool,
    /// As typed, `host` or `host:port`; with `srv` exactly one name.
    pub hosts: Vec<String>,
    /// The database that the string names.
    pub default_database: Option<String>,
    /// The replica set's name.
    pub replica_set: Option<String>,
    /// Whether to speak to one member only; `null` when it is not given.
    pub direct_connection: Option<bool>,
    /// How to sign in.
    pub authentication: AuthenticationKind,
    /// The database user.
    pub user: Option<String>,
    /// The string has a password, shown as the mask.
    pub has_password: bool,
    /// Where the user is known.
    pub auth_source: Option<String>,
    /// Whether the line is encrypted.
    pub tls: TlsChoice,
    /// The file of authorities that are trusted.
    pub tls_ca_file: Option<String>,
    /// The file of the client certificate and its key.
    pub tls_certificate_key_file: Option<String>,
    /// The key's password is there, shown as the mask.
    pub has_certificate_key_password: bool,
    /// Takes any certificate.
    pub tls_allow_invalid_certificates: bool,
    /// Takes a certificate of any name; this program's driver does not.
    pub tls_allow_invalid_hostnames: bool,
    /// How long one connection may take.
    pub connect_timeout_milliseconds: Option<u32>,
    /// How long to look for a server.
    pub server_selection_timeout_milliseconds: Option<u32>,
    /// How long one answer may take.
    pub socket_timeout_milliseconds: Option<u32>,
    /// Connections at most.
    pub max_pool_size: Option<u32>,
    /// Connections at least.
    pub min_pool_size: Option<u32>,
    /// Where lists and statistics are read from.
    pub read_preference: Option<ReadPreferenceMode>,
    /// What the server's log calls this program.
    pub app_name: Option<String>,
    /// In the order of preference.
    pub compressors: Vec<Compressor>,
    /// Every other option, in order; the mask stands for secret values.
    pub other_options: Vec<OtherOption>,
}

/// An option that has no field of its own.
#[derive(Debug, Clone, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OtherOption {
    /// Its name as typed.
    pub name: String,
    /// Its value; the mask stands for a secret.
    pub value: String,
}

/// Something that the driver does not accept, and where it stands.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionProblem {
    /// A sentence.
    pub message: String,
    /// The part.
    pub part: ConnectionPart,
    /// Where the form asks for it.
    pub tab: EditorTab,
    /// The option's name, where it is a known one.
    pub option: Option<String>,
    /// Where it begins in the text, in UTF-16 code units.
    pub start: u32,
    /// Where it ends, exclusive.
    pub end: u32,
}

/// A connection string, read.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionReading {
    /// As typed, every secret replaced by the mask.
    pub text: String,
    /// The string stood in a longer text, and what was typed must not be shown any more.
    pub extracted: bool,
    /// `null` when the string can't be taken apart.
    pub fields: Option<ConnectionFields>,
    /// Empty: the driver accepts it.
    pub problems: Vec<ConnectionProblem>,
    /// What kind of place it leads to.
    pub kind: WorkspaceKind,
    /// Signing in takes a password.
    pub needs_password: bool,
    /// A secret was typed into the text; the program holds it now, under the draft.
    pub took_secrets: bool,
}

impl ConnectionReading {
    /// The reading without its secrets, which went elsewhere or were not there.
    pub(super) fn of(reading: core::ConnectionReading, took_secrets: bool) -> Self {
        let core::ConnectionReading {
            text,
            extracted,
            fields,
            problems,
            is_atlas,
            needs_password,
            secrets: _,
        } = reading;
        Self {
            text,
            extracted,
            fields: fields.map(ConnectionFields::from),
            problems: problems.into_iter().map(ConnectionProblem::from).collect(),
            kind: if is_atlas { WorkspaceKind::Atlas } else { WorkspaceKind::Mongodb },
            needs_password,
            took_secrets,
        }
    }
}

impl From<core::ConnectionProblem> for ConnectionProblem {
    fn from(problem: core::ConnectionProblem) -> Self {
        let units = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            message: problem.message,
            part: ConnectionPart::from(problem.part),
            tab: EditorTab::from(problem.tab),
            option: problem.option.map(str::to_owned),
            start: units(problem.start),
            end: units(problem.end),
        }
    }
}

impl From<core::OtherOption> for OtherOption {
    fn from(option: core::OtherOption) -> Self {
        Self { name: option.name, value: option.value }
    }
}

impl From<OtherOption> for core::OtherOption {
    fn from(option: OtherOption) -> Self {
        Self { name: option.name, value: option.value }
    }
}

impl From<core::ConnectionFields> for ConnectionFields {
    fn from(fields: core::ConnectionFields) -> Self {
        Self {
            srv: fields.srv,
            hosts: fields.hosts,
            default_database: fields.default_database,
            replica_set: fields.replica_set,
            direct_connection: fields.direct_connection,
            authentication: AuthenticationKind::from(fields.authentication),
            user: fields.user,
            has_password: fields.has_password,
            auth_source: fields.auth_source,
            tls: TlsChoice::from(fields.tls),
            tls_ca_file: fields.tls_ca_file,
            tls_certificate_key_file: fields.tls_certificate_key_file,
            has_certificate_key_password: fields.has_certificate_key_password,
            tls_allow_invalid_certificates: fields.tls_allow_invalid_certificates,
            tls_allow_invalid_hostnames: fields.tls_allow_invalid_hostnames,
            connect_timeout_milliseconds: fields.connect_timeout_milliseconds,
            server_selection_timeout_milliseconds: fields.server_selection_timeout_milliseconds,
            socket_timeout_milliseconds: fields.socket_timeout_milliseconds,
            max_pool_size: fields.max_pool_size,
            min_pool_size: fields.min_pool_size,
            read_preference: fields.read_preference.map(ReadPreferenceMode::from),
            app_name: fields.app_name,
            compressors: fields.compressors.into_iter().map(Compressor::from).collect(),
            other_options: fields.other_options.into_iter().map(OtherOption::from).collect(),
        }
    }
}

impl From<ConnectionFields> for core::ConnectionFields {
    fn from(fields: ConnectionFields) -> Self {
        Self {
            srv: fields.srv,
            hosts: fields.hosts,
            default_database: fields.default_database,
            replica_set: fields.replica_set,
            direct_connection: fields.direct_connection,
            authentication: core::AuthenticationKind::from(fields.authentication),
            user: fields.user,
            has_password: fields.has_password,
            auth_source: fields.auth_source,
            tls: core::TlsChoice::from(fields.tls),
            tls_ca_file: fields.tls_ca_file,
            tls_certificate_key_file: fields.tls_certificate_key_file,
            has_certificate_key_password: fields.has_certificate_key_password,
            tls_allow_invalid_certificates: fields.tls_allow_invalid_certificates,
            tls_allow_invalid_hostnames: fields.tls_allow_invalid_hostnames,
            connect_timeout_milliseconds: fields.connect_timeout_milliseconds,
            server_selection_timeout_milliseconds: fields.server_selection_timeout_milliseconds,
            socket_timeout_milliseconds: fields.socket_timeout_milliseconds,
            max_pool_size: fields.max_pool_size,
            min_pool_size: fields.min_pool_size,
            read_preference: fields.read_preference.map(core::ReadPreferenceMode::from),
            app_name: fields.app_name,
            compressors: fields.compressors.into_iter().map(core::Compressor::from).collect(),
            other_options: fields.other_options.into_iter().map(core::OtherOption::from).collect(),
        }
    }
}
