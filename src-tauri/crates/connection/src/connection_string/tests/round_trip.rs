use rand::prelude::*;
use rand::rngs::StdRng;

use super::*;
use crate::{AuthenticationKind, Compressor, ReadPreferenceMode, TlsChoice};

/// A good value or two of every option that the driver knows, with what it needs besides.
const GOOD: &[(&str, &[&str])] = &[
    ("appName", &["shop", "a%20b%2Bc", "sh%C3%B6p", "@"]),
    ("authMechanismProperties", &["SERVICE_NAME:x", "A:b,C:d%2Ce:f", "AWS_SESSION_TOKEN:t0k%2B,A:b"]),
    ("authSource", &["admin", "$external", "%24external"]),
    ("compressors", &["zlib", "zstd,snappy", "ZLIB,zstd"]),
    ("connectTimeoutMS", &["0", "5000", "99999999999"]),
    ("enableOverloadRetargeting", &["true"]),
    ("heartbeatFrequencyMS", &["500", "20000"]),
    ("journal", &["true", "false"]),
    ("localThresholdMS", &["15"]),
    ("maxAdaptiveRetries", &["2"]),
    ("maxConnecting", &["2"]),
    ("maxIdleTimeMS", &["60000"]),
    ("maxPoolSize", &["1", "10"]),
    ("minPoolSize", &["0", "3"]),
    ("proxyHost", &["proxy.example.com", "10.0.0.1"]),
    ("readConcernLevel", &["majority"]),
    ("replicaSet", &["rs0", "atlas-%61b"]),
    ("retryReads", &["true", "false"]),
    ("retryWrites", &["true", "false"]),
    ("serverMonitoringMode", &["auto", "POLL", "stream"]),
    ("serverSelectionTimeoutMS", &["8000"]),
    ("socketTimeoutMS", &["30000"]),
    ("tlsAllowInvalidCertificates", &["true", "false"]),
    ("tlsCAFile", &["/etc/ssl/ca.pem", "C:%5Cca.pem"]),
    ("tlsCertificateKeyFile", &["/c.pem"]),
    ("tlsCertificateKeyFilePassword", &["s3cret%26", "x"]),
    ("uuidRepresentation", &["csharpLegacy", "JAVALEGACY", "pythonLegacy"]),
    ("w", &["1", "majority", "my-tag"]),
    ("waitQueueTimeoutMS", &["1000"]),
    ("wtimeoutMS", &["1000"]),
    ("zlibCompressionLevel", &["-1", "9"]),
];

fn pick<'a, T: ?Sized>(random: &mut StdRng, from: &[&'a T]) -> &'a T {
    from.choose(random).expect("there are some")
}

/// A string that the driver accepts.
fn accepted(random: &mut StdRng) -> String {
    loop {
        let text = some(random);
        if Parsed::parse(&text).is_ok() && super::super::problems::ask_driver(&masked(&text)).is_some() {
            return text;
        }
    }
}

fn masked(text: &str) -> Parts {
    let mut parts = Parts::of(text).expect("it has a scheme");
    super::super::secrets::take(&mut parts);
    parts
}

fn some(random: &mut StdRng) -> String {
    let srv = random.random_bool(0.2);
    let user =
        pick(random, &["", "", "dana@", "dana:pw@", "d%61na:p%40w%3Fx@", "CN%3Ddana,O%3DX@", "é:ü%2F@"]);
    let hosts = if srv {
        pick(random, &["cluster0.ab1cd.mongodb.net", "db.example.com"])
    } else {
        pick(
            random,
            &[
                "localhost",
                "localhost:27017",
                "a.example.com:1,B.example.com",
                "[::1]:27017",
                "[fe80::1],127.0.0.1",
                "%2Ftmp%2Fmongodb-27017.sock",
                "a,b,c:27019",
            ],
        )
    };
    let place = pick(random, &["", "/", "/app", "/my-app", "/%61pp"]);
    let mut options: Vec<String> = Vec::new();
    let mut known: Vec<_> = GOOD.to_vec();
    known.shuffle(random);
    for (name, values) in known.into_iter().take(random.random_range(0..8)) {
        options.push(format!("{}={}", cased(random, name), pick(random, values)));
    }
    if random.random_bool(0.3) {
        options.push(format!(
            "{}={}",
            pick(random, &["tls", "ssl", "TLS"]),
            pick(random, &["true", "false"])
        ));
    }
    if random.random_bool(0.2) {
        let mechanism = pick(random, &["SCRAM-SHA-1", "SCRAM-SHA-256", "MONGODB-X509", "PLAIN"]);
        options.push(format!("authMechanism={mechanism}"));
    }
    if random.random_bool(0.3) {
        let mode =
            pick(random, &["primary", "nearest", "secondaryPreferred", "SECONDARY", "primaryPreferred"]);
        options.push(format!("readPreference={mode}"));
        for tags in ["dc:ny,rack:1", "dc:%20la", ""] {
            if random.random_bool(0.3) {
                options.push(format!("readPreferenceTags={tags}"));
            }
        }
        if random.random_bool(0.2) {
            options.push("maxStalenessSeconds=120".to_owned());
        }
    }
    if options.iter().any(|option| option.starts_with("proxyHost")) && random.random_bool(0.5) {
        options.extend(["proxyPort=1080", "proxyUsername=u", "proxyPassword=p%26w"].map(str::to_owned));
    }
    if random.random_bool(0.1) {
        options.push(
            pick(random, &["directConnection=true", "directConnection=false", "loadBalanced=true"])
                .to_owned(),
        );
    }
    if srv && random.random_bool(0.2) {
        options.push(pick(random, &["srvMaxHosts=2", "srvServiceName=other"]).to_owned());
    }
    options.shuffle(random);
    let question = if options.is_empty() { pick(random, &["", "?"]) } else { "?" };
    let scheme = if srv { "mongodb+srv" } else { "mongodb" };
    format!("{scheme}://{user}{hosts}{place}{question}{}", options.join("&"))
}

fn cased(random: &mut StdRng, name: &str) -> String {
    match random.random_range(0..10) {
        0 => name.to_lowercase(),
        1 => name.to_uppercase(),
        _ => name.to_owned(),
    }
}

#[test]
fn every_option_that_the_driver_accepts_survives() {
    for (name, values) in GOOD {
        for value in *values {
            let text = format!("mongodb://dana:pw@a/?tls=true&{name}={value}");
            assert!(Parsed::parse(&text).is_ok(), "the corpus is good: {text}");
            survives(&text);
        }
    }
    for text in [
        "mongodb://a/?readPreference=nearest&readPreferenceTags=dc:ny&readPreferenceTags=&maxStalenessSeconds=-1",
        "mongodb://a/?tlsInsecure=true",
        "mongodb://a/?proxyHost=p&proxyPort=1&proxyUsername=u&proxyPassword=x",
        "mongodb+srv://a.example.com/?srvMaxHosts=3&srvServiceName=x",
        "mongodb://a/?loadBalanced=true",
        "mongodb://a/?directConnection=true",
    ] {
        survives(text);
    }
}

#[test]
fn whatever_the_driver_accepts_survives() {
    let mut random = StdRng::seed_from_u64(3);
    for _ in 0..3_000 {
        survives(&accepted(&mut random));
    }
}

/// Reading and writing changes nothing, and the driver understands the same.
fn survives(text: &str) {
    let reading = read(text);
    assert_eq!(reading.problems, [], "{text}");
    let fields = reading.fields.unwrap_or_else(|| panic!("{text} can be taken apart"));
    let written = write(&reading.text, &fields);
    assert_eq!(written.text, reading.text, "{text}");
    assert_eq!(written.fields.as_ref(), Some(&fields), "{text}");
    let string = parsed(&written.text)
        .with_secrets(&reading.secrets)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let (driver, answer_limit) = string.for_driver().unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut expected = Parsed::parse(text).expect("it is accepted");
    assert_eq!(super::super::problems::for_opening(&mut expected), answer_limit, "{text}");
    assert_eq!(driver, expected, "{text}");
}

#[test]
fn whatever_a_form_says_is_read_back() {
    let mut random = StdRng::seed_from_u64(4);
    for _ in 0..3_000 {
        let from = masked(&accepted(&mut random)).text();
        let wanted = form(&mut random);
        let written = write(&from, &wanted);
        let got = written.fields.unwrap_or_else(|| panic!("{from} and {wanted:?} can be taken apart"));
        assert_eq!(got, wanted, "{from} became {}", written.text);
        if written.problems.is_empty() {
            assert!(ConnectionString::parse(&written.text).is_ok(), "{}", written.text);
        }
    }
}

/// What a form may say: any of its fields, as far as one field does not rule out another.
fn form(random: &mut StdRng) -> crate::ConnectionFields {
    let other = masked(&accepted(random));
    let mut fields = super::super::reading::fields(&other);
    let text = |random: &mut StdRng| {
        let some = pick(random, &["a", "a b", "é&=?/@:%", "••••••••", "a,b", "$x"]);
        random.random_bool(0.6).then(|| some.to_owned())
    };
    let number = |random: &mut StdRng| random.random_bool(0.5).then(|| random.random_range(0..100_000));
    fields.replica_set = text(random);
    fields.tls_ca_file = text(random);
    fields.tls_certificate_key_file = text(random);
    fields.app_name = text(random);
    fields.has_certificate_key_password = random.random();
    fields.tls_allow_invalid_certificates = random.random();
    fields.tls_allow_invalid_hostnames = random.random();
    fields.connect_timeout_milliseconds = number(random);
    fields.server_selection_timeout_milliseconds = number(random);
    fields.socket_timeout_milliseconds = number(random);
    fields.max_pool_size = number(random);
    fields.min_pool_size = number(random);
    fields.direct_connection = *pick(random, &[&None, &Some(true), &Some(false)]);
    fields.tls = *pick(random, &[&TlsChoice::Default, &TlsChoice::On, &TlsChoice::Off]);
    fields.read_preference =
        *pick(random, &[&None, &Some(ReadPreferenceMode::Primary), &Some(ReadPreferenceMode::Nearest)]);
    fields.compressors =
        pick::<[Compressor]>(random, &[&[], &[Compressor::Zlib], &[Compressor::Snappy, Compressor::Zstd]])
            .to_vec();
    fields.default_database = random.random_bool(0.5).then(|| "my app".to_owned());
    // A field of its own has what the list of others would repeat.
    fields.other_options.retain(|option| !super::super::options::is_shown(&option.name, "true"));
    fields.other_options.retain(|option| !super::super::options::is_shown(&option.name, "1"));
    fields.other_options.retain(|option| !option.name.eq_ignore_ascii_case("authMechanism"));
    if fields.authentication == AuthenticationKind::Other {
        fields.authentication = AuthenticationKind::ScramSha256;
    }
    fields.auth_source = random.random_bool(0.5).then(|| {
        if fields.authentication == AuthenticationKind::X509 { "$external" } else { "users" }.to_owned()
    });
    fields
}

#[test]
fn the_driver_knows_every_option_that_the_editor_says_it_knows() {
    use super::super::options::find;
    for (name, _) in GOOD {
        assert!(find(name).is_some(), "{name}");
    }
    for name in ["tlsAllowInvalidHostnames", "timeoutMS", "sslPEMKeyFile", "wtimeout", "adaptiveRetries"] {
        assert!(Parsed::parse(format!("mongodb://a/?{name}=true")).is_err(), "{name} is told as unknown");
    }
}
