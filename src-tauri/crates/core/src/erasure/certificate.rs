use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use strum::{IntoStaticStr, VariantArray};

use crate::limits::RECORD_TEXT_MAX;
use crate::records::{ActivityEntry, ActivityKind, Change, Recorded};
use crate::rights::{Account, Actor};
use crate::values::OrganizationId;

/// The answer of a read that finds nothing.
const NONE: &str = "none";
const COLLECTION: &str = "in_collection";
const ENTRIES: &str = "record_entries";
const BUNDLES: &str = "bundles";
const DELETED_BY: &str = "deleted_by";
const DELETED_AT: &str = "deleted_at";
const DELETED_ENTRY: &str = "deleted_entry";
const ISSUED_AT: &str = "issued_at";

/// A place where an organization was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, VariantArray, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ErasedIn {
    /// Its document among the organizations.
    Document,
    /// Its copy in the trash.
    Trash,
    /// The collection with its documents, under the name of a live organization.
    Collection,
    /// The collection with its documents, under its name in the trash.
    CollectionInTrash,
    /// Memberships of people.
    People,
    /// Live sessions.
    Sessions,
    /// Failed sign-ins.
    SignInAttempts,
}

impl ErasedIn {
    /// Every place.
    pub const ALL: &[Self] = Self::VARIANTS;

    fn word(self) -> &'static str {
        self.into()
    }
}

/// What was in a place, and what is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ErasedPlace {
    /// The place.
    pub place: ErasedIn,
    /// How much was there; `null` if that is not known any more.
    pub removed: Option<String>,
    /// The read that shows what is there, for a MongoDB shell. A file was asked the same.
    pub read: String,
    /// Its answer.
    pub answer: String,
    /// Whether nothing is there.
    pub absent: bool,
}

/// What shows that nothing is left of an organization. It holds facts as the record keeps them, so that it is the same
/// when it is read from there again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The organization.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// Who asked for the certificate.
    pub issued_by: String,
    facts: Vec<Change>,
}

impl Certificate {
    pub(super) fn begin(organization: OrganizationId, name: String, issued_by: &Actor, at: String) -> Self {
        let issued_by = issued_by.email().to_owned();
        let mut certificate = Self { organization, name, issued_by, facts: Vec::new() };
        certificate.tell(ISSUED_AT, None, at);
        certificate
    }

    /// Who deleted it, when, and the entry of the record.
    pub(super) fn deleted(&mut self, entry: &Recorded, at: String) {
        self.tell(DELETED_BY, None, entry.entry.actor.clone());
        self.tell(DELETED_AT, None, at);
        self.tell(DELETED_ENTRY, Some(entry.number.to_string()), entry.hash.clone());
    }

    pub(super) fn collection(&mut self, name: Option<&str>) {
        self.tell(COLLECTION, None, name.unwrap_or_default().to_owned());
    }

    /// `found` is the answer of the read; `None` if it finds nothing.
    pub(super) fn place(&mut self, place: ErasedIn, removed: Option<String>, found: Option<String>) {
        self.tell(place.word(), removed, found.unwrap_or_else(|| NONE.to_owned()));
    }

    pub(super) fn remains(&mut self, entries: u64, bundles: &[String]) {
        self.tell(ENTRIES, None, entries.to_string());
        self.tell(BUNDLES, None, bundles.join("\n"));
    }

    fn tell(&mut self, field: &str, before: Option<String>, after: String) {
        let cut = |text: String| text.chars().take(RECORD_TEXT_MAX).collect::<String>();
        self.facts.push(Change { field: field.to_owned(), before: before.map(cut), after: Some(cut(after)) });
    }

    /// The entry that chains it into the record.
    pub(super) fn entry(&self, actor: &Actor) -> ActivityEntry {
        let entry = ActivityEntry::of(actor, ActivityKind::OrganizationErased);
        let entry =
            entry.about(self.organization, &self.name).with_detail(format!("sha256:{}", self.digest()));
        ActivityEntry { changes: self.facts.clone(), ..entry }
    }

    /// The certificate of an entry; `None` if the entry is of another kind, or its digest is not that of its facts.
    pub fn of(recorded: &Recorded) -> Option<Self> {
        let entry = &recorded.entry;
        if entry.kind != ActivityKind::OrganizationErased {
            return None;
        }
        let certificate = Self {
            organization: entry.organization_id?,
            name: entry.organization_name.clone()?,
            issued_by: entry.actor.clone(),
            facts: entry.changes.clone(),
        };
        let is_genuine = entry.detail.as_deref() == Some(&format!("sha256:{}", certificate.digest()));
        is_genuine.then_some(certificate)
    }

    /// SHA-256 of the facts, in hex: of each text its length in bytes (eight bytes, big-endian) and the text itself.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        };
        add(&self.organization.to_string());
        add(&self.name);
        for Change { field, before, after } in &self.facts {
            add(field);
            add(before.as_deref().unwrap_or_default());
            add(after.as_deref().unwrap_or_default());
        }
        hex::encode(digest.finalize())
    }

    fn fact(&self, field: &str) -> Option<&Change> {
        self.facts.iter().find(|fact| fact.field == field)
    }

    fn text(&self, field: &str) -> &str {
        self.fact(field).and_then(|fact| fact.after.as_deref()).unwrap_or_default()
    }

    /// Who deleted it.
    pub fn deleted_by(&self) -> &str {
        self.text(DELETED_BY)
    }

    /// When, RFC 3339.
    pub fn deleted_at(&self) -> &str {
        self.text(DELETED_AT)
    }

    /// The number of the record's entry about the deletion.
    pub fn deleted_entry(&self) -> &str {
        self.fact(DELETED_ENTRY).and_then(|fact| fact.before.as_deref()).unwrap_or_default()
    }

    /// When the reads were made, RFC 3339.
    pub fn issued_at(&self) -> &str {
        self.text(ISSUED_AT)
    }

    /// The number of entries about it in the record, which stay: each is a link of the chain.
    pub fn record_entries(&self) -> &str {
        self.text(ENTRIES)
    }

    /// The bundles that the record knows of: files, which nobody but their owners can delete.
    pub fn bundles(&self) -> Vec<&str> {
        self.text(BUNDLES).lines().filter(|line| !line.is_empty()).collect()
    }

    /// Every place with what was removed and what shows its absence.
    pub fn places(&self) -> Vec<ErasedPlace> {
        let of_place = |place: &ErasedIn| {
            let fact = self.fact(place.word())?;
            let answer = fact.after.clone().unwrap_or_default();
            Some(ErasedPlace {
                place: *place,
                removed: fact.before.clone(),
                read: self.read(*place),
                absent: answer == NONE,
                answer,
            })
        };
        ErasedIn::ALL.iter().filter_map(of_place).collect()
    }

    fn read(&self, place: ErasedIn) -> String {
        let id = self.organization;
        let counted = |collection: &str, filter: String| format!("db.{collection}.countDocuments({filter})");
        let named = |name: &str| format!("db.getCollectionNames().includes(\"{name}\")");
        match place {
            ErasedIn::Document => counted("organizations", format!("{{ _id: ObjectId(\"{id}\") }}")),
            ErasedIn::Trash => counted("console_trash", format!("{{ _id: ObjectId(\"{id}\") }}")),
            ErasedIn::Collection => named(&format!("org_{}", self.name)),
            ErasedIn::CollectionInTrash => named(self.text(COLLECTION)),
            ErasedIn::People => {
                let filter = format!("{{ \"memberships.organization_id\": ObjectId(\"{id}\") }}");
                counted("console_people", filter)
            }
            ErasedIn::Sessions => {
                counted("console_sessions", format!("{{ organization_id: ObjectId(\"{id}\") }}"))
            }
            ErasedIn::SignInAttempts => {
                counted("console_sign_in_attempts", format!("{{ _id: \"{}\" }}", key_of(id)))
            }
        }
    }

    /// The file: facts for programs, and the same as lines for people.
    pub fn to_json(&self) -> Value {
        json!({
            "certificate": "erasure of an organization",
            "organizationId": self.organization.to_string(),
            "name": self.name,
            "deletedBy": self.deleted_by(),
            "deletedAt": self.deleted_at(),
            "deletedEntry": self.deleted_entry(),
            "issuedBy": self.issued_by,
            "issuedAt": self.issued_at(),
            "places": self.places(),
            "remains": { "recordEntries": self.record_entries(), "bundles": self.bundles() },
            "digest": format!("sha256:{}", self.digest()),
            "text": self.to_lines(),
        })
    }

    fn to_lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("{} was deleted for good by {} at {}.", self.name, self.deleted_by(), self.deleted_at()),
            format!("Looked for by {} at {}:", self.issued_by, self.issued_at()),
        ];
        for ErasedPlace { place, removed, read, answer, .. } in self.places() {
            let removed = removed.unwrap_or_else(|| "not known any more".to_owned());
            lines.push(format!(
                "{}: there was {removed}; now {answer}. {read}",
                place.word().replace('_', " ")
            ));
        }
        lines.push(format!(
            "{} entries of the record are about it. They stay: without them the chain would break.",
            self.record_entries()
        ));
        match self.bundles().as_slice() {
            [] => lines.push("The record knows of no bundle of it.".to_owned()),
            known => {
                lines.push(format!("Bundles that the record knows of, which are files: {}", known.join(", ")))
            }
        }
        lines.push(format!("SHA-256 of these facts, as in the record: {}", self.digest()));
        lines
    }
}

/// The key under which failed sign-ins of an organization's admin are counted.
pub(super) fn key_of(id: OrganizationId) -> String {
    Account::Organization(id).key()
}

/// What deleting an organization in the trash for good runs, for a MongoDB shell. A file does the same to its tables.
/// `collection` is the one that it leaves, if there is one.
pub fn commands(id: OrganizationId, collection: Option<&str>) -> Vec<String> {
    let own = format!("ObjectId(\"{id}\")");
    let member = format!("\"memberships.organization_id\": {own}");
    let mut commands: Vec<String> =
        collection.map(|name| format!("db.getCollection(\"{name}\").drop()")).into_iter().collect();
    commands.extend([
        format!("db.console_trash.deleteOne({{ _id: {own} }})"),
        format!("db.console_people.deleteMany({{ {member}, memberships: {{ $size: 1 }} }})"),
        format!(
            "db.console_people.updateMany({{ {member} }}, {{ $pull: {{ memberships: {{ organization_id: {own} }} }} }})"
        ),
        format!("db.console_sessions.deleteMany({{ organization_id: {own} }})"),
        format!("db.console_sign_in_attempts.deleteOne({{ _id: \"{}\" }})", key_of(id)),
    ]);
    commands
}
