use crate::{ConnectionPart, EditorTab};

use super::*;

fn slice(text: &str, start: usize, end: usize) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16(&units[start..end]).expect("the range cuts no character")
}

#[test]
fn each_mistake_is_told_by_its_rule_at_its_place_and_never_quoted() {
    use ConnectionPart::{Database, Hosts, Options, Password, Scheme, User};
    for (text, part, place, expected) in [
        ("planted", Scheme, "", "must begin with"),
        ("http://planted.example.com", Scheme, "http", "must begin with"),
        ("mongodb://", Hosts, "", "host is missing"),
        ("mongodb://planted,,b", Hosts, "", "host is missing"),
        ("mongodb://a,localhost:planted", Hosts, "localhost:planted", "port"),
        ("mongodb://localhost:0", Hosts, "localhost:0", "port"),
        ("mongodb://:27017", Hosts, ":27017", "missing before its port"),
        ("mongodb://::1:27017", Hosts, "::1:27017", "square brackets"),
        ("mongodb://dana:plan@ted@localhost", Password, SECRET_MASK, "percent-encoded"),
        ("mongodb://dana:plan/ted@localhost", Password, SECRET_MASK, "percent-encoded"),
        ("mongodb://dana:plan?ted@localhost", Password, SECRET_MASK, "%3F"),
        ("mongodb://dana:plan@?ted@localhost", Password, SECRET_MASK, "%3F"),
        ("mongodb://dana:planted%@localhost", Password, SECRET_MASK, "%25"),
        ("mongodb://dana:planted%a€@localhost", Password, SECRET_MASK, "%25"),
        ("mongodb://dana:planted%ff@localhost", Password, SECRET_MASK, "UTF-8"),
        ("mongodb://da%€na:planted@localhost", User, "da%€na", "%25"),
        ("mongodb://:planted@localhost", User, "", "name is missing"),
        ("mongodb+srv://planted.example.com:27017", Hosts, "planted.example.com:27017", "cannot have a port"),
        (
            "mongodb+srv://planted.example.com,b.example.com",
            Hosts,
            "planted.example.com,b.example.com",
            "one host",
        ),
        ("mongodb://localhost/pl$anted", Database, "pl$anted", "database"),
        ("mongodb://localhost/?planted", Options, "planted", "equals sign"),
        ("mongodb://localhost/?tls=true&planted=1", Options, "planted=1", "Option number 2"),
        ("mongodb://é€/?tls=planted", Options, "tls=planted", "tls must be true or false"),
        ("mongodb://localhost/?tls=true&tls=true", Options, "tls=true", "twice"),
        ("mongodb://localhost/?tls=true&", Options, "", "equals sign"),
    ] {
        let reading = read(text);
        let [problem] = reading.problems.as_slice() else { panic!("{text}: {:?}", reading.problems) };
        assert_eq!(problem.part, part, "{text}");
        assert_eq!(slice(&reading.text, problem.start, problem.end), place, "{text}");
        assert!(problem.message.contains(expected), "{text}: {}", problem.message);
        for secret in ["planted", "ted@", "plan@", "a€"] {
            assert!(!problem.message.contains(secret), "{text}: {}", problem.message);
        }
        let refused = ConnectionString::parse(text);
        assert!(
            matches!(refused, Err(StoreError::ConnectionString { problem: told }) if told == problem.message)
        );
    }
}

#[test]
fn what_goes_wrong_together_is_told_at_one_of_its_options() {
    for (text, option) in [
        ("mongodb://a/?tls=true&ssl=false", "ssl"),
        ("mongodb://a/?tls=false&tlsCAFile=/ca.pem", "tls"),
        ("mongodb://a/?tlsInsecure=true&tlsAllowInvalidCertificates=true", "tlsInsecure"),
        ("mongodb://a/?readPreferenceTags=dc:ny", "readPreferenceTags"),
        ("mongodb://a/?readPreference=primary&maxStalenessSeconds=120", "maxStalenessSeconds"),
        ("mongodb://a/?readPreference=nearest&maxStalenessSeconds=30", "maxStalenessSeconds"),
        (
            "mongodb://a/?readPreference=nearest&heartbeatFrequencyMS=100000&maxStalenessSeconds=100",
            "maxStalenessSeconds",
        ),
        ("mongodb://a,b/?directConnection=true", "directConnection"),
        ("mongodb+srv://a.example.com/?directConnection=true", "directConnection"),
        ("mongodb://a/?directConnection=true&loadBalanced=true", "directConnection"),
        ("mongodb://a,b/?loadBalanced=true", "loadBalanced"),
        ("mongodb://a/?loadBalanced=true&replicaSet=rs0", "loadBalanced"),
        ("mongodb://a/?srvMaxHosts=2", "srvMaxHosts"),
        ("mongodb://a/?srvServiceName=other", "srvServiceName"),
        ("mongodb+srv://a.example.com/?srvMaxHosts=2&replicaSet=rs0", "srvMaxHosts"),
        ("mongodb+srv://a.example.com/?srvMaxHosts=2&loadBalanced=true", "srvMaxHosts"),
        ("mongodb://u:p@a/?authMechanism=MONGODB-X509&authSource=admin", "authSource"),
        ("mongodb://a/?proxyPort=1080", "proxyPort"),
        ("mongodb://a/?proxyHost=p&proxyPassword=x", "proxyPassword"),
        ("mongodb://%2Ftmp%2Fa.sock/?proxyHost=p", "proxyHost"),
        ("mongodb://a/?w=0&journal=true", "journal"),
    ] {
        let problems = read(text).problems;
        assert!(problems.iter().any(|problem| problem.option == Some(option)), "{text}: {problems:?}");
        assert!(
            problems.iter().all(|problem| !problem.message.contains("conflicts with the rest")),
            "the rule has words of its own: {text}: {problems:?}"
        );
    }
}

#[test]
fn signing_in_that_lacks_something_is_told_under_authentication() {
    for (text, part) in [
        ("mongodb://a/?authMechanism=SCRAM-SHA-256", ConnectionPart::User),
        ("mongodb://@a/", ConnectionPart::User),
        ("mongodb://u:p@a/?authMechanism=MONGODB-X509", ConnectionPart::Password),
        ("mongodb://u:••••••••@a/?authMechanism=MONGODB-X509", ConnectionPart::Password),
    ] {
        let problems = read(text).problems;
        let [problem] = problems.as_slice() else { panic!("{text}: {problems:?}") };
        assert_eq!((problem.part, problem.tab), (part, EditorTab::Authentication), "{text}");
    }
}

#[test]
fn an_option_that_the_driver_does_not_know_is_named_in_place() {
    let reading = read("mongodb://a/?retryWrites=true&tlsAllowInvalidHostnames=true&w=1");
    let [problem] = reading.problems.as_slice() else { panic!("{:?}", reading.problems) };
    assert_eq!(problem.option, Some("tlsAllowInvalidHostnames"));
    assert_eq!(problem.tab, EditorTab::Tls);
    assert_eq!(slice(&reading.text, problem.start, problem.end), "tlsAllowInvalidHostnames=true");
    assert!(reading.fields.is_some_and(|fields| fields.tls_allow_invalid_hostnames), "the form shows it");

    let several = read("mongodb://a/?timeoutMS=1&tls=maybe&maxPoolSize=0&authMechanism=GSSAPI");
    let named: Vec<_> = several.problems.iter().map(|problem| problem.option).collect();
    assert_eq!(named, [Some("timeoutMS"), Some("tls"), Some("maxPoolSize"), Some("authMechanism")]);
}

#[test]
fn what_the_driver_accepts_has_no_problem_however_odd_it_looks() {
    for text in [
        "mongodb://localhost?tls=true",
        "mongodb://localhost/?",
        "mongodb://localhost/?appName=a@b",
        "mongodb://da$na:p w@localhost/",
        "mongodb://dana:@localhost/",
        "mongodb://LOCALHOST:27017/",
        "mongodb://localhost/?APPNAME=x&Ssl=true",
        "mongodb://@localhost/?authMechanism=MONGODB-X509",
        "mongodb://localhost/?connectTimeoutMS=99999999999",
        "mongodb://localhost/?appName=%zz%",
        "mongodb://localhost/?w=any-tag&readConcernLevel=whatever",
        "mongodb://localhost/?readPreference=NEAREST&readPreferenceTags=",
    ] {
        assert_eq!(read(text).problems, [], "{text}");
        assert_eq!(read(text).text.replace(SECRET_MASK, "p w"), text, "as typed");
    }
}

#[test]
fn a_way_of_signing_in_that_this_program_does_not_have_is_refused_in_place() {
    for (mechanism, user, expected) in [
        ("MONGODB-OIDC", "", "cannot sign in with MONGODB-OIDC"),
        ("MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:azure,TOKEN_RESOURCE:x", "", "MONGODB-OIDC"),
        ("MONGODB-CR", "dana:planted@", "Remove authMechanism"),
        ("MONGODB-AWS", "dana:planted@", "cannot sign in with MONGODB-AWS"),
        ("GSSAPI", "dana@", "cannot sign in with GSSAPI"),
        ("gssapi", "dana@", "must be SCRAM-SHA-256, SCRAM-SHA-1, MONGODB-X509 or PLAIN"),
    ] {
        let text = format!("mongodb://{user}db.example.com/?authMechanism={mechanism}");
        let problems = read(&text).problems;
        let [problem] = problems.as_slice() else { panic!("{text}: {problems:?}") };
        assert_eq!(
            (problem.option, problem.tab),
            (Some("authMechanism"), EditorTab::Authentication),
            "{text}"
        );
        assert!(problem.message.contains(expected), "{text}: {}", problem.message);
        assert!(
            ConnectionString::parse(&text).is_err(),
            "{text}: it would be tried, and the password blamed"
        );
    }
    let plain = read("mongodb://dana:planted@db.example.com/?authMechanism=PLAIN&tls=true");
    assert_eq!(plain.problems, [], "LDAP is one that it has");
}
