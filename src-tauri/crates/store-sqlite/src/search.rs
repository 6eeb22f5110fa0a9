//! Lists: pages, counts and the search in them.
//!
//! A search has two ways. Reading the list in its order fills a page soon if many rows match; if few do, it is quicker
//! to collect the matches, by trigrams or from the index of the search text, and to sort them. Which one is quicker is
//! estimated from the first matches, and what either way has found is kept, so a wrong estimate costs little.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, Rows, params_from_iter};
use tenantry_core::records::{
    Batches, Cursor, Organization, OrganizationCounts, OrganizationFilter, OrganizationPage,
    OrganizationQuery, PageStart, StatusFilter, Unshowable,
};
use tokio::sync::mpsc::Sender;

use crate::connections::Connections;
use crate::errors::Outcome;
use crate::list::{List, Place, Read, Run, SIGN_OF_LIFE, Walk, column, only_these, shelf_of, way};
use crate::records::{Shelf, lower_cased};
use crate::statements::Statements;

/// A trigram index finds nothing shorter.
const TRIGRAM: usize = 3;
/// Matches from which the number of all matches is estimated.
const SAMPLE: usize = 32;
/// Rows whose reading nobody notices.
const LOOK: u64 = 4 * SIGN_OF_LIFE;
/// While one row is read in order, this many pass in the index of the search text.
const SCANNING: u64 = 8;

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
}

/// The statement that finds the positions of the matches in a table.
fn matches(shelf: Shelf, term: &Term) -> Option<Run> {
    let table = shelf.table();
    let (sql, text) = match term {
        Term::Any | Term::Impossible => return None,
        Term::Short(text) => (
            format!(
                "SELECT position FROM {table} INDEXED BY {table}_by_search_text WHERE instr(search_text, ?1) > 0"
            ),
            text,
        ),
        // In quotes, with inner ones doubled: the trigrams of a phrase, in order, are the text itself.
        Term::Long(text) => {
            (format!(r#"SELECT rowid FROM {table}_search('"' || replace(?1, '"', '""') || '"')"#), text)
        }
    };
    Some(Run { sql, values: vec![Value::Text(text.clone())] })
}

/// A page of a list.
pub(crate) fn page(connection: &Connection, query: &OrganizationQuery) -> Outcome<OrganizationPage> {
    let term = Term::parse(&query.filter.search);
    let empty = OrganizationPage { organizations: Vec::new(), previous: None, next: None };
    if term == Term::Impossible || query.limit == 0 {
        return Ok(empty);
    }
    let limit = query.limit as usize;
    // One row more is read, to know whether there is a next page.
    let (start, mut rows) = match start(connection, query, &term)? {
        Some(start) => {
            let rows = start.rows(connection, query, &term, limit + 1)?;
            (start, rows)
        }
        None => (Start::default(), Vec::new()),
    };
    let place = |row: Option<&Organization>| row.map(|row| query.sort.cursor(row));
    if rows.is_empty() && matches!(query.start, PageStart::Row { .. }) {
        let from_end = OrganizationQuery { backwards: !query.backwards, ..query.clone() };
        let mut rows = Start::default().rows(connection, &from_end, &term, limit + 1)?;
        let is_whole = rows.len() <= limit;
        rows.truncate(limit);
        rows.reverse();
        let previous = place(rows.first()).filter(|_| !is_whole);
        return Ok(OrganizationPage { organizations: rows, previous, next: None });
    }
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    Ok(OrganizationPage {
        previous: place(rows.first()).filter(|_| start != Start::default()),
        next: place(rows.last()).filter(|_| !is_last),
        organizations: rows,
    })
}

/// Where a page starts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Start {
    /// The row before it.
    after: Option<Cursor>,
    /// The rows to pass from there on.
    passed: u64,
}

/// Finds the start of a page; `None` if it lies beyond the end.
fn start(connection: &Connection, query: &OrganizationQuery, term: &Term) -> Outcome<Option<Start>> {
    let (number, of) = match &query.start {
        PageStart::Beginning => return Ok(Some(Start::default())),
        PageStart::After(cursor) => return Ok(Some(Start { after: Some(cursor.clone()), passed: 0 })),
        PageStart::Row { number, of } => (*number, *of),
    };
    let is_whole = *term == Term::Any && query.filter.only.is_none();
    let all = if is_whole { kept_count(connection, query.filter.status)? } else { of };
    let passed = if query.backwards { all.saturating_sub(number.saturating_add(1)) } else { number };
    if !is_whole || passed == 0 {
        return Ok(Some(Start { after: None, passed }));
    }
    // The row before the page, counted from the nearer end in an index.
    let from = |backwards| List { query, after: None, backwards };
    let before = if passed > all {
        None
    } else if passed <= all / 2 {
        from(query.backwards).place_at(connection, passed - 1)?
    } else {
        from(!query.backwards).place_at(connection, all - passed)?
    };
    Ok(before.map(|before| Start { after: Some(before), passed: 0 }))
}

impl Start {
    /// Up to `wanted` rows from here on.
    fn rows(
        &self,
        connection: &Connection,
        query: &OrganizationQuery,
        term: &Term,
        wanted: usize,
    ) -> Outcome<Vec<Organization>> {
        let list = List { query, after: self.after.as_ref(), backwards: query.backwards };
        let shelf = list.shelf();
        let Some((text, matches)) = searched(query, term) else {
            let mut rows = Vec::new();
            let mut to_pass = self.passed;
            list.each(connection, term.text(), |row| {
                if to_pass == 0 {
                    rows.push(shelf.organization(row)?);
                }
                to_pass = to_pass.saturating_sub(1);
                Ok(rows.len() < wanted)
            })?;
            return Ok(rows);
        };
        let mut statement = connection.prepare_cached(&matches.sql)?;
        let matches = Matches::of(statement.query(params_from_iter(matches.values))?);
        let all = last_position(connection, shelf)?;
        list.walk(connection, Read::Matches(text), |walk| {
            let to_pass = self.passed;
            let in_order = InOrder { walk, shelf, to_pass, wanted, rows: Vec::new(), read: 0, hits: 0 };
            let mut search = Search { in_order, matches, all };
            let is_found = search.find(term)?;
            let mut rows = search.in_order.rows;
            if !is_found {
                rows.clear();
                collect(connection, &list, &search.matches.positions, (to_pass, wanted as u64), |row| {
                    rows.push(shelf.organization(row)?);
                    Ok(true)
                })?;
            }
            Ok(rows)
        })
    }
}

/// Hands the rows of a list on in batches, until the receiver is gone.
pub(crate) fn stream(
    connections: &Connections,
    mut query: OrganizationQuery,
    receiver: &Sender<Vec<Organization>>,
) -> Outcome<()> {
    let hand_on = |batch| receiver.blocking_send(batch).is_ok();
    if let Some(path) = connections.path() {
        return connections.read_apart(path, |connection| read_in_batches(connection, &query, hand_on));
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
    let after = match &query.start {
        PageStart::After(cursor) => Some(cursor),
        PageStart::Beginning | PageStart::Row { .. } => None,
    };
    let list = List { query, after, backwards: query.backwards };
    let shelf = list.shelf();
    let (mut batches, mut left, mut goes_on) = (Batches::default(), query.limit, true);
    let add = |row: &Row<'_>| {
        let row = shelf.organization(row)?;
        let bytes = size_of(&row);
        left -= 1;
        goes_on = batches.add(row, bytes).is_none_or(&mut hand_on);
        Ok(goes_on && left > 0)
    };
    match few_matches(connection, query, &term)? {
        Some(positions) => collect(connection, &list, &positions, (0, query.limit.into()), add)?,
        None => list.each(connection, term.text(), add)?,
    }
    let rest = batches.take();
    if goes_on && !rest.is_empty() {
        hand_on(rest);
    }
    Ok(())
}

/// All matches, if collecting them is quicker than reading the whole list.
fn few_matches(connection: &Connection, query: &OrganizationQuery, term: &Term) -> Outcome<Option<Vec<i64>>> {
    let Some((_, matches)) = searched(query, term) else { return Ok(None) };
    let few = last_position(connection, shelf_of(query.filter.status))? / 4;
    let mut statement = connection.prepare_cached(&matches.sql)?;
    let mut matches = Matches::of(statement.query(params_from_iter(matches.values))?);
    let is_all = matches.take(usize::try_from(few).unwrap_or(usize::MAX))?;
    Ok(is_all.then_some(matches.positions))
}

/// The bytes of an organization's texts.
fn size_of(organization: &Organization) -> usize {
    organization.name.as_str().len()
        + organization.display_name.as_ref().map_or(0, |name| name.as_str().len())
        + organization.admin_email.as_str().len()
}

/// The text of a search, and the statement of its matches; none for a list of one.
fn searched<'a>(query: &OrganizationQuery, term: &'a Term) -> Option<(&'a str, Run)> {
    let whole = term.text().filter(|_| query.filter.only.is_none());
    whole.zip(matches(shelf_of(query.filter.status), term))
}

/// A search for a page, both ways.
struct Search<'w, 's, 'm> {
    in_order: InOrder<'w, 's>,
    matches: Matches<'m>,
    /// Rows of the table.
    all: u64,
}

impl Search<'_, '_, '_> {
    /// Fills the page, or collects all matches: returns whether the page is there.
    fn find(&mut self, term: &Term) -> Outcome<bool> {
        let Self { in_order, matches, all } = self;
        let goal = in_order.to_pass.saturating_add(in_order.wanted as u64);
        // Reading a row takes about as long as collecting a match: both lie anywhere in the table.
        let (mut rows_to_read, mut to_collect, fixed) = match term {
            Term::Long(_) => {
                if matches.take(SAMPLE)? {
                    return Ok(false);
                }
                let collecting = matches.estimate(*all);
                let reading = goal.saturating_mul(*all) / collecting.max(1);
                if reading <= collecting / 2 {
                    let twice = (2 * reading).min(collecting / 4).max(LOOK);
                    (twice, twice / 2, 0)
                } else {
                    // The matches may stand together at the beginning: a look there must cost next to nothing.
                    let look = if collecting / 16 >= LOOK { collecting / 16 } else { 0 };
                    (look, goal.saturating_mul(*all).isqrt(), 0)
                }
            }
            // No sample, because scanning for it may go through the whole index: most short texts are common.
            Term::Any | Term::Impossible | Term::Short(_) => {
                let scanning = *all / SCANNING;
                (scanning / 16, scanning, scanning)
            }
        };
        let other_way = |hits: u64, read: u64| fixed + hits * *all / read;
        loop {
            if rows_to_read > in_order.read && in_order.read(rows_to_read, goal, other_way)? {
                return Ok(true);
            }
            if matches.take(usize::try_from(to_collect).unwrap_or(usize::MAX))? {
                return Ok(false);
            }
            // Matches may stand together, where they are collected from or where the list begins: neither way goes on
            // for long without the other.
            let collecting = if fixed == 0 { matches.estimate(*all) } else { *all };
            rows_to_read = rows_to_read.max(LOOK).saturating_mul(4).min(collecting / 4);
            to_collect = to_collect.saturating_mul(4).max(1);
        }
    }
}

/// Reads a searched list in its order.
struct InOrder<'w, 's> {
    walk: &'w mut Walk<'s>,
    shelf: Shelf,
    /// Matches before the page.
    to_pass: u64,
    wanted: usize,
    rows: Vec<Organization>,
    /// Rows read so far, about.
    read: u64,
    /// Matches among them.
    hits: u64,
}

impl InOrder<'_, '_> {
    /// Reads on until the page is full or the list ends, and says so; or until `limit` rows are read and the rest of
    /// the way looks longer than `other_way`, which knows the matches among the rows that were read.
    fn read(&mut self, limit: u64, goal: u64, other_way: impl Fn(u64, u64) -> u64) -> Outcome<bool> {
        while self.rows.len() < self.wanted {
            let Some(row) = self.walk.next()? else { return Ok(true) };
            if row.get(self.shelf.width())? {
                self.read += 1;
                self.hits += 1;
                if self.hits > self.to_pass {
                    self.rows.push(self.shelf.organization(row)?);
                }
                continue;
            }
            self.read += SIGN_OF_LIFE;
            let rest = (goal - self.hits).saturating_mul(self.read).checked_div(self.hits);
            if self.read >= limit && rest.is_none_or(|rest| rest > other_way(self.hits, self.read)) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The positions of the matches, in the order of an index.
struct Matches<'s> {
    rows: Rows<'s>,
    positions: Vec<i64>,
}

impl<'s> Matches<'s> {
    fn of(rows: Rows<'s>) -> Self {
        Self { rows, positions: Vec::new() }
    }

    /// Collects on, up to so many; returns whether these are all.
    fn take(&mut self, up_to: usize) -> Outcome<bool> {
        while self.positions.len() <= up_to {
            let Some(row) = self.rows.next()? else { return Ok(true) };
            self.positions.push(row.get(0)?);
        }
        Ok(false)
    }

    /// How many there are in a table of so many rows: trigrams find them in the order of their positions.
    fn estimate(&self, all: u64) -> u64 {
        let last = self.positions.last().map_or(1, |last| last.unsigned_abs().max(1));
        (self.positions.len() as u64).saturating_mul(all) / last
    }
}

/// Sorts collected matches, and hands them on after so many, up to so many.
fn collect(
    connection: &Connection,
    list: &List<'_>,
    positions: &[i64],
    (passed, wanted): (u64, u64),
    mut work: impl FnMut(&Row<'_>) -> Outcome<bool>,
) -> Outcome<()> {
    let Run { sql, values } = collected(list, positions, passed, wanted)?;
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        if !work(row)? {
            break;
        }
    }
    Ok(())
}

fn collected(list: &List<'_>, positions: &[i64], passed: u64, wanted: u64) -> Outcome<Run> {
    let (query, shelf, direction) = (list.query, list.shelf(), list.direction());
    let number = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let mut values = vec![json(positions)];
    let mut conditions = match query.filter.status {
        StatusFilter::Active => " AND row.is_active = 1".to_owned(),
        StatusFilter::Deactivated => " AND row.is_active = 0".to_owned(),
        StatusFilter::All | StatusFilter::Trashed => String::new(),
    };
    if let Some(cursor) = list.after {
        conditions.push_str(&Place::of(cursor, query.sort)?.after(direction, &mut values));
    }
    values.extend([number(wanted), number(passed)]);
    let (column, way) = (column(query.sort), way(direction));
    let sql = format!(
        // CROSS JOIN keeps the order of the tables: from the matches to their rows.
        "SELECT {} FROM json_each(?1) AS found \
         CROSS JOIN {} AS row NOT INDEXED ON row.position = found.value WHERE true{conditions} \
         ORDER BY row.{column} {way}, row.id {way} LIMIT ? OFFSET ?",
        shelf.columns(),
        shelf.table(),
    );
    Ok(Run { sql, values })
}

fn json(positions: &[i64]) -> Value {
    let positions: Vec<String> = positions.iter().map(i64::to_string).collect();
    Value::Text(format!("[{}]", positions.join(",")))
}

fn last_position(connection: &Connection, shelf: Shelf) -> Outcome<u64> {
    let sql = match shelf {
        Shelf::Live => "SELECT max(position) FROM organizations",
        Shelf::Trash => "SELECT max(position) FROM console_trash",
    };
    let last = connection.query_row_cached(sql, [], |row| row.get::<_, Option<i64>>(0))?;
    Ok(last.unwrap_or_default().unsigned_abs())
}

/// Deactivated and active ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ByStatus([u64; 2]);

impl ByStatus {
    fn all(self) -> u64 {
        self.0.iter().sum()
    }

    fn set(&mut self, is_active: bool, count: i64) {
        self.0[usize::from(is_active)] = u64::try_from(count).unwrap_or_default();
    }
}

const KEPT_COUNTS: &str = "SELECT is_active, organizations FROM console_counts WHERE shelf = ?1";

/// The counts that the store keeps.
fn kept_counts(connection: &Connection, shelf: Shelf) -> Outcome<ByStatus> {
    count_by_status(
        connection,
        Run { sql: KEPT_COUNTS.to_owned(), values: vec![Value::Text(shelf.table().to_owned())] },
    )
}

fn kept_count(connection: &Connection, status: StatusFilter) -> Outcome<u64> {
    let counts = kept_counts(connection, shelf_of(status))?;
    let [deactivated, active] = counts.0;
    Ok(match status {
        StatusFilter::All | StatusFilter::Trashed => counts.all(),
        StatusFilter::Active => active,
        StatusFilter::Deactivated => deactivated,
    })
}

fn count_by_status(connection: &Connection, run: Run) -> Outcome<ByStatus> {
    let mut counts = ByStatus::default();
    let mut statement = connection.prepare_cached(&run.sql)?;
    let mut rows = statement.query(params_from_iter(run.values))?;
    while let Some(row) = rows.next()? {
        counts.set(row.get(0)?, row.get(1)?);
    }
    Ok(counts)
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
    let live = count_on(connection, Shelf::Live, filter, &term)?;
    (counts.live, counts.deactivated) = (live.all(), Some(live.0[0]));
    counts.trashed = count_on(connection, Shelf::Trash, filter, &term)?.all();
    Ok(counts)
}

fn count_on(
    connection: &Connection,
    shelf: Shelf,
    filter: &OrganizationFilter,
    term: &Term,
) -> Outcome<ByStatus> {
    let kept = kept_counts(connection, shelf)?;
    let Some(matches) = matches(shelf, term).filter(|_| filter.only.is_none()) else {
        let is_all = *term == Term::Any && filter.only.is_none();
        return if is_all {
            Ok(kept)
        } else {
            count_by_status(connection, counted_in_order(shelf, filter, term))
        };
    };
    let few = usize::try_from(kept.all() / SCANNING).unwrap_or(usize::MAX).max(SAMPLE);
    let mut statement = connection.prepare_cached(&matches.sql)?;
    let mut matches = Matches::of(statement.query(params_from_iter(matches.values))?);
    match term {
        Term::Long(_)
            if matches.take(SAMPLE)?
                || matches.estimate(kept.all()) <= few as u64 && matches.take(few)? =>
        {
            count_by_status(connection, counted(shelf, &matches.positions))
        }
        Term::Any | Term::Impossible | Term::Short(_) | Term::Long(_) => {
            count_by_status(connection, counted_in_order(shelf, filter, term))
        }
    }
}

fn counted(shelf: Shelf, positions: &[i64]) -> Run {
    let sql = format!(
        "SELECT row.is_active, count(*) FROM json_each(?1) AS found \
         CROSS JOIN {} AS row ON row.position = found.value GROUP BY row.is_active",
        shelf.table()
    );
    Run { sql, values: vec![json(positions)] }
}

fn counted_in_order(shelf: Shelf, filter: &OrganizationFilter, term: &Term) -> Run {
    let mut sql = format!("SELECT row.is_active, count(*) FROM {} AS row WHERE true", shelf.table());
    let mut values = Vec::new();
    if let Some(only) = &filter.only {
        sql.push_str(only_these(only, &mut values));
    }
    if let Some(text) = term.text() {
        sql.push_str(" AND instr(row.search_text, ?) > 0");
        values.push(Value::Text(text.to_owned()));
    }
    sql.push_str(" GROUP BY row.is_active");
    Run { sql, values }
}

#[cfg(test)]
mod tests {
    use rusqlite::named_params;
    use tenantry_core::records::{SortDirection, SortField, SortPlace};
    use tenantry_core::values::OrganizationId;

    use super::*;
    use crate::schema::{STEPS, migrate};

    const DIRECTIONS: [SortDirection; 2] = [SortDirection::Ascending, SortDirection::Descending];

    fn connection() -> Connection {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, STEPS).expect("migrates");
        connection
    }

    fn plan(connection: &Connection, run: &Run) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {}", run.sql);
        let mut statement = connection.prepare(&sql).expect("a statement");
        let values = params_from_iter(run.values.iter());
        let steps = statement.query_map(values, |row| row.get::<_, String>("detail")).expect("a plan");
        steps.collect::<Result<Vec<_>, _>>().expect("steps").join("\n")
    }

    fn everything(status: StatusFilter, search: &str) -> OrganizationFilter {
        OrganizationFilter { search: search.to_owned(), status, only: None }
    }

    /// Every possible list, from its beginning and from a row on.
    fn lists(mut work: impl FnMut(&List<'_>)) {
        for &sort in SortField::ALL {
            for &status in StatusFilter::ALL {
                for direction in DIRECTIONS {
                    for value in [None, Some("0"), Some("1")] {
                        let cursor = value.map(|value| Cursor {
                            place: SortPlace::Value(value.to_owned()),
                            id: OrganizationId::new(),
                        });
                        let filter = everything(status, "");
                        let (backwards, start) = (false, PageStart::Beginning);
                        let query =
                            OrganizationQuery { filter, sort, direction, backwards, start, limit: 50 };
                        work(&List { query: &query, after: cursor.as_ref(), backwards });
                    }
                }
            }
        }
    }

    #[test]
    fn every_list_is_read_in_the_order_of_an_index() {
        let connection = connection();
        lists(|list| {
            for read in [Read::Rows, Read::Matches("ab")] {
                let runs = list.runs(read).expect("statements");
                assert!(
                    !runs.is_empty() || list.query.sort == SortField::Status,
                    "{:?} has no rows",
                    list.query
                );
                for run in &runs {
                    let (query, plan) = (list.query, plan(&connection, run));
                    assert!(!plan.contains("TEMP B-TREE"), "{query:?} sorts:\n{run:?}\n{plan}");
                    assert_eq!(plan.lines().count(), 1, "{query:?} is no single run:\n{run:?}\n{plan}");
                    // Only the list of all names reads an index from its beginning; the others are a part of one.
                    let way = match (query.sort, query.filter.status) {
                        (SortField::Name, StatusFilter::All) => {
                            "USING INDEX sqlite_autoindex_organizations_2"
                        }
                        _ => "SEARCH row USING INDEX",
                    };
                    assert!(plan.contains(way), "{query:?} reads too much:\n{run:?}\n{plan}");
                    if list.after.is_some() && query.sort != SortField::Status {
                        let column = column(query.sort);
                        let than = if query.direction == SortDirection::Ascending { ">" } else { "<" };
                        let places = [format!("({column},id){than}(?,?)"), format!("({column}{than}?)")];
                        let is_sought = places.iter().any(|place| plan.contains(place));
                        assert!(is_sought, "{query:?} reads what it has passed:\n{run:?}\n{plan}");
                    }
                }
            }
        });
    }

    #[test]
    fn a_row_number_is_found_without_reading_rows() {
        let connection = connection();
        lists(|list| {
            let list = List { after: None, ..*list };
            let plan = plan(&connection, &list.place(500).expect("a statement"));
            assert!(!plan.contains("TEMP B-TREE"), "{:?} sorts:\n{plan}", list.query);
            for step in plan.lines().filter(|step| step.contains(" row ")) {
                // The index of the names has no ids: the one id is read from its row.
                let is_cheap = step.contains("COVERING INDEX") || step.contains("autoindex_organizations_2");
                assert!(is_cheap, "{:?} reads rows:\n{plan}", list.query);
            }
        });
    }

    #[test]
    fn a_search_reads_the_matches_only() {
        let connection = connection();
        for shelf in [Shelf::Live, Shelf::Trash] {
            let steps = plan(&connection, &matches(shelf, &Term::parse("acme")).expect("a search"));
            assert!(steps.contains("VIRTUAL TABLE INDEX"), "the trigrams are not asked:\n{steps}");
            let steps = plan(&connection, &matches(shelf, &Term::parse("ac")).expect("a search"));
            assert!(steps.contains("COVERING INDEX"), "a short search reads whole rows:\n{steps}");
        }
        lists(|list| {
            let plan = plan(&connection, &collected(list, &[], 0, 50).expect("a statement"));
            let query = list.query;
            assert!(plan.contains("USING INTEGER PRIMARY KEY"), "{query:?} does not go to the rows:\n{plan}");
        });
    }

    #[test]
    fn counting_does_not_read_organizations() {
        let connection = connection();
        let run = Run { sql: KEPT_COUNTS.to_owned(), values: vec![Value::Null] };
        let steps = plan(&connection, &run);
        assert!(steps.starts_with("SEARCH console_counts"), "{steps}");
        for shelf in [Shelf::Live, Shelf::Trash] {
            let run = counted_in_order(shelf, &everything(StatusFilter::All, "acme"), &Term::parse("acme"));
            let steps = plan(&connection, &run);
            assert!(steps.contains("COVERING INDEX"), "a search that many match reads whole rows:\n{steps}");
        }
    }

    /// Rows whose texts are spread evenly (`common`, `rare`), stand together (`early`, `late`), or are everywhere.
    fn filled(count: i64) -> Connection {
        let connection = connection();
        let insert = "INSERT INTO organizations (position, id, organization_name, collection_name, admin_email, \
             admin_email_key, admin_password, is_active, created_at, updated_at, search_text) \
             VALUES (:position, :id, :name, 'org_' || :name, :email, :email, '', :is_active, :created, \
             :updated, :name || char(10) || :email)";
        let copy = "INSERT INTO console_trash (id, organization_name, collection_name, admin_email, \
             admin_email_key, admin_password, is_active, created_at, updated_at, search_text, trashed_at, \
             trashed_by, had_collection) \
             SELECT id, organization_name, collection_name, admin_email, admin_email_key, admin_password, \
             is_active, created_at, updated_at, search_text, 1, '', 1 FROM organizations WHERE position % 9 = 0";
        connection.execute_batch("BEGIN").expect("begins");
        for position in 1..=count {
            let scattered = position * 7_919 % count;
            let mut name = format!("n{scattered:06}");
            for (text, is_in) in [
                ("-common", position % 3 == 0),
                ("-rare", position % 499 == 0),
                ("-early", position <= 200),
                ("-late", position > count - 200),
                ("-first", scattered < 200),
            ] {
                name.push_str(if is_in { text } else { "" });
            }
            let email = format!("admin{}@example.com", position * 31 % count);
            let mut id = [0; 12];
            id[..8].copy_from_slice(&(position * 104_729 % count).to_be_bytes());
            connection
                .execute(
                    insert,
                    named_params! {
                        ":position": position, ":id": id, ":name": name, ":email": email,
                        ":is_active": scattered % 5 != 0, ":created": position, ":updated": scattered / 7,
                    },
                )
                .expect("inserted");
        }
        connection.execute(copy, []).expect("copied");
        connection.execute_batch("COMMIT").expect("commits");
        connection
    }

    /// All rows of a list, read and sorted by other means.
    fn expected(all: &[Organization], query: &OrganizationQuery) -> Vec<OrganizationId> {
        let mut rows: Vec<_> = all
            .iter()
            .filter(|row| match query.filter.status {
                StatusFilter::All | StatusFilter::Trashed => true,
                StatusFilter::Active => row.is_active,
                StatusFilter::Deactivated => !row.is_active,
            })
            .filter(|row| format!("{}\n{}", row.name, row.admin_email).contains(&query.filter.search))
            .collect();
        rows.sort_by_key(|row| {
            let number = match query.sort {
                SortField::Name | SortField::AdminEmail | SortField::CollectionName => None,
                SortField::CreatedAt => row.created_at.milliseconds(),
                SortField::UpdatedAt => row.updated_at.milliseconds(),
                SortField::Status => Some(i64::from(row.is_active)),
            };
            let text = number.is_none().then(|| query.sort.cursor_value(row));
            (number, text, row.id.object_id())
        });
        if query.walk() == SortDirection::Descending {
            rows.reverse();
        }
        rows.into_iter().map(|row| row.id).collect()
    }

    fn all_of(connection: &Connection, shelf: Shelf) -> Vec<Organization> {
        let sql = format!("SELECT {} FROM {} AS row", shelf.columns(), shelf.table());
        let mut statement = connection.prepare(&sql).expect("a statement");
        let rows = statement.query_map([], |row| shelf.organization(row)).expect("rows");
        rows.collect::<Result<_, _>>().expect("organizations")
    }

    #[test]
    fn both_ways_of_a_search_show_the_same_rows_from_wherever_a_page_starts() {
        const ROWS: i64 = 3_000;
        let connection = filled(ROWS);
        let shelves = [all_of(&connection, Shelf::Live), all_of(&connection, Shelf::Trash)];
        let searches = ["", "com", "common", "rare", "early", "late", "first", "zzz", "zz", "77", "n0029"];
        for (number, search) in searches.into_iter().enumerate() {
            for &sort in SortField::ALL {
                for (&status, direction) in StatusFilter::ALL.iter().zip(DIRECTIONS.into_iter().cycle()) {
                    let backwards = number % 2 == 0;
                    let filter = everything(status, search);
                    let start = PageStart::Beginning;
                    let mut query =
                        OrganizationQuery { filter, sort, direction, backwards, start, limit: 30 };
                    let all = &shelves[usize::from(status == StatusFilter::Trashed)];
                    let rows = expected(all, &query);
                    let of = rows.len() as u64;
                    let ids = |page: &OrganizationPage| -> Vec<_> {
                        page.organizations.iter().map(|row| row.id).collect()
                    };
                    let first = page(&connection, &query).expect("a page");
                    assert!(ids(&first) == rows[..rows.len().min(30)], "{query:?} from the beginning");
                    if let Some(next) = first.next {
                        query.start = PageStart::After(next);
                        let page = page(&connection, &query).expect("a page");
                        assert!(ids(&page) == rows[30..rows.len().min(60)], "{query:?}");
                    }
                    for part in [0, 1, of / 3, of * 4 / 5, of.saturating_sub(1), of + 5] {
                        let passed = if backwards { of.saturating_sub(part + 1) } else { part };
                        query.start = PageStart::Row { number: part, of };
                        let page = page(&connection, &query).expect("a page");
                        // Beyond the end are the last rows.
                        let begin = if passed < of { passed } else { of.saturating_sub(30) } as usize;
                        let end = rows.len().min(begin + 30);
                        assert!(ids(&page) == rows[begin..end], "{query:?} of {of}");
                        assert_eq!(page.previous.is_some(), begin > 0, "{query:?} of {of}");
                        assert_eq!(page.next.is_some(), end < rows.len(), "{query:?} of {of}");
                    }
                }
            }
            let counts = count(&connection, &everything(StatusFilter::All, search)).expect("counts");
            let of = |status, shelf: usize| {
                let start = PageStart::Beginning;
                let (sort, direction) = (SortField::Name, SortDirection::Ascending);
                let filter = everything(status, search);
                let query = OrganizationQuery { filter, sort, direction, backwards: false, start, limit: 1 };
                expected(&shelves[shelf], &query).len() as u64
            };
            let told = (counts.live, counts.deactivated, counts.trashed);
            let off = of(StatusFilter::Deactivated, 0);
            assert_eq!(told, (of(StatusFilter::All, 0), Some(off), of(StatusFilter::Trashed, 1)), "{search}");
        }
    }

    /// What a search for the first page by name reads: matches collected, and rows read in order.
    fn effort(connection: &Connection, search: &str) -> (usize, u64) {
        let (filter, start) = (everything(StatusFilter::All, search), PageStart::Beginning);
        let (sort, direction) = (SortField::Name, SortDirection::Ascending);
        let query = OrganizationQuery { filter, sort, direction, backwards: false, start, limit: 100 };
        let term = Term::parse(search);
        let (text, run) = searched(&query, &term).expect("a search");
        let mut statement = connection.prepare(&run.sql).expect("a statement");
        let matches = Matches::of(statement.query(params_from_iter(run.values)).expect("asked"));
        let list = List { query: &query, after: None, backwards: false };
        let effort = list.walk(connection, Read::Matches(text), |walk| {
            let (shelf, wanted, rows) = (Shelf::Live, 101, Vec::new());
            let in_order = InOrder { walk, shelf, to_pass: 0, wanted, rows, read: 0, hits: 0 };
            let mut search = Search { in_order, matches, all: last_position(connection, shelf)? };
            search.find(&term)?;
            Ok((search.matches.positions.len(), search.in_order.read))
        });
        effort.expect("found")
    }

    #[test]
    fn a_search_goes_the_shorter_way_and_asks_the_other_for_a_sample_at_most() {
        let connection = filled(10_000);
        let (collected, read) = effort(&connection, "common");
        assert!(collected <= SAMPLE + 1, "{collected} of many matches are collected");
        assert!(read <= 2 * 303, "{read} rows are read for 101 of every third");
        for (search, all) in [("rare", 20), ("zzzz", 0), ("late", 200)] {
            assert_eq!(effort(&connection, search), (all, 0), "{search} is collected only");
        }
        // They stand together, so that the sample looks like many.
        let (collected, read) = effort(&connection, "early");
        assert_eq!(collected, 200);
        assert!(read <= 5 * LOOK, "{read} rows are read before the estimate is given up");
        let (collected, read) = effort(&connection, "co");
        assert!(collected == 0 && read <= 2 * 303, "{collected} matches are collected for two letters");
        let (collected, read) = effort(&connection, "zz");
        assert!(
            collected == 0 && read <= 10 * SIGN_OF_LIFE,
            "{read} rows are read for letters that are nowhere"
        );
    }
}
