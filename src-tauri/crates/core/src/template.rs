//! The template of tenant collections: what operators added to it, and how collections get it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use time::OffsetDateTime;

use crate::access::Operations;
use crate::clock::{Clock, is_fresh};
use crate::error::AppError;
use crate::ports::Ports;
use crate::records::{ActivityEntry, ActivityKind, IndexKey, Template, TemplateIndex};
use crate::rights::{Act, Actor};
use crate::values::CollectionName;

/// How long an open workspace can miss a change that was made on another computer.
const FOLLOW_EVERY: Duration = Duration::from_secs(15);

/// Shows and changes the template, and gives it to new collections. The doctor's mends give it to those that exist.
pub struct TemplateService {
    ports: Ports,
    operations: Arc<Operations>,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<(Template, OffsetDateTime)>>,
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

    /// Gives a collection that was just made the indexes that operators added. The organization is there in any case:
    /// what cannot be made is found by the next pass.
    pub(crate) async fn complete(&self, name: &CollectionName) {
        for index in self.followed().await.indexes.iter().map(TemplateIndex::description) {
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

/// An index in the record.
fn text_of(index: &TemplateIndex) -> String {
    let mut text = index.name();
    if index.name.is_some() {
        let key = |key: &IndexKey| format!("{}: {}", key.field, key.kind.as_str());
        let keys: Vec<_> = index.keys.iter().map(key).collect();
        text = format!("{text} ({})", keys.join(", "));
    }
    for (option, is_set) in [("unique", index.unique), ("sparse", index.sparse)] {
        if is_set {
            text = format!("{text}, {option}");
        }
    }
    match index.expire_after_seconds {
        Some(seconds) => format!("{text}, deletes documents after {seconds} s"),
        None => text,
    }
}
