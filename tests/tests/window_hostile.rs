//! Hostile texts, scripts and calls in the real window: what other software wrote is shown as text, the page reaches
//! nothing outside the program, and a session opens its own workspace only.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};
use fantoccini::key::Key;
use mongodb::{Client, Database};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tenantry_core::ports::Ports;
use tenantry_core::records::Person;
use tenantry_core::values::{EmailAddress, OrganizationId, PersonName};
use tenantry_tests::server::{Server, Topology, fresh_database};
use tenantry_tests::suite::people::person;
use tenantry_tests::window::{OLGA, OLGAS_PASSWORD, Window};
use tenantry_tests::workspace::open_database;

/// Each sets a global, if anything of it runs.
const IMAGE: &str = "<img src=x onerror=\"globalThis.hostile='image'\">";
const DRAWING: &str = "\"><svg/onload=globalThis.hostile='drawing'>@evil.example";
const SCRIPT: &str = "</title></style><script>globalThis.hostile='script'</script>";
/// Turns what follows around, after it ends whatever isolates it.
const BACKWARDS: &str = "Acme\u{2069}\u{202c}\u{202e}gpj.exe";
const CONTROLS: &str = "bell\u{7}null\0escape\u{1b}[31m\u{85}\u{2028}line\r\nfeed";
const FORMULA: &str = "=cmd|' /C calc'!A0";
const LONG: usize = 50_000;

/// An organization of other software's: (name, address, display name).
type Written = (String, String, Option<String>);

/// In the order of the list, which is sorted by name.
fn written_by_other_software() -> Vec<Written> {
    let mut all: Vec<Written> = vec![
        (IMAGE.to_owned(), DRAWING.to_owned(), None),
        ("backwards".to_owned(), format!("{BACKWARDS}@example.com"), Some(BACKWARDS.to_owned())),
        (CONTROLS.to_owned(), format!("{CONTROLS}@example.com"), None),
        (FORMULA.to_owned(), format!("{FORMULA}@example.com"), None),
        ("long".to_owned(), format!("{}@example.com", "w".repeat(LONG)), Some("W".repeat(LONG))),
        ("x".repeat(LONG), "x@example.com".to_owned(), None),
        ("scripted".to_owned(), SCRIPT.to_owned(), Some(SCRIPT.to_owned())),
        ("zebra".to_owned(), "zebra@example.com".to_owned(), None),
    ];
    all.sort();
    all
}

async fn write_organizations(database: &Database) {
    let now = DateTime::now();
    let documents = written_by_other_software().into_iter().map(|(name, email, display_name)| {
        let collection =
            format!("org_{}", name.replace(['\0', '$'], "").chars().take(40).collect::<String>());
        let mut document = doc! {
            "_id": ObjectId::new(), "organization_name": name, "admin_email": email,
            "admin_password": "$2b$04$none", "collection_name": collection,
            "created_at": now, "updated_at": now, "is_active": true,
        };
        document
            .extend(display_name.map(|shown| ("console".to_owned(), doc! {"display_name": shown}.into())));
        document
    });
    let organizations = database.collection::<Document>("organizations");
    organizations.insert_many(documents).await.expect("written by other software");
}

/// People whose names and addresses are no better.
async fn write_people(ports: &Ports) {
    for (number, (name, email, _)) in written_by_other_software().into_iter().enumerate() {
        let named = person(&format!("{number}@example.com"), &[OrganizationId::new()]);
        // An index on a long address is refused on some servers; a long name shows as much.
        let email = if email.len() < 1_000 { EmailAddress::from_stored(email) } else { named.email.clone() };
        let hostile = Person { name: PersonName::from_stored(name), email, ..named };
        ports.people.insert(&hostile).await.expect("written by other software");
    }
}

async fn open_connection(window: &Window, name: &str, uri: &str, database: &str) {
    window.press("Add connection").await;
    window.press("Local MongoDB").await;
    window.see_in_field("Hosts", "localhost:27017").await;
    window.fill("Connection string", uri).await;
    window.fill("Name", name).await;
    window.fill("Database", database).await;
    window.press("Development").await;
    window.press("Test and open").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_names_are_text_everywhere_and_break_no_layout() {
    let server = Server::shared(Topology::ReplicaSet);
    let name = fresh_database();
    let ports = open_database(&server.uri(), &name).await.expect("a database");
    ports.health.prepare().await.expect("prepared");
    let client = Client::with_uri_str(server.uri()).await.expect("a connection string");
    write_organizations(&client.database(&name)).await;
    write_people(&ports).await;
    let window = Window::open().await;
    open_connection(&window, IMAGE, &server.uri(), &name).await;
    // Somebody else's name is anybody's text as well.
    window.claim_as(IMAGE).await;
    window.press("I have kept it").await;
    window.see("zebra").await;
    window.assert_text_only("the list").await;
    let title = window.evaluate("return document.title", Vec::new()).await;
    assert_eq!(title, json!(format!("{IMAGE} (Development) - Tenantry")), "the window's title");

    let all = written_by_other_software();
    for (number, (name, email, display_name)) in all.iter().enumerate() {
        let what: String = name.chars().take(20).collect();
        window.press_row_number(number).await;
        window.press_tab("Overview").await;
        window.see("Can be restored from the trash.").await;
        let panel =
            window.evaluate("return document.querySelector('[data-region=panel]').textContent", vec![]);
        let panel = panel.await.as_str().expect("a text").to_owned();
        for text in [Some(name), Some(email), display_name.as_ref()].into_iter().flatten() {
            assert!(panel.contains(text.as_str()), "{what}: the panel shows another text than was stored");
        }
        window.assert_text_only(&format!("the panel of {what}")).await;
        window.press_tab("Collection").await;
        window.assert_text_only(&format!("the collection of {what}")).await;
        window.press_tab("Overview").await;
        for (act, cancel) in [("Rename", "Cancel"), ("Move to trash", "Cancel")] {
            window.press(act).await;
            window.see(cancel).await;
            window.assert_text_only(&format!("{act} {what}")).await;
            window.key(Key::Escape).await;
            window.see_no(cancel).await;
        }
        window.press("Deactivate").await;
        window.keep_message(" deactivated").await;
        assert!(
            window.runs_from_left_to_right("[role=status]", "deactivated").await,
            "{what}: a name turns the sentence around that it stands in"
        );
        window.assert_text_only(&format!("the message about {what}")).await;
        window.press("Undo").await;
        window.keep_message("Undone").await;
        window.press_in("Messages", "Close message").await;
        window.see_no("Undone").await;
    }

    for (page, rows) in [("People", all.len()), ("Operators", 1), ("Activity", 2 * all.len())] {
        window.press_in("Workspace", page).await;
        window.await_rows(rows).await;
        window.assert_text_only(page).await;
        for number in 0..rows.min(all.len()) {
            window.press_row_number(number).await;
            window.assert_text_only(&format!("{page}, the panel of row {number}")).await;
        }
    }
    window.press_in("Workspace", "Organizations").await;
    window.await_rows(all.len()).await;
    window.press("Export").await;
    window.see(&format!("Export {} rows", all.len())).await;
    window.assert_text_only("the export").await;
    window.press(&format!("Export {} rows", all.len())).await;
    window.see(&format!("Exported {} rows", all.len())).await;
    let files = fs::read_dir(window.exports.path()).expect("the folder");
    let files: Vec<_> =
        files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("a text")).collect();
    let [file] = files.as_slice() else { panic!("one file must be there") };
    assert!(file.contains(&IMAGE.replace('"', "\"\"")), "an export holds what is stored");
    assert!(file.contains(&format!("\"'{FORMULA}\"")), "and no formula: {file}");
    window.close().await;
}

/// Notes who connects, with the beginning of what they say.
struct Outside {
    port: u16,
    reached: Arc<Mutex<Vec<String>>>,
}

impl Outside {
    fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let reached: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = Arc::clone(&reached);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut said = [0; 60];
                let mut stream = stream.expect("a connection");
                stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a limit");
                let length = stream.read(&mut said).unwrap_or(0);
                noted.lock().push(String::from_utf8_lossy(&said[..length]).into_owned());
            }
        });
        Self { port, reached }
    }

    /// What came since the last look.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.reached.lock())
    }

    /// The same, once something came: who says nothing is noted only after a while.
    async fn await_some(&self) -> Vec<String> {
        let end = Instant::now() + Duration::from_secs(10);
        while self.reached.lock().is_empty() && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.take()
    }
}

/// Everything by which a page loads, sends or goes somewhere. Takes the step of a name; returns the names.
const REACH_OUT: &str = r##"
const [outside, chosen, done] = arguments;
const add = (name, attributes, text) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    document.body.append(element);
    return element;
};
const steps = {
    image: () => { new Image().src = outside + "image.png"; },
    imageInMarkup: () => document.body.insertAdjacentHTML("beforeend", `<img src="${outside}markup.png">`),
    style: () => add("link", { rel: "stylesheet", href: outside + "style.css" }),
    preload: () => add("link", { rel: "preload", as: "script", href: outside + "preload.js" }),
    font: () => new FontFace("x", `url(${outside}font.woff2)`).load().catch(() => undefined),
    background: () => { document.body.style.backgroundImage = `url(${outside}background.png)`; },
    script: () => add("script", { src: outside + "script.js" }),
    module: () => import(outside + "module.js").catch(() => undefined),
    frame: () => add("iframe", { src: outside }),
    object: () => add("object", { data: outside + "object" }),
    media: () => add("video", { src: outside + "video", autoplay: "" }),
    form: () => add("form", { action: outside + "form", method: "post" }).submit(),
    fetch: () => fetch(outside + "fetch", { mode: "no-cors" }).catch(() => undefined),
    request: () => { const one = new XMLHttpRequest(); one.open("GET", outside + "xhr"); one.send(); },
    socket: () => new WebSocket(outside.replace("http", "ws") + "socket"),
    events: () => new EventSource(outside + "events"),
    beacon: () => navigator.sendBeacon(outside + "beacon", "x"),
    worker: () => new Worker(outside + "worker.js"),
    window: () => window.open(outside + "window"),
    link: () => add("a", { href: outside + "link", target: "_blank" }, "x").click(),
    ping: () => add("a", { href: "#x", ping: outside + "ping" }, "x").click(),
    base: () => add("base", { href: outside }),
    navigation: () => { location.href = outside + "navigation"; },
};
try { steps[chosen]?.(); } catch { /* Refused at once. */ }
setTimeout(() => done(Object.keys(steps)), chosen ? 300 : 0);
"##;

/// Everything by which a text becomes a script.
const RUN: &str = r#"
const done = arguments[arguments.length - 1];
const mark = "globalThis.hostile = 'a text became a script'";
const steps = [
    () => { const one = document.createElement("script"); one.textContent = mark; document.body.append(one); },
    () => document.body.insertAdjacentHTML("beforeend", `<img src="x" onerror="${mark}">`),
    () => document.body.insertAdjacentHTML("beforeend", `<svg onload="${mark}"></svg>`),
    () => { const one = document.createElement("button"); one.setAttribute("onclick", mark); one.click(); },
    () => (0, eval)(mark),
    () => new Function(mark)(),
    () => setTimeout(mark, 0),
    () => { location.href = `javascript:${mark}`; },
    () => {
        const one = document.createElement("iframe");
        one.srcdoc = "<script>parent.hostile = 'a text became a script'<\/script>";
        document.body.append(one);
    },
    () => {
        const one = document.createElement("script");
        one.src = URL.createObjectURL(new Blob([mark], { type: "text/javascript" }));
        document.body.append(one);
    },
    () => {
        const one = document.createElement("script");
        one.src = `data:text/javascript,${encodeURIComponent(mark)}`;
        document.body.append(one);
    },
];
for (const step of steps) try { step(); } catch { /* Refused at once. */ }
setTimeout(() => done(globalThis.hostile ?? null), 1000);
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_reaches_nothing_outside_and_runs_no_text() {
    let outside = Outside::listen();
    let window = Window::open().await;
    window.see("A workspace in a single file").await;
    let address = format!("http://127.0.0.1:{}/", outside.port);
    let names = window.evaluate_later(REACH_OUT, vec![json!(address), Value::Null]).await;
    for name in names.as_array().expect("names") {
        window.evaluate_later(REACH_OUT, vec![json!(address), name.clone()]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        // WebKit connects ahead when a link to a new window is clicked, and sends nothing: the window is refused.
        let (reached, expected): (_, &[&str]) =
            if name == "link" { (outside.await_some().await, &[""]) } else { (outside.take(), &[]) };
        assert_eq!(reached, expected, "the page reached a program outside by {name}");
    }
    window.see("A workspace in a single file").await;

    assert_eq!(window.evaluate_later(RUN, Vec::new()).await, Value::Null, "a text ran");
    let frozen =
        "try { Object.prototype.hostile = 1 } catch { /* Refused at once. */ } return ({}).hostile ?? null";
    assert_eq!(window.evaluate(frozen, Vec::new()).await, Value::Null, "a prototype was changed");
    assert_eq!(window.evaluate("return typeof window.__TAURI__", Vec::new()).await, json!("undefined"));
    // The listener itself can be reached: otherwise it would have counted nothing in any case.
    std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, outside.port)).expect("it listens");
    assert_eq!(outside.await_some().await, [""], "the listener does not count");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_not_in_the_list_is_refused() {
    let window = Window::open().await;
    window.see("A workspace in a single file").await;
    let read = json!({"path": "/etc/passwd"});
    for (command, arguments) in [
        ("no_such_command", json!({})),
        ("Console", json!({})),
        ("plugin:fs|read_text_file", read.clone()),
        ("plugin:fs|read_file", read.clone()),
        ("plugin:fs|write_text_file", json!({"path": "/tmp/x", "contents": "x"})),
        ("plugin:shell|execute", json!({"program": "sh", "args": ["-c", "true"]})),
        ("plugin:shell|open", json!({"path": "https://example.com"})),
        ("plugin:opener|open_url", json!({"url": "https://example.com"})),
        ("plugin:opener|open_path", read.clone()),
        ("plugin:opener|reveal_item_in_dir", json!({"paths": ["/etc/passwd"]})),
        ("plugin:dialog|open", json!({"options": {}})),
        ("plugin:dialog|save", json!({"options": {}})),
        ("plugin:store|load", json!({"path": "profiles.json"})),
        ("plugin:store|get_store", json!({"path": "profiles.json"})),
        ("plugin:http|fetch", json!({"url": "https://example.com"})),
        ("plugin:window-state|restore_state", json!({"label": "main", "flags": 1})),
        ("plugin:window|close", json!({"label": "main"})),
        (
            "plugin:webview|create_webview_window",
            json!({"options": {"label": "x", "url": "https://example.com"}}),
        ),
        ("plugin:event|listen", json!({"event": "x", "target": {"kind": "Any"}, "handler": 1})),
        ("plugin:path|resolve_directory", json!({"directory": 1})),
        ("plugin:process|exit", json!({"code": 0})),
        ("plugin:app|version", json!({})),
    ] {
        let answered = window.invoke(command, arguments).await;
        assert!(answered.get("refused").is_some(), "{command} was carried out: {answered}");
    }
    let title = window.invoke("plugin:window|set_title", json!({"label": "main", "value": "Tenantry"})).await;
    assert!(title.get("answer").is_some(), "the one that is permitted is not, so nothing is proved: {title}");
    let about = window.invoke("about", json!({})).await;
    assert_eq!(about["answer"]["name"], "Tenantry", "{about}");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_one_workspace_opens_nothing_in_another() {
    let server = Server::shared(Topology::ReplicaSet);
    let name = fresh_database();
    open_database(&server.uri(), &name).await.expect("a database").health.prepare().await.expect("prepared");
    let client = Client::with_uri_str(server.uri()).await.expect("a connection string");
    write_organizations(&client.database(&name)).await;
    let window = Window::open().await;
    window.press("Open workspace").await;
    window.claim().await;
    window.see("No organizations yet").await;
    window.press("On this computer, Local. Switch workspace").await;
    window.press("All workspaces").await;
    open_connection(&window, "Customers", &server.uri(), &name).await;
    window.claim().await;
    window.see("zebra").await;
    window.press("Sign out").await;
    window.see("Sign in to").await;

    let open = window.invoke("open_workspaces", json!({})).await;
    let open = open["answer"].as_array().expect("a list").clone();
    assert_eq!(open.len(), 2, "both are open: {open:?}");
    let others =
        open.iter().map(|workspace| &workspace["id"]).find(|id| *id != "built-in").expect("the other");
    let id = ObjectId::new().to_hex();
    let query = json!({
        "filter": {"search": "", "status": "all"}, "sort": "name", "direction": "ascending", "backwards": false,
        "start": {"kind": "beginning"}, "limit": 10
    });
    for (command, mut arguments) in [
        ("list_organizations", json!({"query": query, "job": null})),
        ("count_organizations", json!({"search": "", "job": null})),
        ("get_organization", json!({"nameOrId": "zebra"})),
        ("deactivate_organization", json!({"id": id})),
        ("workspace_health", json!({})),
        ("copy_token", json!({})),
        ("unlock_workspace", json!({"reason": "because"})),
    ] {
        arguments["workspace"] = others.clone();
        let refused = window.invoke(command, arguments.clone()).await;
        assert_eq!(
            refused["refused"]["code"], "not_signed_in",
            "{command} in the other workspace: {refused}"
        );
        if command != "get_organization" && command != "deactivate_organization" {
            arguments["workspace"] = json!("built-in");
            let answered = window.invoke(command, arguments).await;
            assert!(answered.get("answer").is_some(), "{command} in its own: {answered}");
        }
    }
    for invented in [json!(""), json!("no-such-workspace"), json!("../built-in"), json!(null)] {
        let refused =
            window.invoke("list_organizations", json!({"workspace": invented, "query": query})).await;
        assert!(refused.get("refused").is_some(), "{invented} is no workspace: {refused}");
    }
    window.close().await;
}

/// Walks everything that a script of the page reaches from `window`, and returns where the texts are found: properties
/// of objects with their symbols, maps and sets, the document as it is, what fields hold, storages and the like.
const IN_REACH: &str = r#"
const [sought, done] = arguments;
const found = new Set();
const look = (place, text) => {
    for (const one of sought) if (text.includes(one)) found.add(`${place} has ${one.slice(0, 12)}…`);
};
const seen = new Set();
const queue = [["window", window]];
const isObject = (value) => value !== null && (typeof value === "object" || typeof value === "function");
let count = 0;
while (queue.length > 0 && count < 400000) {
    const [place, object] = queue.pop();
    if (seen.has(object)) continue;
    seen.add(object);
    count += 1;
    const visit = (name, value) => {
        if (typeof value === "string") look(`${place}.${name}`, value);
        else if (isObject(value)) queue.push([`${place}.${String(name)}`.slice(-120), value]);
    };
    let keys = [];
    try { keys = Reflect.ownKeys(object); } catch { continue; }
    for (const key of keys) {
        try {
            if (typeof key === "string") look(`${place} as a name`, key);
            visit(String(key), object[key]);
        } catch { /* A property of another kind of object. */ }
    }
    try { if (object !== window) visit("prototype", Object.getPrototypeOf(object)); } catch { continue; }
    try {
        if (object instanceof Map) for (const [key, value] of object) { visit("key", key); visit("value", value); }
        if (object instanceof Set) for (const value of object) visit("value", value);
        if (object instanceof Element)
            for (const { name, value } of object.attributes) look(`${place} ${name}`, value);
        if (object instanceof Node) for (const child of object.childNodes) queue.push([place, child]);
    } catch { /* A prototype, which only looks like one of them. */ }
    if (typeof object === "function") look(`${place} as a function`, Function.prototype.toString.call(object));
}
look("the document", document.documentElement.outerHTML);
for (const field of document.querySelectorAll("input, textarea, select")) look("a field", field.value);
look("cookies", document.cookie);
for (const one of [localStorage, sessionStorage]) look("a storage", JSON.stringify({ ...one }));
look("the history", JSON.stringify(history.state) + location.href);
look("what was loaded", JSON.stringify(performance.getEntries()));
look("the selection", String(getSelection()));
(async () => {
    for (const key of (await globalThis.caches?.keys?.()) ?? []) look("a cache", key);
    for (const { name } of (await globalThis.indexedDB?.databases?.()) ?? []) look("a database", name);
})().catch(() => undefined).finally(() => done({ count, found: [...found] }));
"#;

impl Reach {
    /// Looks for secrets in everything that a script reaches.
    async fn assert_nothing(window: &Window, what: &str, secrets: &[String]) {
        let answer = window.evaluate_later(IN_REACH, vec![json!(secrets)]).await;
        assert!(answer["count"].as_u64().is_some_and(|count| count > 2_000), "it did not walk far: {answer}");
        assert_eq!(answer["found"], json!([]), "{what}: a script reaches a secret");
    }
}

/// What a script of the page reaches.
struct Reach;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_that_was_typed_or_made_stays_in_reach_of_a_script() {
    let window = Window::open().await;
    window.press("Add connection").await;
    window.press("Local MongoDB").await;
    window.see_in_field("Hosts", "localhost:27017").await;
    window
        .fill(
            "Connection string",
            "mongodb://dana:Planted-C0nnection@127.0.0.1:1/?serverSelectionTimeoutMS=300",
        )
        .await;
    window.fill("Name", "Nowhere").await;
    window.press("Test and open").await;
    window.see("refuses connections").await;
    window.press("On this computer").await;
    window.press("Open workspace").await;
    let code = window.claim_as("Olga Operator").await;
    window.press("I have kept it").await;
    window.see("No organizations yet").await;
    let reached = window.evaluate_later(IN_REACH, vec![json!([OLGA])]).await;
    assert_ne!(reached["found"], json!([]), "what is shown is not found, so nothing is proved");

    window.press("New organization").await;
    window.fill("Name", "acme").await;
    window.fill("Admin email", "dana@acme.example.com").await;
    window.press("Generate a password").await;
    window.press("Copy password").await;
    window.see("Password copied").await;
    let made = window.display.pasted().expect("the password is on the clipboard");
    window.press("Create organization").await;
    window.see("acme created").await;
    window.press("Olga Operator").await;
    window.press("Copy session token").await;
    window.see("Token copied").await;
    let token = window.display.pasted().expect("the token is on the clipboard");
    assert!(token.starts_with("ey"), "{token} is no token");
    let session = token.split('.').nth(1).expect("claims").to_owned();
    let signature = token.split('.').nth(2).expect("a signature").to_owned();
    let secrets: Vec<String> = [
        OLGAS_PASSWORD,
        "Planted-C0nnection",
        "$2b$",
        &code,
        &code.replace('-', ""),
        &made,
        &session,
        &signature,
    ]
    .map(str::to_owned)
    .into();
    Reach::assert_nothing(&window, "after a create", &secrets).await;
    window.press("Sign out").await;
    window.see("Sign in to").await;
    Reach::assert_nothing(&window, "after the sign-out", &secrets).await;
    window.close().await;
}
