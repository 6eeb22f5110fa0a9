//! The order of a list by the values of a field, and the questions that read it.
//!
//! Other software stores values of any type there. BSON sorts values by type first: the rows whose values sort below
//! the readable ones come first, then the readable ones, then those above, as an index has them. So a plain question
//! for a page is right unless its answer has a row that is not readable. Then, and where the readable values end, the
//! groups are asked for one by one. Within a group of unreadable values the order is that of the ids.
//!
//! A list of values has no place of its own in an index: it is found at each of its elements. Such rows are the last in
//! both directions.

use bson::raw::RawBsonRef;
use bson::spec::ElementType;
use bson::{Bson, DateTime, Document, RawArray, RawDocument, doc};
use tenantry_core::StoreError;
use tenantry_core::records::{Cursor, OrganizationFilter, SortDirection, SortField, SortPlace, StatusFilter};

use super::{all, filter, has_status, is_everything, prefix};
use crate::documents;

/// One question: the rows of a list, or of a part of it, in its order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    pub(crate) filter: Document,
    pub(crate) sort: Document,
}

/// A group of rows by their values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Below,
    Values,
    Above,
    Apart,
}

/// Where a walk begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    Beginning,
    After(Cursor),
    /// At the row of this cursor itself.
    At(Cursor),
}

impl From {
    fn cursor(&self) -> Option<&Cursor> {
        match self {
            Self::Beginning => None,
            Self::After(cursor) | Self::At(cursor) => Some(cursor),
        }
    }
}

/// A walk through a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Order {
    ByValue(ByValue),
    ByStatus(ByStatus),
}

impl Order {
    pub(crate) fn of(
        filter: &OrganizationFilter,
        sort: SortField,
        direction: SortDirection,
        backwards: bool,
    ) -> Self {
        let walk = if backwards { direction.reversed() } else { direction };
        let (sign, base) = (Sign::of(walk), self::filter(filter));
        let prefix = prefix(filter.status);
        let (name, values) = match sort {
            SortField::Status => {
                let nested = filter.status == StatusFilter::Trashed;
                return Self::ByStatus(ByStatus { base, field: format!("{prefix}is_active"), nested, sign });
            }
            SortField::Name => ("organization_name", Values::Texts { prefix: "" }),
            // The order of the names. The stored collection name may lag behind an aborted rename of the service, and
            // is not what is shown.
            SortField::CollectionName => ("organization_name", Values::Texts { prefix: "org_" }),
            SortField::AdminEmail => ("admin_email", Values::Texts { prefix: "" }),
            SortField::CreatedAt => ("created_at", Values::Dates),
            SortField::UpdatedAt => ("updated_at", Values::Dates),
        };
        Self::ByValue(ByValue {
            // Without a condition on `_id` an index alone answers, in its order.
            plain: if is_everything(filter) { Document::new() } else { base.clone() },
            base,
            name,
            field: format!("{prefix}{name}"),
            nested: filter.status == StatusFilter::Trashed,
            values,
            sign,
            backwards,
        })
    }
}

impl Order {
    /// The place of a row. `None` if its `_id` is not an ObjectId.
    pub(crate) fn place(&self, row: &RawDocument) -> Option<Cursor> {
        let place = match self {
            Self::ByValue(order) => order.sort_place(row),
            Self::ByStatus(order) => order.sort_place(row),
        };
        placed(place, row)
    }
}

fn placed(place: SortPlace, row: &RawDocument) -> Option<Cursor> {
    Some(Cursor { place, id: documents::object_id(row, "_id")?.into() })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sign(i32);

impl Sign {
    fn of(direction: SortDirection) -> Self {
        match direction {
            SortDirection::Ascending => Self(1),
            SortDirection::Descending => Self(-1),
        }
    }

    fn is_up(self) -> bool {
        self.0 > 0
    }

    /// The comparison for what comes after a value.
    fn after(self) -> &'static str {
        if self.is_up() { "$gt" } else { "$lt" }
    }

    fn from(self) -> &'static str {
        if self.is_up() { "$gte" } else { "$lte" }
    }

    /// The comparison for what comes before a value.
    fn before(self) -> &'static str {
        Self(-self.0).after()
    }

    fn until(self) -> &'static str {
        Self(-self.0).from()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    /// Texts; the prefix is shown before them and not stored.
    Texts {
        prefix: &'static str,
    },
    Dates,
}

impl Values {
    /// Where they stand among the types of BSON.
    fn rank(self) -> usize {
        match self {
            Self::Texts { .. } => rank(ElementType::String),
            Self::Dates => rank(ElementType::DateTime),
        }
    }

    /// The smallest of them. A comparison matches only values of its own type.
    fn smallest(self) -> Bson {
        match self {
            Self::Texts { .. } => Bson::from(""),
            Self::Dates => Bson::DateTime(DateTime::from_millis(i64::MIN)),
        }
    }

    /// Numbers of the types above them, for `$type`.
    fn types_above(self) -> Vec<Bson> {
        RANKS[self.rank() + 1..]
            .iter()
            .flat_map(|types| types.iter().map(|(number, _)| (*number).into()))
            .collect()
    }
}

/// The types of BSON in the order in which it sorts them; types of one rank are compared by value. With their numbers
/// for `$type` (MongoDB manual, "Comparison and sort order" and "BSON types").
const RANKS: [&[(i32, ElementType)]; 17] = [
    &[(-1, ElementType::MinKey)],
    &[(6, ElementType::Undefined)],
    &[(10, ElementType::Null)],
    &[
        (1, ElementType::Double),
        (16, ElementType::Int32),
        (18, ElementType::Int64),
        (19, ElementType::Decimal128),
    ],
    &[(2, ElementType::String), (14, ElementType::Symbol)],
    &[(3, ElementType::EmbeddedDocument)],
    &[(4, ElementType::Array)],
    &[(5, ElementType::Binary)],
    &[(7, ElementType::ObjectId)],
    &[(8, ElementType::Boolean)],
    &[(9, ElementType::DateTime)],
    &[(17, ElementType::Timestamp)],
    &[(11, ElementType::RegularExpression)],
    &[(12, ElementType::DbPointer)],
    &[(13, ElementType::JavaScriptCode)],
    &[(15, ElementType::JavaScriptCodeWithScope)],
    &[(127, ElementType::MaxKey)],
];

fn rank(element_type: ElementType) -> usize {
    let has = |types: &&[(i32, ElementType)]| types.iter().any(|(_, known)| *known == element_type);
    RANKS.iter().position(has).unwrap_or(RANKS.len())
}

/// The order by the values of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ByValue {
    /// The rows of the list.
    base: Document,
    /// The same for a plain question.
    plain: Document,
    /// The field in an organization's document, and its path in the stored one.
    name: &'static str,
    field: String,
    /// Whether the organization's document is nested in another, which is in the trash.
    nested: bool,
    values: Values,
    sign: Sign,
    backwards: bool,
}

impl ByValue {
    /// The groups in the order of the walk.
    fn groups(&self) -> [Group; 4] {
        use Group::{Above, Apart, Below, Values};
        match (self.sign.is_up(), self.backwards) {
            (true, false) => [Below, Values, Above, Apart],
            (false, false) => [Above, Values, Below, Apart],
            (true, true) => [Apart, Below, Values, Above],
            (false, true) => [Apart, Above, Values, Below],
        }
    }

    /// Whether lists of values come first.
    pub(crate) fn begins_apart(&self) -> bool {
        self.backwards
    }

    /// Whether hardly two rows have the same value: then a question can leave the ids out of its sort, and any index
    /// that begins with the field serves it. Two rows with one value have no order in its answer.
    pub(crate) fn is_nearly_unique(&self) -> bool {
        // The trash has the same name as often as it was moved there.
        matches!(self.values, Values::Texts { .. }) && !self.nested
    }

    /// The sort of an index.
    pub(crate) fn sort(&self) -> Document {
        doc! { &self.field: self.sign.0, "_id": self.sign.0 }
    }

    /// The fields that tell a row's place, all of them in an index.
    pub(crate) fn of_place(&self) -> Document {
        doc! { &self.field: 1, "_id": 1 }
    }

    /// A question whose answer is right as far as its rows are readable. `None` where a walk begins among rows that are
    /// not. From the beginning its rows are all there are; from a value on, those of the values.
    pub(crate) fn plainly(&self, from: &From) -> Result<Option<Segment>, StoreError> {
        let filter = match from {
            From::Beginning => self.plain.clone(),
            From::After(Cursor { place: SortPlace::Value(_), .. })
            | From::At(Cursor { place: SortPlace::Value(_), .. }) => all(&self.plain, self.rest(from)?),
            From::After(_) | From::At(_) => return Ok(None),
        };
        Ok(Some(Segment { filter, sort: self.sort() }))
    }

    /// The rest of the list, group by group.
    pub(crate) fn carefully(&self, from: &From) -> Result<Vec<(Group, Segment)>, StoreError> {
        let groups = self.groups();
        let Some(cursor) = from.cursor() else {
            return Ok(groups.map(|group| (group, self.group(group, Vec::new()))).to_vec());
        };
        let own = match cursor.place {
            SortPlace::Below => Group::Below,
            SortPlace::Value(_) => Group::Values,
            SortPlace::Above => Group::Above,
            SortPlace::Apart => Group::Apart,
        };
        let mut rest = vec![(own, self.group(own, self.rest(from)?))];
        rest.extend(self.behind(own));
        Ok(rest)
    }

    /// The groups behind one.
    pub(crate) fn behind(&self, own: Group) -> Vec<(Group, Segment)> {
        let behind = self.groups().into_iter().skip_while(|group| *group != own).skip(1);
        behind.map(|group| (group, self.group(group, Vec::new()))).collect()
    }

    fn group(&self, group: Group, rest: Vec<Document>) -> Segment {
        let field = self.field.as_str();
        let readable = doc! { "$gte": self.values.smallest() };
        let above = doc! { field: { "$type": self.values.types_above() } };
        let mut conditions = match group {
            Group::Below => {
                // A negated comparison matches every other type, and is found with an index.
                vec![doc! { field: { "$not": readable } }, doc! { "$nor": [above] }]
            }
            Group::Values if rest.is_empty() => vec![doc! { field: readable }],
            Group::Values => Vec::new(),
            Group::Above => vec![above],
            Group::Apart => vec![doc! { "$or": self.lists() }],
        };
        if group != Group::Apart {
            conditions.push(doc! { "$nor": self.lists() });
        }
        conditions.extend(rest);
        let sort = if group == Group::Values {
            self.sort()
        } else {
            doc! { "_id": self.sign.0 }
        };
        Segment { filter: all(&self.base, conditions), sort }
    }

    /// The conditions for what follows a place within its group.
    fn rest(&self, from: &From) -> Result<Vec<Document>, StoreError> {
        let (Some(cursor), sign) = (from.cursor(), self.sign) else { return Ok(Vec::new()) };
        let is_included = matches!(from, From::At(_));
        let id = cursor.id.object_id();
        let SortPlace::Value(value) = &cursor.place else {
            let than = if is_included { sign.from() } else { sign.after() };
            return Ok(vec![doc! { "_id": { than: id } }]);
        };
        let value = match self.values {
            Values::Texts { prefix } => Bson::from(value.strip_prefix(prefix).unwrap_or(value)),
            Values::Dates => {
                let milliseconds = value.parse().map_err(|_| no_place())?;
                Bson::DateTime(DateTime::from_millis(milliseconds))
            }
        };
        let passed = if is_included { sign.before() } else { sign.until() };
        // The range stands beside what it has passed, not as two alternatives: the planner treats each branch of an
        // `$or` separately, perhaps with an index that does not sort, and would sort the whole list for one page.
        Ok(vec![
            doc! { &self.field: { sign.from(): value.clone() } },
            doc! { "$nor": [{ &self.field: value, "_id": { passed: id } }] },
        ])
    }

    /// Conditions for rows whose value is a list, or lies in one.
    fn lists(&self) -> Vec<Document> {
        let mut lists = vec![doc! { &self.field: { "$type": "array" } }];
        if self.nested {
            lists.push(doc! { documents::NESTED: { "$type": "array" } });
        }
        lists
    }

    /// The place of a row that a plain question has where the list has it.
    pub(crate) fn readable(&self, row: &RawDocument) -> Option<Cursor> {
        match self.sort_place(row) {
            place @ SortPlace::Value(_) => placed(place, row),
            SortPlace::Below | SortPlace::Above | SortPlace::Apart => None,
        }
    }

    fn sort_place(&self, row: &RawDocument) -> SortPlace {
        let value = if self.nested {
            match row.get(documents::NESTED) {
                Ok(Some(RawBsonRef::Document(organization))) => organization.get(self.name),
                Ok(Some(RawBsonRef::Array(_))) => return SortPlace::Apart,
                Ok(_) | Err(_) => Ok(None),
            }
        } else {
            row.get(self.name)
        };
        match (value, self.values) {
            (Ok(Some(RawBsonRef::Array(_))), _) => SortPlace::Apart,
            (Ok(Some(RawBsonRef::String(text) | RawBsonRef::Symbol(text))), Values::Texts { prefix }) => {
                SortPlace::Value(format!("{prefix}{text}"))
            }
            (Ok(Some(RawBsonRef::DateTime(date))), Values::Dates) => {
                SortPlace::Value(date.timestamp_millis().to_string())
            }
            (Ok(Some(value)), values) if rank(value.element_type()) > values.rank() => SortPlace::Above,
            (Ok(_) | Err(_), _) => SortPlace::Below,
        }
    }
}

/// Deactivated before active, each in the order of ids: no index sorts by status, where absent counts as true.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ByStatus {
    base: Document,
    field: String,
    nested: bool,
    sign: Sign,
}

impl ByStatus {
    fn sort_place(&self, row: &RawDocument) -> SortPlace {
        let is_active = match (self.nested, row.get(documents::NESTED)) {
            (false, _) => documents::is_active(row),
            (true, Ok(Some(RawBsonRef::Document(organization)))) => documents::is_active(organization),
            (true, Ok(Some(RawBsonRef::Array(organizations)))) => are_active(organizations),
            (true, Ok(_) | Err(_)) => true,
        };
        SortPlace::Value(u8::from(is_active).to_string())
    }

    /// The rest of the list: those of one status, then those of the other.
    pub(crate) fn carefully(&self, from: &From) -> Result<Vec<Segment>, StoreError> {
        let sign = self.sign;
        let both = if sign.is_up() { [false, true] } else { [true, false] };
        let Some(cursor) = from.cursor() else {
            return Ok(both.map(|active| self.with_status(active, Vec::new())).to_vec());
        };
        let own = match &cursor.place {
            SortPlace::Value(value) => value == "1",
            SortPlace::Below | SortPlace::Above | SortPlace::Apart => return Err(no_place()),
        };
        let than = if matches!(from, From::At(_)) { sign.from() } else { sign.after() };
        let rest = vec![doc! { "_id": { than: cursor.id.object_id() } }];
        let mut segments = vec![self.with_status(own, rest)];
        if both[0] == own {
            segments.push(self.with_status(!own, Vec::new()));
        }
        Ok(segments)
    }

    /// Whether most lists fill their first page with the first status alone.
    pub(crate) fn begins_with_active(&self) -> bool {
        !self.sign.is_up()
    }

    fn with_status(&self, active: bool, mut conditions: Vec<Document>) -> Segment {
        conditions.push(has_status(&self.field, active));
        Segment { filter: all(&self.base, conditions), sort: doc! { "_id": self.sign.0 } }
    }
}

/// As the query for deactivated ones matches a list of documents: by any of them, and each condition for itself.
fn are_active(organizations: &RawArray) -> bool {
    let documents = organizations.into_iter().flatten().filter_map(RawBsonRef::as_document);
    let (mut has_status, mut lacks_status) = (false, false);
    for document in documents {
        let there = matches!(document.get("is_active"), Ok(Some(_)));
        has_status |= there;
        lacks_status |= !there || !documents::is_active(document);
    }
    !(has_status && lacks_status)
}

fn no_place() -> StoreError {
    StoreError::Unexpected { detail: "a cursor of another list".to_owned() }
}

#[cfg(test)]
mod tests {
    use bson::RawDocumentBuf;
    use bson::oid::ObjectId;

    use super::*;
    use crate::paging::showable;

    const EVERYTHING: OrganizationFilter =
        OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None };
    const ID: ObjectId = ObjectId::from_bytes([7; 12]);

    fn by_value(sort: SortField, direction: SortDirection, backwards: bool) -> ByValue {
        match Order::of(&EVERYTHING, sort, direction, backwards) {
            Order::ByValue(order) => order,
            Order::ByStatus(_) => panic!("a status is no value"),
        }
    }

    fn after(value: &str) -> From {
        From::After(Cursor { place: SortPlace::Value(value.to_owned()), id: ID.into() })
    }

    #[test]
    fn a_first_page_is_asked_for_without_a_condition_unless_something_is_filtered() {
        let order = by_value(SortField::Name, SortDirection::Descending, false);
        let question = order.plainly(&From::Beginning).expect("a question").expect("a question");
        assert_eq!(question.filter, doc! {});
        assert_eq!(question.sort, doc! { "organization_name": -1, "_id": -1 });
        let filter = OrganizationFilter { search: "acme".to_owned(), ..EVERYTHING };
        let Order::ByValue(order) = Order::of(&filter, SortField::Name, SortDirection::Ascending, false)
        else {
            panic!("a name is a value");
        };
        let question = order.plainly(&From::Beginning).expect("a question").expect("a question");
        assert_eq!(question.filter, crate::paging::filter(&filter));
    }

    #[test]
    fn a_place_is_the_value_and_then_the_id_in_the_same_direction() {
        let order = by_value(SortField::CollectionName, SortDirection::Ascending, false);
        let question = order.plainly(&after("org_acme")).expect("a question").expect("a question");
        assert_eq!(
            question.filter,
            doc! {
                "organization_name": { "$gte": "acme" },
                "$nor": [{ "organization_name": "acme", "_id": { "$lte": ID } }],
            }
        );
        let order = by_value(SortField::Name, SortDirection::Ascending, true);
        let at = From::At(Cursor { place: SortPlace::Value("acme".to_owned()), id: ID.into() });
        let question = order.plainly(&at).expect("a question").expect("a question");
        assert_eq!(
            question.filter,
            doc! {
                "organization_name": { "$lte": "acme" },
                "$nor": [{ "organization_name": "acme", "_id": { "$gt": ID } }],
            }
        );
    }

    #[test]
    fn rows_that_are_not_readable_stand_beside_the_others_and_lists_at_the_end() {
        let groups = |direction, backwards| by_value(SortField::Name, direction, backwards).groups();
        let (up, down) = (SortDirection::Ascending, SortDirection::Descending);
        assert_eq!(groups(up, false), [Group::Below, Group::Values, Group::Above, Group::Apart]);
        assert_eq!(groups(down, false), [Group::Above, Group::Values, Group::Below, Group::Apart]);
        for direction in [up, down] {
            let mut backwards = groups(direction, true);
            backwards.reverse();
            assert_eq!(backwards, groups(direction, false), "the same list, from its end");
        }
    }

    #[test]
    fn a_careful_question_goes_on_behind_its_place() {
        let order = by_value(SortField::Name, SortDirection::Ascending, false);
        let from = From::After(Cursor { place: SortPlace::Above, id: ID.into() });
        assert_eq!(order.plainly(&from), Ok(None), "no range has them");
        let rest = order.carefully(&from).expect("questions");
        assert_eq!(rest.iter().map(|(group, _)| *group).collect::<Vec<_>>(), [Group::Above, Group::Apart]);
        assert_eq!(rest[0].1.filter.get("_id"), Some(&Bson::from(doc! { "$gt": ID })));
        assert_eq!(rest[1].1.filter.get("_id"), Some(&Bson::from(showable())));
    }

    #[test]
    fn every_type_has_its_place() {
        let texts = by_value(SortField::Name, SortDirection::Ascending, false);
        let dates = by_value(SortField::CreatedAt, SortDirection::Ascending, false);
        let value = |value: &str| SortPlace::Value(value.to_owned());
        let (below, above, apart) = (SortPlace::Below, SortPlace::Above, SortPlace::Apart);
        for (stored, text, date) in [
            (None, below.clone(), below.clone()),
            (Some(Bson::Null), below.clone(), below.clone()),
            (Some(Bson::MinKey), below.clone(), below.clone()),
            (Some(Bson::Int64(7)), below.clone(), below.clone()),
            (Some(Bson::from("")), value(""), below.clone()),
            (Some(Bson::from("acme")), value("acme"), below.clone()),
            (Some(Bson::Symbol("acme".to_owned())), value("acme"), below.clone()),
            (Some(Bson::Document(doc! {})), above.clone(), below.clone()),
            (Some(Bson::Boolean(true)), above.clone(), below),
            (Some(Bson::DateTime(DateTime::from_millis(-1))), above.clone(), value("-1")),
            (Some(Bson::MaxKey), above.clone(), above),
            (Some(Bson::Array(vec![Bson::from("acme")])), apart.clone(), apart.clone()),
            (Some(Bson::Array(Vec::new())), apart.clone(), apart),
        ] {
            let mut row = doc! { "_id": ID };
            if let Some(stored) = &stored {
                row.extend(doc! { "organization_name": stored, "created_at": stored });
            }
            let row = RawDocumentBuf::try_from(row).expect("a document");
            assert_eq!(texts.sort_place(&row), text, "{stored:?} as a text");
            assert_eq!(dates.sort_place(&row), date, "{stored:?} as a date");
        }
    }

    #[test]
    fn a_place_among_the_active_leaves_the_deactivated_behind() {
        let Order::ByStatus(order) =
            Order::of(&EVERYTHING, SortField::Status, SortDirection::Ascending, false)
        else {
            panic!("a status is no value");
        };
        let from = |value: &str| order.carefully(&after(value)).expect("questions");
        assert_eq!((from("0").len(), from("1").len()), (2, 1));
        assert!(order.carefully(&From::After(Cursor { place: SortPlace::Apart, id: ID.into() })).is_err());
    }
}
