use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tenantry_core::error::StoreError;
use tenantry_core::export::{ExportColumn, ExportFormat, ExportRequest, ExportScope};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::limits::STATISTICS_AT_ONCE;
use tenantry_core::ports::{Call, Policy};
use tenantry_core::records::{SortDirection, SortField};
use tenantry_core::values::CollectionName;
use tenantry_tests::console::{Console, Run};
use tenantry_tests::suite::collection;
use tenantry_tests::workspace::{StoreKind, TestWorkspace};
use tokio::sync::Semaphore;

/// Reads statistics slowly, and counts concurrent reads.
struct Counting {
    /// This collection is read even while the others are held up.
    free: CollectionName,
    others: Semaphore,
    now: AtomicUsize,
    most: AtomicUsize,
}

/// The counting, shared with the test.
struct Counted(Arc<Counting>);

impl Policy for Counted {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        if call.name != "collections.statistics" {
            return store.await;
        }
        let Self(counting) = self;
        counting.most.fetch_max(counting.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        if format!("{:?}", call.arguments) != format!("[{:?}]", counting.free) {
            drop(counting.others.acquire().await);
        }
        counting.now.fetch_sub(1, Ordering::SeqCst);
        store.await
    }
}

#[tokio::test]
async fn whoever_asks_all_background_reads_together_are_a_few_at_a_time_and_a_person_waits_for_none() {
    let workspace = TestWorkspace::open(StoreKind::SqliteInMemory).await;
    let counting = Arc::new(Counting {
        free: collection("acme-0"),
        others: Semaphore::new(1),
        now: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    });
    let ports = workspace.ports.clone().under(Counted(counting.clone()));
    let console = Console::run(ports, &workspace.clock, Run::default());
    let operator = console.operator().await;
    let mut ids = Vec::new();
    for number in 0..24 {
        ids.push(console.create(&format!("acme-{number}")).await.id);
    }
    let request = ExportRequest {
        scope: ExportScope::All,
        columns: vec![ExportColumn::Documents],
        format: ExportFormat::Ndjson,
        sort: SortField::Name,
        direction: SortDirection::Ascending,
    };
    let cancellation = Cancellation::default();
    let export = console.exports.run(&operator, request, Box::new(std::io::sink()), &Quiet, &cancellation);
    let rows = |part: usize| console.collections.summaries(&operator, &ids[part * 8..][..8]);
    let (first, second, third, exported) = tokio::join!(rows(0), rows(1), rows(2), export);
    assert_eq!(exported.map(|exported| exported.rows), Ok(24));
    for summary in [first, second, third].into_iter().flat_map(|part| part.expect("rows")) {
        assert!(summary.outcome.is_ok());
    }
    assert_eq!(counting.most.load(Ordering::SeqCst), STATISTICS_AT_ONCE);

    workspace.clock.advance(Duration::from_secs(61));
    let held = counting.others.acquire().await.expect("a semaphore that nobody closes");
    let one = async {
        while counting.now.load(Ordering::SeqCst) < STATISTICS_AT_ONCE {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let read = console.collections.statistics(&operator, ids[0]);
        let read = tokio::time::timeout(Duration::from_secs(10), read).await;
        let still_waiting = counting.now.load(Ordering::SeqCst);
        drop(held);
        (read.is_ok_and(|read| read.is_ok()), still_waiting)
    };
    let (rows, (is_read, still_waiting)) = tokio::join!(rows(1), one);
    assert!(rows.is_ok() && is_read && still_waiting > 0, "what a person waits for stands behind a list");
}
