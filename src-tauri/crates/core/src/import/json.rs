use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::table::{ListKind, Rows, Table, refused};
use crate::error::{ListProblem, ListRefusal};
use crate::limits::IMPORT_COLUMNS_MAX;

/// Reads a JSON array of objects, object by object.
pub(super) fn read_array(text: &str) -> Result<Table, ListRefusal> {
    let mut list = List::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Objects(&mut list).deserialize(&mut reader).and_then(|()| reader.end());
    list.finish(read, ListKind::Json)
}

/// Reads one object after another, each on its own line or not.
pub(super) fn read_lines(text: &str) -> Result<Table, ListRefusal> {
    let mut list = List::new();
    let mut rest = text.trim_start();
    let mut read = Ok(());
    while !rest.is_empty() && read.is_ok() {
        let mut reader = serde_json::Deserializer::from_str(rest).into_iter::<Skipped>();
        read = match reader.next() {
            Some(Ok(Skipped)) => {
                let (object, after) = rest.split_at(reader.byte_offset());
                rest = after.trim_start();
                Object(&mut list).deserialize(&mut serde_json::Deserializer::from_str(object))
            }
            Some(Err(error)) => {
                list.number += 1;
                Err(error)
            }
            None => break,
        };
    }
    list.finish(read, ListKind::Ndjson)
}

/// Any value, read and dropped.
struct Skipped;

impl<'de> serde::Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_ignored_any(IgnoredAny).map(|_| Self)
    }
}

/// The rows so far. Its limits end the reading; serde's own errors know no codes.
struct List {
    keys: Vec<String>,
    places: HashMap<String, usize>,
    rows: Rows,
    number: u32,
    refusal: Option<ListRefusal>,
}

impl List {
    fn new() -> Self {
        Self { keys: Vec::new(), places: HashMap::new(), rows: Rows::new(), number: 0, refusal: None }
    }

    fn place(&mut self, key: String) -> Result<usize, ListRefusal> {
        if let Some(place) = self.places.get(&key) {
            return Ok(*place);
        }
        if self.keys.len() >= IMPORT_COLUMNS_MAX {
            return Err(refused(ListProblem::TooManyColumns, Some(self.number)));
        }
        self.keys.push(key.clone());
        self.places.insert(key, self.keys.len() - 1);
        Ok(self.keys.len() - 1)
    }

    fn finish(self, read: serde_json::Result<()>, kind: ListKind) -> Result<Table, ListRefusal> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        read.map_err(|_| refused(ListProblem::Damaged, Some(self.number.max(1))))?;
        Ok(Table { kind, keys: Some(self.keys), rows: self.rows.into_rows()? })
    }
}

struct Objects<'list>(&'list mut List);

impl<'de> DeserializeSeed<'de> for Objects<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut objects: A) -> Result<(), A::Error> {
        while objects.next_element_seed(Object(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

struct Object<'list>(&'list mut List);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.number += 1;
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let list = self.0;
        let mut cells = vec![String::new(); list.keys.len()];
        while let Some(key) = object.next_key::<String>()? {
            let Shown(value) = object.next_value()?;
            let place = list.place(key).map_err(|refusal| stop(list, refusal))?;
            if cells.len() <= place {
                cells.resize(place + 1, String::new());
            }
            if let Some(cell) = cells.get_mut(place) {
                *cell = value;
            }
        }
        list.rows.add(list.number, cells).map_err(|refusal| stop(list, refusal))
    }
}

fn stop<E: serde::de::Error>(list: &mut List, refusal: ListRefusal) -> E {
    list.refusal = Some(refusal);
    E::custom("a limit")
}

/// A value as the text of a cell: nothing for `null`, for an object and for an array.
struct Shown(String);

impl<'de> serde::Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShownVisitor)
    }
}

struct ShownVisitor;

impl<'de> Visitor<'de> for ShownVisitor {
    type Value = Shown;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Shown, E> {
        Ok(Shown(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Shown, E> {
        Ok(Shown(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Shown, E> {
        Ok(Shown(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Shown, E> {
        Ok(Shown(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Shown, E> {
        Ok(Shown(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Shown, E> {
        Ok(Shown(value))
    }

    fn visit_unit<E>(self) -> Result<Shown, E> {
        Ok(Shown(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Shown, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shown(String::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut values: A) -> Result<Shown, A::Error> {
        while values.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Shown(String::new()))
    }
}
