//! The driver's settings: those of the connection string, within bounds that keep the window responsive.

use std::time::Duration;

use mongodb::event::EventHandler;
use mongodb::event::sdam::SdamEvent;
use mongodb::options::{Acknowledgment, ClientOptions, ReadPreference, SelectionCriteria, WriteConcern};
use tenantry_connection::limits::{ANSWER_LIMIT, POOL};

use crate::errors::Troubles;
use crate::members::Members;

/// A majority may take ten seconds to confirm a write; nobody waits longer than two minutes.
const ANSWER_LIMITS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(120));
/// A person waits for this.
const SELECTION_LIMITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));
const SHORTEST_CONNECT: Duration = Duration::from_millis(100);
const POOL_MAX: u32 = 100;
const APP_NAME: &str = "Tenantry";

/// How long a write waits for a majority.
pub(crate) const MAJORITY_LIMIT: Duration = Duration::from_secs(10);

/// The settings for opening a deployment.
pub(crate) struct Settings {
    pub(crate) client_options: ClientOptions,
    /// The members that lists and statistics are read from.
    pub(crate) listing: SelectionCriteria,
    /// The time limit of one response.
    pub(crate) answer_limit: Duration,
}

/// Completes the settings of the string. `patience` is how long to look for a server if the string does not say.
pub(crate) fn settle(
    mut options: ClientOptions,
    patience: Duration,
    answer_limit: Option<Duration>,
    troubles: Troubles,
    members: Members,
) -> Settings {
    let (least, most) = SELECTION_LIMITS;
    // Zero means no limit, and everything here has one.
    let given = |time: Option<Duration>| time.filter(|time| !time.is_zero());
    let connecting = given(options.connect_timeout).map(|time| time.clamp(SHORTEST_CONNECT, most));
    let selecting = match (given(options.server_selection_timeout), connecting) {
        (Some(selecting), _) => selecting.clamp(least, most),
        (None, Some(connecting)) => patience.max(connecting.saturating_add(connecting / 4)),
        (None, None) => patience,
    };
    options.server_selection_timeout = Some(selecting);
    // Shorter than the wait for a server, or that wait ends before anyone knows why it waited.
    let room = selecting.saturating_sub(selecting / 5);
    options.connect_timeout = Some(connecting.map_or(selecting / 2, |time| time.min(room)));

    options.app_name = options.app_name.filter(|name| !name.is_empty()).or_else(|| Some(APP_NAME.to_owned()));
    let pool = options.max_pool_size.unwrap_or(POOL).clamp(1, POOL_MAX);
    options.max_pool_size = Some(pool);
    options.min_pool_size = Some(options.min_pool_size.unwrap_or(0).min(pool));
    // The requests of one act are sent at the same time: none waits for the connection of another to be opened.
    options.max_connecting.get_or_insert(pool);
    options.retry_reads.get_or_insert(true);
    options.retry_writes.get_or_insert(true);
    options.write_concern = Some(majority());
    options.read_concern = None;
    // Whatever the string says: a secondary may not have what Tenantry wrote a moment ago.
    let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
    let listing = options.selection_criteria.replace(primary.clone()).unwrap_or(primary);
    options.sdam_event_handler = Some(EventHandler::callback(move |event| match event {
        SdamEvent::ServerHeartbeatFailed(event) => troubles.note(&event.failure),
        SdamEvent::ServerHeartbeatSucceeded(_) => troubles.clear(),
        SdamEvent::TopologyDescriptionChanged(event) => members.note(&event),
        _ => {}
    }));
    let (least, most) = ANSWER_LIMITS;
    let answer_limit = given(answer_limit).map_or(ANSWER_LIMIT, |time| time.clamp(least, most));
    Settings { client_options: options, listing, answer_limit }
}

/// The write concern of every write.
fn majority() -> WriteConcern {
    let mut concern = WriteConcern::default();
    concern.w = Some(Acknowledgment::Majority);
    concern.w_timeout = Some(MAJORITY_LIMIT);
    concern.journal = Some(true);
    concern
}

#[cfg(test)]
mod tests {
    use tenantry_connection::ConnectionString;

    use super::*;

    async fn settled(options: &str) -> Settings {
        let string = ConnectionString::parse(&format!("mongodb://localhost/?{options}")).expect("good");
        let (parsed, answer_limit) = string.for_driver().expect("good");
        let options = ClientOptions::parse(parsed).await.expect("good");
        settle(options, Duration::from_secs(8), answer_limit, Troubles::default(), Members::default())
    }

    #[tokio::test]
    async fn a_string_that_asks_for_nothing_gets_small_and_quick_settings() {
        let Settings { client_options, listing, answer_limit } = settled("").await;
        assert_eq!(client_options.max_pool_size, Some(10), "a small number");
        assert_eq!(client_options.server_selection_timeout, Some(Duration::from_secs(8)));
        assert_eq!(client_options.connect_timeout, Some(Duration::from_secs(4)));
        assert_eq!(client_options.app_name.as_deref(), Some("Tenantry"));
        assert_eq!(listing, SelectionCriteria::ReadPreference(ReadPreference::Primary));
        assert_eq!(answer_limit, Duration::from_secs(30));
    }

    #[tokio::test]
    async fn what_the_string_asks_for_is_given_within_bounds() {
        let settings = settled(
            "appName=shop&maxPoolSize=7&minPoolSize=9&connectTimeoutMS=2000&serverSelectionTimeoutMS=20000\
             &socketTimeoutMS=45000&compressors=zstd,snappy&retryWrites=false",
        )
        .await;
        let options = &settings.client_options;
        assert_eq!(options.app_name.as_deref(), Some("shop"));
        assert_eq!((options.max_pool_size, options.min_pool_size), (Some(7), Some(7)));
        assert_eq!(options.connect_timeout, Some(Duration::from_secs(2)));
        assert_eq!(options.server_selection_timeout, Some(Duration::from_secs(20)));
        assert_eq!(settings.answer_limit, Duration::from_secs(45));
        assert_eq!(options.compressors.as_ref().map(Vec::len), Some(2), "the build has both");
        assert_eq!(options.retry_writes, Some(false));

        let wild = settled(
            "maxPoolSize=100000&connectTimeoutMS=0&serverSelectionTimeoutMS=900000&socketTimeoutMS=1",
        )
        .await;
        assert_eq!(wild.client_options.max_pool_size, Some(100));
        assert_eq!(wild.client_options.server_selection_timeout, Some(Duration::from_secs(60)));
        assert_eq!(
            wild.client_options.connect_timeout,
            Some(Duration::from_secs(30)),
            "none is no limit here"
        );
        assert_eq!(wild.answer_limit, Duration::from_secs(2));
    }

    #[tokio::test]
    async fn a_server_is_waited_for_longer_than_one_connection() {
        let settings = settled("connectTimeoutMS=20000").await;
        let options = settings.client_options;
        assert!(options.server_selection_timeout > options.connect_timeout, "or nobody learns why it failed");
        assert_eq!(options.connect_timeout, Some(Duration::from_secs(20)));
    }

    #[tokio::test]
    async fn a_read_preference_is_for_lists_and_the_client_stays_on_the_primary() {
        let settings = settled("readPreference=secondaryPreferred&readPreferenceTags=dc:ny").await;
        let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
        assert_eq!(settings.client_options.selection_criteria, Some(primary), "acts look at the newest");
        assert!(matches!(
            settings.listing,
            SelectionCriteria::ReadPreference(ReadPreference::SecondaryPreferred { options: Some(_) })
        ));
    }
}
