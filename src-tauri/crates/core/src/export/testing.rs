//! Shared by the tests of the formats.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use bson::oid::ObjectId;
use time::macros::datetime;

use super::{ExportColumn, ExportFormat, ExportRow, row_writer};
use crate::records::Organization;
use crate::values::{EmailAddress, OrganizationId, OrganizationName};

pub(super) const ALL_COLUMNS: [ExportColumn; 10] = [
    ExportColumn::Id,
    ExportColumn::Name,
    ExportColumn::DisplayName,
    ExportColumn::Status,
    ExportColumn::AdminEmail,
    ExportColumn::CollectionName,
    ExportColumn::CreatedAt,
    ExportColumn::UpdatedAt,
    ExportColumn::Documents,
    ExportColumn::DataSize,
];

/// A file in memory that outlives its writer.
#[derive(Clone, Default)]
pub(super) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no test panicked with it").clone()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no test panicked with it").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk without space.
pub(super) struct Full;

impl Write for Full {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn organization(name: &str) -> Organization {
    Organization {
        id: OrganizationId::from(ObjectId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7])),
        name: OrganizationName::from_stored(name.to_owned()),
        display_name: None,
        admin_email: EmailAddress::from_stored(format!("admin@{name}.example")),
        is_active: true,
        created_at: datetime!(2026-03-05 09:30:00.250 UTC).into(),
        updated_at: datetime!(2026-03-06 00:00 UTC).into(),
        session_version: 0,
        trashed: None,
    }
}

pub(super) fn row(name: &str) -> ExportRow {
    ExportRow { organization: organization(name), documents: Some(12), data_size: None }
}

pub(super) fn written(format: ExportFormat, columns: &[ExportColumn], rows: &[ExportRow]) -> Vec<u8> {
    let buffer = Buffer::default();
    let mut writer = row_writer(format, columns, Box::new(buffer.clone())).expect("started");
    for row in rows {
        writer.write_row(row).expect("written");
    }
    writer.finish().expect("finished");
    buffer.bytes()
}
