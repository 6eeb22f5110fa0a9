use super::step::Step;
use crate::capacity::INDEXES_OF_A_TENANT;
use crate::doctor::MendKind;
use crate::records::{ActivityEntry, ActivityKind, Change, CollectionIdentity, MendWord, OperationPlan};
use crate::rights::Actor;
use crate::values::{CollectionName, OneTimePassword, OrganizationId, OrganizationName};

/// What a mend is about to do.
pub(super) struct Plan {
    pub(super) mend: MendKind,
    pub(super) steps: Vec<Step>,
    /// Its entry in the journal, if it touches more than one thing.
    pub(super) journaled: Option<Journaled>,
    /// The organization that it is about, with its name as it is stored.
    pub(super) about: Option<(OrganizationId, String)>,
    /// The collection that it is about, if it is about no organization.
    pub(super) subject: Option<String>,
    /// The fields that change: before and after.
    pub(super) changes: Vec<(&'static str, Option<String>, Option<String>)>,
    /// The changes of an entry that is undone, which are turned round in this one.
    pub(super) turned: Vec<Change>,
    /// Shown once.
    pub(super) one_time: Option<OneTimePassword>,
    pub(super) can_be_undone: bool,
}

/// An entry in the journal.
pub(super) struct Journaled {
    pub(super) id: OrganizationId,
    pub(super) mend: MendWord,
    pub(super) name: OrganizationName,
    pub(super) from: Option<CollectionName>,
    pub(super) to: Option<CollectionName>,
    pub(super) collection: Option<CollectionIdentity>,
}

impl Plan {
    pub(super) fn new(mend: MendKind, steps: Vec<Step>) -> Self {
        Self {
            mend,
            steps,
            journaled: None,
            about: None,
            subject: None,
            changes: Vec::new(),
            turned: Vec::new(),
            one_time: None,
            can_be_undone: false,
        }
    }

    pub(super) fn about(self, id: OrganizationId, name: impl ToString) -> Self {
        Self { about: Some((id, name.to_string())), ..self }
    }

    pub(super) fn on(self, subject: impl ToString) -> Self {
        Self { subject: Some(subject.to_string()), ..self }
    }

    pub(super) fn changed(
        mut self,
        field: &'static str,
        before: Option<impl ToString>,
        after: Option<impl ToString>,
    ) -> Self {
        let text = |value: Option<String>| value;
        self.changes.push((
            field,
            text(before.map(|value| value.to_string())),
            text(after.map(|value| value.to_string())),
        ));
        self
    }

    pub(super) fn undoable(self) -> Self {
        Self { can_be_undone: true, ..self }
    }

    /// Whether it can be undone is up to what its entry has of what was there.
    pub(super) fn undoable_by_its_changes(self) -> Self {
        let change = |(field, before, after): &(&'static str, Option<String>, Option<String>)| Change {
            field: (*field).to_owned(),
            before: before.clone(),
            after: after.clone(),
        };
        let changes: Vec<Change> = self.changes.iter().map(change).collect();
        Self { can_be_undone: self.mend.can_be_undone(&changes), ..self }
    }

    /// How many collections and indexes there are more when it is done, where nothing of it is there yet.
    pub(super) fn makes(&self) -> (u64, u64) {
        let made = self.steps.iter().map(|step| match step {
            Step::Create { .. } => (1, INDEXES_OF_A_TENANT),
            Step::CreateLike { like, .. } => (1, like.indexes.len() as u64),
            Step::MakeIndex { .. } => (0, 1),
            _ => (0, 0),
        });
        let dropped = self.steps.iter().filter(|step| matches!(step, Step::DropIndex { .. })).count();
        let (collections, indexes) = made
            .fold((0, 0), |(collections, indexes), (more, further)| (collections + more, indexes + further));
        (collections, indexes.saturating_sub(dropped as u64))
    }

    pub(super) fn in_journal(self, journaled: Journaled) -> Self {
        Self { journaled: Some(journaled), ..self }
    }

    /// Its entry in the record.
    pub(super) fn entry(&self, actor: &Actor) -> ActivityEntry {
        let mut entry = ActivityEntry::of(actor, ActivityKind::Mended).with_detail(self.mend.as_str());
        if let Some((id, name)) = &self.about {
            entry = entry.about(*id, name);
        }
        if let Some(subject) = &self.subject {
            entry = entry.on(subject);
        }
        for (field, before, after) in &self.changes {
            entry = entry.changed(field, before.clone(), after.clone());
        }
        for Change { field, before, after } in &self.turned {
            entry = entry.changed(field, after.clone(), before.clone());
        }
        if self.one_time.is_some() { entry.changed_secret("password") } else { entry }
    }
}

impl Journaled {
    pub(super) fn plan(&self) -> OperationPlan {
        OperationPlan::Mend {
            mend: self.mend,
            name: self.name.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            collection: self.collection.clone(),
        }
    }
}
