//! What people paste: templates, commands, lines of settings, strings that went through pages and chats.

use crate::{AuthenticationKind, ConnectionPart, ConnectionReading};

use super::*;

/// Planted as a password wherever one is.
const PASSWORD: &str = "Pl4nted";

fn slice(text: &str, start: usize, end: usize) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    String::from_utf16(&units[start..end]).expect("the range cuts no character")
}

/// Reads a text, in which the password must not be readable.
fn pasted(text: &str) -> ConnectionReading {
    let reading = read(text);
    let shown = format!("{} {:?} {:?}", reading.text, reading.fields, reading.problems);
    assert!(!shown.contains(PASSWORD), "{text}: {shown}");
    if let Ok(string) = ConnectionString::parse(text) {
        assert_eq!(string.to_string(), reading.text, "what is saved is what is shown");
    }
    reading
}

#[test]
fn what_is_wrong_with_a_pasted_string_is_named_where_it_stands() {
    use ConnectionPart::{Database, Hosts, Options, Password, Scheme, User};
    for (text, part, place, expected) in [
        (
            "mongodb+srv://app:<db_password>@c.ab1cd.mongodb.net/?appName=C",
            Password,
            "<db_password>",
            "still a placeholder",
        ),
        ("mongodb://app:<PASSWORD>@db.example.com/", Password, "<PASSWORD>", "into its own field"),
        ("mongodb://app:<your-password>@db.example.com/", Password, "<your-password>", "still a placeholder"),
        (
            "mongodb://app:%3Cdb_password%3E@db.example.com/",
            Password,
            "%3Cdb_password%3E",
            "still a placeholder",
        ),
        (
            "mongodb://app:${MONGO_PASSWORD}@db.example.com/",
            Password,
            "${MONGO_PASSWORD}",
            "still a placeholder",
        ),
        ("mongodb://app:{{ password }}@db.example.com/", Password, "{{ password }}", "still a placeholder"),
        ("mongodb+srv://app:Pl4nted>@c.ab1cd.mongodb.net/org", Password, SECRET_MASK, "%3E"),
        ("mongodb://app:<Pl4nted@db.example.com/", Password, SECRET_MASK, "left in the password"),
        ("mongodb://app:<Pl4nted>@db.example.com/", Password, SECRET_MASK, "left in the password"),
        ("mongodb://app:Pl4nted\u{200b}@db.example.com/", Password, SECRET_MASK, "invisible character"),
        (
            "mongodb://<db_username>:Pl4nted@db.example.com/",
            User,
            "<db_username>",
            "user name is still a placeholder",
        ),
        ("mongodb://app>:Pl4nted@db.example.com/", User, "app>", "left in the user name"),
        ("mongodb://app:Pl4nted@<cluster-url>/", Hosts, "<cluster-url>", "host is still a placeholder"),
        ("mongodb://app:Pl4nted@${HOST}:27017/", Hosts, "${HOST}:27017", "host is still a placeholder"),
        ("mongodb://db.example.com/<dbname>?tls=true", Database, "<dbname>", "still a placeholder"),
        ("mongodb://db.example.com :27017", Hosts, "db.example.com :27017", "contains a space"),
        ("mongodb://a.example.com, b.example.com", Hosts, " b.example.com", "contains a space"),
        ("mongodb://db.exa\u{200b}mple.com/", Hosts, "db.exa\u{200b}mple.com", "invisible character"),
        ("mongodb://db.example.com\"/", Hosts, "db.example.com\"", "letters, digits"),
        (
            "mongodb+srv://app:Pl4nted@c.ab1cd.mongodb.net/\u{200b}?w=majority",
            Database,
            "/\u{200b}",
            "invisible character",
        ),
        ("mongodb://db.example.com/org.management", Database, "org.management", ". "),
        (
            "mongodb://db.example.com/?retryWrites=true?w=majority",
            Options,
            "retryWrites=true?w=majority",
            "second question",
        ),
        (
            "mongodb://db.example.com/?replicaSet=rs0?tls=true",
            Options,
            "replicaSet=rs0?tls=true",
            "second question",
        ),
        (
            "mongodb://app:Pl4nted@h/?retryWrites=true&amp;w=majority",
            Options,
            "amp;w=majority",
            "Replace it with &",
        ),
        ("mongodb://db.example.com/?w=majority\"", Options, "w=majority\"", "quotation mark"),
        (
            "mongodb://db.example.com/?w=majo\u{200b}rity",
            Options,
            "w=majo\u{200b}rity",
            "invisible character",
        ),
        ("mongodb://app:Pl4nted@https://db.example.com:10255/?ssl=true", Hosts, "https://", "Remove it"),
        ("mongodb://mongodb://db.example.com/", Hosts, "mongodb://", "second scheme"),
        ("mongodb://2001:db8::10:27017", Hosts, "2001:db8::10:27017", "square brackets"),
        (
            "mongodb+srv://app:Pl4nted@c.ab1cd.mongodb.net:27017/",
            Hosts,
            "c.ab1cd.mongodb.net:27017",
            "cannot have a port",
        ),
        ("MONGODB://localhost:27017", Scheme, "MONGODB", "lowercase"),
        ("mongodb://app:50%off@db.example.com/", Password, SECRET_MASK, "%25"),
    ] {
        let reading = pasted(text);
        let [problem] = reading.problems.as_slice() else { panic!("{text}: {:?}", reading.problems) };
        assert_eq!(problem.part, part, "{text}");
        assert_eq!(slice(&reading.text, problem.start, problem.end), place, "{text}");
        assert!(problem.message.contains(expected), "{text}: {}", problem.message);
        assert!(ConnectionString::parse(text).is_err(), "{text}: such a string is not opened");
        assert!(!reading.extracted, "{text}: it is a string and nothing else");
    }
}

#[test]
fn what_only_looks_like_a_leftover_is_good() {
    for text in [
        "mongodb://myapp:AbCdEf0123456789==@myapp.mongo.cosmos.azure.com:10255/?ssl=true&replicaSet=globaldb\
         &retrywrites=false&maxIdleTimeMS=120000&appName=@myapp@",
        "mongodb://[2001:db8::10]:27017/?tls=true",
        "mongodb://db.example.com.:27017/",
        "mongodb://app:a<b>c@db.example.com/",
        "mongodb://app:Pl4nted%3E@db.example.com/",
        "mongodb://app:$ecret@db.example.com/",
        "mongodb://a_b.example.com,müller.example.com/?appName=What?",
        "mongodb://a/?appName='shop'&tls=true",
    ] {
        let reading = pasted(text);
        assert_eq!(reading.problems, [], "{text}");
        assert!(!reading.extracted, "{text}");
    }
}

#[test]
fn a_placeholder_is_no_password_until_one_is_typed() {
    let text = "mongodb+srv://app:<db_password>@c.ab1cd.mongodb.net/?appName=C";
    let reading = pasted(text);
    assert!(reading.secrets.is_empty(), "nobody signs in with it");
    assert_eq!(reading.text, text, "it is seen where it stands");
    let mut fields = reading.fields.expect("it can be taken apart");
    assert!(!fields.has_password && reading.needs_password);
    fields.app_name = Some("D".to_owned());
    assert!(write(text, &fields).text.contains("app:<db_password>@"), "another field leaves it");
    fields.has_password = true;
    let written = write(text, &fields);
    assert_eq!(written.text, "mongodb+srv://app:••••••••@c.ab1cd.mongodb.net/?appName=D");
    assert_eq!(written.problems, []);
}

#[test]
fn the_string_in_quotes_and_settings_and_code_is_taken_out() {
    let bare = "mongodb+srv://app:Pl4nted@c.ab1cd.mongodb.net/?retryWrites=true";
    for text in [
        format!("\"{bare}\""),
        format!("'{bare}'"),
        format!("`{bare}`"),
        format!("\u{201c}{bare}\u{201d}"),
        format!("<{bare}>"),
        format!("\"{bare}"),
        format!("\u{feff}\"{bare}\";\u{200b}"),
        format!("MONGODB_URL=\"{bare}\""),
        format!("MONGODB_URL={bare}"),
        format!("export MONGODB_URL='{bare}'"),
        format!("set MONGODB_URL={bare}"),
        format!("$env:MONGODB_URL = \"{bare}\""),
        format!("uri: {bare}"),
        format!("\"uri\": \"{bare}\","),
        format!("const uri = \"{bare}\";"),
        format!("await mongoose.connect('{bare}', {{ appName: 'shop' }})"),
        format!("client = MongoClient(\"{bare}\")"),
        format!("# shop PASSWORD=Pl4nted MONGODB_URL={bare} SECRET=Pl4nted"),
        format!("mongosh \"{bare}\""),
        format!("mongodump --uri=\"{bare}\" --out /tmp/dump"),
        format!("mongodump --uri={bare} --gzip"),
        format!("{bare} --quiet"),
    ] {
        let reading = pasted(&text);
        assert_eq!(reading.text, bare.replace(PASSWORD, SECRET_MASK), "{text}");
        assert_eq!(reading.problems, [], "{text}");
        assert!(reading.extracted, "{text}: what was pasted must not be shown any more");
        assert_eq!(exposed(&reading.secrets, SecretKind::DatabasePassword), Some(PASSWORD), "{text}");
    }
}

#[test]
fn user_and_password_of_a_command_go_into_their_places() {
    let masked = "mongodb+srv://admin:••••••••@c.ab1cd.mongodb.net/app";
    for text in [
        "mongosh \"mongodb+srv://c.ab1cd.mongodb.net/app\" --apiVersion 1 --username admin --password Pl4nted",
        "mongosh 'mongodb+srv://c.ab1cd.mongodb.net/app' --username=admin --password=Pl4nted",
        "mongosh --username 'admin' --password \"Pl4nted\" mongodb+srv://c.ab1cd.mongodb.net/app",
        "mongosh mongodb+srv://c.ab1cd.mongodb.net/app -u admin -p Pl4nted",
        "mongosh mongodb+srv://c.ab1cd.mongodb.net/app -uadmin -pPl4nted",
        "mongosh \"mongodb+srv://c.ab1cd.mongodb.net/app\" \\\n  --username admin \\\n  --password Pl4nted",
        "\"mongodb+srv://c.ab1cd.mongodb.net/app\" --username admin --password Pl4nted",
        "mongodb+srv://c.ab1cd.mongodb.net/app --username admin --password Pl4nted",
        "mongodb+srv://c.ab1cd.mongodb.net/app -u admin -p Pl4nted",
        "mongodb+srv://c.ab1cd.mongodb.net/app \\ --username admin \\--password Pl4nted",
        "$ docker run -it mongo mongosh \"mongodb+srv://c.ab1cd.mongodb.net/app\" -u admin -p Pl4nted",
    ] {
        let reading = pasted(text);
        assert_eq!(reading.text, masked, "{text}");
        assert_eq!(reading.problems, [], "{text}");
        assert!(reading.extracted, "{text}");
        assert_eq!(exposed(&reading.secrets, SecretKind::DatabasePassword), Some(PASSWORD), "{text}");
        let fields = reading.fields.expect("it can be taken apart");
        assert_eq!((fields.user.as_deref(), fields.has_password), (Some("admin"), true), "{text}");
    }
    let old = "mongo \"mongodb://a.ab1cd.mongodb.net:27017,b.ab1cd.mongodb.net:27017/admin?replicaSet=C0-shard-0\" \
               --ssl --username dana@example.com --password 'Pl4nted /@1' --authenticationDatabase admin \
               --sslCAFile /c.pem";
    let reading = pasted(old);
    assert_eq!(
        reading.text,
        "mongodb://dana%40example.com:••••••••@a.ab1cd.mongodb.net:27017,b.ab1cd.mongodb.net:27017/admin\
         ?replicaSet=C0-shard-0&tls=true&authSource=admin&tlsCAFile=/c.pem"
    );
    assert_eq!(
        exposed(&reading.secrets, SecretKind::DatabasePassword),
        Some("Pl4nted /@1"),
        "a command has it as it is"
    );
    let asked = pasted("mongosh \"mongodb+srv://c.ab1cd.mongodb.net/\" --username admin --password");
    assert_eq!(asked.text, "mongodb+srv://admin@c.ab1cd.mongodb.net/", "the shell would ask for it");
    let certificate = pasted(
        "mongosh 'mongodb+srv://c.ab1cd.mongodb.net/' --authenticationMechanism MONGODB-X509 \
         --tlsCertificateKeyFile C:\\keys\\dana.pem --tlsCertificateKeyFilePassword Pl4nted",
    );
    assert_eq!(certificate.fields.map(|fields| fields.authentication), Some(AuthenticationKind::X509));
    assert!(certificate.text.contains("tlsCertificateKeyFile=C:%5Ckeys%5Cdana.pem"), "{}", certificate.text);
    assert_eq!(exposed(&certificate.secrets, SecretKind::CertificateKeyPassword), Some(PASSWORD));
}

#[test]
fn a_template_of_a_command_says_what_is_to_be_typed() {
    let reading = pasted(
        "mongosh \"mongodb+srv://c.ab1cd.mongodb.net/\" --username <db_username> --password <db_password>",
    );
    assert_eq!(reading.text, "mongodb+srv://<db_username>:<db_password>@c.ab1cd.mongodb.net/");
    let parts: Vec<_> = reading.problems.iter().map(|problem| problem.part).collect();
    assert_eq!(parts, [ConnectionPart::User, ConnectionPart::Password], "{:?}", reading.problems);
}

#[test]
fn a_text_without_a_string_shows_no_password_either() {
    for text in [
        "mongosh --host db.example.com --username admin --password Pl4nted",
        "mongosh --host db.example.com -u admin -p Pl4nted --quiet",
        "mongosh --host db.example.com -u admin -pPl4nted",
        "mongosh --host db.example.com -u admin --password='Pl4nted'",
        "MONGO_USER=admin MONGO_PASSWORD=\"Pl4nted\"",
        "MONGO_PASSWORD=Pl4nted",
        "user: admin password: Pl4nted",
        "{\"user\": \"admin\", \"password\": \"Pl4nted\"}",
        "command: \"mongosh --host db.example.com -u admin -p Pl4nted\"",
    ] {
        let reading = pasted(text);
        assert!(reading.text.contains(SECRET_MASK) && reading.extracted, "{text}: {}", reading.text);
        assert!(reading.fields.is_none() && reading.problems.len() == 1, "{text}: {:?}", reading.problems);
    }
    let harmless = pasted("postgres://db.example.com --port 5432");
    assert!(!harmless.extracted, "nothing was hidden, and nothing is replaced");
}

#[test]
fn a_text_of_any_length_is_answered() {
    let long = format!("mongodb://app:Pl4nted@a/?{}", "&".repeat(100_000));
    assert!(pasted(&long).problems[0].message.contains("too long"));
    let file = format!("{}MONGODB_URL=\"mongodb://app:Pl4nted@a/\"\n", "# nothing here\n".repeat(10_000));
    assert_eq!(pasted(&file).text, "mongodb://app:••••••••@a/", "a long file may have a short one");
    let longer = format!("{} mongodb://app:Pl4nted@a/", "x".repeat(2_000_000));
    assert!(pasted(&longer).fields.is_none());
}

#[test]
fn hosts_of_ipv6_are_shown_in_brackets() {
    let string = parsed("mongodb://[2001:db8::10]:27018,[::1]");
    assert_eq!(string.hosts(), ["[2001:db8::10]:27018", "[::1]:27017"]);
    assert!(parsed("mongodb://[::1]").is_on_this_computer());
}

#[test]
fn the_dot_at_the_end_of_a_cluster_is_not_looked_up() {
    let (parsed, _) = parsed("mongodb+srv://cluster0.ab1cd.mongodb.net./").for_driver().expect("good");
    let HostInfo::DnsRecord(name) = parsed.host_info else { panic!("it is looked up") };
    assert_eq!(name, "cluster0.ab1cd.mongodb.net", "the driver would call every host of it foreign");
}

#[test]
fn a_text_full_of_spaces_is_read_in_one_go() {
    let begun = std::time::Instant::now();
    for end in ["x", "--x", "--x a@b"] {
        let _ = read(&format!("mongodb://h{}{end}", " ".repeat(1_000_000)));
        let _ = read(&format!("mongodb://h{} a@b", " --x".repeat(200_000)));
    }
    assert!(begun.elapsed().as_secs() < 20, "looked through once for each space it would take minutes");
}
