//! The rows of a list: its filter, and the questions that read it in its order.

mod order;

use bson::oid::ObjectId;
use bson::{Bson, Document, RawDocument, Regex, doc};
use tenantry_connection::database::{ORGANIZATIONS, TRASH};
use tenantry_core::records::{Organization, OrganizationFilter, StatusFilter};

pub(crate) use self::order::{ByStatus, ByValue, From, Group, Order, Segment};
use crate::documents::{self, NESTED};
use crate::errors::Act;

/// Where the documents of a list are, and what is read of them.
pub(crate) struct Shelf {
    pub(crate) collection: &'static str,
    pub(crate) read: fn(&RawDocument) -> Option<Organization>,
    pub(crate) fields: Document,
}

impl Shelf {
    pub(crate) fn of(filter: &OrganizationFilter) -> Self {
        match filter.status {
            StatusFilter::Trashed => Self {
                collection: TRASH,
                read: documents::trashed_organization,
                fields: documents::shown_trashed_fields(),
            },
            StatusFilter::All | StatusFilter::Active | StatusFilter::Deactivated => Self {
                collection: ORGANIZATIONS,
                read: documents::organization,
                fields: documents::shown_fields(""),
            },
        }
    }

    pub(crate) fn act(&self) -> Act<'static> {
        Act::on("find", self.collection)
    }
}

/// The `_id`s that a list shows: ObjectIds. Other software has texts and numbers there as well; a comparison matches
/// only values of its own type.
pub(crate) fn showable() -> Document {
    doc! { "$gte": ObjectId::from_bytes([0; 12]) }
}

/// A filter for the documents in a list, without a place.
pub(crate) fn filter(filter: &OrganizationFilter) -> Document {
    let prefix = prefix(filter.status);
    let mut document = match filter.only.as_deref() {
        Some([only]) => doc! { "_id": only.object_id() },
        Some(several) => {
            let ids: Vec<_> = several.iter().map(|id| id.object_id()).collect();
            doc! { "_id": { "$in": ids } }
        }
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

/// Whether a list has every document of its collection, as far as documents are organizations.
fn is_everything(filter: &OrganizationFilter) -> bool {
    matches!(filter.status, StatusFilter::All | StatusFilter::Trashed)
        && filter.search.is_empty()
        && filter.only.is_none()
}

/// In the trash the document is nested in a field.
fn prefix(status: StatusFilter) -> String {
    match status {
        StatusFilter::All | StatusFilter::Active | StatusFilter::Deactivated => String::new(),
        StatusFilter::Trashed => format!("{NESTED}."),
    }
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
fn all(base: &Document, conditions: impl IntoIterator<Item = Document>) -> Document {
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
                Some(Bson::Array(there)) if field == "$nor" => {
                    let mut none_of = there.clone();
                    none_of.extend(value.as_array().into_iter().flatten().cloned());
                    whole.insert(field, none_of);
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
    use super::*;

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
    fn conditions_stand_beside_each_other_and_none_takes_the_place_of_another() {
        let id = ObjectId::from_bytes([7; 12]);
        let nor = |field: &str| doc! { "$nor": [{ field: 1 }] };
        let place = doc! { "_id": { "$gt": id } };
        let whole = all(&doc! { "_id": showable() }, [place.clone(), nor("a"), nor("b")]);
        assert_eq!(whole, doc! { "_id": { "$gt": id }, "$nor": [{ "a": 1 }, { "b": 1 }] });
        let or = |field: &str| doc! { "$or": [{ field: 1 }] };
        let only = doc! { "_id": id, "$or": [{ "a": 1 }] };
        let both = all(&only, [place.clone(), or("b")]);
        assert_eq!(both, doc! { "$and": [only, place, or("b")] });
    }
}
