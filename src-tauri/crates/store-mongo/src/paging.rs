//! Pages of a list by key: the rows after a place, found with an index, whatever is inserted before it.
//!
//! A list is made of consecutive segments, for two reasons: no index sorts by status, where absent counts as true; and
//! documents with an unreadable sort field come where an empty text belongs, or before every date, instead of being
//! skipped.

use bson::oid::ObjectId;
use bson::{Bson, DateTime, Document, Regex, doc};
use tenantry_core::records::{
    Cursor, OrganizationFilter, OrganizationQuery, PageStart, SortDirection, SortField, SortPlace,
    StatusFilter,
};

use crate::documents;

/// One segment of a list: its own condition and order.
#[derive(Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) filter: Document,
    pub(crate) sort: Document,
}

/// The segments of a list that may have rows after the query's place, in the list's order.
pub(crate) fn segments(query: &OrganizationQuery) -> Vec<Segment> {
    let base = filter(&query.filter);
    let prefix = prefix(query.filter.status);
    let after = match &query.start {
        PageStart::After(cursor) => Some(cursor),
        PageStart::Beginning | PageStart::Row { .. } => None,
    };
    let way = match query.walk() {
        SortDirection::Ascending => Way { sign: 1, after: "$gt", from: "$gte" },
        SortDirection::Descending => Way { sign: -1, after: "$lt", from: "$lte" },
    };
    let mut segments = match query.sort {
        SortField::Status => by_status(&base, prefix, after, way),
        SortField::Name => by_value(&base, &format!("{prefix}organization_name"), text_place(after, ""), way),
        SortField::AdminEmail => by_value(&base, &format!("{prefix}admin_email"), text_place(after, ""), way),
        // `org_` and the name, so the order of the names. The stored field may lag behind an aborted rename of the
        // service, and is not what is shown.
        SortField::CollectionName => {
            by_value(&base, &format!("{prefix}organization_name"), text_place(after, "org_"), way)
        }
        SortField::CreatedAt => by_value(&base, &format!("{prefix}created_at"), moment_place(after), way),
        SortField::UpdatedAt => by_value(&base, &format!("{prefix}updated_at"), moment_place(after), way),
    };
    if query.walk() == SortDirection::Descending {
        segments.reverse();
    }
    segments.into_iter().flatten().collect()
}

/// The `_id`s that a list shows: ObjectIds. Other software has texts and numbers there as well; a comparison matches
/// only values of its own type.
pub(crate) fn showable() -> Document {
    doc! { "$gte": ObjectId::from_bytes([0; 12]) }
}

/// A filter for documents that would be in a list if their `_id` were an ObjectId.
pub(crate) fn unshowable(filter: &OrganizationFilter) -> Document {
    let mut document = self::filter(filter);
    document.insert("_id", doc! { "$not": showable() });
    document
}

/// A filter for the documents in a list, without a place.
pub(crate) fn filter(filter: &OrganizationFilter) -> Document {
    let prefix = prefix(filter.status);
    let mut document = match filter.only {
        Some(only) => doc! { "_id": only.object_id() },
        None => doc! { "_id": showable() },
    };
    match filter.status {
        StatusFilter::All | StatusFilter::Trashed => {}
        StatusFilter::Active | StatusFilter::Deactivated => {
            document.extend(has_status("is_active", filter.status == StatusFilter::Active));
        }
    }
    if !filter.search.is_empty() {
        let fields = ["organization_name", "admin_email", "console.display_name"]
            .map(|field| format!("{prefix}{field}"));
        if filter.search.is_ascii() {
            let text = filter.search.to_ascii_lowercase();
            let found =
                fields.iter().map(|field| Bson::Document(holds_ascii(field, &text))).collect::<Vec<_>>();
            document.insert("$expr", doc! { "$or": found });
        } else {
            let found = contains(&filter.search);
            let fields = fields.map(|field| Bson::Document(doc! { field: found.clone() }));
            document.insert("$or", fields.to_vec());
        }
    }
    document
}

/// In the trash the document is nested in a field.
fn prefix(status: StatusFilter) -> &'static str {
    match status {
        StatusFilter::All | StatusFilter::Active | StatusFilter::Deactivated => "",
        StatusFilter::Trashed => "organization.",
    }
}

#[derive(Clone, Copy)]
struct Way {
    sign: i32,
    after: &'static str,
    from: &'static str,
}

/// A place among values of one type, and the condition for a readable value.
struct Readable<'a> {
    /// A condition that matches every readable value and nothing else.
    readable: Document,
    /// The row before the page: its value, or none if it was unreadable.
    after: Option<(Option<Bson>, &'a Cursor)>,
}

fn value_of(cursor: &Cursor) -> &str {
    match &cursor.place {
        SortPlace::Value(value) => value,
        SortPlace::Below | SortPlace::Above | SortPlace::Apart => "",
    }
}

fn text_place<'a>(after: Option<&'a Cursor>, prefix: &str) -> Readable<'a> {
    // An empty text counts as unreadable: both are shown as the same.
    let value = |cursor: &Cursor| {
        let text = value_of(cursor);
        let text = text.strip_prefix(prefix).unwrap_or(text);
        (!text.is_empty()).then(|| Bson::String(text.to_owned()))
    };
    Readable { readable: doc! { "$gt": "" }, after: after.map(|cursor| (value(cursor), cursor)) }
}

fn moment_place(after: Option<&Cursor>) -> Readable<'_> {
    let value = |cursor: &Cursor| {
        value_of(cursor).parse().ok().map(|milliseconds| Bson::DateTime(DateTime::from_millis(milliseconds)))
    };
    Readable {
        readable: doc! { "$gte": DateTime::from_millis(i64::MIN) },
        after: after.map(|cursor| (value(cursor), cursor)),
    }
}

/// The unreadable ones in the order of ids, then the others by value. In ascending order; a place empties the segments
/// before it.
fn by_value(base: &Document, field: &str, place: Readable<'_>, way: Way) -> Vec<Option<Segment>> {
    let ascending = way.sign > 0;
    let sort = doc! { field: way.sign, "_id": way.sign };
    // A comparison matches only values of its own type, so its negation matches every other type, or an absent field.
    let readable = doc! { field: place.readable.clone() };
    let unreadable = doc! { field: { "$not": place.readable.clone() } };
    let segment =
        |conditions: Vec<Document>, sort: Document| Some(Segment { filter: all(base, conditions), sort });
    match place.after {
        None => vec![segment(vec![unreadable], doc! { "_id": way.sign }), segment(vec![readable], sort)],
        Some((Some(value), cursor)) => {
            let mut from = doc! { way.from: value.clone() };
            if !ascending {
                from.extend(place.readable);
            }
            // The range stands outside the alternative. The planner treats each branch of a pure `$or` separately,
            // perhaps with an index that does not sort, and would sort the whole list for one page.
            let rest = doc! {
                field: from,
                "$or": [{ field: { way.after: value } }, { "_id": { way.after: cursor.id.object_id() } }],
            };
            let before = if ascending { None } else { segment(vec![unreadable], doc! { "_id": way.sign }) };
            vec![before, segment(vec![rest], sort)]
        }
        Some((None, cursor)) => {
            let rest = doc! { "_id": { way.after: cursor.id.object_id() } };
            let others = if ascending { segment(vec![readable], sort) } else { None };
            vec![segment(vec![unreadable, rest], doc! { "_id": way.sign }), others]
        }
    }
}

/// Deactivated, then active, each in the order of ids.
fn by_status(base: &Document, prefix: &str, after: Option<&Cursor>, way: Way) -> Vec<Option<Segment>> {
    let field = format!("{prefix}is_active");
    let sort = doc! { "_id": way.sign };
    let group = |active: bool| {
        let mut conditions = vec![has_status(&field, active)];
        if let Some(cursor) = after {
            let at = value_of(cursor) == "1";
            let passed = if way.sign > 0 { !active && at } else { active && !at };
            if passed {
                return None;
            }
            if active == at {
                conditions.push(doc! { "_id": { way.after: cursor.id.object_id() } });
            }
        }
        Some(Segment { filter: all(base, conditions), sort: sort.clone() })
    };
    vec![group(false), group(true)]
}

/// Active means not inactive, so that every document has exactly one status.
fn has_status(field: &str, active: bool) -> Document {
    let inactive = doc! { field: documents::inactive() };
    if active {
        doc! { "$nor": [inactive] }
    } else {
        inactive
    }
}

/// Combines conditions, without `$and` if possible: every server finds an index for a condition that stands beside the
/// others.
fn all(base: &Document, conditions: Vec<Document>) -> Document {
    let mut whole = base.clone();
    let mut apart = Vec::new();
    for condition in conditions {
        for (field, value) in condition {
            match whole.get(&field) {
                None => {
                    whole.insert(field, value);
                }
                // A comparison with an ObjectId matches nothing else.
                Some(Bson::Document(there)) if field == "_id" && *there == showable() => {
                    whole.insert(field, value);
                }
                Some(_) => apart.push(doc! { field: value }),
            }
        }
    }
    if apart.is_empty() {
        return whole;
    }
    apart.insert(0, whole);
    doc! { "$and": apart }
}

/// Whether a field contains a lowercase ASCII text, ignoring the case of ASCII letters.
///
/// Not a pattern: a case-insensitive pattern is a hundred times as slow on some servers. Patterns are left for other
/// scripts, because `$toLower` only knows ASCII.
fn holds_ascii(field: &str, text: &str) -> Document {
    let field = format!("${field}");
    doc! { "$cond": [
        // The next line would fail on a field that is not a text.
        { "$eq": [{ "$type": &field }, "string"] },
        { "$gte": [{ "$indexOfBytes": [{ "$toLower": &field }, { "$literal": text }] }, 0] },
        false,
    ] }
}

/// Finds a text anywhere, ignoring case, taken literally.
pub(crate) fn contains(text: &str) -> Bson {
    pattern(&escaped(text))
}

/// Finds exactly this text, ignoring case.
pub(crate) fn equals(text: &str) -> Bson {
    pattern(&format!("^{}$", escaped(text)))
}

fn pattern(text: &str) -> Bson {
    match (bson::raw::CString::try_from(text), bson::raw::CString::try_from("i")) {
        (Ok(pattern), Ok(options)) => Bson::RegularExpression(Regex { pattern, options }),
        // An escaped pattern has no NUL; otherwise nothing is found.
        _ => Bson::Undefined,
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            // BSON ends a pattern at a NUL.
            '\0' => escaped.push_str("\\x00"),
            _ if character.is_ascii_punctuation() => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;

    use super::*;

    fn query(sort: SortField, direction: SortDirection, after: Option<&str>) -> OrganizationQuery {
        OrganizationQuery {
            filter: OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None },
            sort,
            direction,
            backwards: false,
            start: after.map_or(PageStart::Beginning, |value| {
                let place = SortPlace::Value(value.to_owned());
                PageStart::After(Cursor { place, id: ObjectId::from_bytes([7; 12]).into() })
            }),
            limit: 10,
        }
    }

    #[test]
    fn a_search_is_no_pattern() {
        assert_eq!(escaped("a.c*(x)[0]\\d^$|+?{}\0é"), r"a\.c\*\(x\)\[0\]\\d\^\$\|\+\?\{\}\x00é");
    }

    #[test]
    fn a_search_of_ascii_is_compared_and_one_of_another_script_is_a_pattern() {
        let with = |search: &str| {
            filter(&OrganizationFilter { search: search.to_owned(), status: StatusFilter::All, only: None })
        };
        let ascii = with("A$b");
        assert!(ascii.contains_key("$expr") && !ascii.contains_key("$or"), "{ascii}");
        assert!(ascii.to_string().contains(r#""$literal": "a$b""#), "a dollar sign names no field: {ascii}");
        assert!(with("Ä").contains_key("$or"));
    }

    #[test]
    fn ascending_starts_with_what_cannot_be_read_and_descending_ends_with_it() {
        let up = segments(&query(SortField::Name, SortDirection::Ascending, None));
        let down = segments(&query(SortField::Name, SortDirection::Descending, None));
        assert_eq!(up[0].filter, doc! { "_id": showable(), "organization_name": { "$not": { "$gt": "" } } });
        assert_eq!(up[1].filter, doc! { "_id": showable(), "organization_name": { "$gt": "" } });
        assert_eq!(down[0].filter, up[1].filter);
        assert_eq!(down[0].sort, doc! { "organization_name": -1, "_id": -1 });
    }

    #[test]
    fn a_place_is_the_value_and_then_the_id_in_the_same_direction() {
        let id = ObjectId::from_bytes([7; 12]);
        let up = segments(&query(SortField::CollectionName, SortDirection::Ascending, Some("org_acme")));
        assert_eq!(up.len(), 1);
        assert_eq!(
            up[0].filter,
            doc! {
                "_id": showable(),
                "organization_name": { "$gte": "acme" },
                "$or": [{ "organization_name": { "$gt": "acme" } }, { "_id": { "$gt": id } }],
            }
        );
    }

    #[test]
    fn conditions_stand_beside_each_other_and_none_takes_the_place_of_another() {
        let id = ObjectId::from_bytes([7; 12]);
        let up = segments(&query(SortField::Name, SortDirection::Ascending, Some("")));
        let unreadable = doc! { "_id": { "$gt": id }, "organization_name": { "$not": { "$gt": "" } } };
        assert_eq!(up[0].filter, unreadable, "a place is among ObjectIds already");
        let only =
            OrganizationFilter { search: "é".to_owned(), status: StatusFilter::All, only: Some(id.into()) };
        let mut query = query(SortField::Name, SortDirection::Ascending, Some("acme"));
        query.filter = only.clone();
        let both = &segments(&query)[0].filter;
        let parts = both.get_array("$and").expect("two conditions of one kind");
        let whole = parts[0].as_document().expect("conditions");
        assert_eq!(whole.get("_id"), Some(&Bson::ObjectId(id)));
        assert_eq!(whole.get("$or"), filter(&only).get("$or"), "the search stays");
        assert!(parts[1].as_document().is_some_and(|rest| rest.contains_key("$or")), "the place too: {both}");
    }

    #[test]
    fn a_place_among_the_active_leaves_the_deactivated_behind() {
        let up = segments(&query(SortField::Status, SortDirection::Ascending, Some("1")));
        assert_eq!(up.len(), 1, "deactivated ones come before: {up:?}");
        let down = segments(&query(SortField::Status, SortDirection::Descending, Some("1")));
        assert_eq!(down.len(), 2, "deactivated ones are still to come: {down:?}");
    }
}
