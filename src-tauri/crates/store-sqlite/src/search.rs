//! Lists: pages, counts and the search in them.
//!
//! A list is read in the order of an index, one ordered run per status, until the page is full. A search with few
//! matches is the exception: reading in order would pass most of the table before a page is full, so the matches are
//! first collected, by trigrams or from the index of the search text, and sorted.

use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};
use tenantry_core::StoreError;
use tenantry_core::records::{
    Batches, Organization, OrganizationCounts, OrganizationFilter, OrganizationPage, OrganizationQuery,
    PageStart, SortDirection, SortField, SortPlace, StatusFilter, Unshowable,
};
use tokio::sync::mpsc::Sender;

use crate::connections::{Connections, read_in_one_state};
use crate::errors::Outcome;
use crate::records::{Shelf, bytes, lower_cased};

/// Up to this many matches are collected and sorted. Above it, reading in order fills a page soon enough.
const FEW: usize = 4_000;
/// A trigram index finds nothing shorter.
const TRIGRAM: usize = 3;

type Parameters = Vec<(&'static str, Value)>;

/// A search text, lowercase.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// Everything matches.
    Any,
    /// Nothing can match: no stored field has such a character.
    Impossible,
    /// Too short for trigrams.
    Short(String),
    /// Long enough for trigrams.
    Long(String),
}

impl Term {
    fn parse(search: &str) -> Self {
        let text = lower_cased(search);
        if text.is_empty() {
            Self::Any
        } else if text.contains(['\n', '\0']) {
            Self::Impossible
        } else if text.chars().count() < TRIGRAM {
            Self::Short(text)
        } else {
            Self::Long(text)
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Any | Self::Impossible => None,
            Self::Short(text) | Self::Long(text) => Some(text),
        }
    }

    /// The statement that finds the positions of the matches in a table, and its text.
    fn statement(&self, shelf: Shelf) -> Option<(String, &str)> {
        let table = shelf.table();
        match self {
            Self::Any | Self::Impossible => None,
            Self::Short(text) => Some((
                format!(
                    "SELECT position FROM {table} INDEXED BY {table}_by_search_text \
                     WHERE instr(search_text, :text) > 0 LIMIT {}",
                    FEW + 1
                ),
                text,
            )),
            // In quotes, with inner ones doubled: the trigrams of a phrase, in order, are the text itself.
            Self::Long(text) => Some((
                format!(
                    r#"SELECT rowid FROM {table}_search('"' || replace(:text, '"', '""') || '"') LIMIT {}"#,
                    FEW + 1
                ),
                text,
            )),
        }
    }
}

/// A page of a list.
pub(crate) fn page(connection: &Connection, query: &OrganizationQuery) -> Outcome<OrganizationPage> {
    let term = Term::parse(&query.filter.search);
    if term == Term::Impossible || query.limit == 0 {
        return Ok(OrganizationPage { organizations: Vec::new(), previous: None, next: None });
    }
    let positions = few_matches(connection, shelf_of(&query.filter), &query.filter, &term)?;
    // One row more is read, to know whether there is a next page.
    let limit = query.limit as usize;
    let mut rows = rows(connection, query, &term, positions.as_ref())?;
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let place = |row: Option<&Organization>| row.map(|row| query.sort.cursor(row));
    if rows.is_empty() && matches!(query.start, PageStart::Row { .. }) {
        let backwards = !query.backwards;
        let from_end = OrganizationQuery { backwards, start: PageStart::Beginning, ..query.clone() };
        let mut rows = self::rows(connection, &from_end, &term, positions.as_ref())?;
        let is_whole = rows.len() <= limit;
        rows.truncate(limit);
        rows.reverse();
        let previous = place(rows.first()).filter(|_| !is_whole);
        return Ok(OrganizationPage { organizations: rows, previous, next: None });
    }
    Ok(OrganizationPage {
        previous: place(rows.first()).filter(|_| !starts_at_the_beginning(query)),
        next: place(rows.last()).filter(|_| !is_last),
        organizations: rows,
    })
}

fn rows(
    connection: &Connection,
    query: &OrganizationQuery,
    term: &Term,
    positions: Option<&String>,
) -> Outcome<Vec<Organization>> {
    let Some((sql, parameters)) = listed(query, term, positions)? else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let shelf = shelf_of(&query.filter);
    let rows = statement.query_map(&*bound(&parameters), |row| shelf.organization(row))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// The statement of a list; `None` if nothing is left to read. It finds a row more than is wanted.
fn listed(
    query: &OrganizationQuery,
    term: &Term,
    positions: Option<&String>,
) -> Outcome<Option<(String, Parameters)>> {
    match positions {
        Some(positions) => collected(query, positions.clone()).map(Some),
        None => in_order(query, term.text()),
    }
}

/// Hands the rows of a list on in batches, until the receiver is gone.
pub(crate) fn stream(
    connections: &Connections,
    mut query: OrganizationQuery,
    receiver: &Sender<Vec<Organization>>,
) -> Outcome<()> {
    let hand_on = |batch| receiver.blocking_send(batch).is_ok();
    if connections.path().is_some() {
        return connections.read(|connection| {
            read_in_one_state(connection, |connection| read_in_batches(connection, &query, hand_on))
        });
    }
    // In memory there is one connection, and what is done with the rows may need it.
    loop {
        let mut batch = Vec::new();
        let read_one = |connection: &mut Connection| {
            read_in_batches(connection, &query, |first| {
                batch = first;
                false
            })
        };
        connections.read(read_one)?;
        let Some(last) = batch.last() else { return Ok(()) };
        query.start = PageStart::After(query.sort.cursor(last));
        query.limit = query.limit.saturating_sub(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        if !hand_on(batch) {
            return Ok(());
        }
    }
}

/// Reads a list until its end, or until `hand_on` wants no more.
fn read_in_batches(
    connection: &Connection,
    query: &OrganizationQuery,
    mut hand_on: impl FnMut(Vec<Organization>) -> bool,
) -> Outcome<()> {
    let term = Term::parse(&query.filter.search);
    if term == Term::Impossible || query.limit == 0 {
        return Ok(());
    }
    let shelf = shelf_of(&query.filter);
    let positions = few_matches(connection, shelf, &query.filter, &term)?;
    let Some((sql, parameters)) = listed(query, &term, positions.as_ref())? else { return Ok(()) };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(&*bound(&parameters))?;
    let mut batches = Batches::default();
    let mut left = query.limit;
    while left > 0
        && let Some(row) = rows.next()?
    {
        left -= 1;
        let row = shelf.organization(row)?;
        let bytes = size_of(&row);
        if let Some(batch) = batches.add(row, bytes)
            && !hand_on(batch)
        {
            return Ok(());
        }
    }
    let rest = batches.take();
    if !rest.is_empty() {
        hand_on(rest);
    }
    Ok(())
}

/// The bytes of an organization's texts.
fn size_of(organization: &Organization) -> usize {
    organization.name.as_str().len()
        + organization.display_name.as_ref().map_or(0, |name| name.as_str().len())
        + organization.admin_email.as_str().len()
}

/// The number of matches by status.
pub(crate) fn count(connection: &Connection, filter: &OrganizationFilter) -> Outcome<OrganizationCounts> {
    let term = Term::parse(&filter.search);
    let mut counts =
        OrganizationCounts { deactivated: Some(0), exact: true, ..OrganizationCounts::default() };
    // An id of this table is an ObjectId.
    counts.unshowable = Some(Unshowable::default());
    if term == Term::Impossible {
        return Ok(counts);
    }
    let (deactivated, active) = count_on(connection, Shelf::Live, filter, &term)?;
    (counts.live, counts.deactivated) = (deactivated + active, Some(deactivated));
    let (deactivated, active) = count_on(connection, Shelf::Trash, filter, &term)?;
    counts.trashed = deactivated + active;
    Ok(counts)
}

/// Deactivated and active ones.
fn count_on(
    connection: &Connection,
    shelf: Shelf,
    filter: &OrganizationFilter,
    term: &Term,
) -> Outcome<(u64, u64)> {
    let (sql, parameters) = match few_matches(connection, shelf, filter, term)? {
        Some(positions) => counted(shelf, positions),
        None => counted_in_order(shelf, filter, term),
    };
    let mut counts = (0, 0);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(&*bound(&parameters))?;
    while let Some(row) = rows.next()? {
        let count = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
        if row.get(0)? { counts.1 = count } else { counts.0 = count }
    }
    Ok(counts)
}

/// The positions of all matches, as a JSON array. `None` if there are many, or if another way is shorter.
fn few_matches(
    connection: &Connection,
    shelf: Shelf,
    filter: &OrganizationFilter,
    term: &Term,
) -> Outcome<Option<String>> {
    let Some((sql, text)) = term.statement(shelf).filter(|_| filter.only.is_none()) else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let positions = statement
        .query_map(&[(":text", text)], |row| row.get::<_, i64>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    if positions.len() > FEW {
        return Ok(None);
    }
    let positions: Vec<String> = positions.iter().map(i64::to_string).collect();
    Ok(Some(format!("[{}]", positions.join(","))))
}

fn counted(shelf: Shelf, positions: String) -> (String, Parameters) {
    let sql = format!(
        "SELECT row.is_active, count(*) FROM json_each(:positions) AS found \
         CROSS JOIN {} AS row ON row.position = found.value GROUP BY row.is_active",
        shelf.table()
    );
    (sql, vec![(":positions", Value::Text(positions))])
}

fn counted_in_order(shelf: Shelf, filter: &OrganizationFilter, term: &Term) -> (String, Parameters) {
    let table = shelf.table();
    if *term == Term::Any && filter.only.is_none() {
        let sql = format!("SELECT is_active, organizations FROM console_counts WHERE shelf = '{table}'");
        return (sql, Parameters::new());
    }
    let mut sql = format!("SELECT row.is_active, count(*) FROM {table} AS row WHERE true");
    let mut parameters = Parameters::new();
    narrow(filter, term.text(), &mut sql, &mut parameters);
    sql.push_str(" GROUP BY row.is_active");
    (sql, parameters)
}

/// Reads the list in the order of its index and skips rows that do not match. `None` if nothing is left to read.
fn in_order(query: &OrganizationQuery, text: Option<&str>) -> Outcome<Option<(String, Parameters)>> {
    let shelf = shelf_of(&query.filter);
    let mut parameters = vec![(":limit", Value::Integer(i64::from(query.limit) + 1))];
    let mut condition = String::new();
    narrow(&query.filter, text, &mut condition, &mut parameters);
    let place = Place::of(query, &mut parameters)?;
    let runs: Vec<String> = statuses(query.filter.status)
        .iter()
        .filter_map(|&is_active| {
            let after = place.within(query, is_active)?;
            Some(format!(
                "SELECT {} FROM {} AS row WHERE row.is_active = {}{after}{condition}",
                shelf.columns(),
                shelf.table(),
                u8::from(is_active),
            ))
        })
        .collect();
    if runs.is_empty() {
        return Ok(None);
    }
    let way = way(query.walk());
    let sql = format!(
        "{} ORDER BY {} {way}, id {way} LIMIT :limit{}",
        // The runs are merged while they are read: each is already in the order of its index.
        runs.join(" UNION ALL "),
        column(query.sort),
        offset(query),
    );
    // The run after the row's own is read from its beginning: alone, it does not use the id.
    if !sql.contains(":id") {
        parameters.retain(|(name, _)| *name != ":id");
    }
    Ok(Some((sql, parameters)))
}

/// Sorts the collected matches.
fn collected(query: &OrganizationQuery, positions: String) -> Outcome<(String, Parameters)> {
    let shelf = shelf_of(&query.filter);
    let mut parameters =
        vec![(":limit", Value::Integer(i64::from(query.limit) + 1)), (":positions", Value::Text(positions))];
    let status = match statuses(query.filter.status) {
        [only] => format!(" AND row.is_active = {}", u8::from(*only)),
        _ => String::new(),
    };
    let place = Place::of(query, &mut parameters)?;
    let way = way(query.walk());
    let sql = format!(
        // CROSS JOIN keeps the order of the tables: from the matches to their rows.
        "SELECT {} FROM json_each(:positions) AS found \
         CROSS JOIN {} AS row NOT INDEXED ON row.position = found.value WHERE true{status}{} \
         ORDER BY row.{} {way}, row.id {way} LIMIT :limit{}",
        shelf.columns(),
        shelf.table(),
        place.after(query),
        column(query.sort),
        offset(query),
    );
    Ok((sql, parameters))
}

/// The conditions of a filter that apply to every table and status.
fn narrow(filter: &OrganizationFilter, text: Option<&str>, sql: &mut String, parameters: &mut Parameters) {
    if let Some(only) = filter.only {
        sql.push_str(" AND row.id = :only");
        parameters.push((":only", Value::Blob(bytes(only).to_vec())));
    }
    if let Some(text) = text {
        sql.push_str(" AND instr(row.search_text, :text) > 0");
        parameters.push((":text", Value::Text(text.to_owned())));
    }
}

/// The row before a page.
enum Place {
    Beginning,
    /// A row whose sort column has a value of its own.
    Row,
    /// A row of this status, in a list by status.
    Status {
        is_active: bool,
    },
}

impl Place {
    fn of(query: &OrganizationQuery, parameters: &mut Parameters) -> Outcome<Self> {
        let PageStart::After(cursor) = &query.start else {
            return Ok(Self::Beginning);
        };
        let no_place = || StoreError::Unexpected { detail: "a cursor without a value".to_owned() };
        let SortPlace::Value(value) = &cursor.place else {
            return Err(no_place().into());
        };
        parameters.push((":id", Value::Blob(bytes(cursor.id).to_vec())));
        let number = || value.parse::<i64>().map_err(|_| no_place());
        match query.sort {
            SortField::Name | SortField::AdminEmail | SortField::CollectionName => {
                parameters.push((":value", Value::Text(value.clone())));
                Ok(Self::Row)
            }
            SortField::CreatedAt | SortField::UpdatedAt => {
                parameters.push((":value", Value::Integer(number()?)));
                Ok(Self::Row)
            }
            SortField::Status => Ok(Self::Status { is_active: number()? != 0 }),
        }
    }

    /// The rows after it in the run of one status; `None` if the whole run is before it.
    fn within(&self, query: &OrganizationQuery, run: bool) -> Option<String> {
        let than = than(query.walk());
        match self {
            Self::Beginning => Some(String::new()),
            Self::Row => Some(format!(" AND (row.{}, row.id) {than} (:value, :id)", column(query.sort))),
            Self::Status { is_active } if *is_active == run => Some(format!(" AND row.id {than} :id")),
            Self::Status { .. } => {
                let is_after = match query.walk() {
                    SortDirection::Ascending => run,
                    SortDirection::Descending => !run,
                };
                is_after.then(String::new)
            }
        }
    }

    /// The rows after it in all statuses.
    fn after(&self, query: &OrganizationQuery) -> String {
        let than = than(query.walk());
        match self {
            Self::Beginning => String::new(),
            Self::Row => format!(" AND (row.{}, row.id) {than} (:value, :id)", column(query.sort)),
            Self::Status { is_active } => {
                format!(" AND (row.is_active, row.id) {than} ({}, :id)", u8::from(*is_active))
            }
        }
    }
}

/// How many rows of the walk a page passes, by its row number.
fn passed(query: &OrganizationQuery) -> u64 {
    match query.start {
        PageStart::Beginning | PageStart::After(_) => 0,
        PageStart::Row { number, of } if query.backwards => of.saturating_sub(number.saturating_add(1)),
        PageStart::Row { number, .. } => number,
    }
}

fn starts_at_the_beginning(query: &OrganizationQuery) -> bool {
    !matches!(query.start, PageStart::After(_)) && passed(query) == 0
}

fn offset(query: &OrganizationQuery) -> String {
    match passed(query) {
        0 => String::new(),
        rows => format!(" OFFSET {rows}"),
    }
}

fn shelf_of(filter: &OrganizationFilter) -> Shelf {
    match filter.status {
        StatusFilter::All | StatusFilter::Active | StatusFilter::Deactivated => Shelf::Live,
        StatusFilter::Trashed => Shelf::Trash,
    }
}

/// The values of `is_active` in a list.
fn statuses(status: StatusFilter) -> &'static [bool] {
    match status {
        StatusFilter::All | StatusFilter::Trashed => &[false, true],
        StatusFilter::Active => &[true],
        StatusFilter::Deactivated => &[false],
    }
}

fn column(sort: SortField) -> &'static str {
    match sort {
        SortField::Name => "organization_name",
        SortField::Status => "is_active",
        SortField::AdminEmail => "admin_email",
        SortField::CollectionName => "collection_name",
        SortField::CreatedAt => "created_at",
        SortField::UpdatedAt => "updated_at",
    }
}

fn way(direction: SortDirection) -> &'static str {
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

fn bound<'a>(parameters: &'a [(&'static str, Value)]) -> Vec<(&'static str, &'a dyn ToSql)> {
    parameters.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect()
}

#[cfg(test)]
mod tests {
    use tenantry_core::records::Cursor;
    use tenantry_core::values::OrganizationId;

    use super::*;
    use crate::schema::{STEPS, migrate};

    const SORTS: [SortField; 6] = [
        SortField::Name,
        SortField::Status,
        SortField::AdminEmail,
        SortField::CollectionName,
        SortField::CreatedAt,
        SortField::UpdatedAt,
    ];
    const STATUSES: [StatusFilter; 4] =
        [StatusFilter::All, StatusFilter::Active, StatusFilter::Deactivated, StatusFilter::Trashed];

    fn connection() -> Connection {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, STEPS).expect("migrates");
        connection
    }

    fn plan(connection: &Connection, sql: &str, parameters: &Parameters) -> String {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement");
        let steps =
            statement.query_map(&*bound(parameters), |row| row.get::<_, String>("detail")).expect("a plan");
        steps.collect::<Result<Vec<_>, _>>().expect("steps").join("\n")
    }

    /// Every possible list, from its beginning and from a row on.
    fn queries() -> Vec<OrganizationQuery> {
        let mut queries = Vec::new();
        for sort in SORTS {
            for status in STATUSES {
                for direction in [SortDirection::Ascending, SortDirection::Descending] {
                    for value in [None, Some("0"), Some("1")] {
                        let start = value.map_or(PageStart::Beginning, |value| {
                            let place = SortPlace::Value(value.to_owned());
                            PageStart::After(Cursor { place, id: OrganizationId::new() })
                        });
                        let filter = OrganizationFilter { search: String::new(), status, only: None };
                        let backwards = false;
                        queries.push(OrganizationQuery {
                            filter,
                            sort,
                            direction,
                            backwards,
                            start,
                            limit: 50,
                        });
                    }
                }
            }
        }
        queries
    }

    #[test]
    fn every_list_is_read_in_the_order_of_an_index() {
        let connection = connection();
        for query in queries() {
            for text in [None, Some("ab")] {
                let Some((sql, parameters)) = in_order(&query, text).expect("a statement") else {
                    assert_eq!(query.sort, SortField::Status, "only a list by status passes a whole run");
                    continue;
                };
                let plan = plan(&connection, &sql, &parameters);
                assert!(!plan.contains("TEMP B-TREE"), "{query:?} sorts:\n{sql}\n{plan}");
                assert!(!plan.contains("SCAN"), "{query:?} reads everything:\n{sql}\n{plan}");
                if query.start != PageStart::Beginning && query.sort != SortField::Status {
                    let seeks = plan.lines().filter(|line| line.contains("SEARCH"));
                    let column = column(query.sort);
                    let place = format!("({column},id){}(?,?)", than(query.walk()));
                    for seek in seeks {
                        assert!(seek.contains(&place), "{query:?} reads what it has passed:\n{sql}\n{plan}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_search_reads_the_matches_only() {
        let connection = connection();
        for shelf in [Shelf::Live, Shelf::Trash] {
            let parameters = vec![(":text", Value::Text("acme".to_owned()))];
            let term = Term::parse("acme");
            let (sql, _) = term.statement(shelf).expect("a search");
            let steps = plan(&connection, &sql, &parameters);
            assert!(steps.contains("VIRTUAL TABLE INDEX"), "the trigrams are not asked:\n{steps}");
            let term = Term::parse("ac");
            let (sql, _) = term.statement(shelf).expect("a search");
            let steps = plan(&connection, &sql, &parameters);
            assert!(steps.contains("COVERING INDEX"), "a short search reads whole rows:\n{steps}");
        }
        for query in queries() {
            let (sql, parameters) = collected(&query, "[]".to_owned()).expect("a statement");
            let plan = plan(&connection, &sql, &parameters);
            assert!(plan.contains("USING INTEGER PRIMARY KEY"), "{query:?} does not go to the rows:\n{plan}");
        }
    }

    #[test]
    fn counting_does_not_read_organizations() {
        let connection = connection();
        let everything = OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None };
        for shelf in [Shelf::Live, Shelf::Trash] {
            let (sql, parameters) = counted_in_order(shelf, &everything, &Term::Any);
            let plan = plan(&connection, &sql, &parameters);
            assert!(plan.starts_with("SEARCH console_counts"), "{plan}");
            let (sql, parameters) = counted_in_order(shelf, &everything, &Term::parse("acme"));
            let plan = self::plan(&connection, &sql, &parameters);
            assert!(plan.contains("COVERING INDEX"), "a search that many match reads whole rows:\n{plan}");
        }
    }
}
