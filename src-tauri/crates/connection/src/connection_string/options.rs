//! The table of options: the driver's, and those of other drivers that it does not support.

use super::form::{COMPRESSORS, Field, READ_PREFERENCES};
use crate::{ConnectionFields, EditorTab};

/// An option: everything that reading, writing, the form and the problems know about it.
#[derive(Debug)]
pub(super) struct ConnectionOption {
    /// Its name in the manual.
    pub(super) name: &'static str,
    /// The tab of the form that has it.
    pub(super) tab: EditorTab,
    /// The field that shows it; the others are in one list.
    pub(super) field: Option<Field>,
    /// It changes neither who is asked nor how the line is protected nor who signs in. Every other one counts as if it
    /// did, also one that nobody knows yet: a list of what is dangerous would have a hole for each new option.
    pub(super) is_harmless: bool,
    rule: Rule,
}

/// What an option's value may be.
#[derive(Debug, Clone, Copy)]
enum Rule {
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
    /// The name of a read preference, in any case.
    ReadPreference,
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

const fn option(name: &'static str, tab: EditorTab, rule: Rule) -> ConnectionOption {
    ConnectionOption { name, tab, field: None, is_harmless: false, rule }
}

const U32: i64 = u32::MAX as i64;

/// From the driver's parser of connection strings; then the options that its manual or other drivers name besides.
const OPTIONS: &[ConnectionOption] = &[
    option("replicaSet", General, Rule::Text).harmless().shown(Field::Text(|fields| &mut fields.replica_set)),
    option("directConnection", General, Rule::Boolean)
        .harmless()
        .shown(Field::Boolean(|fields| &mut fields.direct_connection)),
    option("loadBalanced", General, Rule::Boolean).harmless(),
    option("srvMaxHosts", General, Rule::Whole(0, U32)).harmless(),
    option("srvServiceName", General, Rule::Text),
    option(
        "authMechanism",
        Authentication,
        Rule::ExactWord(&["SCRAM-SHA-256", "SCRAM-SHA-1", "MONGODB-X509", "PLAIN"]),
    )
    .shown(Field::Mechanism),
    option("authMechanismProperties", Authentication, Rule::Pairs { may_be_empty: false }),
    option("authSource", Authentication, Rule::SomeText).shown(Field::Text(|fields| &mut fields.auth_source)),
    option("tls", Tls, Rule::Boolean).shown(Field::Tls),
    option("ssl", Tls, Rule::Boolean),
    option("tlsInsecure", Tls, Rule::Boolean),
    option("tlsAllowInvalidCertificates", Tls, Rule::Boolean)
        .shown(Field::Switch(|fields| &mut fields.tls_allow_invalid_certificates)),
    option("tlsCAFile", Tls, Rule::Text).shown(Field::Text(|fields| &mut fields.tls_ca_file)),
    option("tlsCertificateKeyFile", Tls, Rule::Text)
        .shown(Field::Text(|fields| &mut fields.tls_certificate_key_file)),
    option("tlsCertificateKeyFilePassword", Tls, Rule::Text)
        .shown(Field::Secret(|fields| &mut fields.has_certificate_key_password)),
    option("appName", Advanced, Rule::Text).harmless().shown(Field::Text(|fields| &mut fields.app_name)),
    option("connectTimeoutMS", Advanced, Rule::Milliseconds(0))
        .harmless()
        .shown(Field::Number(|fields| &mut fields.connect_timeout_milliseconds)),
    option("enableOverloadRetargeting", Advanced, Rule::Boolean).harmless(),
    option("heartbeatFrequencyMS", Advanced, Rule::Milliseconds(500)).harmless(),
    option("journal", Advanced, Rule::Boolean).harmless(),
    option("localThresholdMS", Advanced, Rule::Milliseconds(0)).harmless(),
    option("maxAdaptiveRetries", Advanced, Rule::Whole(0, U32)).harmless(),
    option("maxConnecting", Advanced, Rule::Whole(1, U32)).harmless(),
    option("maxIdleTimeMS", Advanced, Rule::Milliseconds(0)).harmless(),
    option("maxPoolSize", Advanced, Rule::Whole(1, U32))
        .harmless()
        .shown(Field::Number(|fields| &mut fields.max_pool_size)),
    option("maxStalenessSeconds", Advanced, Rule::Whole(-1, i64::MAX)).harmless(),
    option("minPoolSize", Advanced, Rule::Whole(0, U32))
        .harmless()
        .shown(Field::Number(|fields| &mut fields.min_pool_size)),
    option("proxyHost", Advanced, Rule::Text),
    option("proxyPassword", Advanced, Rule::SomeText),
    option("proxyPort", Advanced, Rule::Whole(0, 65_535)),
    option("proxyUsername", Advanced, Rule::SomeText),
    option("readConcernLevel", Advanced, Rule::Text).harmless(),
    option("readPreference", Advanced, Rule::ReadPreference).harmless().shown(Field::ReadPreference),
    option("compressors", Advanced, Rule::Compressors).harmless().shown(Field::Compressors),
    option("readPreferenceTags", Advanced, Rule::Pairs { may_be_empty: true }).harmless(),
    option("retryReads", Advanced, Rule::Boolean).harmless(),
    option("retryWrites", Advanced, Rule::Boolean).harmless(),
    option("serverMonitoringMode", Advanced, Rule::Word(&["auto", "poll", "stream"])).harmless(),
    option("serverSelectionTimeoutMS", Advanced, Rule::Milliseconds(0))
        .harmless()
        .shown(Field::Number(|fields| &mut fields.server_selection_timeout_milliseconds)),
    option("socketTimeoutMS", Advanced, Rule::Milliseconds(0))
        .harmless()
        .shown(Field::Number(|fields| &mut fields.socket_timeout_milliseconds)),
    option("uuidRepresentation", Advanced, Rule::Word(&["csharpLegacy", "javaLegacy", "pythonLegacy"]))
        .harmless(),
    option("w", Advanced, Rule::Acknowledgment).harmless(),
    option("waitQueueTimeoutMS", Advanced, Rule::Milliseconds(0)).harmless(),
    option("wtimeoutMS", Advanced, Rule::Milliseconds(0)).harmless(),
    option("zlibCompressionLevel", Advanced, Rule::Whole(-1, 9)).harmless(),
    option("tlsAllowInvalidHostnames", Tls, Rule::Foreign)
        .shown(Field::Switch(|fields| &mut fields.tls_allow_invalid_hostnames)),
    option("tlsCRLFile", Tls, Rule::Foreign),
    option("tlsDisableCertificateRevocationCheck", Tls, Rule::Foreign),
    option("tlsDisableOCSPEndpointCheck", Tls, Rule::Foreign),
    option("sslAllowInvalidCertificates", Tls, Rule::Foreign),
    option("sslAllowInvalidHostnames", Tls, Rule::Foreign),
    option("sslCertificateAuthorityFile", Tls, Rule::Foreign),
    option("sslClientCertificateKeyFile", Tls, Rule::Foreign),
    option("sslClientCertificateKeyPassword", Tls, Rule::Foreign),
    option("sslInvalidHostNameAllowed", Tls, Rule::Foreign),
    option("sslPEMKeyFile", Tls, Rule::Foreign),
    option("sslPEMKeyPassword", Tls, Rule::Foreign),
    option("sslValidate", Tls, Rule::Foreign),
    option("gssapiServiceName", Authentication, Rule::Foreign),
    option("adaptiveRetries", Advanced, Rule::Foreign),
    option("autoReconnect", Advanced, Rule::Foreign),
    option("j", Advanced, Rule::Foreign),
    option("keepAlive", Advanced, Rule::Foreign),
    option("maxPoolWaitQueueSize", Advanced, Rule::Foreign),
    option("poolSize", Advanced, Rule::Foreign),
    option("retryDelayMS", Advanced, Rule::Foreign),
    option("safe", Advanced, Rule::Foreign),
    option("slaveOk", Advanced, Rule::Foreign),
    option("timeoutMS", Advanced, Rule::Foreign),
    option("useNewUrlParser", Advanced, Rule::Foreign),
    option("useUnifiedTopology", Advanced, Rule::Foreign),
    option("waitQueueMultiple", Advanced, Rule::Foreign),
    option("wtimeout", Advanced, Rule::Foreign),
];

/// Why one of MongoDB's mechanisms cannot be used here; `None` for the others and for unknown words.
pub(super) fn refused_mechanism(name: &str) -> Option<String> {
    let method = match name {
        "MONGODB-OIDC" | "MONGODB-AWS" => name,
        "GSSAPI" => "GSSAPI (Kerberos)",
        "MONGODB-CR" => {
            let message = "MongoDB 4.0 removed MONGODB-CR. Remove authMechanism: the server then chooses SCRAM, \
                           with the same user and password.";
            return Some(message.to_owned());
        }
        _ => return None,
    };
    Some(format!(
        "Tenantry cannot sign in with {method}. Sign in as a database user with a password, or with an X.509 \
         certificate."
    ))
}

/// Finds an option by name, in any letter case.
pub(super) fn find(name: &str) -> Option<&'static ConnectionOption> {
    OPTIONS.iter().find(|option| option.name.eq_ignore_ascii_case(name))
}

/// The options with a field of their own.
pub(super) fn with_field() -> impl Iterator<Item = (&'static str, &'static Field)> {
    OPTIONS.iter().filter_map(|option| Some((option.name, option.field.as_ref()?)))
}

/// The current name of an option: `ssl` is an older name of `tls`.
pub(super) fn modern(name: &str) -> &str {
    if name.eq_ignore_ascii_case("ssl") { "tls" } else { name }
}

/// Puts a decoded value into the option's field; `None` if it has no field, or one that cannot hold the value.
pub(super) fn show(name: &str, value: &str, fields: &mut ConnectionFields) -> Option<()> {
    find(modern(name))?.field.as_ref()?.show(value, fields)
}

/// Whether a field of the form shows an option with this value.
pub(super) fn is_shown(name: &str, value: &str) -> bool {
    show(name, value, &mut ConnectionFields::default()).is_some()
}

/// The names of all options, as in the manual.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|option| option.name)
}

impl ConnectionOption {
    const fn harmless(self) -> Self {
        Self { is_harmless: true, ..self }
    }

    const fn shown(self, field: Field) -> Self {
        Self { field: Some(field), ..self }
    }

    /// The rule that a decoded value breaks, as a sentence without the value.
    pub(super) fn broken_by(&self, value: &str) -> Option<String> {
        let name = self.name;
        match self.rule {
            Rule::Text => None,
            Rule::SomeText => value.is_empty().then(|| format!("{name} must not be empty.")),
            Rule::Boolean => {
                (!matches!(value, "true" | "false")).then(|| format!("{name} must be true or false."))
            }
            Rule::Milliseconds(least) => {
                let good = value.parse::<u64>().is_ok_and(|number| number >= least);
                (!good).then(|| match least {
                    0 => format!("{name} must be a whole number of milliseconds."),
                    least => format!("{name} must be at least {least} milliseconds."),
                })
            }
            Rule::Whole(least, most) => {
                let good = value.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number));
                (!good).then(|| match (least, most) {
                    (least, U32 | i64::MAX) => format!("{name} must be a whole number, {least} or more."),
                    (least, most) => format!("{name} must be a whole number from {least} to {most}."),
                })
            }
            Rule::Word(words) => {
                let good = words.iter().any(|word| word.eq_ignore_ascii_case(value));
                (!good).then(|| format!("{name} must be {}.", one_of(words)))
            }
            Rule::ExactWord(words) => {
                (!words.contains(&value)).then(|| format!("{name} must be {}.", one_of(words)))
            }
            Rule::ReadPreference => {
                let words = READ_PREFERENCES.map(|(word, _)| word);
                let good = words.iter().any(|word| word.eq_ignore_ascii_case(value));
                (!good).then(|| format!("{name} must be {}.", one_of(&words)))
            }
            Rule::Compressors => {
                let good = value
                    .split(',')
                    .all(|word| COMPRESSORS.iter().any(|(name, _)| name.eq_ignore_ascii_case(word)));
                (!good).then(|| format!("{name} must be zstd, zlib or snappy, separated by commas."))
            }
            Rule::Pairs { may_be_empty } => {
                let good = (may_be_empty && value.is_empty())
                    || value.split(',').all(|pair| pair.contains(':'));
                (!good).then(|| format!("{name} must be pairs such as key:value, separated by commas."))
            }
            Rule::Acknowledgment => {
                let good = value.parse::<i32>().map_or(true, |number| number >= 0);
                (!good).then(|| format!("{name} must not be negative."))
            }
            Rule::Foreign => Some(match name {
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
