//! The template of tenant collections: what operators added to it, and how collections get it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bson::{Bson, Document, doc};
use futures_util::TryStreamExt;
use parking_lot::Mutex;
use time::OffsetDateTime;

use crate::access::Operations;
use crate::capacity::require_index_room;
use crate::clock::{Clock, is_fresh};
use crate::error::AppError;
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::ports::Ports;
use crate::records::{
    ActivityEntry, ActivityKind, IndexDescription, Organization, OrganizationFilter, OrganizationQuery,
    PageStart, SortDirection, SortField, StatusFilter, Template, TemplateIndex,
};
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, OrganizationId};

/// How long an open workspace can miss a change that was made on another computer.
const FOLLOW_EVERY: Duration = Duration::from_secs(15);

/// Shows and changes the template, and applies it.
pub struct TemplateService {
    ports: Ports,
    operations: Arc<Operations>,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<(Template, OffsetDateTime)>>,
}

/// What became of one organization when the template was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The organization.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// The names of the indexes that were made, or why none was.
    pub outcome: Result<Vec<String>, AppError>,
}

/// What applying the template came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedToAll {
    /// Those that had something to be made, in the order of their names.
    pub applied: Vec<Applied>,
    /// Those that had all of it.
    pub complete: u64,
    /// Whether it was stopped before the last.
    pub stopped: bool,
}

impl TemplateService {
    /// For one open workspace.
    pub fn new(ports: Ports, operations: Arc<Operations>, clock: Arc<dyn Clock>) -> Self {
        Self { ports, operations, clock, kept: Mutex::default() }
    }

    /// What operators added.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn current(&self, actor: &Actor) -> Result<Template, AppError> {
        actor.require(Act::Findings)?;
        let template = self.ports.settings.template().await?.unwrap_or_default();
        self.keep(&template);
        Ok(template)
    }

    /// Changes the template that somebody saw. Collections that exist stay as they are until it is applied.
    ///
    /// # Errors
    /// `InvalidInput` for an index that no server takes; `FactsChanged` if the template is another one by now: nothing
    /// was done; `Forbidden`, `Store`.
    pub async fn change(&self, actor: &Actor, seen: &Template, next: Template) -> Result<Template, AppError> {
        actor.require(Act::Mend)?;
        next.check()?;
        let stored = self.ports.settings.template().await?;
        let before = stored.clone().unwrap_or_default();
        if before == next {
            return Ok(next);
        }
        if before != *seen {
            return Err(AppError::FactsChanged);
        }
        self.operations.admit()?;
        let mut entry = ActivityEntry::of(actor, ActivityKind::TemplateChanged);
        for index in before.indexes.iter().filter(|index| !next.indexes.contains(index)) {
            entry = entry.changed("index", Some(text_of(index)), None);
        }
        for index in next.indexes.iter().filter(|index| !before.indexes.contains(index)) {
            entry = entry.changed("index", None, Some(text_of(index)));
        }
        let change = async {
            match self.ports.settings.change_template(stored.as_ref(), &next).await? {
                true => Ok(()),
                false => Err(AppError::FactsChanged),
            }
        };
        self.ports.recorded(entry, change).await?;
        self.keep(&next);
        Ok(next)
    }

    /// Makes the missing indexes of the template in all live organizations' collections, or in those of `chosen`, one
    /// by one. Stops when it is asked to, with what became of each until then.
    ///
    /// # Errors
    /// `Forbidden`, `Store`. What fails in one collection is its own result.
    pub async fn apply(
        &self,
        actor: &Actor,
        chosen: Option<&[OrganizationId]>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<AppliedToAll, AppError> {
        actor.require(Act::Mend)?;
        self.operations.admit()?;
        let template = self.current(actor).await?;
        let mut done = AppliedToAll { applied: Vec::new(), complete: 0, stopped: false };
        let chosen: Option<BTreeSet<OrganizationId>> = chosen.map(|ids| ids.iter().copied().collect());
        let query = everything();
        let total = match &chosen {
            Some(chosen) => Some(chosen.len() as u64),
            None => Some(self.ports.organizations.count(&query.filter).await?.live),
        };
        let mut looked = 0;
        let mut rows = self.ports.organizations.rows(&query);
        while let Some(batch) = rows.try_next().await? {
            let is_chosen =
                |row: &&Organization| chosen.as_ref().is_none_or(|chosen| chosen.contains(&row.id));
            for organization in batch.iter().filter(is_chosen) {
                if cancellation.checkpoint().is_err() {
                    return Ok(AppliedToAll { stopped: true, ..done });
                }
                let outcome = self.apply_to(actor, &template, organization).await;
                match outcome {
                    Ok(made) if made.is_empty() => done.complete += 1,
                    outcome => done.applied.push(Applied {
                        id: organization.id,
                        name: organization.name.to_string(),
                        outcome,
                    }),
                }
                looked += 1;
                progress.report(Progress { done: looked, total });
            }
        }
        Ok(done)
    }

    async fn apply_to(
        &self,
        actor: &Actor,
        template: &Template,
        organization: &Organization,
    ) -> Result<Vec<String>, AppError> {
        let name = organization.collection();
        let found = self.ports.collections.describe(&name).await?;
        let found = found.ok_or_else(|| AppError::DataMissing { collection: name.to_string() })?;
        let accepted = self.ports.settings.accepted_of(organization.id).await?;
        let is_accepted = |index: &IndexDescription| {
            let accepted = accepted.as_ref().map(|accepted| &accepted.differences);
            let of_it = format!("index {}:", index.name);
            accepted.is_some_and(|differences| differences.iter().any(|one| one.starts_with(&of_it)))
        };
        let wanted = template.all().iter().map(description_of).collect::<Vec<_>>();
        let missing = wanted.into_iter().filter(|index| {
            !found.indexes.iter().any(|there| there.name == index.name) && !is_accepted(index)
        });
        let missing: Vec<IndexDescription> = missing.collect();
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        require_index_room(found.indexes.len() as u64, missing.len() as u64)?;
        let mut entry = ActivityEntry::of(actor, ActivityKind::Mended)
            .with_detail("create_indexes")
            .about(organization.id, &organization.name);
        for index in &missing {
            entry = entry.changed("index", None, Some(index.name.clone()));
        }
        let made = async {
            for index in &missing {
                self.ports.collections.create_index(&name, index).await?;
            }
            Ok::<_, AppError>(())
        };
        self.ports.recorded(entry, made).await?;
        Ok(missing.into_iter().map(|index| index.name).collect())
    }

    /// Gives a collection that was just made the indexes that operators added. The organization is there in any case:
    /// what cannot be made is found by the next pass.
    pub(crate) async fn complete(&self, name: &CollectionName) {
        for index in self.followed().await.indexes.iter().map(description_of) {
            if let Err(error) = self.ports.collections.create_index(name, &index).await {
                tracing::warn!(collection = %name, index = index.name, %error, "an index could not be made");
            }
        }
    }

    /// The template, as it was at most 15 seconds ago; the last one that could be read if it cannot be.
    pub(crate) async fn followed(&self) -> Template {
        let now = self.clock.now();
        let kept = self.kept.lock().clone();
        if let Some((template, read_at)) = &kept
            && is_fresh(*read_at, now, FOLLOW_EVERY)
        {
            return template.clone();
        }
        match self.ports.settings.template().await {
            Ok(found) => {
                let template = found.unwrap_or_default();
                self.keep(&template);
                template
            }
            Err(error) => {
                tracing::debug!(%error, "the template could not be read");
                kept.map(|(template, _)| template).unwrap_or_default()
            }
        }
    }

    fn keep(&self, template: &Template) {
        *self.kept.lock() = Some((template.clone(), self.clock.now()));
    }
}

fn everything() -> OrganizationQuery {
    OrganizationQuery {
        filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
        sort: SortField::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: u32::MAX,
    }
}

/// An index of the template as a store makes it.
pub fn description_of(index: &TemplateIndex) -> IndexDescription {
    let key: Document = index
        .keys
        .iter()
        .map(|key| {
            let value = key.kind.direction().map_or_else(|| Bson::from(key.kind.as_str()), Bson::from);
            (key.field.clone(), value)
        })
        .collect();
    let mut definition = doc! { "key": key, "name": index.name() };
    for (option, is_set) in [("unique", index.unique), ("sparse", index.sparse)] {
        if is_set {
            definition.insert(option, true);
        }
    }
    // Can't fail: its parts are short and plain.
    IndexDescription { name: index.name(), definition: definition.to_vec().unwrap_or_default() }
}

/// An index in the record.
fn text_of(index: &TemplateIndex) -> String {
    let option = |is_set: bool, word: &str| if is_set { format!(", {word}") } else { String::new() };
    format!("{}{}{}", index.name(), option(index.unique, "unique"), option(index.sparse, "sparse"))
}
