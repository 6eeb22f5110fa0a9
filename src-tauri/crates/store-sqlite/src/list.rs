//! A list in its order: one run of an index for each status, merged while they are read.
//!
//! Merged here and not by `UNION ALL`: SQLite would copy each row into a coroutine, and search a whole run for its next
//! match before it shows the other run's.

use std::cmp::Ordering;

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, Rows, params_from_iter};
use tenantry_core::StoreError;
use tenantry_core::records::{Cursor, OrganizationQuery, SortDirection, SortField, SortPlace, StatusFilter};
use tenantry_core::values::OrganizationId;

use crate::errors::Outcome;
use crate::records::{Shelf, bytes, organization_id};

/// A searched list shows itself after about this many rows, also if none of them matches: whoever reads it decides
/// whether to go on.
pub(crate) const SIGN_OF_LIFE: u64 = 64;
/// The rows that are shown anyway, by a scattered position: rows that follow each other in a list may have been
/// inserted at regular intervals.
const SHOWN_ANYWAY: &str = "(row.position * 40503 >> 10) % 64 = 0";

/// A statement with its values.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

/// A list from a place on.
pub(crate) struct List<'a> {
    pub(crate) query: &'a OrganizationQuery,
    /// The row before its first one.
    pub(crate) after: Option<&'a Cursor>,
    /// Whether it is walked from its end to its beginning.
    pub(crate) backwards: bool,
}

/// What is read of each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read<'a> {
    /// Sort value and id: an index has both.
    Places,
    /// Everything.
    Rows,
    /// Everything, with whether the row has this text at the end. Rows without it are passed, except for a
    /// [`SIGN_OF_LIFE`].
    Matches(&'a str),
}

impl<'a> List<'a> {
    pub(crate) fn shelf(&self) -> Shelf {
        shelf_of(self.query.filter.status)
    }

    pub(crate) fn direction(&self) -> SortDirection {
        let direction = self.query.direction;
        if self.backwards { direction.reversed() } else { direction }
    }

    /// The statements of its runs, without the runs that lie before its place.
    pub(crate) fn runs(&self, read: Read<'_>) -> Outcome<Vec<Run>> {
        let mut runs = self.parts(read)?;
        for run in &mut runs {
            run.sql.push_str(&format!(" ORDER BY {}", self.order("row.")));
        }
        Ok(runs)
    }

    /// The statement of the place of the row after `passed` others. Merged by SQLite, which passes them twice as fast.
    pub(crate) fn place(&self, passed: u64) -> Outcome<Run> {
        let parts = self.parts(Read::Places)?;
        let selects: Vec<_> = parts.iter().map(|run| run.sql.as_str()).collect();
        let sql = format!("{} ORDER BY {} LIMIT 1 OFFSET ?", selects.join(" UNION ALL "), self.order(""));
        let mut values: Vec<_> = parts.into_iter().flat_map(|run| run.values).collect();
        values.push(Value::Integer(i64::try_from(passed).unwrap_or(i64::MAX)));
        Ok(Run { sql, values })
    }

    fn order(&self, table: &str) -> String {
        let (column, way) = (column(self.query.sort), way(self.direction()));
        format!("{table}{column} {way}, {table}id {way}")
    }

    fn parts(&self, read: Read<'_>) -> Outcome<Vec<Run>> {
        let mut parts = Vec::new();
        for &run in self.statuses() {
            parts.extend(self.part(run, read)?);
        }
        Ok(parts)
    }

    /// The values of `is_active` with a run of their own; `None` is all rows at once.
    fn statuses(&self) -> &'static [Option<bool>] {
        match (self.query.filter.status, self.query.sort) {
            // The index that keeps the names unique has them all in their order.
            (StatusFilter::All, SortField::Name) => &[None],
            (StatusFilter::All | StatusFilter::Trashed, _) => &[Some(false), Some(true)],
            (StatusFilter::Active, _) => &[Some(true)],
            (StatusFilter::Deactivated, _) => &[Some(false)],
        }
    }

    fn part(&self, run: Option<bool>, read: Read<'_>) -> Outcome<Option<Run>> {
        let (shelf, column) = (self.shelf(), column(self.query.sort));
        let (mut columns, mut conditions, mut values) =
            (shelf.columns().to_owned(), String::new(), Vec::new());
        match read {
            Read::Places => columns = format!("row.{column}, row.id"),
            Read::Rows => {}
            Read::Matches(text) => {
                values.push(Value::Text(text.to_owned()));
                columns.push_str(", instr(row.search_text, ?1) > 0");
                conditions = format!(" AND (instr(row.search_text, ?1) > 0 OR {SHOWN_ANYWAY})");
            }
        }
        if let Some(is_active) = run {
            conditions.push_str(&format!(" AND row.is_active = {}", u8::from(is_active)));
        }
        if let Some(only) = &self.query.filter.only {
            conditions.push_str(only_these(only, &mut values));
        }
        if let Some(cursor) = self.after {
            let place = Place::of(cursor, self.query.sort)?;
            let Some(condition) = place.after_in(run, self.direction(), &mut values) else { return Ok(None) };
            conditions.push_str(&condition);
        }
        let sql = format!("SELECT {columns} FROM {} AS row WHERE true{conditions}", shelf.table());
        Ok(Some(Run { sql, values }))
    }

    /// Walks it row by row.
    pub(crate) fn walk<T>(
        &self,
        connection: &Connection,
        read: Read<'_>,
        work: impl FnOnce(&mut Walk<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        let runs = self.runs(read)?;
        let mut statements =
            runs.iter().map(|run| connection.prepare_cached(&run.sql)).collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::with_capacity(runs.len());
        for (statement, run) in statements.iter_mut().zip(runs) {
            rows.push(statement.query(params_from_iter(run.values))?);
        }
        work(&mut Walk { runs: rows, sort: position(self.query.sort), direction: self.direction(), at: None })
    }

    /// Hands its rows on, those with this text only, until `work` wants no more.
    pub(crate) fn each(
        &self,
        connection: &Connection,
        text: Option<&str>,
        mut work: impl FnMut(&Row<'_>) -> Outcome<bool>,
    ) -> Outcome<()> {
        let width = self.shelf().width();
        self.walk(connection, text.map_or(Read::Rows, Read::Matches), |walk| {
            while let Some(row) = walk.next()? {
                let is_shown = text.is_none() || row.get(width)?;
                if is_shown && !work(row)? {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The row after `passed` others from its beginning.
    pub(crate) fn place_at(&self, connection: &Connection, passed: u64) -> Outcome<Option<Cursor>> {
        let run = self.place(passed)?;
        let mut statement = connection.prepare_cached(&run.sql)?;
        let mut rows = statement.query(params_from_iter(run.values))?;
        rows.next()?.map(cursor).transpose()
    }
}

fn cursor(row: &Row<'_>) -> Outcome<Cursor> {
    let value = match row.get_ref(0)? {
        ValueRef::Integer(number) => number.to_string(),
        value => value.as_str().map_err(rusqlite::Error::from)?.to_owned(),
    };
    let id = organization_id(row.get_ref(1)?).map_err(rusqlite::Error::from)?;
    Ok(Cursor { place: SortPlace::Value(value), id })
}

/// The rows of a list, one after the other.
pub(crate) struct Walk<'s> {
    runs: Vec<Rows<'s>>,
    /// The column of the sort value.
    sort: usize,
    direction: SortDirection,
    /// The run of the last row.
    at: Option<usize>,
}

impl<'s> Walk<'s> {
    pub(crate) fn next(&mut self) -> Outcome<Option<&Row<'s>>> {
        for (number, run) in self.runs.iter_mut().enumerate() {
            if self.at.is_none_or(|at| at == number) {
                run.advance()?;
            }
        }
        let mut first: Option<(usize, &Row<'s>)> = None;
        for (number, run) in self.runs.iter().enumerate() {
            let Some(row) = run.get() else { continue };
            let is_first = match first {
                None => true,
                Some((_, other)) => self.is_before(row, other)?,
            };
            if is_first {
                first = Some((number, row));
            }
        }
        self.at = first.map(|(number, _)| number).or(self.at);
        Ok(first.map(|(_, row)| row))
    }

    fn is_before(&self, row: &Row<'_>, other: &Row<'_>) -> Outcome<bool> {
        let order = compared(row.get_ref(self.sort)?, other.get_ref(self.sort)?)
            .then(compared(row.get_ref(0)?, other.get_ref(0)?));
        Ok(match self.direction {
            SortDirection::Ascending => order == Ordering::Less,
            SortDirection::Descending => order == Ordering::Greater,
        })
    }
}

/// The order of two values of one column, as SQLite's.
fn compared(one: ValueRef<'_>, other: ValueRef<'_>) -> Ordering {
    match (one, other) {
        (ValueRef::Integer(one), ValueRef::Integer(other)) => one.cmp(&other),
        (ValueRef::Text(one), ValueRef::Text(other)) | (ValueRef::Blob(one), ValueRef::Blob(other)) => {
            one.cmp(other)
        }
        // A column has one type.
        (
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_),
            _,
        ) => Ordering::Equal,
    }
}

/// The row before a list's first one.
pub(crate) struct Place<'a> {
    sort: SortField,
    value: Value,
    cursor: &'a Cursor,
}

impl<'a> Place<'a> {
    pub(crate) fn of(cursor: &'a Cursor, sort: SortField) -> Outcome<Self> {
        let no_place = || StoreError::Unexpected { detail: "a cursor without a value".to_owned() };
        let SortPlace::Value(value) = &cursor.place else {
            return Err(no_place().into());
        };
        let value = match sort {
            SortField::Name | SortField::AdminEmail | SortField::CollectionName => Value::Text(value.clone()),
            SortField::CreatedAt | SortField::UpdatedAt | SortField::Status => {
                Value::Integer(value.parse().map_err(|_| no_place())?)
            }
        };
        Ok(Self { sort, value, cursor })
    }

    /// The condition for the rows after it in a run, with its values; `None` if the whole run is before it.
    fn after_in(
        &self,
        run: Option<bool>,
        direction: SortDirection,
        values: &mut Vec<Value>,
    ) -> Option<String> {
        let Some(run) = run.filter(|_| self.sort == SortField::Status) else {
            return Some(self.after(direction, values));
        };
        let own = self.value != Value::Integer(0);
        if run == own {
            values.push(self.id());
            return Some(format!(" AND row.id {} ?", than(direction)));
        }
        let is_after = match direction {
            SortDirection::Ascending => run,
            SortDirection::Descending => own,
        };
        is_after.then(String::new)
    }

    /// The condition for the rows after it, with its values.
    pub(crate) fn after(&self, direction: SortDirection, values: &mut Vec<Value>) -> String {
        values.extend([self.value.clone(), self.id()]);
        format!(" AND (row.{}, row.id) {} (?, ?)", column(self.sort), than(direction))
    }

    fn id(&self) -> Value {
        Value::Blob(bytes(self.cursor.id).to_vec())
    }
}

pub(crate) fn shelf_of(status: StatusFilter) -> Shelf {
    match status {
        StatusFilter::All | StatusFilter::Active | StatusFilter::Deactivated => Shelf::Live,
        StatusFilter::Trashed => Shelf::Trash,
    }
}

pub(crate) fn column(sort: SortField) -> &'static str {
    match sort {
        SortField::Name => "organization_name",
        SortField::Status => "is_active",
        SortField::AdminEmail => "admin_email",
        SortField::CollectionName => "collection_name",
        SortField::CreatedAt => "created_at",
        SortField::UpdatedAt => "updated_at",
    }
}

/// Where the sort's column stands among a shelf's.
fn position(sort: SortField) -> usize {
    match sort {
        SortField::Name => 1,
        SortField::CollectionName => 2,
        SortField::AdminEmail => 4,
        SortField::Status => 5,
        SortField::CreatedAt => 6,
        SortField::UpdatedAt => 7,
    }
}

pub(crate) fn way(direction: SortDirection) -> &'static str {
    match direction {
        SortDirection::Ascending => "ASC",
        SortDirection::Descending => "DESC",
    }
}

fn than(direction: SortDirection) -> &'static str {
    match direction {
        SortDirection::Ascending => ">",
        SortDirection::Descending => "<",
    }
}

/// The condition that a row is one of these, and its value.
pub(crate) fn only_these(only: &[OrganizationId], values: &mut Vec<Value>) -> &'static str {
    if let [only] = only {
        values.push(Value::Blob(bytes(*only).to_vec()));
        return " AND row.id = ?";
    }
    // One value, however many they are: a statement has room for so many only.
    let ids: Vec<String> = only.iter().map(|id| format!("\"{id}\"")).collect();
    values.push(Value::Text(format!("[{}]", ids.join(","))));
    " AND row.id IN (SELECT unhex(value) FROM json_each(?))"
}
