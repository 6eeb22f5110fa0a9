//! The options that the driver knows, and those of other drivers that it does not.

use crate::{AuthenticationKind, Compressor, EditorTab, ReadPreferenceMode};

/// An option.
#[derive(Debug)]
pub(super) struct Known {
    /// As the manual writes it.
    pub(super) name: &'static str,
    /// Where the form asks for it.
    pub(super) tab: EditorTab,
    /// What its value may be.
    pub(super) value: Value,
}

/// What an option's value may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    /// Any text.
    Text,
    /// Any text but none.
    SomeText,
    /// `true` or `false`.
    Boolean,
    /// Milliseconds, at least so many.
    Milliseconds(u64),
    /// A whole number, from the first to the second.
    Whole(i64, i64),
    /// One of these words, in any case.
    Word(&'static [&'static str]),
    /// One of these words, exactly.
    ExactWord(&'static [&'static str]),
    /// Compressors, separated by commas.
    Compressors,
    /// Pairs `key:value`, separated by commas; none at all where the flag allows it.
    Pairs { may_be_empty: bool },
    /// An acknowledgment of writes: a number or the name of one.
    Acknowledgment,
    /// Known to other drivers only.
    Foreign,
}

use EditorTab::{Advanced, Authentication, General, Tls};

/// The build has all three, see the driver's features in the workspace's manifest.
pub(super) const COMPRESSORS: [(&str, Compressor); 3] =
    [("zstd", Compressor::Zstd), ("zlib", Compressor::Zlib), ("snappy", Compressor::Snappy)];

pub(super) const READ_PREFERENCES: [(&str, ReadPreferenceMode); 5] = [
    ("primary", ReadPreferenceMode::Primary),
    ("primaryPreferred", ReadPreferenceMode::PrimaryPreferred),
    ("secondary", ReadPreferenceMode::Secondary),
    ("secondaryPreferred", ReadPreferenceMode::SecondaryPreferred),
    ("nearest", ReadPreferenceMode::Nearest),
];

/// The ways of signing in that the form offers by a mechanism's name.
pub(super) const MECHANISMS: [(&str, AuthenticationKind); 3] = [
    ("SCRAM-SHA-256", AuthenticationKind::ScramSha256),
    ("SCRAM-SHA-1", AuthenticationKind::ScramSha1),
    ("MONGODB-X509", AuthenticationKind::X509),
];

const fn known(name: &'static str, tab: EditorTab, value: Value) -> Known {
    Known { name, tab, value }
}

const U32: i64 = u32::MAX as i64;

/// From the driver's parser of connection strings; then what its manual or those of other drivers name besides.
const OPTIONS: &[Known] = &[
    known("replicaSet", General, Value::Text),
    known("directConnection", General, Value::Boolean),
    known("loadBalanced", General, Value::Boolean),
    known("srvMaxHosts", General, Value::Whole(0, U32)),
    known("srvServiceName", General, Value::Text),
    known(
        "authMechanism",
        Authentication,
        Value::ExactWord(&["SCRAM-SHA-256", "SCRAM-SHA-1", "MONGODB-X509", "PLAIN"]),
    ),
    known("authMechanismProperties", Authentication, Value::Pairs { may_be_empty: false }),
    known("authSource", Authentication, Value::SomeText),
    known("tls", Tls, Value::Boolean),
    known("ssl", Tls, Value::Boolean),
    known("tlsInsecure", Tls, Value::Boolean),
    known("tlsAllowInvalidCertificates", Tls, Value::Boolean),
    known("tlsCAFile", Tls, Value::Text),
    known("tlsCertificateKeyFile", Tls, Value::Text),
    known("tlsCertificateKeyFilePassword", Tls, Value::Text),
    known("appName", Advanced, Value::Text),
    known("compressors", Advanced, Value::Compressors),
    known("connectTimeoutMS", Advanced, Value::Milliseconds(0)),
    known("enableOverloadRetargeting", Advanced, Value::Boolean),
    known("heartbeatFrequencyMS", Advanced, Value::Milliseconds(500)),
    known("journal", Advanced, Value::Boolean),
    known("localThresholdMS", Advanced, Value::Milliseconds(0)),
    known("maxAdaptiveRetries", Advanced, Value::Whole(0, U32)),
    known("maxConnecting", Advanced, Value::Whole(1, U32)),
    known("maxIdleTimeMS", Advanced, Value::Milliseconds(0)),
    known("maxPoolSize", Advanced, Value::Whole(1, U32)),
    known("maxStalenessSeconds", Advanced, Value::Whole(-1, i64::MAX)),
    known("minPoolSize", Advanced, Value::Whole(0, U32)),
    known("proxyHost", Advanced, Value::Text),
    known("proxyPassword", Advanced, Value::SomeText),
    known("proxyPort", Advanced, Value::Whole(0, 65_535)),
    known("proxyUsername", Advanced, Value::SomeText),
    known("readConcernLevel", Advanced, Value::Text),
    known(
        "readPreference",
        Advanced,
        Value::Word(&["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"]),
    ),
    known("readPreferenceTags", Advanced, Value::Pairs { may_be_empty: true }),
    known("retryReads", Advanced, Value::Boolean),
    known("retryWrites", Advanced, Value::Boolean),
    known("serverMonitoringMode", Advanced, Value::Word(&["auto", "poll", "stream"])),
    known("serverSelectionTimeoutMS", Advanced, Value::Milliseconds(0)),
    known("socketTimeoutMS", Advanced, Value::Milliseconds(0)),
    known("uuidRepresentation", Advanced, Value::Word(&["csharpLegacy", "javaLegacy", "pythonLegacy"])),
    known("w", Advanced, Value::Acknowledgment),
    known("waitQueueTimeoutMS", Advanced, Value::Milliseconds(0)),
    known("wtimeoutMS", Advanced, Value::Milliseconds(0)),
    known("zlibCompressionLevel", Advanced, Value::Whole(-1, 9)),
    known("tlsAllowInvalidHostnames", Tls, Value::Foreign),
    known("tlsCRLFile", Tls, Value::Foreign),
    known("tlsDisableCertificateRevocationCheck", Tls, Value::Foreign),
    known("tlsDisableOCSPEndpointCheck", Tls, Value::Foreign),
    known("sslAllowInvalidCertificates", Tls, Value::Foreign),
    known("sslAllowInvalidHostnames", Tls, Value::Foreign),
    known("sslCertificateAuthorityFile", Tls, Value::Foreign),
    known("sslClientCertificateKeyFile", Tls, Value::Foreign),
    known("sslClientCertificateKeyPassword", Tls, Value::Foreign),
    known("sslInvalidHostNameAllowed", Tls, Value::Foreign),
    known("sslPEMKeyFile", Tls, Value::Foreign),
    known("sslPEMKeyPassword", Tls, Value::Foreign),
    known("sslValidate", Tls, Value::Foreign),
    known("gssapiServiceName", Authentication, Value::Foreign),
    known("adaptiveRetries", Advanced, Value::Foreign),
    known("autoReconnect", Advanced, Value::Foreign),
    known("j", Advanced, Value::Foreign),
    known("keepAlive", Advanced, Value::Foreign),
    known("maxPoolWaitQueueSize", Advanced, Value::Foreign),
    known("poolSize", Advanced, Value::Foreign),
    known("retryDelayMS", Advanced, Value::Foreign),
    known("safe", Advanced, Value::Foreign),
    known("slaveOk", Advanced, Value::Foreign),
    known("timeoutMS", Advanced, Value::Foreign),
    known("useNewUrlParser", Advanced, Value::Foreign),
    known("useUnifiedTopology", Advanced, Value::Foreign),
    known("waitQueueMultiple", Advanced, Value::Foreign),
    known("wtimeout", Advanced, Value::Foreign),
];

/// Why a mechanism that MongoDB has can't be used here; `None` for those that can, and for words that are none.
pub(super) fn refused_mechanism(name: &str) -> Option<&'static str> {
    match name {
        "MONGODB-OIDC" => Some(
            "Tenantry cannot sign in with MONGODB-OIDC. Sign in as a database user with a password, or with an X.509 certificate.",
        ),
        "MONGODB-AWS" => Some(
            "Tenantry cannot sign in with MONGODB-AWS. Sign in as a database user with a password, or with an X.509 certificate.",
        ),
        "GSSAPI" => Some(
            "Tenantry cannot sign in with GSSAPI (Kerberos). Sign in as a database user with a password, or with an X.509 certificate.",
        ),
        "MONGODB-CR" => Some(
            "MongoDB 4.0 removed MONGODB-CR. Remove authMechanism: the server then chooses SCRAM, with the same user and password.",
        ),
        _ => None,
    }
}

/// The option of a name, in any case.
pub(super) fn find(name: &str) -> Option<&'static Known> {
    OPTIONS.iter().find(|option| option.name.eq_ignore_ascii_case(name))
}

/// The names of all options, as the manual writes them.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|option| option.name)
}

impl Known {
    /// The rule that a decoded value breaks, as a sentence without the value.
    pub(super) fn broken_by(&self, value: &str) -> Option<String> {
        let name = self.name;
        match self.value {
            Value::Text => None,
            Value::SomeText => value.is_empty().then(|| format!("{name} must not be empty.")),
            Value::Boolean => {
                (!matches!(value, "true" | "false")).then(|| format!("{name} must be true or false."))
            }
            Value::Milliseconds(least) => {
                let good = value.parse::<u64>().is_ok_and(|number| number >= least);
                (!good).then(|| match least {
                    0 => format!("{name} must be a whole number of milliseconds."),
                    least => format!("{name} must be at least {least} milliseconds."),
                })
            }
            Value::Whole(least, most) => {
                let good = value.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number));
                (!good).then(|| match (least, most) {
                    (least, U32 | i64::MAX) => format!("{name} must be a whole number, {least} or more."),
                    (least, most) => format!("{name} must be a whole number from {least} to {most}."),
                })
            }
            Value::Word(words) => {
                let good = words.iter().any(|word| word.eq_ignore_ascii_case(value));
                (!good).then(|| format!("{name} must be {}.", one_of(words)))
            }
            Value::ExactWord(words) => {
                (!words.contains(&value)).then(|| format!("{name} must be {}.", one_of(words)))
            }
            Value::Compressors => {
                let good = value
                    .split(',')
                    .all(|word| COMPRESSORS.iter().any(|(name, _)| name.eq_ignore_ascii_case(word)));
                (!good).then(|| format!("{name} must be zstd, zlib or snappy, separated by commas."))
            }
            Value::Pairs { may_be_empty } => {
                let good = (may_be_empty && value.is_empty())
                    || value.split(',').all(|pair| pair.contains(':'));
                (!good).then(|| format!("{name} must be pairs such as key:value, separated by commas."))
            }
            Value::Acknowledgment => {
                let good = value.parse::<i32>().map_or(true, |number| number >= 0);
                (!good).then(|| format!("{name} must not be negative."))
            }
            Value::Foreign => Some(match name {
                "tlsAllowInvalidHostnames" => "Tenantry cannot turn off only the check of server names. \
                    Remove tlsAllowInvalidHostnames, or use tlsAllowInvalidCertificates, which turns off all checks."
                    .to_owned(),
                name => format!("The driver does not support the option {name}."),
            }),
        }
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
