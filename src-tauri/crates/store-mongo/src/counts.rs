//! The numbers beside a list. Each collection is asked once, unless it is large; a page never waits for them.

use std::collections::BTreeMap;
use std::time::Duration;

use bson::{Document, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::options::{AggregateOptions, Hint};
use tenantry_connection::database::{ORGANIZATIONS, TRASH};
use tenantry_connection::failure::code;
use tenantry_core::StoreError;
use tenantry_core::records::{OrganizationCounts, OrganizationFilter, StatusFilter, Unshowable};

use crate::documents;
use crate::errors::Act;
use crate::open::MongoStore;
use crate::paging;

/// A number beside a list is not worth a longer wait.
const COUNT_LIMIT: Duration = Duration::from_secs(1);
const SEARCH_LIMIT: Duration = Duration::from_secs(2);
/// Organizations are counted one by one up to here, with the index of `_id`; beyond, the server's own number is used,
/// which can be wrong after an unclean stop.
const COUNTED_UP_TO: u64 = 20_000;

/// The server's name for the type of an id that lists show.
const OBJECT_ID: &str = "objectId";

/// Documents by the type of their `_id`.
#[derive(Default)]
struct ByType {
    documents: BTreeMap<String, u64>,
    deactivated: u64,
}

impl ByType {
    fn of(groups: &[RawDocumentBuf]) -> Self {
        let mut by_type = Self::default();
        for group in groups {
            let Some(id_type) = documents::text(group, "_id") else { continue };
            if id_type == OBJECT_ID {
                by_type.deactivated = documents::count(group, "deactivated").unwrap_or(0);
            }
            by_type.documents.insert(id_type, documents::count(group, "number").unwrap_or(0));
        }
        by_type
    }

    fn all(&self) -> u64 {
        self.documents.values().sum()
    }

    fn shown(&self) -> u64 {
        self.documents.get(OBJECT_ID).copied().unwrap_or(0)
    }
}

/// The documents of one collection.
struct Everything {
    shown: u64,
    is_exact: bool,
    /// `None` if the server gave up counting the others.
    by_type: Option<ByType>,
}

fn unshowable(live: &ByType, trashed: &ByType) -> Unshowable {
    let types = live.documents.keys().chain(trashed.documents.keys());
    Unshowable {
        live: live.all() - live.shown(),
        trashed: trashed.all() - trashed.shown(),
        id_types: types.filter(|id_type| *id_type != OBJECT_ID).cloned().collect(),
    }
}

impl MongoStore {
    /// The number of matches by status.
    pub(crate) async fn count_list(
        &self,
        filter: &OrganizationFilter,
    ) -> Result<OrganizationCounts, StoreError> {
        if filter.search.is_empty() && filter.only.is_none() {
            return self.count_everything().await;
        }
        let (live, trashed) = tokio::try_join!(
            self.matches(ORGANIZATIONS, filter, StatusFilter::All),
            self.matches(TRASH, filter, StatusFilter::Trashed),
        )?;
        Ok(OrganizationCounts {
            live: live.shown(),
            deactivated: Some(live.deactivated),
            trashed: trashed.shown(),
            exact: true,
            unshowable: Some(unshowable(&live, &trashed)),
        })
    }

    async fn count_everything(&self) -> Result<OrganizationCounts, StoreError> {
        let organizations = self.listed(ORGANIZATIONS);
        let deactivated = doc! { "is_active": documents::inactive(), "_id": paging::showable() };
        let deactivated = organizations.count_documents(deactivated).max_time(COUNT_LIMIT);
        let (live, deactivated, trashed) = tokio::try_join!(
            self.everything_in(ORGANIZATIONS),
            self.counted(ORGANIZATIONS, deactivated),
            self.everything_in(TRASH),
        )?;
        Ok(OrganizationCounts {
            live: live.shown,
            deactivated,
            trashed: trashed.shown,
            exact: live.is_exact && trashed.is_exact,
            unshowable: live.by_type.zip(trashed.by_type).map(|(live, trashed)| unshowable(&live, &trashed)),
        })
    }

    async fn everything_in(&self, collection: &'static str) -> Result<Everything, StoreError> {
        // The index alone has the ids: documents may be large.
        let by_id = Some(Hint::Keys(doc! { "_id": 1 }));
        let some = doc! { "$limit": i64::try_from(COUNTED_UP_TO).unwrap_or(i64::MAX).saturating_add(1) };
        let counted = self.by_type(collection, [some, grouped([])], COUNT_LIMIT, by_id.clone());
        if let Some(by_type) = self.counted(collection, counted).await?
            && by_type.all() <= COUNTED_UP_TO
        {
            return Ok(Everything { shown: by_type.shown(), is_exact: true, by_type: Some(by_type) });
        }
        let others = doc! { "$match": { "_id": { "$not": paging::showable() } } };
        let others = self.by_type(collection, [others, grouped([])], COUNT_LIMIT, by_id);
        let stored = self.listed(collection);
        let estimate = stored.estimated_document_count().max_time(COUNT_LIMIT);
        let (estimate, others) = tokio::try_join!(
            self.call(Act::on("find", collection), estimate),
            self.counted(collection, others),
        )?;
        // The server's own number includes them.
        let shown = estimate.saturating_sub(others.as_ref().map_or(0, ByType::all));
        Ok(Everything { shown, is_exact: false, by_type: others })
    }

    /// The matches in one collection, which is read once for all numbers.
    async fn matches(
        &self,
        collection: &'static str,
        filter: &OrganizationFilter,
        status: StatusFilter,
    ) -> Result<ByType, StoreError> {
        let mut matching = paging::filter(&OrganizationFilter { status, ..filter.clone() });
        // A session limited to one organization learns nothing about other documents.
        if filter.only.is_none() {
            matching.remove("_id");
        }
        let deactivated = doc! { "$sum": { "$cond": [documents::is_inactive(), 1, 0] } };
        let pipeline = [doc! { "$match": matching }, grouped([("deactivated", deactivated)])];
        let counted = self.by_type(collection, pipeline, SEARCH_LIMIT, None);
        self.call(Act::on("find", collection), counted).await
    }

    async fn by_type(
        &self,
        collection: &'static str,
        pipeline: [Document; 2],
        limit: Duration,
        hint: Option<Hint>,
    ) -> mongodb::error::Result<ByType> {
        let mut options = AggregateOptions::default();
        (options.max_time, options.hint) = (Some(limit), hint);
        let cursor = self.listed(collection).aggregate(pipeline).with_options(options).await?;
        let groups = cursor.with_type::<RawDocumentBuf>().try_collect::<Vec<_>>().await?;
        Ok(ByType::of(&groups))
    }

    /// A count; `None` if the server gave up for lack of time.
    async fn counted<T>(
        &self,
        collection: &'static str,
        count: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<Option<T>, StoreError> {
        match self.attempt(count).await {
            Ok(counted) => Ok(Some(counted)),
            Err(failure) if failure.is(code::MAX_TIME_MS_EXPIRED) => Ok(None),
            Err(failure) => Err(self.told(failure, Act::on("find", collection))),
        }
    }
}

/// The number of documents by the type of their `_id`, and other sums.
fn grouped<const N: usize>(others: [(&str, Document); N]) -> Document {
    let mut sums = doc! { "_id": { "$type": "$_id" }, "number": { "$sum": 1 } };
    sums.extend(others.map(|(name, sum)| (name.to_owned(), sum.into())));
    doc! { "$group": sums }
}
