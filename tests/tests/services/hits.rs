use std::future;

use tenantry_core::error::StoreError;
use tenantry_core::ports::{Call, Policy};
use tenantry_core::records::{
    OrganizationFilter, OrganizationQuery, PageStart, SortDirection, SortField, StatusFilter,
};
use tenantry_tests::console::{Console, Run};
use tenantry_tests::workspace::{StoreKind, TestWorkspace};

/// A store that finds one hit soon, and never a whole page of them.
struct OneByOne;

impl Policy for OneByOne {
    async fn call<T: Send>(
        &self,
        call: Call<'_>,
        store: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let query = format!("{:?}", call.arguments);
        if call.name == "organizations.page" && query.contains("limit: 100") && query.contains("Beginning") {
            future::pending::<()>().await;
        }
        store.await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_hit_of_a_slow_search_does_not_wait_for_the_others() {
    let workspace = TestWorkspace::open(StoreKind::SqliteOnFile).await;
    let console = Console::run(workspace.ports.clone().under(OneByOne), &workspace.clock, Run::default());
    let operator = console.operator().await;
    for name in ["north-1", "north-2", "north-3", "south"] {
        console.create(name).await;
    }
    let mut query = OrganizationQuery {
        filter: OrganizationFilter { search: "north".to_owned(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: 100,
    };
    let first = console.organizations.page(&operator, query.clone()).await.expect("a hit");
    let names = |page: &tenantry_core::records::OrganizationPage| -> Vec<String> {
        page.organizations.iter().map(|one| one.name.to_string()).collect()
    };
    assert_eq!(names(&first), ["north-1"]);
    query.start = PageStart::After(first.next.expect("the others come behind it"));
    let others = console.organizations.page(&operator, query).await.expect("the others");
    assert_eq!(names(&others), ["north-2", "north-3"]);
    assert_eq!(others.next, None);
}
