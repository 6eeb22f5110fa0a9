use serde_json::json;
use strum::VariantArray;

use crate::export::{Cell, Column};
use crate::records::{Head, Recorded};
use crate::values::StoredDate;

/// A column of an exported record: the fields that an entry's digest is made of, and the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum RecordColumn {
    /// The number; 0 in entries of earlier versions, `proof` in the last row.
    Number,
    /// When it was written, UTC.
    At,
    /// The person's address.
    Actor,
    /// The person's role.
    Role,
    /// The computer.
    Device,
    /// What happened.
    Kind,
    /// What became of it.
    Outcome,
    /// The organization's name.
    OrganizationName,
    /// The person or thing that it is about.
    Subject,
    /// The fields that changed, as JSON.
    Changes,
    /// Why.
    Reason,
    /// More for the reader; in the last row how to check the file.
    Detail,
    /// The operation's id.
    Operation,
    /// The person's account.
    Account,
    /// The organization's id.
    OrganizationId,
    /// The number of the entry that this one vouches for; in the last row of the newest entry.
    SealedNumber,
    /// The digest of the entry that this one vouches for; in the last row of the newest entry.
    SealedHash,
    /// The entry's own id.
    Id,
    /// The digest of the entry before.
    Previous,
    /// The entry's digest.
    Hash,
}

impl RecordColumn {
    /// Every column, in the order of the file.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// A row of an exported record.
pub enum RecordRow {
    /// An entry.
    Entry(Box<Recorded>),
    /// The last row: the newest entry when the file was written, and how to check the others.
    Proof(Head, StoredDate),
}

const HOW_TO_CHECK: &str = "Each hash is SHA-256 over every field of its row but the hash, in the order of the names, \
     empty ones left out: name and value, each after its length in bytes (8 bytes, big-endian); at is in milliseconds \
     since 1970. previous is the hash of the entry with the number before.";

impl Column for RecordColumn {
    type Row = RecordRow;

    const SHEET: &'static str = "Activity";

    fn header(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::At => "at",
            Self::Actor => "actor",
            Self::Role => "role",
            Self::Device => "device",
            Self::Kind => "kind",
            Self::Outcome => "outcome",
            Self::OrganizationName => "organization_name",
            Self::Subject => "subject",
            Self::Changes => "changes",
            Self::Reason => "reason",
            Self::Detail => "detail",
            Self::Operation => "operation",
            Self::Account => "account",
            Self::OrganizationId => "organization_id",
            Self::SealedNumber => "sealed_number",
            Self::SealedHash => "sealed_hash",
            Self::Id => "id",
            Self::Previous => "previous",
            Self::Hash => "hash",
        }
    }

    fn width(self) -> u16 {
        match self {
            Self::Number | Self::Outcome | Self::SealedNumber => 10,
            Self::At | Self::Role => 20,
            Self::Kind | Self::Device | Self::Id | Self::OrganizationId | Self::Operation => 26,
            Self::Actor | Self::OrganizationName | Self::Subject | Self::Account => 32,
            Self::Changes | Self::Reason | Self::Detail => 40,
            Self::SealedHash | Self::Previous | Self::Hash => 66,
        }
    }

    fn cell<'row>(self, row: &'row RecordRow, made: &'row mut String) -> Cell<'row> {
        match row {
            RecordRow::Entry(recorded) => self.of_entry(recorded, made),
            RecordRow::Proof(head, at) => self.of_proof(head, *at),
        }
    }
}

impl RecordColumn {
    fn of_entry<'row>(self, recorded: &'row Recorded, made: &'row mut String) -> Cell<'row> {
        let entry = &recorded.entry;
        let text = |text: &'row Option<String>| text.as_deref().map_or(Cell::Empty, Cell::Text);
        let digest = |text: &'row str| if text.is_empty() { Cell::Empty } else { Cell::Text(text) };
        match self {
            Self::Number => Cell::Number(recorded.number),
            Self::At => Cell::date(recorded.at.into()),
            Self::Actor => Cell::Text(&entry.actor),
            Self::Role => text(&entry.role),
            Self::Device => entry.device.as_ref().map_or(Cell::Empty, |device| Cell::Text(device.as_str())),
            Self::Kind => Cell::Text(entry.kind.as_str()),
            Self::Outcome => Cell::Text(entry.outcome.as_str()),
            Self::OrganizationName => text(&entry.organization_name),
            Self::Subject => text(&entry.subject),
            Self::Changes if entry.changes.is_empty() => Cell::Empty,
            Self::Changes => {
                *made = json!(entry.changes).to_string();
                Cell::Text(made)
            }
            Self::Reason => text(&entry.reason),
            Self::Detail => text(&entry.detail),
            Self::Operation => text(&entry.operation),
            Self::Account => text(&entry.account),
            Self::OrganizationId => match entry.organization_id {
                Some(id) => {
                    *made = id.to_hex();
                    Cell::Text(made)
                }
                None => Cell::Empty,
            },
            Self::SealedNumber => entry.sealed.as_ref().map_or(Cell::Empty, |head| Cell::Number(head.number)),
            Self::SealedHash => entry.sealed.as_ref().map_or(Cell::Empty, |head| Cell::Text(&head.hash)),
            Self::Id => Cell::Text(&recorded.id),
            Self::Previous => digest(&recorded.previous),
            Self::Hash => digest(&recorded.hash),
        }
    }

    fn of_proof(self, head: &Head, at: StoredDate) -> Cell<'_> {
        match self {
            Self::Number => Cell::Text("proof"),
            Self::At => Cell::date(at),
            Self::Detail => Cell::Text(HOW_TO_CHECK),
            Self::SealedNumber => Cell::Number(head.number),
            Self::SealedHash => Cell::Text(&head.hash),
            Self::Actor
            | Self::Role
            | Self::Device
            | Self::Kind
            | Self::Outcome
            | Self::OrganizationName
            | Self::Subject
            | Self::Changes
            | Self::Reason
            | Self::Operation
            | Self::Account
            | Self::OrganizationId
            | Self::Id
            | Self::Previous
            | Self::Hash => Cell::Empty,
        }
    }
}
