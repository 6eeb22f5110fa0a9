//! The servers of a deployment, as the driver's monitors see them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::doc;
use futures_util::future::join_all;
use mongodb::event::sdam::TopologyDescriptionChangedEvent;
use mongodb::options::{SelectionCriteria, ServerAddress};
use mongodb::{Client, ServerType};
use parking_lot::Mutex;
use tenantry_connection::failure::{LineProblem, within};
use tenantry_connection::hosts::shown;
use tenantry_core::records::{Member, MemberState};

/// Longer than a round trip around the world, and short enough to wait for a page.
const ROUND_TRIP_LIMIT: Duration = Duration::from_secs(3);

/// What the monitors saw last.
#[derive(Clone, Default)]
pub(crate) struct Members(Arc<Mutex<BTreeMap<String, Seen>>>);

#[derive(Clone)]
struct Seen {
    address: ServerAddress,
    state: MemberState,
    problem: Option<LineProblem>,
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Members").finish_non_exhaustive()
    }
}

impl Members {
    /// Takes over a change of the deployment.
    pub(crate) fn note(&self, event: &TopologyDescriptionChangedEvent) {
        let seen = event.new_description.servers().into_iter().map(|(address, server)| {
            let state = state(server.server_type());
            let problem = server.error().map(|error| LineProblem::of(error).unwrap_or(LineProblem::Unknown));
            (shown(address).to_string(), Seen { address: address.clone(), state, problem })
        });
        *self.0.lock() = seen.collect();
    }

    fn seen(&self) -> Vec<(String, Seen)> {
        let seen = self.0.lock();
        seen.iter().map(|(host, seen)| (host.clone(), seen.clone())).collect()
    }

    /// The host of the primary, without a request.
    pub(crate) fn primary(&self) -> Option<String> {
        let is_primary = |state| matches!(state, MemberState::Primary | MemberState::Standalone);
        self.seen().into_iter().find(|(_, seen)| is_primary(seen.state)).map(|(host, _)| host)
    }

    /// The number of members, without a request.
    pub(crate) fn count(&self) -> usize {
        self.seen().len()
    }

    /// All members, each measured with a request now.
    pub(crate) async fn measured(&self, client: &Client) -> Vec<Member> {
        join_all(self.seen().into_iter().map(|(host, seen)| async move {
            let asked = match seen.state {
                MemberState::Primary
                | MemberState::Secondary
                | MemberState::Standalone
                | MemberState::Router => Some(round_trip(client, seen.address).await),
                // The driver does not sign in to these.
                MemberState::Arbiter | MemberState::Other | MemberState::Unreachable => None,
            };
            match asked {
                Some(Ok(round_trip)) => {
                    Member { host, state: seen.state, round_trip: Some(round_trip), problem: None }
                }
                Some(Err(())) => Member {
                    host,
                    state: MemberState::Unreachable,
                    round_trip: None,
                    problem: Some(LineProblem::Timeout.words().to_owned()),
                },
                None => Member {
                    host,
                    state: seen.state,
                    round_trip: None,
                    problem: seen.problem.map(|problem| problem.words().to_owned()),
                },
            }
        }))
        .await
    }
}

/// The time of the second of two requests: the first may have to open the connection.
async fn round_trip(client: &Client, address: ServerAddress) -> Result<Duration, ()> {
    let admin = client.database("admin");
    let ask = || {
        let address = address.clone();
        let only_this = SelectionCriteria::Predicate(Arc::new(move |server| *server.address() == address));
        within(ROUND_TRIP_LIMIT, admin.run_command(doc! { "ping": 1 }).selection_criteria(only_this))
    };
    ask().await.map_err(|_| ())?;
    let started = Instant::now();
    ask().await.map_err(|_| ())?;
    Ok(started.elapsed())
}

fn state(server: ServerType) -> MemberState {
    match server {
        ServerType::RsPrimary => MemberState::Primary,
        ServerType::RsSecondary => MemberState::Secondary,
        ServerType::RsArbiter => MemberState::Arbiter,
        ServerType::Standalone => MemberState::Standalone,
        ServerType::Mongos | ServerType::LoadBalancer => MemberState::Router,
        ServerType::Unknown => MemberState::Unreachable,
        _ => MemberState::Other,
    }
}
