//! The record: who did what to what, from which computer, and with which outcome. Each entry holds the digest of the
//! one before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strum::{IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use crate::limits::RECORD_TEXT_MAX;
use crate::values::{Device, OrganizationId};
use crate::words::words;

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, VariantArray, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ActivityKind {
    /// A workspace got its first operator.
    WorkspaceClaimed,
    /// A person signed in, or tried to; the outcome says which.
    SignedIn,
    /// Failed sign-ins paused an account. Only in entries of earlier versions.
    SignInThrottled,
    /// A person tried to sign in to an account with an unverifiable stored hash; the detail names its kind.
    PasswordUnverifiable,
    /// A person signed out.
    SignedOut,
    /// A session was ended by somebody.
    SessionEnded,
    /// A token was refused; the detail is the reason.
    SessionRefused,
    /// The failed sign-ins of an account were forgotten.
    ThrottleCleared,
    /// A token was copied to the clipboard.
    TokenCopied,
    /// An organization was created.
    OrganizationCreated,
    /// An organization got another name.
    OrganizationRenamed,
    /// Display name, address or password of an organization changed.
    OrganizationChanged,
    /// An organization was deactivated.
    OrganizationDeactivated,
    /// An organization was reactivated.
    OrganizationReactivated,
    /// An organization was moved to the trash.
    OrganizationTrashed,
    /// An organization came back from the trash.
    OrganizationRestored,
    /// An organization and its documents were deleted for good.
    OrganizationDeleted,
    /// Organizations were imported from a file, which is the subject; the detail has the counts. Each organization has
    /// its own entry beside it.
    OrganizationsImported,
    /// What shows that nothing of a deleted organization is left; the detail is the digest of its certificate.
    OrganizationErased,
    /// An organization was written to a bundle.
    BundleWritten,
    /// An organization came in from a bundle or another workspace.
    OrganizationReceived,
    /// An organization was copied or moved to another workspace; the detail says which.
    OrganizationMoved,
    /// An operator was added.
    OperatorAdded,
    /// Name or role of an operator changed.
    OperatorChanged,
    /// An operator was deactivated.
    OperatorDeactivated,
    /// An operator was reactivated.
    OperatorReactivated,
    /// An operator was removed.
    OperatorRemoved,
    /// A person of an organization was added.
    PersonAdded,
    /// Name or role of a person of an organization changed.
    PersonChanged,
    /// A person of an organization was deactivated.
    PersonDeactivated,
    /// A person of an organization was reactivated.
    PersonReactivated,
    /// A person of an organization was removed.
    PersonRemoved,
    /// A one-time password was set for somebody.
    OneTimePasswordSet,
    /// A person changed their own password.
    PasswordChanged,
    /// A person made a new recovery code.
    RecoveryCodeRenewed,
    /// An owner got in with a recovery code.
    OwnerRecovered,
    /// An owner was reset by whoever holds the connection string.
    OwnerReset,
    /// A list of organizations was exported.
    ListExported,
    /// A list of people was exported.
    PeopleExported,
    /// The record was exported.
    RecordExported,
    /// The record was verified; the detail is the result.
    RecordVerified,
    /// Old entries were moved into a file; `sealed` is the last of them.
    RecordArchived,
    /// Entries of an earlier version, which have no number: `sealed` is how many, and the digest of all.
    EarlierEntries,
    /// An operation that a crash left was finished.
    OperationFinished,
    /// An operation that a crash left was undone.
    OperationUndone,
    /// A person decided how an unresolvable operation ends.
    OperationDecided,
    /// A workspace was unlocked for writing.
    WorkspaceUnlocked,
    /// A workspace was locked again; the detail is the cause.
    WorkspaceLocked,
    /// A workspace, or a connection to it, permits more or less.
    PermitsChanged,
    /// A setting of the workspace changed.
    SettingChanged,
    /// Something that the doctor found was put right; the detail is the mend.
    Mended,
    /// The template of tenant collections changed, or what differs from it was accepted for an organization.
    TemplateChanged,
    /// Documents of a tenant were looked at.
    DocumentsRead,
    /// An act was refused because the role does not allow it; the detail names the act.
    ActRefused,
}

words!(ActivityKind);

/// What became of the act of an entry.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, VariantArray, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Outcome {
    /// It was done, unless a later entry of the same operation says otherwise.
    #[default]
    Done,
    /// No right, or a wrong password.
    Refused,
    /// The account had to wait.
    Throttled,
    /// It failed, and may be done in part; the detail says why.
    Failed,
    /// It failed, and nothing of it is left.
    Undone,
}

words!(Outcome);

/// A field that changed. Of a secret only that it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field: `name`, `email`, `role`.
    pub field: String,
    /// Its value before, if there was one and it is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its value now, if there is one and it is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// One entry, before it has a place in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityEntry {
    /// The email address of the person; `tenantry` for Tenantry itself.
    pub actor: String,
    /// The person's account, which keeps its key whatever becomes of the address.
    pub account: Option<String>,
    /// The word of the person's role at that time.
    pub role: Option<String>,
    /// The computer that it was done from.
    pub device: Option<Device>,
    /// What happened.
    pub kind: ActivityKind,
    /// The organization it is about.
    pub organization_id: Option<OrganizationId>,
    /// The organization's name at that time.
    pub organization_name: Option<String>,
    /// The person or thing that it is about, beside an organization.
    pub subject: Option<String>,
    /// The fields that changed.
    pub changes: Vec<Change>,
    /// Why, where a reason was asked for.
    pub reason: Option<String>,
    /// Random; the same in all entries about one act.
    pub operation: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// More for the reader: names and counts, never a secret.
    pub detail: Option<String>,
    /// What the entry vouches for: see [`ActivityKind::RecordArchived`] and [`ActivityKind::EarlierEntries`].
    pub sealed: Option<Head>,
}

impl ActivityEntry {
    /// An entry about somebody without a session, by their address.
    pub fn by(actor: impl Into<String>, kind: ActivityKind) -> Self {
        Self {
            actor: actor.into(),
            account: None,
            role: None,
            device: None,
            kind,
            organization_id: None,
            organization_name: None,
            subject: None,
            changes: Vec::new(),
            reason: None,
            operation: None,
            outcome: Outcome::Done,
            detail: None,
            sealed: None,
        }
    }

    /// An entry about something that Tenantry did by itself.
    pub fn by_tenantry(kind: ActivityKind) -> Self {
        Self::by("tenantry", kind)
    }

    /// About an organization, with its name at this time.
    #[must_use]
    pub fn about(self, id: OrganizationId, name: impl ToString) -> Self {
        Self { organization_id: Some(id), organization_name: Some(name.to_string()), ..self }
    }

    /// About a person or thing.
    #[must_use]
    pub fn on(self, subject: impl ToString) -> Self {
        Self { subject: Some(subject.to_string()), ..self }
    }

    /// A field changed; nothing is noted if both values are the same.
    #[must_use]
    pub fn changed(mut self, field: &str, before: Option<String>, after: Option<String>) -> Self {
        if before != after {
            self.changes.push(Change { field: field.to_owned(), before, after });
        }
        self
    }

    /// A secret changed: no value is noted.
    #[must_use]
    pub fn changed_secret(mut self, field: &str) -> Self {
        self.changes.push(Change { field: field.to_owned(), before: None, after: None });
        self
    }

    /// Why.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// Of the computer.
    #[must_use]
    pub fn from_device(self, device: Option<&Device>) -> Self {
        Self { device: device.cloned(), ..self }
    }

    /// More for the reader.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// With this outcome.
    #[must_use]
    pub fn ended(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// As a part of this operation.
    #[must_use]
    pub fn of_operation(self, operation: impl Into<String>) -> Self {
        Self { operation: Some(operation.into()), ..self }
    }

    /// Vouches for other entries.
    #[must_use]
    pub fn sealing(self, sealed: Head) -> Self {
        Self { sealed: Some(sealed), ..self }
    }

    /// The stored fields.
    fn fields(&self) -> BTreeMap<String, String> {
        let changes = (!self.changes.is_empty()).then(|| {
            let cut = |value: &Option<String>| value.as_deref().map(shortened);
            let shown: Vec<_> = self
                .changes
                .iter()
                .map(|change| Change {
                    field: shortened(&change.field),
                    before: cut(&change.before),
                    after: cut(&change.after),
                })
                .collect();
            serde_json::to_string(&shown).unwrap_or_default()
        });
        let text = |value: &Option<String>| value.as_deref().map(shortened);
        let sealed = self.sealed.as_ref();
        [
            ("actor", Some(shortened(&self.actor))),
            ("account", text(&self.account)),
            ("role", text(&self.role)),
            ("device", self.device.as_ref().map(|device| shortened(device.as_str()))),
            ("kind", Some(self.kind.as_str().to_owned())),
            ("organization_id", self.organization_id.map(|id| id.to_string())),
            ("organization_name", text(&self.organization_name)),
            ("subject", text(&self.subject)),
            ("changes", changes),
            ("reason", text(&self.reason)),
            ("operation", text(&self.operation)),
            ("outcome", Some(self.outcome.as_str().to_owned())),
            ("detail", text(&self.detail)),
            ("sealed_number", sealed.map(|head| head.number.to_string())),
            ("sealed_hash", sealed.map(|head| head.hash.clone())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }

    /// The entry of stored fields; `None` without an actor, or for a kind or outcome of a newer version.
    fn of_fields(fields: &BTreeMap<String, String>) -> Option<Self> {
        let text = |name: &str| fields.get(name).cloned();
        let changes = fields.get("changes").map(|changes| serde_json::from_str(changes).ok());
        let sealed = match (fields.get("sealed_number"), text("sealed_hash")) {
            (Some(number), Some(hash)) => Some(Head { number: number.parse().ok()?, hash }),
            (_, _) => None,
        };
        Some(Self {
            actor: text("actor")?,
            account: text("account"),
            role: text("role"),
            device: text("device").map(Device::from_stored),
            kind: ActivityKind::from_word(fields.get("kind")?)?,
            organization_id: fields.get("organization_id").and_then(|id| id.parse().ok()),
            organization_name: text("organization_name"),
            subject: text("subject"),
            changes: changes.unwrap_or_else(|| Some(Vec::new()))?,
            reason: text("reason"),
            operation: text("operation"),
            // Earlier versions recorded what was done only.
            outcome: fields.get("outcome").map_or(Some(Outcome::Done), |word| Outcome::from_word(word))?,
            detail: text("detail"),
            sealed,
        })
    }
}

/// Cut to what an entry can hold of one value: other software can store names of any length.
fn shortened(text: &str) -> String {
    text.chars().take(RECORD_TEXT_MAX).collect()
}

/// An entry's place in the record, and the digest that vouches for everything up to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Head {
    /// The entry's number.
    #[cfg_attr(feature = "wire", specta(type = u32))]
    pub number: u64,
    /// The entry's digest in hex.
    pub hash: String,
}

impl Head {
    /// What the first entry follows.
    pub fn before_the_first() -> Self {
        Self { number: 0, hash: "0".repeat(64) }
    }
}

/// An entry in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its number, from 1 on without a gap; 0 for entries of earlier versions, and for the one that vouches for them.
    pub number: u64,
    /// Its own id, which every entry has.
    pub id: String,
    /// When it was written, by the store's clock.
    pub at: OffsetDateTime,
    /// The digest of the entry before; empty in entries of earlier versions.
    pub previous: String,
    /// Its digest; empty in entries of earlier versions.
    pub hash: String,
    /// The entry.
    pub entry: ActivityEntry,
}

/// An entry as a store has it: all of its fields as text, also those of a newer version, and its digest.
///
/// `number` is a whole number, `at` milliseconds since 1970, `organization_id` hex, `changes` JSON. A store adds a
/// field that no entry has for what it cannot tell as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The fields by name, without the digest.
    pub fields: BTreeMap<String, String>,
    /// The digest, as stored.
    pub hash: String,
}

impl Stored {
    /// The entry that follows `previous`, with its digest.
    pub fn new(previous: &Head, id: &str, at: OffsetDateTime, entry: &ActivityEntry) -> Self {
        Self::numbered(previous.number + 1, &previous.hash, id, at, entry)
    }

    /// The entry that vouches for those of earlier versions. Its number is 0.
    pub fn of_earlier(earlier: &Head, id: &str, at: OffsetDateTime) -> Self {
        let entry = ActivityEntry::by_tenantry(ActivityKind::EarlierEntries)
            .with_detail(format!("{} entries of an earlier version", earlier.number))
            .sealing(earlier.clone());
        Self::numbered(0, &Head::before_the_first().hash, id, at, &entry)
    }

    fn numbered(number: u64, previous: &str, id: &str, at: OffsetDateTime, entry: &ActivityEntry) -> Self {
        let mut fields = entry.fields();
        let milliseconds = at.unix_timestamp_nanos() / 1_000_000;
        for (name, value) in [
            ("number", number.to_string()),
            ("previous", previous.to_owned()),
            ("id", id.to_owned()),
            ("at", milliseconds.to_string()),
        ] {
            fields.insert(name.to_owned(), value);
        }
        let mut stored = Self { fields, hash: String::new() };
        stored.hash = stored.digest();
        stored
    }

    /// The digest of the fields: SHA-256 over each field in the order of the names, its name and its value, each with
    /// its length in bytes before it (eight bytes, big-endian).
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for text in self.fields.iter().flat_map(|(name, value)| [name, value]) {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
        hex::encode(digest.finalize())
    }

    /// Its number; `None` for entries of earlier versions and for what is no number.
    pub fn number(&self) -> Option<u64> {
        self.fields.get("number")?.parse().ok()
    }

    /// The digest of the entry before, as stored.
    pub fn previous(&self) -> &str {
        self.fields.get("previous").map_or("", String::as_str)
    }

    /// Its place; 0 for entries of earlier versions.
    pub fn head(&self) -> Head {
        Head { number: self.number().unwrap_or(0), hash: self.hash.clone() }
    }

    /// When it was written; `None` if that cannot be read.
    pub fn at(&self) -> Option<OffsetDateTime> {
        let milliseconds: i128 = self.fields.get("at")?.parse().ok()?;
        OffsetDateTime::from_unix_timestamp_nanos(milliseconds.checked_mul(1_000_000)?).ok()
    }

    /// The entry; `None` if it cannot be read, or is of a newer version's kind.
    pub fn recorded(&self) -> Option<Recorded> {
        Some(Recorded {
            number: self.number().unwrap_or(0),
            id: self.fields.get("id").cloned().unwrap_or_default(),
            at: self.at()?,
            previous: self.previous().to_owned(),
            hash: self.hash.clone(),
            entry: ActivityEntry::of_fields(&self.fields)?,
        })
    }
}

/// Adds an entry of an earlier version to the count and the digest of all: SHA-256 of the digest so far and of the
/// entry's.
pub fn seal_earlier(so_far: &Head, entry: &Stored) -> Head {
    let digest = Sha256::digest(format!("{}{}", so_far.hash, entry.digest()).as_bytes());
    Head { number: so_far.number + 1, hash: hex::encode(digest) }
}

/// A place in the record, from which it is read towards older entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordCursor {
    /// Entries with a lower number.
    Before(u64),
    /// Entries of earlier versions, older than the one with this id; all of them if it is empty.
    Earlier(String),
}

impl RecordCursor {
    /// The text for the window.
    pub fn to_text(&self) -> String {
        match self {
            Self::Before(number) => number.to_string(),
            Self::Earlier(id) => format!("earlier:{id}"),
        }
    }

    /// Parses the text.
    pub fn from_text(text: &str) -> Option<Self> {
        match text.strip_prefix("earlier:") {
            Some(id) => Some(Self::Earlier(id.to_owned())),
            None => text.parse().ok().map(Self::Before),
        }
    }
}

/// Which entries to read, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordQuery {
    /// Those by a person, and those about them, by address.
    pub person: Option<String>,
    /// Those of an account.
    pub account: Option<String>,
    /// Those about an organization.
    pub organization: Option<OrganizationId>,
    /// Those of these kinds; all if there are none.
    pub kinds: Vec<ActivityKind>,
    /// Those with this outcome.
    pub outcome: Option<Outcome>,
    /// Those from this moment on.
    pub from: Option<OffsetDateTime>,
    /// Those before this moment.
    pub until: Option<OffsetDateTime>,
    /// Those with this text anywhere a person reads it, in any letter case.
    pub text: String,
    /// Those with a higher number.
    pub newer_than: Option<u64>,
    /// Where to go on; the newest entries without it.
    pub after: Option<RecordCursor>,
    /// How many entries at most.
    pub limit: u32,
}

impl RecordQuery {
    /// Whether an entry is one of them, wherever it stands.
    pub fn holds(&self, recorded: &Recorded) -> bool {
        let entry = &recorded.entry;
        self.person.as_ref().is_none_or(|person| {
            entry.actor == *person || entry.subject.as_ref().is_some_and(|subject| subject == person)
        }) && self.account.as_ref().is_none_or(|account| entry.account.as_ref() == Some(account))
            && self.organization.is_none_or(|id| entry.organization_id == Some(id))
            && (self.kinds.is_empty() || self.kinds.contains(&entry.kind))
            && self.outcome.is_none_or(|outcome| entry.outcome == outcome)
            && self.from.is_none_or(|from| recorded.at >= from)
            && self.until.is_none_or(|until| recorded.at < until)
            && self.newer_than.is_none_or(|number| recorded.number > number)
            && self.holds_text(entry)
    }

    fn holds_text(&self, entry: &ActivityEntry) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let sought = self.text.to_lowercase();
        let of_changes = entry.changes.iter().flat_map(|change| [&change.before, &change.after]);
        let read = [&entry.organization_name, &entry.subject, &entry.reason, &entry.detail]
            .into_iter()
            .chain(of_changes);
        let read = read.flatten().map(String::as_str).chain([entry.actor.as_str()]);
        let device = entry.device.as_ref().map(Device::as_str);
        read.chain(device).any(|text| text.to_lowercase().contains(&sought))
    }
}

/// A part of the record, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordPage {
    /// The entries. There can be fewer than asked for, even none, before the end: a page reads a bounded part of the
    /// record.
    pub entries: Vec<Recorded>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<RecordCursor>,
}
