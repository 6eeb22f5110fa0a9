//! One act on many organizations: one after the other, and as the window does it.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_core::limits::BULK_AT_ONCE;
use tenantry_core::sessions::Freshness;
use tenantry_core::values::{CollectionName, OrganizationId};
use tenantry_tests::proxy::Proxy;
use tenantry_tests::server::{Server, Topology};

use crate::aims::Aims;
use crate::measure::shown;
use crate::workspace::{Address, Workspace};
use crate::{Outcome, population};

/// Organizations of one bulk act.
const MANY: usize = 200;
/// How long each answer of the server is under way.
const LINE: Duration = Duration::from_millis(20);

/// Measures over a line that is slow enough to be felt.
pub(crate) async fn measure(aims: &mut Aims) -> Outcome<()> {
    println!("\n## Acts on {MANY} organizations, answers under way for {}\n", shown(LINE));
    let server = Server::start(Topology::ReplicaSet);
    let proxy = Proxy::before(server.address());
    let uri = format!("mongodb://{}/?directConnection=true", proxy.address());
    let workspace = Workspace::open(&Address::Database { uri, database: "bulk".to_owned() }).await?;
    let ids = fill(&workspace, 4 * MANY).await?;
    proxy.delay(LINE);
    println!("| act | one after the other | {BULK_AT_ONCE} at a time | times faster |");
    println!("| --- | ---: | ---: | ---: |");
    let parts: Vec<&[OrganizationId]> = ids.chunks(MANY).collect();
    let [one, two, three, four] = parts.as_slice() else { return Err("four parts were made".into()) };
    for (act, apart, together) in [(Act::Deactivate, one, two), (Act::Trash, three, four)] {
        let apart = run(&workspace, act, apart, 1).await?;
        let together = run(&workspace, act, together, BULK_AT_ONCE).await?;
        let faster = apart.as_secs_f64() / together.as_secs_f64();
        println!("| {} | {} | {} | {faster:.1} |", act.name(), shown(apart), shown(together));
        aims.at_least(format!("{} {MANY} organizations: times faster together", act.name()), faster, 4.0);
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Act {
    Deactivate,
    Trash,
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Self::Deactivate => "deactivate",
            Self::Trash => "move to the trash",
        }
    }
}

async fn run(workspace: &Workspace, act: Act, ids: &[OrganizationId], at_once: usize) -> Outcome<Duration> {
    let start = Instant::now();
    stream::iter(ids.to_vec())
        .map(|id| async move {
            let actor = workspace.actor(Freshness::Now).await?;
            match act {
                Act::Deactivate => workspace.organizations.deactivate(&actor, id).await?,
                Act::Trash => workspace.organizations.trash(&actor, id, None).await?,
            };
            Outcome::Ok(())
        })
        .buffer_unordered(at_once)
        .try_collect::<()>()
        .await?;
    Ok(start.elapsed())
}

/// Organizations with their collections.
async fn fill(workspace: &Workspace, count: usize) -> Outcome<Vec<OrganizationId>> {
    let mut ids = Vec::with_capacity(count);
    for number in 0..count {
        let new = population::another(format!("bulk-{number}"));
        workspace.ports.organizations.insert(&new).await?;
        workspace.ports.collections.create(&CollectionName::for_organization(&new.name)).await?;
        ids.push(new.id);
    }
    Ok(ids)
}
