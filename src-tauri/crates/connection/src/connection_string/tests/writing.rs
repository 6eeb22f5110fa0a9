use crate::{AuthenticationKind, Compressor, ConnectionFields, OtherOption, ReadPreferenceMode, TlsChoice};

use super::*;

fn change(text: &str, change: impl FnOnce(&mut ConnectionFields)) -> String {
    let mut fields = read(text).fields.expect("it can be taken apart");
    change(&mut fields);
    write(text, &fields).text
}

#[test]
fn only_what_differs_is_changed() {
    let text =
        "mongodb://d%61na:••••••••@A.example.com,b:27018/app?W=majority&TLS=true&appName=%78&retryReads=true";
    assert_eq!(
        change(text, |fields| fields.app_name = Some("shop & co".to_owned())),
        "mongodb://d%61na:••••••••@A.example.com,b:27018/app?W=majority&TLS=true\
         &appName=shop%20%26%20co&retryReads=true"
    );
    assert_eq!(
        change(text, |fields| fields.tls = TlsChoice::Off),
        "mongodb://d%61na:••••••••@A.example.com,b:27018/app?W=majority&TLS=false&appName=%78&retryReads=true"
    );
    assert_eq!(
        change(text, |fields| fields.hosts.remove(0).clear()),
        "mongodb://d%61na:••••••••@b:27018/app?W=majority&TLS=true&appName=%78&retryReads=true"
    );
}

#[test]
fn a_default_is_removed_and_not_spelled_out() {
    let text = "mongodb://a/?tls=true&tlsAllowInvalidCertificates=true&connectTimeoutMS=5&compressors=zlib";
    let bare = change(text, |fields| {
        fields.tls = TlsChoice::Default;
        fields.tls_allow_invalid_certificates = false;
        fields.connect_timeout_milliseconds = None;
        fields.compressors.clear();
    });
    assert_eq!(bare, "mongodb://a/");
}

#[test]
fn what_is_new_goes_to_the_end_behind_the_slash() {
    let with = |text| change(text, |fields| fields.replica_set = Some("rs0".to_owned()));
    assert_eq!(with("mongodb://a"), "mongodb://a/?replicaSet=rs0");
    assert_eq!(with("mongodb://a/app"), "mongodb://a/app?replicaSet=rs0");
    assert_eq!(with("mongodb://a?w=1"), "mongodb://a?w=1&replicaSet=rs0");
    assert_eq!(with("mongodb://a/?"), "mongodb://a/?replicaSet=rs0");
}

#[test]
fn a_way_of_signing_in_takes_what_belongs_to_it() {
    let text = "mongodb://dana:••••••••@a/?authSource=admin";
    assert_eq!(
        change(text, |fields| fields.authentication = AuthenticationKind::ScramSha256),
        "mongodb://dana:••••••••@a/?authSource=admin&authMechanism=SCRAM-SHA-256"
    );
    assert_eq!(
        change(text, |fields| fields.authentication = AuthenticationKind::X509),
        "mongodb://dana@a/?authMechanism=MONGODB-X509",
        "a certificate's user is not in admin, and has no password"
    );
    assert_eq!(
        change(text, |fields| fields.authentication = AuthenticationKind::None),
        "mongodb://a/?authSource=admin"
    );
    let external = "mongodb://a/?authMechanism=MONGODB-X509&authSource=$external";
    assert_eq!(
        change(external, |fields| {
            fields.authentication = AuthenticationKind::Scram;
            fields.user = Some("dana@example.com".to_owned());
            fields.has_password = true;
        }),
        "mongodb://dana%40example.com:••••••••@a/"
    );
}

#[test]
fn choosing_a_password_before_the_users_name_is_remembered_and_told() {
    let fields = read("mongodb://a/").fields.expect("good");
    let written =
        write("mongodb://a/", &ConnectionFields { authentication: AuthenticationKind::Scram, ..fields });
    assert_eq!(written.text, "mongodb://@a/");
    assert_eq!(written.fields.map(|fields| fields.authentication), Some(AuthenticationKind::Scram));
    assert_eq!(written.problems.len(), 1, "the name is missing: {:?}", written.problems);
}

#[test]
fn a_way_that_the_form_does_not_know_stays_until_another_is_chosen() {
    let text = "mongodb://dana:••••••••@a/?authMechanism=PLAIN&authSource=$external";
    let fields = read(text).fields.expect("good");
    assert_eq!(fields.authentication, AuthenticationKind::Other);
    assert_eq!(
        fields.other_options,
        [OtherOption { name: "authMechanism".to_owned(), value: "PLAIN".to_owned() }]
    );
    assert_eq!(
        change(text, |fields| fields.user = Some("eve".to_owned())),
        "mongodb://eve:••••••••@a/?authMechanism=PLAIN&authSource=$external"
    );
    assert_eq!(
        change(text, |fields| fields.authentication = AuthenticationKind::ScramSha1),
        "mongodb://dana:••••••••@a/?authMechanism=SCRAM-SHA-1&authSource=$external"
    );
}

#[test]
fn other_options_keep_their_places() {
    let option = |name: &str, value: &str| OtherOption { name: name.to_owned(), value: value.to_owned() };
    let reading = "readPreference=nearest&readPreferenceTags=dc:ny&readPreferenceTags=";
    let text = format!("mongodb://a/?w=1&tls=true&retryReads=true&{reading}");
    let text = text.as_str();
    assert_eq!(
        change(text, |fields| fields.other_options[0].value = "majority".to_owned()),
        format!("mongodb://a/?w=majority&tls=true&retryReads=true&{reading}")
    );
    assert_eq!(
        change(text, |fields| drop(fields.other_options.remove(0))),
        format!("mongodb://a/?tls=true&retryReads=true&{reading}")
    );
    assert_eq!(
        change(text, |fields| fields.other_options.insert(1, option("journal", "true"))),
        format!("mongodb://a/?w=1&tls=true&journal=true&retryReads=true&{reading}")
    );
    assert_eq!(
        change(text, |fields| fields.other_options.push(option("appName", "a=b&c"))),
        format!("{text}&appName=a%3Db%26c")
    );
    assert_eq!(
        change(text, |fields| fields.other_options.push(option("", "x"))),
        text,
        "an empty row is no option"
    );
}

#[test]
fn a_secret_typed_among_the_other_options_is_not_shown_back() {
    let mut fields = read("mongodb://a/?proxyHost=p&proxyUsername=u").fields.expect("good");
    fields.other_options.push(OtherOption { name: "proxyPassword".to_owned(), value: "planted".to_owned() });
    let written = write("mongodb://a/?proxyHost=p&proxyUsername=u", &fields);
    assert!(!format!("{written:?}").contains("planted"), "{written:?}");
    assert_eq!(written.problems.first().and_then(|problem| problem.option), Some("proxyPassword"));
}

#[test]
fn hosts_are_written_so_that_they_stay_hosts() {
    let hosts = |hosts: &[&str]| {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        change("mongodb://a/app?tls=true", |fields| fields.hosts = hosts)
    };
    assert_eq!(
        hosts(&["[::1]:27017", " db.example.com "]),
        "mongodb://[::1]:27017,db.example.com/app?tls=true"
    );
    assert_eq!(hosts(&["/tmp/mongodb-27017.sock"]), "mongodb://%2Ftmp%2Fmongodb-27017.sock/app?tls=true");
    assert_eq!(
        hosts(&["a/b?c@d,e"]),
        "mongodb://a%2Fb%3Fc%40d%2Ce/app?tls=true",
        "no other part begins in a host"
    );
    let socket = read("mongodb://%2Ftmp%2Fmongodb-27017.sock/").fields.expect("good");
    assert_eq!(socket.hosts, ["/tmp/mongodb-27017.sock"]);
}

#[test]
fn a_form_makes_a_string_where_there_was_none() {
    let mut fields = read("mongodb://localhost/").fields.expect("good");
    fields.srv = true;
    fields.hosts = vec!["cluster0.ab1cd.mongodb.net".to_owned()];
    fields.default_database = Some("my db".to_owned());
    fields.compressors = vec![Compressor::Zstd, Compressor::Snappy];
    fields.read_preference = Some(ReadPreferenceMode::SecondaryPreferred);
    let written = write("nothing of use", &fields);
    assert_eq!(
        written.text,
        "mongodb+srv://cluster0.ab1cd.mongodb.net/my%20db?readPreference=secondaryPreferred&compressors=zstd,snappy"
    );
    assert!(written.is_atlas);
}
