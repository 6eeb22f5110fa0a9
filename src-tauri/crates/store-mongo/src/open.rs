//! Opens a deployment; every call to it goes through here.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bson::{Document, RawDocumentBuf, doc};
use futures_util::future::join_all;
use mongodb::options::{
    AuthMechanism, ClientOptions, ConnectionString as Parsed, DatabaseOptions, ReadConcern, ResolverConfig,
    Tls,
};
use mongodb::{Client, Collection, Database};
use tenantry_connection::database::{OPERATIONS, check_database_name};
use tenantry_connection::dns::{LookUpProblem, NameOptions, Names, with_company};
use tenantry_connection::failure::{Failure, within};
use tenantry_connection::product::topology;
use tenantry_connection::{ConnectionString, certificate_files};
use tenantry_core::clock::Clock;
use tenantry_core::limits::STEP_LIMIT;
use tenantry_core::records::Topology;
use tenantry_core::{FieldIssue, StoreError};
use tokio::time::timeout;

use crate::chain::Chain;
use crate::documents;
use crate::errors::{Act, Place, Troubles};
use crate::members::Members;
use crate::server_clock::ServerClock;
use crate::settings::{Settings, settle};

/// Building an index reads every document of its collection.
pub(crate) const INDEX_LIMIT: Duration = Duration::from_secs(120);

/// The requests that opening a workspace sends at the same time.
const CONNECTIONS_AT_ONCE: u32 = 8;

/// Options for opening a deployment.
#[derive(Clone)]
pub struct MongoOptions {
    /// The address and the user.
    pub connection_string: ConnectionString,
    /// The database.
    pub database: String,
    /// How long to look for a server if the connection string does not say.
    pub server_selection_timeout: Duration,
    /// The name servers for a `mongodb+srv` string.
    pub names: NameOptions,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl MongoOptions {
    /// Options with 8 s to find a server.
    pub fn new(
        connection_string: ConnectionString,
        database: impl Into<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            connection_string,
            database: database.into(),
            server_selection_timeout: Duration::from_secs(8),
            names: NameOptions::default(),
            clock,
        }
    }
}

impl fmt::Debug for MongoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoOptions")
            .field("connection_string", &self.connection_string)
            .field("database", &self.database)
            .field("server_selection_timeout", &self.server_selection_timeout)
            .finish_non_exhaustive()
    }
}

/// All ports on one MongoDB database.
///
/// Writes wait for a majority and the journal. Reads use the primary, because a change reads what the change before it
/// wrote; only lists and statistics use the string's read preference.
pub struct MongoStore {
    pub(crate) client: Client,
    pub(crate) database: Database,
    /// The same database for lists and statistics.
    listing: Database,
    answer_limit: Duration,
    pub(crate) connection_string: ConnectionString,
    pub(crate) topology: Topology,
    pub(crate) encrypted: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) place: Place,
    pub(crate) unique: Uniqueness,
    pub(crate) members: Members,
    pub(crate) chain: Chain,
    pub(crate) server_clock: ServerClock,
}

/// Which rules an index keeps. False until it was seen: then writes are checked afterwards and undone.
#[derive(Debug, Default)]
pub(crate) struct Uniqueness {
    pub(crate) names: Rule,
    pub(crate) emails: Rule,
    pub(crate) operators: Rule,
    pub(crate) people: Rule,
}

/// Whether an index keeps one rule.
#[derive(Debug, Default)]
pub(crate) struct Rule(AtomicBool);

impl Rule {
    pub(crate) fn is_enforced(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, enforced: bool) {
        self.0.store(enforced, Ordering::Relaxed);
    }
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore")
            .field("connection_string", &self.connection_string)
            .field("database", &self.place.database)
            .field("topology", &self.topology)
            .finish_non_exhaustive()
    }
}

impl MongoStore {
    /// Connects, signs in and learns the kind of deployment. Prepares nothing.
    ///
    /// # Errors
    /// `Unavailable` with the reason, within `server_selection_timeout` and the limit of one response; `SignInRefused`;
    /// `ConnectionString` if only now something in it turns out to be wrong.
    pub async fn open(options: MongoOptions) -> Result<Self, StoreError> {
        let troubles = Troubles::default();
        let members = Members::default();
        let place = Place {
            database: options.database.clone(),
            atlas: options.connection_string.is_atlas(),
            troubles: troubles.clone(),
        };
        check_database_name(&options.database)
            .map_err(|FieldIssue { message: problem, .. }| StoreError::ConnectionString { problem })?;
        let act = Act::in_database("hello");
        let (parsed, answer_limit) = options.connection_string.for_driver()?;
        check_certificate_files(&parsed).await?;
        let looking = look_up(&parsed, &options, act, &place);
        let client_options = match timeout(options.server_selection_timeout, looking).await {
            Ok(looked_up) => looked_up?,
            Err(_) => {
                return Err(StoreError::Unavailable {
                    reason: "the cluster's name was not found in time (DNS)".to_owned(),
                });
            }
        };
        let patience = options.server_selection_timeout;
        let settings = settle(client_options, patience, answer_limit, troubles, members.clone());
        let Settings { client_options, listing, answer_limit } = settings;
        let encrypted = matches!(client_options.tls, Some(Tls::Enabled(_)));
        let connections_at_once = connections_at_once(&client_options);
        let client = Client::with_options(client_options)
            .map_err(|error| place.store_error(&Failure::read(&error), act))?;
        let mut store = Self {
            database: client.database(&options.database),
            listing: client.database_with_options(&options.database, only_for_lists(listing)),
            answer_limit,
            client,
            connection_string: options.connection_string,
            topology: Topology::Standalone,
            encrypted,
            clock: options.clock,
            place,
            unique: Uniqueness::default(),
            members,
            chain: Chain::default(),
            server_clock: ServerClock::default(),
        };
        let greetings = (0..connections_at_once)
            .map(|_| store.call(act, store.database.run_command(doc! { "hello": 1 })));
        let greeted = join_all(greetings).await.into_iter().reduce(Result::or).transpose()?;
        if let Some(hello) = greeted {
            store.topology = topology(&hello);
            store.server_clock.note(store.clock.as_ref(), &hello);
        }
        Ok(store)
    }

    pub(crate) fn raw(&self, collection: &str) -> Collection<RawDocumentBuf> {
        self.database.collection(collection)
    }

    /// A collection for lists: may be read from a secondary, and lag behind.
    pub(crate) fn listed(&self, collection: &str) -> Collection<RawDocumentBuf> {
        self.listing.collection(collection)
    }

    pub(crate) fn documents(&self, collection: &str) -> Collection<Document> {
        self.database.collection(collection)
    }

    /// Waits for a response, within limits, and analyses a failure.
    pub(crate) async fn attempt<T, F>(&self, asked: F) -> Result<T, Failure>
    where
        F: IntoFuture<Output = mongodb::error::Result<T>>,
    {
        within(self.answer_limit, asked).await
    }

    /// Runs a command that only reads. The driver repeats its own reads after a lost connection, but not these, so this
    /// repeats them once: a connection that broke while idle is noticed by the next call.
    pub(crate) async fn ask(&self, question: Document) -> Result<Document, Failure> {
        match self.attempt(self.database.run_command(question.clone())).await {
            Err(failure) if failure.is_lost() => self.attempt(self.database.run_command(question)).await,
            answer => answer,
        }
    }

    /// As [`ask`](Self::ask), a member that lists are read from.
    pub(crate) async fn ask_listed(&self, question: Document) -> Result<Document, Failure> {
        // The driver would ask the primary: a command by its name does not take the database's own choice.
        let ask = || {
            let asked = self.listing.run_command(question.clone());
            match self.listing.selection_criteria() {
                Some(members) => asked.selection_criteria(members.clone()),
                None => asked,
            }
        };
        match self.attempt(ask()).await {
            Err(failure) if failure.is_lost() => self.attempt(ask()).await,
            answer => answer,
        }
    }

    /// [`attempt`](Self::attempt) for callers that do not branch on the failure.
    pub(crate) async fn call<T, F>(&self, act: Act<'_>, asked: F) -> Result<T, StoreError>
    where
        F: IntoFuture<Output = mongodb::error::Result<T>>,
    {
        self.attempt(asked).await.map_err(|failure| self.told(failure, act))
    }

    pub(crate) fn told(&self, failure: Failure, act: Act<'_>) -> StoreError {
        if let (Some(code), Some(collection)) = (failure.code, act.collection) {
            tracing::debug!(action = act.action, collection, code, "the server refused");
        }
        self.place.store_error(&failure, act)
    }

    /// A write of an operation. `None` if the majority was late to confirm it: the caller then reads the written
    /// document with [`confirmed`](Self::confirmed), because writes of a replaced primary are lost.
    ///
    /// It ends within [`STEP_LIMIT`]. The server may still carry it out later; the write's own condition prevents
    /// damage.
    pub(crate) async fn write<T, F>(&self, asked: F) -> Result<Option<T>, Failure>
    where
        F: IntoFuture<Output = mongodb::error::Result<T>>,
    {
        self.write_within(self.answer_limit.min(STEP_LIMIT), asked).await
    }

    /// A write by command. The driver passes its response on unchanged, including a missing confirmation by the
    /// majority.
    pub(crate) async fn write_command(
        &self,
        database: &Database,
        command: Document,
    ) -> Result<Option<Document>, Failure> {
        let until = Instant::now() + self.answer_limit.min(STEP_LIMIT);
        match self.write(database.run_command(command)).await? {
            Some(answer) if answer.contains_key("writeConcernError") => {
                let left = until.saturating_duration_since(Instant::now());
                self.wait_for_majority(left).await.map(|()| None)
            }
            answer => Ok(answer),
        }
    }

    /// A write of many documents at once, which may take as long as any response.
    pub(crate) async fn write_many<T, F>(&self, asked: F) -> Result<Option<T>, Failure>
    where
        F: IntoFuture<Output = mongodb::error::Result<T>>,
    {
        self.write_within(self.answer_limit, asked).await
    }

    async fn write_within<T, F>(&self, limit: Duration, asked: F) -> Result<Option<T>, Failure>
    where
        F: IntoFuture<Output = mongodb::error::Result<T>>,
    {
        let until = Instant::now() + limit;
        match within(limit, asked).await {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if failure.is_unconfirmed() => {
                let left = until.saturating_duration_since(Instant::now());
                self.wait_for_majority(left).await.map(|()| None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Waits until a majority has everything that the primary has now: a write that changes nothing waits for all
    /// writes before it.
    async fn wait_for_majority(&self, limit: Duration) -> Result<(), Failure> {
        let filter = doc! { "_id": bson::oid::ObjectId::from_bytes([0; 12]) };
        let nothing = doc! { "$set": { "started_at": documents::date(self.clock.now()) } };
        within(limit, self.documents(OPERATIONS).update_one(filter, nothing)).await.map(drop)
    }

    /// The document as a majority has it, after [`write`](Self::write) returned `None`.
    pub(crate) async fn confirmed(
        &self,
        collection: &'static str,
        filter: Document,
    ) -> Result<Option<RawDocumentBuf>, StoreError> {
        let stored = self.raw(collection);
        let mut found = stored.find_one(filter);
        if self.topology != Topology::Standalone {
            found = found.read_concern(ReadConcern::majority());
        }
        self.call(Act::on("find", collection), found).await
    }

    /// After a write without a response: fails unless the filter finds its result.
    pub(crate) async fn require_confirmed(
        &self,
        collection: &'static str,
        left: Document,
    ) -> Result<(), StoreError> {
        self.confirmed(collection, left).await?.map(drop).ok_or_else(unconfirmed)
    }

    /// After a removal without a response: fails unless the filter finds nothing.
    pub(crate) async fn require_gone(
        &self,
        collection: &'static str,
        removed: Document,
    ) -> Result<(), StoreError> {
        self.confirmed(collection, removed).await?.map_or(Ok(()), |_| Err(unconfirmed()))
    }

    /// The document once a majority has everything that the primary has: for what exists already and so counts as done.
    pub(crate) async fn settled(
        &self,
        collection: &'static str,
        filter: Document,
    ) -> Result<Option<RawDocumentBuf>, StoreError> {
        let waited = self.wait_for_majority(self.answer_limit.min(STEP_LIMIT)).await;
        waited.map_err(|failure| self.told(failure, Act::on("update", OPERATIONS)))?;
        self.confirmed(collection, filter).await
    }
}

/// How many connections are opened at once, so that the first requests need not wait for them. One where a directory
/// checks the password: it may lock an account after a few wrong ones.
fn connections_at_once(options: &ClientOptions) -> u32 {
    let mechanism = options.credential.as_ref().and_then(|credential| credential.mechanism.as_ref());
    let is_checked_here = match mechanism {
        None | Some(AuthMechanism::ScramSha1 | AuthMechanism::ScramSha256 | AuthMechanism::MongoDbX509) => {
            true
        }
        Some(_) => false,
    };
    let most = options.max_pool_size.unwrap_or(CONNECTIONS_AT_ONCE);
    if is_checked_here { CONNECTIONS_AT_ONCE.min(most) } else { 1 }
}

/// A write whose response was lost, and whose result does not exist.
pub(crate) fn unconfirmed() -> StoreError {
    StoreError::Unavailable { reason: "a majority of the servers did not confirm the change".to_owned() }
}

/// Refuses files that the driver could not use, with their fault: the driver only says that there is one.
async fn check_certificate_files(parsed: &Parsed) -> Result<(), StoreError> {
    let Some(Tls::Enabled(options)) = &parsed.tls else { return Ok(()) };
    certificate_files::load(options.clone())
        .await
        .map(|_| ())
        .map_err(|unusable| StoreError::ConnectionString { problem: unusable.problem })
}

async fn look_up(
    parsed: &Parsed,
    options: &MongoOptions,
    act: Act<'_>,
    place: &Place,
) -> Result<ClientOptions, StoreError> {
    let read = |error: &mongodb::error::Error| place.store_error(&Failure::read(error), act);
    let string = &options.connection_string;
    let system = ClientOptions::parse(parsed.clone()).into_future();
    if !string.is_srv() {
        return system.await.map_err(|error| read(&error));
    }
    if options.names.name_server.is_some() {
        let unavailable = |problem: LookUpProblem| StoreError::Unavailable { reason: problem.to_string() };
        let names = Names::new(options.names).map_err(unavailable)?;
        let name = string.hosts().into_iter().next().unwrap_or_default();
        let found = names.deployment(string.srv_service(), &name).await.map_err(unavailable)?;
        let parsed = found.put_into(parsed.clone());
        return ClientOptions::parse(parsed).await.map_err(|error| read(&error));
    }
    let public =
        ClientOptions::parse(parsed.clone()).resolver_config(ResolverConfig::cloudflare()).into_future();
    with_company(system, public).await.map_err(|error| read(&error))
}

fn only_for_lists(criteria: mongodb::options::SelectionCriteria) -> DatabaseOptions {
    let mut options = DatabaseOptions::default();
    options.selection_criteria = Some(criteria);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_where_nothing_listens_is_told_as_such() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        drop(listener);
        let options = MongoOptions {
            connection_string: ConnectionString::parse(&format!("mongodb://dana:planted@{address}"))
                .expect("good"),
            database: "tenants".to_owned(),
            server_selection_timeout: Duration::from_millis(600),
            names: NameOptions::default(),
            clock: Arc::new(tenantry_core::clock::SystemClock),
        };
        assert!(!format!("{options:?}").contains("planted"));
        match MongoStore::open(options).await {
            Err(StoreError::Unavailable { reason }) => {
                assert!(reason.contains("nothing accepts connections"), "{reason}");
            }
            other => panic!("must be unavailable: {other:?}"),
        }
    }
}
