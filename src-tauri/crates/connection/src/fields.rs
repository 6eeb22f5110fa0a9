use serde::{Deserialize, Serialize};

/// The fields of the form for a connection string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ConnectionFields {
    pub srv: bool,
    /// As typed: `host` or `host:port`; with `srv` exactly one name.
    pub hosts: Vec<String>,
    /// The database that the string names.
    pub default_database: Option<String>,
    pub replica_set: Option<String>,
    /// `directConnection`; `None` if not given.
    pub direct_connection: Option<bool>,
    pub authentication: AuthenticationKind,
    /// The database user's name, not percent-encoded.
    pub user: Option<String>,
    /// Whether the string has a password, or its mask.
    pub has_password: bool,
    pub auth_source: Option<String>,
    /// `tls`, or its older name `ssl`.
    pub tls: TlsChoice,
    pub tls_ca_file: Option<String>,
    pub tls_certificate_key_file: Option<String>,
    /// Whether `tlsCertificateKeyFilePassword`, or its mask, is there.
    pub has_certificate_key_password: bool,
    /// `tlsAllowInvalidCertificates=true`.
    pub tls_allow_invalid_certificates: bool,
    /// `tlsAllowInvalidHostnames=true`.
    pub tls_allow_invalid_hostnames: bool,
    pub connect_timeout_milliseconds: Option<u32>,
    pub server_selection_timeout_milliseconds: Option<u32>,
    pub socket_timeout_milliseconds: Option<u32>,
    pub max_pool_size: Option<u32>,
    pub min_pool_size: Option<u32>,
    pub read_preference: Option<ReadPreferenceMode>,
    pub app_name: Option<String>,
    /// `compressors`, in the order of preference.
    pub compressors: Vec<Compressor>,
    /// Every other option, in order.
    pub other_options: Vec<OtherOption>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum AuthenticationKind {
    /// None.
    #[default]
    None,
    /// A password; the server chooses the SCRAM mechanism.
    Scram,
    /// A password, with SCRAM-SHA-256.
    #[serde(rename = "scram_sha256")]
    ScramSha256,
    /// A password, with SCRAM-SHA-1.
    #[serde(rename = "scram_sha1")]
    ScramSha1,
    /// A client certificate.
    #[serde(rename = "x509")]
    X509,
    /// Another method in the string.
    Other,
}

/// Whether the connection is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum TlsChoice {
    /// Not given: on for `mongodb+srv`, off otherwise.
    #[default]
    Default,
    /// `tls=true`.
    On,
    /// `tls=false`.
    Off,
}

/// The members that lists are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ReadPreferenceMode {
    Primary,
    PrimaryPreferred,
    Secondary,
    SecondaryPreferred,
    Nearest,
}

/// A compression of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Compressor {
    Zstd,
    Zlib,
    Snappy,
}

/// An option without a field of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct OtherOption {
    /// Its name as typed.
    pub name: String,
    /// Its value, not percent-encoded; the mask for a secret.
    pub value: String,
}
