use secrecy::SecretString;

use super::*;
use crate::is_secret_mask;

const ALL: &str = "mongodb://dana:pl%40nted@db.example.com:27018/app?replicaSet=rs0&tls=true\
&tlsCertificateKeyFile=/c.pem\
&tlsCertificateKeyFilePassword=planted%26key&proxyHost=p&proxyUsername=u&proxyPassword=planted-proxy\
&authMechanism=SCRAM-SHA-256&authMechanismProperties=SERVICE_NAME:x,AWS_SESSION_TOKEN:planted%2Btoken,A:b\
&authSource=admin";

#[test]
fn every_secret_is_taken_out_and_nothing_shows_it() {
    let string = parsed(ALL);
    let secrets = string.secrets();
    assert_eq!(exposed(secrets, SecretKind::DatabasePassword), Some("pl@nted"));
    assert_eq!(exposed(secrets, SecretKind::CertificateKeyPassword), Some("planted&key"));
    assert_eq!(exposed(secrets, SecretKind::ProxyPassword), Some("planted-proxy"));
    assert_eq!(exposed(secrets, SecretKind::AwsSessionToken), Some("planted+token"));
    let shown = format!("{string} {string:?} {:?}", read(ALL));
    assert!(!shown.contains("planted") && !shown.contains("nted@") && !shown.contains("%40nted"), "{shown}");
    assert!(string.to_string().contains("AWS_SESSION_TOKEN:••••••••,A:b"), "{string}");
}

#[test]
fn the_secrets_are_put_back_where_they_were() {
    let masked = parsed(ALL).to_string();
    let bare = parsed(&masked);
    assert!(bare.secrets().is_empty(), "a mask is no secret");
    let whole_again = bare.with_secrets(parsed(ALL).secrets()).expect("they have places");
    assert_eq!(whole_again.to_string(), masked);
    let driver = |string: &ConnectionString| string.for_driver().expect("accepted").0;
    assert_eq!(driver(&whole_again), Parsed::parse(ALL).expect("accepted"));
}

#[test]
fn a_mask_never_becomes_a_password() {
    let masked = "mongodb://dana:••••••••@a/?proxyHost=p&tlsCertificateKeyFilePassword=••••••••\
                  &authMechanismProperties=AWS_SESSION_TOKEN:••••••••&appName=x";
    let string = parsed(masked);
    assert_eq!(whole(&string), "mongodb://dana@a/?proxyHost=p&appName=x");
    let encoded = masked.replace(SECRET_MASK, &super::super::encoding::strictly(SECRET_MASK));
    assert!(parsed(&encoded).secrets().is_empty(), "percent-encoded it is still the mask");
    assert_eq!(whole(&parsed(&encoded)), whole(&string));
    assert!(is_secret_mask(SECRET_MASK));
}

#[test]
fn a_mask_with_something_typed_into_it_is_a_problem_and_no_password() {
    for text in [
        "mongodb://dana:••••••••x@a/",
        "mongodb://dana:•••@a/",
        "mongodb://a/?proxyHost=p&proxyUsername=u&proxyPassword=x•",
    ] {
        let reading = read(text);
        assert!(reading.secrets.is_empty(), "{text}");
        let [problem] = reading.problems.as_slice() else { panic!("{text}: {:?}", reading.problems) };
        assert!(problem.message.contains("replace all of them"), "{}", problem.message);
    }
    let bullets = parsed("mongodb://dana:%E2%80%A2x@a/");
    assert_eq!(
        exposed(bullets.secrets(), SecretKind::DatabasePassword),
        Some("•x"),
        "written with escapes it is meant"
    );
}

#[test]
fn every_character_of_a_secret_survives_being_put_in() {
    let secret = "p:@/?#[]% é€&=+$ü\u{2022}";
    let secrets = Secrets::from([
        (SecretKind::DatabasePassword, SecretString::from(secret)),
        (SecretKind::CertificateKeyPassword, SecretString::from(secret)),
        (SecretKind::ProxyPassword, SecretString::from(secret)),
        (SecretKind::AwsSessionToken, SecretString::from("IQoJb3JpZ2lu:+/==%&")),
    ]);
    let bare = "mongodb://dana@a/app?tlsCertificateKeyFile=/c.pem&proxyHost=p&proxyUsername=u\
                &authMechanismProperties=AWS_SESSION_TOKEN:••••••••";
    let string = parsed(bare).with_secrets(&secrets).expect("they have places");
    let again = parsed(&whole(&string));
    let exposed = |secrets: &Secrets| SecretKind::ALL.map(|kind| exposed(secrets, kind).map(str::to_owned));
    assert_eq!(exposed(again.secrets()), exposed(&secrets));
    let (driver, _) = string.for_driver().expect("accepted");
    assert_eq!(driver.credential.and_then(|credential| credential.password).as_deref(), Some(secret));
}

#[test]
fn a_secret_without_a_place_is_left_out() {
    let secrets = Secrets::from([
        (SecretKind::DatabasePassword, "planted".into()),
        (SecretKind::CertificateKeyPassword, "planted".into()),
        (SecretKind::ProxyPassword, "planted".into()),
        (SecretKind::AwsSessionToken, "planted".into()),
    ]);
    for text in ["mongodb://a/", "mongodb://CN%3Ddana@a/?authMechanism=MONGODB-X509"] {
        let string = parsed(text).with_secrets(&secrets).expect("good");
        assert_eq!(whole(&string), text, "another server, or nobody, would be told it");
    }
}

#[test]
fn a_token_that_would_end_early_is_refused() {
    let secrets = Secrets::from([(SecretKind::AwsSessionToken, "a,b".into())]);
    assert!(parsed("mongodb://a/").with_secrets(&secrets).is_err(), "a comma begins the next property");
}

#[test]
fn a_secret_is_found_however_its_place_is_written() {
    for text in [
        "mongodb://a/?PROXYHOST=p&proxyUsername=u&ProxyPassword=planted",
        "mongodb://a/?authMechanismProperties=SERVICE_NAME%3Ax%2CAWS_SESSION_TOKEN%3Aplanted",
        "mongodb://a/?authmechanismproperties=aws%5Fsession_token:planted",
        "mongodb://a/?tlsCertificateKeyFilePassword=planted&tlsCertificateKeyFilePassword=planted",
        "mongodb://a/?sslPEMKeyPassword=planted",
        "mongodb://dana:planted@a/?bogus",
        "mongodb:dana:planted@a",
        "dana:planted@a",
        "mongo db://dana:planted@a/?proxyPassword=planted",
        "mongodb://dana:plan?planted@a/",
        "mongodb://dana:planted?x&planted@a/?proxyPassword=planted",
    ] {
        let reading = read(text);
        assert!(!reading.text.contains("planted"), "{text}: {}", reading.text);
        assert!(!format!("{:?}", reading.problems).contains("planted"), "{text}: {:?}", reading.problems);
    }
}

#[test]
fn what_needs_a_password_to_be_accepted_is_accepted_without_it_as_long_as_nobody_opens_it() {
    for text in ["mongodb://dana@a/?authMechanism=PLAIN", "mongodb://a/?proxyHost=p&proxyUsername=u"] {
        let string = parsed(text);
        assert!(string.for_driver().is_err(), "{text}: the driver wants the password at once");
        let secrets = Secrets::from([
            (SecretKind::DatabasePassword, "x".into()),
            (SecretKind::ProxyPassword, "x".into()),
        ]);
        assert!(string.with_secrets(&secrets).expect("good").for_driver().is_ok(), "{text}");
    }
}
