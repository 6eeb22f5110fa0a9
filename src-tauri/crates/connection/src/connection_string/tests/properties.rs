//! What holds of every text, however odd: ten thousand of each kind.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Pieces of strings, commands and settings, good and bad.
const PIECES: &[&str] = &[
    "mongodb://",
    "mongodb+srv://",
    "MONGODB://",
    "mongo db://",
    "mongodb:",
    "://",
    "//",
    "user",
    "<db_username>",
    ":",
    "@",
    "p%40ss",
    "50%off",
    "<db_password>",
    "${PASSWORD}",
    "Pl4nted>",
    "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}",
    "\u{2022}",
    "localhost",
    "a.example.com",
    "c.ab1cd.mongodb.net.",
    "[2001:db8::10]",
    "::1",
    ":27017",
    ":0",
    ",",
    ".sock",
    "%2Ftmp%2Fa.sock",
    "/",
    "admin",
    "org.management",
    "?",
    "&",
    "&amp;",
    "=",
    "tls=true",
    "ssl=false",
    "w=majority",
    "replicaSet=rs0",
    "authMechanism=MONGODB-OIDC",
    "authMechanism=PLAIN",
    "authMechanismProperties=AWS_SESSION_TOKEN:",
    "%2C",
    "tlsCertificateKeyFilePassword=",
    "proxyPassword=",
    "proxyHost=p",
    "readPreferenceTags=",
    "appName=",
    "#",
    "%",
    "%zz",
    "%ff",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\\",
    "\"",
    "'",
    "`",
    "\u{201c}",
    "\u{201d}",
    "<",
    ">",
    "(",
    ");",
    "mongosh ",
    "export URL=",
    "--username ",
    "--password ",
    "--password=",
    "-u ",
    "-p ",
    "-p",
    "--tls",
    "--sslPEMKeyPassword ",
    "PASSWORD=",
    "password: ",
    "\u{200b}",
    "\u{feff}",
    "\u{0}",
    "é",
    "\u{1f980}",
    "e\u{301}",
    "\u{202e}",
];

fn text() -> impl Strategy<Value = String> {
    let assembled = prop::collection::vec(select(PIECES), 0..24).prop_map(|pieces| pieces.concat());
    let string =
        prop::collection::vec(select(PIECES), 0..12).prop_map(|rest| format!("mongodb://{}", rest.concat()));
    prop_oneof![4 => assembled, 4 => string, 1 => ".{0,200}", 1 => any::<String>()]
}

/// Where a password may stand among other things, as `§`.
const PLACES: &[&str] = &[
    "mongodb://dana:§@a.example.com/",
    "mongodb+srv://dana:§@c.ab1cd.mongodb.net/?w=majority",
    "mongodb://dana:§@https://a.example.com/",
    "mongodb://dana:<§>@a.example.com/",
    "MONGODB://dana:§@a.example.com/",
    "mongodb:dana:§@a.example.com/",
    "mongodb://a/?proxyHost=p&proxyUsername=u&proxyPassword=§",
    "mongodb://a/?tlsCertificateKeyFile=/c.pem&tlsCertificateKeyFilePassword=§",
    "mongodb://a/?authMechanismProperties=A:b,AWS_SESSION_TOKEN:§",
    "mongosh \"mongodb+srv://c.ab1cd.mongodb.net/\" --username dana --password §",
    "mongo 'mongodb://a,b/admin' --ssl -u dana -p § --quiet",
    "mongodb://a/ --username dana --password=§",
    "mongosh --host a.example.com -u dana -p§",
    "mongosh --host a.example.com --password '§'",
    "URL=\"mongodb://dana:§@a/\" OTHER_PASSWORD=§",
    "MONGO_PASSWORD=§",
    "password: \"§\"",
];

const BEFORE: &[&str] = &["", "", " ", "\"", "export URL=", "uri: '", "\u{feff}", "$ ", "x = \"", "# note\n"];
const AFTER: &[&str] =
    &["", "", " ", "\"", "'", "\";", ",", " --tls", " x", "\u{200b}", "\n# note", "?x=y", "&amp;w=1"];

/// How long one text may take: a hundred times what the slowest takes on a slow computer.
const PATIENCE: Duration = Duration::from_secs(5);

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered_with_places_in_what_is_shown(text in text()) {
        let started = Instant::now();
        let reading = read(&text);
        let length = reading.text.encode_utf16().count();
        for problem in &reading.problems {
            prop_assert!(problem.start <= problem.end && problem.end <= length, "{problem:?} in {}", reading.text);
            prop_assert!(!problem.message.is_empty());
        }
        prop_assert!(reading.text.len() <= 32 * text.len() + 64, "{} bytes of {}", reading.text.len(), text.len());
        if let Some(fields) = &reading.fields {
            let written = write(&reading.text, fields);
            prop_assert!(written.secrets.is_empty() || !reading.secrets.is_empty(), "a mask became a secret");
        }
        if let Ok(string) = ConnectionString::parse(&text) {
            prop_assert_eq!(reading.problems, []);
            prop_assert_eq!(string.to_string(), reading.text);
            // Without its secrets it may be refused; it must not panic.
            let _ = string.for_driver();
        } else {
            prop_assert!(!reading.problems.is_empty(), "what is refused is told why: {}", reading.text);
        }
        prop_assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    }

    #[test]
    fn a_password_that_was_pasted_is_not_to_be_read_anywhere(
        before in select(BEFORE),
        place in select(PLACES),
        after in select(AFTER),
        password in "Pl4nted[A-Za-z0-9!$*._~-]{0,12}",
    ) {
        let text = format!("{before}{}{after}", place.replace('§', &password));
        let reading = read(&text);
        let shown = format!("{} {:?} {:?}", reading.text, reading.fields, reading.problems);
        prop_assert!(!shown.contains("Pl4nted"), "{shown}");
        if let Some(fields) = &reading.fields {
            let written = write(&text, fields);
            let told = format!("{} {:?}", written.text, written.problems);
            prop_assert!(!told.contains("Pl4nted"), "{told}");
        }
        if let Err(error) = ConnectionString::parse(&text) {
            let told = format!("{error:?} {error}");
            prop_assert!(!told.contains("Pl4nted"), "{told}");
        }
    }
}
