//! Pings the deployment, and reports what the driver's monitors know if it does not respond.

use std::time::Instant;

use bson::doc;
use tenantry_connection::failure::Failure;
use tenantry_core::StoreError;
use tenantry_core::limits::LINE_LIMIT;
use tenantry_core::records::Line;
use tokio::time::timeout;

use crate::errors::Act;
use crate::open::MongoStore;

impl MongoStore {
    pub(crate) async fn look_at_line(&self) -> Line {
        let started = Instant::now();
        let asked = timeout(LINE_LIMIT, self.ask(doc! { "ping": 1 })).await;
        let round_trip = started.elapsed();
        let primary = self.members.primary();
        let failure = match asked {
            Ok(Ok(_)) => None,
            // A refusal is a response.
            Ok(Err(failure)) if failure.code.is_some() && !failure.is_lost() => None,
            Ok(Err(failure)) => Some(failure),
            Err(_) if primary.is_some() => Some(Failure::took_too_long()),
            Err(_) => Some(Failure::nobody_found()),
        };
        let problem = failure.map(|failure| match self.told(failure, Act::in_database("ping")) {
            StoreError::Unavailable { reason } => format!("The deployment can't be reached: {reason}."),
            StoreError::TookTooLong => {
                format!("The deployment did not answer within {} s.", LINE_LIMIT.as_secs())
            }
            error => format!("The deployment answered that {error}."),
        });
        Line {
            reachable: problem.is_none(),
            round_trip: problem.is_none().then_some(round_trip),
            problem,
            primary,
            members: u32::try_from(self.members.count()).ok(),
        }
    }
}
