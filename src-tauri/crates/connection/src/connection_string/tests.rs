mod mistakes;
mod pasted;
mod properties;
mod round_trip;
mod secrets;
mod writing;

use secrecy::ExposeSecret;

use super::*;

fn parsed(text: &str) -> ConnectionString {
    ConnectionString::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// What the driver gets.
fn whole(string: &ConnectionString) -> String {
    super::secrets::fill(&string.parts, &string.secrets).text()
}

fn exposed(secrets: &Secrets, kind: SecretKind) -> Option<&str> {
    secrets.get(&kind).map(ExposeSecret::expose_secret)
}

fn is_encrypted(string: &ConnectionString) -> bool {
    matches!(string.parsed.tls, Some(mongodb::options::Tls::Enabled(_)))
}

#[test]
fn atlas_is_known_by_its_hosts_and_srv_is_encrypted() {
    let atlas = parsed("mongodb+srv://dana@cluster0.ab1cd.MongoDB.net/app?retryWrites=true&w=majority");
    assert!(atlas.is_atlas() && atlas.is_srv() && is_encrypted(&atlas));
    assert!(parsed("mongodb://a.ab1cd.mongodb.net:27017,b.ab1cd.mongodb.net:27017/?tls=true").is_atlas());
    assert!(!parsed("mongodb://mongodb.net.example.com").is_atlas());
    for dotted in
        ["mongodb+srv://cluster0.ab1cd.mongodb.net.", "mongodb://a.ab1cd.mongodb.net.:27017/?tls=true"]
    {
        assert!(
            parsed(dotted).is_atlas() && read(dotted).is_atlas,
            "{dotted}: a dot at the end is no other domain"
        );
    }
    assert!(!is_encrypted(&parsed("mongodb://localhost")));
    assert!(
        is_encrypted(&parsed("mongodb://localhost/?tlsCAFile=/ca.pem")),
        "an option about TLS turns it on"
    );
}

#[test]
fn the_database_is_read_and_may_be_missing() {
    assert_eq!(parsed("mongodb://localhost/tenants?tls=true").default_database(), Some("tenants"));
    assert_eq!(parsed("mongodb://localhost/?tls=true").default_database(), None);
    assert_eq!(parsed("mongodb://localhost").default_database(), None);
}

#[test]
fn a_host_of_this_computer_is_known() {
    assert!(parsed("mongodb://localhost:27017,127.0.0.1:27018").is_on_this_computer());
    assert!(parsed("mongodb://[::1]").is_on_this_computer());
    assert!(parsed("mongodb://%2Ftmp%2Fmongodb-27017.sock").is_on_this_computer());
    assert!(!parsed("mongodb://localhost:27017,db.example.com").is_on_this_computer());
}

#[test]
fn a_password_is_needed_where_there_is_a_user_and_no_other_means() {
    assert!(parsed("mongodb://dana@db.example.com").needs_password());
    assert!(parsed("mongodb://dana@db.example.com/?authMechanism=PLAIN").needs_password());
    assert!(!parsed("mongodb://db.example.com").needs_password());
    assert!(!parsed("mongodb://CN%3Ddana@db.example.com/?authMechanism=MONGODB-X509").needs_password());
}

#[test]
fn the_templates_are_accepted() {
    for ConnectionTemplate { id, connection_string: text } in TEMPLATES {
        assert_eq!(read(text).problems, [], "{id:?}");
    }
    assert!(parsed(TEMPLATES[1].connection_string).is_atlas());
}
