//! MongoDB servers for tests: real ones, in processes of their own, gone when the test program is gone.
//!
//! In this order: the deployment at `TENANTRY_TEST_MONGODB_URI` if it has the wanted topology, a `mongod` on the PATH,
//! `secantusd-rs` in Tenantry's cache (`make tools` puts it there). Without any of them the tests fail: a check that is
//! skipped silently is no check.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use bson::{Document, doc};
use mongodb::Client;
use tempfile::TempDir;

use crate::certificates::Pair;
use crate::processes::{GuardedProcess, await_some, free_port};

/// How the server presents itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// A replica set of one node: transactions work.
    ReplicaSet,
    /// A single server: no transactions.
    Standalone,
}

/// The administrator of a server with access control.
const ADMINISTRATOR: (&str, &str) = ("root", "Root-passw0rd");

/// A running server, stopped when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Host and port of a server that was started here, the whole connection string of a given one.
    address: String,
    access_control: bool,
    own: Option<GuardedProcess>,
}

impl Server {
    /// The server of this topology that the tests of one program share.
    ///
    /// # Panics
    /// When there is none.
    pub fn shared(topology: Topology) -> &'static Server {
        static REPLICA_SET: OnceLock<Server> = OnceLock::new();
        static STANDALONE: OnceLock<Server> = OnceLock::new();
        let server = match topology {
            Topology::ReplicaSet => &REPLICA_SET,
            Topology::Standalone => &STANDALONE,
        };
        server.get_or_init(|| given_deployment(topology).unwrap_or_else(|| Server::start(topology)))
    }

    /// The server with access control that the tests of one program share. A connection needs one of the users of
    /// [`Server::add_user`].
    ///
    /// # Panics
    /// When there is none.
    pub fn shared_with_access_control() -> &'static Server {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(|| {
            // Standalone: a mongod in a replica set also needs a key file.
            let server = start_process(Topology::Standalone, true);
            let (name, password) = ADMINISTRATOR;
            // A server without users lets the first connection from its own computer create one.
            block_on(command(
                format!("mongodb://{}/?directConnection=true", server.address),
                doc! {"createUser": name, "pwd": password, "roles": ["root"]},
            ));
            server
        })
    }

    /// A server for one test alone, to be stopped in the middle of something.
    ///
    /// # Panics
    /// When there is none.
    pub fn start(topology: Topology) -> Server {
        start_process(topology, false)
    }

    /// A server with TLS, for one test alone. With `authority`, it requires certificates of clients that the authority
    /// in that file issued.
    ///
    /// # Panics
    /// When there is none.
    pub fn start_encrypted(pair: &Pair, authority: Option<&Path>) -> Server {
        let folder = TempDir::with_prefix("tenantry-tls-").expect("a folder for the certificate");
        let [certificate, key, both] =
            ["certificate.pem", "key.pem", "both.pem"].map(|name| folder.path().join(name));
        fs::write(&certificate, &pair.certificate).expect("a writable folder");
        fs::write(&key, &pair.key).expect("a writable folder");
        fs::write(&both, format!("{}{}", pair.certificate, pair.key)).expect("a writable folder");
        let with = |name: &str, path: &Path| [name.to_owned(), path.display().to_string()];
        let (mut mongod, mut secantus) = (Vec::new(), Vec::new());
        mongod.extend(["--tlsMode".to_owned(), "requireTLS".to_owned()]);
        mongod.extend(with("--tlsCertificateKeyFile", &both));
        secantus.extend(with("--tls-cert-file", &certificate));
        secantus.extend(with("--tls-key-file", &key));
        if let Some(authority) = authority {
            mongod.extend(with("--tlsCAFile", authority));
            secantus.extend(with("--tls-ca-file", authority));
            secantus.push("--tls-require-client-cert".to_owned());
        }
        // Read at the start only: the server outlives the folder.
        start_with(Topology::Standalone, false, &Arguments { mongod, secantus, kept: None })
    }

    /// A server on a given port with given data, so that it can be stopped and replaced.
    ///
    /// # Panics
    /// When there is none.
    pub fn start_at(topology: Topology, port: u16, data: &Path) -> Server {
        let kept = Some(Kept { port, data });
        start_with(topology, false, &Arguments { kept, ..Arguments::default() })
    }

    /// Host and port of a server that was started here.
    ///
    /// # Panics
    /// When it was not.
    pub fn address(&self) -> &str {
        assert!(self.own.is_some(), "only a server that was started here has an address of its own");
        &self.address
    }

    /// Takes the right to write from the primary of a replica set of one for some seconds.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn step_down(&self, seconds: i32) {
        let uri = format!("{}?directConnection=true", self.uri());
        let step_down = doc! {"replSetStepDown": seconds, "secondaryCatchUpPeriodSecs": 0, "force": true};
        command(uri, step_down).await;
    }

    /// The connection string; without a user.
    pub fn uri(&self) -> String {
        if self.own.is_some() { format!("mongodb://{}/", self.address) } else { self.address.clone() }
    }

    /// The connection string of the administrator of a server with access control.
    pub fn administrator_uri(&self) -> String {
        assert!(self.access_control, "this server has no users");
        let (name, password) = ADMINISTRATOR;
        format!("mongodb://{name}:{password}@{}/?authSource=admin", self.address)
    }

    /// Creates a user with these roles on this database; returns its connection string.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn add_user(&self, name: &str, database: &str, roles: &[&str]) -> String {
        let roles: Vec<Document> = roles.iter().map(|role| doc! {"role": *role, "db": database}).collect();
        let password = "User-passw0rd";
        command(self.administrator_uri(), doc! {"createUser": name, "pwd": password, "roles": roles}).await;
        format!("mongodb://{name}:{password}@{}/?authSource=admin", self.address)
    }

    /// Kills the server's process at once.
    ///
    /// # Panics
    /// When the server is not one that this program started.
    pub fn kill(&self) {
        self.own.as_ref().expect("only a server that was started here is killed").kill();
    }
}

/// A database name that no other test has.
pub fn fresh_database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // With the process and the time: a given deployment sees many runs.
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let moment = time::OffsetDateTime::now_utc().unix_timestamp();
    format!("tenantry_{moment:x}_{:x}_{count:x}", std::process::id())
}

fn given_deployment(topology: Topology) -> Option<Server> {
    let uri = env::var("TENANTRY_TEST_MONGODB_URI").ok().filter(|uri| !uri.is_empty())?;
    let hello = block_on(command(uri.clone(), doc! {"hello": 1}));
    let is_replica_set = hello.contains_key("setName");
    (is_replica_set == (topology == Topology::ReplicaSet)).then_some(Server {
        address: uri,
        access_control: false,
        own: None,
    })
}

/// Arguments that only one kind of server gets.
#[derive(Default)]
struct Arguments<'a> {
    mongod: Vec<String>,
    secantus: Vec<String>,
    kept: Option<Kept<'a>>,
}

/// The place of a server that another one can replace.
#[derive(Debug, Clone, Copy)]
struct Kept<'a> {
    port: u16,
    data: &'a Path,
}

fn start_process(topology: Topology, access_control: bool) -> Server {
    start_with(topology, access_control, &Arguments::default())
}

fn start_with(topology: Topology, access_control: bool, arguments: &Arguments<'_>) -> Server {
    if let Some(program) = on_path("mongod") {
        return start_mongod(&program, topology, access_control, arguments);
    }
    let program = cache().join("secantus/bin/secantusd-rs");
    if program.is_file() {
        return start_secantus(&program, topology, access_control, arguments);
    }
    panic!(
        "No MongoDB server to test against: TENANTRY_TEST_MONGODB_URI has none of this topology, there is no mongod on \
         the PATH and no {}. `make tools` installs the last one.",
        program.display()
    );
}

fn start_mongod(program: &Path, topology: Topology, access_control: bool, given: &Arguments<'_>) -> Server {
    let port = given.kept.map_or_else(free_port, |kept| kept.port);
    let is_new = given.kept.is_none_or(|kept| is_empty(kept.data));
    let mut arguments: Vec<String> = ["--bind_ip", "127.0.0.1", "--port"].map(str::to_owned).into();
    arguments.push(port.to_string());
    if topology == Topology::ReplicaSet {
        arguments.extend(["--replSet", "tests"].map(str::to_owned));
    }
    if access_control {
        arguments.push("--auth".to_owned());
    }
    arguments.extend_from_slice(&given.mongod);
    let own = start_with_data(program, "--dbpath", &arguments, given.kept);
    let host = format!("127.0.0.1:{port}");
    await_some("the server listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
    if topology == Topology::ReplicaSet {
        let direct = format!("mongodb://{host}/?directConnection=true");
        let members = doc! {"_id": "tests", "members": [{"_id": 0, "host": &host}]};
        if is_new {
            block_on(command(direct.clone(), doc! {"replSetInitiate": members}));
        }
        await_some("the server is primary", || {
            let hello = block_on(command(direct.clone(), doc! {"hello": 1}));
            hello.get_bool("isWritablePrimary").ok().filter(|is_primary| *is_primary)
        });
    }
    Server { address: host, access_control, own: Some(own) }
}

fn start_secantus(program: &Path, topology: Topology, access_control: bool, given: &Arguments<'_>) -> Server {
    // Small, because many run at once. An index of more documents than fit into it is not made in reasonable time.
    let cache_size = std::env::var("TENANTRY_TEST_SERVER_CACHE").unwrap_or_else(|_| "256M".to_owned());
    let mut arguments: Vec<String> = ["--host", "127.0.0.1", "--cache-size", &cache_size]
        .into_iter()
        .chain(["--log-file-max", "32MB", "--log-level", "ERROR", "--port"])
        .map(str::to_owned)
        .collect();
    arguments.push(given.kept.map_or(0, |kept| kept.port).to_string());
    if topology == Topology::Standalone {
        arguments.push("--standalone".to_owned());
    }
    if access_control {
        arguments.push("--auth".to_owned());
    }
    if given.kept.is_some() {
        // It is killed and started again: what it called written must be there, as with a mongod's majority.
        arguments.push("--sync-on-commit".to_owned());
    }
    arguments.extend_from_slice(&given.secantus);
    let own = start_with_data(program, "--storage-path", &arguments, given.kept);
    let host = own.await_output("listening on ");
    Server { address: host, access_control, own: Some(own) }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// The server with a folder for its data, which is removed with it unless it is kept.
fn start_with_data(
    program: &Path,
    data_option: &str,
    arguments: &[String],
    kept: Option<Kept<'_>>,
) -> GuardedProcess {
    let folder = TempDir::with_prefix("tenantry-mongodb-").expect("a folder for the server").keep();
    let data = kept.map_or_else(|| folder.join("data"), |kept| kept.data.to_owned());
    fs::create_dir_all(&data).expect("a folder for the server's data");
    GuardedProcess::start(Command::new(program).arg(data_option).arg(&data).args(arguments), folder)
}

async fn command(uri: String, command: Document) -> Document {
    let client = Client::with_uri_str(uri).await.expect("a connection string");
    client
        .database("admin")
        .run_command(command)
        .await
        .expect("the server does what a test's preparation needs")
}

/// On a separate thread: the caller may be inside a test's runtime.
fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> T {
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime")
                .block_on(work)
        });
        thread.join().expect("the preparation of a server succeeds")
    })
}

pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Where `make tools` puts what the tests need, outside the checkout.
pub fn cache() -> PathBuf {
    let base = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || PathBuf::from(env::var_os("HOME").expect("HOME is set")).join(".cache");
    base.unwrap_or_else(home).join("tenantry")
}
