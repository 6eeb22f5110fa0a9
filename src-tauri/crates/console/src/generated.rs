//! Invented inputs for tests of everything that reads files.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// Far more than any of these inputs needs, even while the computer is building.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// The number of inputs for each reader.
pub fn many() -> ProptestConfig {
    ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any JSON; its keys and texts are often some of these words.
pub fn json(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let word = move || prop_oneof![3 => select(words).prop_map(str::to_owned), 1 => ".{0,12}"];
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        2 => select(&[0_u64, 1, 2, 3, u64::MAX][..]).prop_map(Value::from),
        4 => word().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((word(), inner), 0..6).prop_map(Value::from_iter),
        ]
    })
}

/// A good file in which some values, anywhere, are replaced or removed.
pub fn altered(good: Value, words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let change = (any::<Index>(), proptest::option::of(json(words)));
    (Just(good), vec(change, 1..5)).prop_map(|(mut file, changes)| {
        for (place, change) in changes {
            let mut at = place.index(size(&file));
            if let Some(node) = node(&mut file, &mut at) {
                match (change, node) {
                    (Some(value), node) => *node = value,
                    (None, Value::Object(fields)) => {
                        let key = fields.keys().nth(at % fields.len().max(1)).cloned();
                        key.and_then(|key| fields.remove(&key));
                    }
                    (None, Value::Array(values)) => {
                        let copy = values.first().cloned();
                        values.extend(copy);
                    }
                    (None, node) => *node = Value::Null,
                }
            }
        }
        file
    })
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Object(fields) => fields.values().map(size).sum::<usize>(),
        _ => 0,
    }
}

/// The value at this position, counting nested ones.
fn node<'a>(value: &'a mut Value, at: &mut usize) -> Option<&'a mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(values) => values.iter_mut().find_map(|value| node(value, at)),
        Value::Object(fields) => fields.values_mut().find_map(|value| node(value, at)),
        _ => None,
    }
}

const PIECES: &[&[u8]] =
    &[b"{", b"}", b"[", b"\"", b",", b"\\", b"\0", b"\xEF\xBB\xBF", b"@", b"://", b"\n", b"{{{{{{{{"];

/// A damaged good file: cut off, or with a part removed, inserted or repeated.
pub fn damaged(good: String) -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![vec(any::<u8>(), 0..6), select(PIECES).prop_map(<[u8]>::to_vec),];
    let change = (any::<Index>(), 0..60_usize, bytes, any::<bool>());
    (Just(good.into_bytes()), vec(change, 1..5)).prop_map(|(mut file, changes)| {
        for (place, length, bytes, twice) in changes {
            let start = place.index(file.len() + 1);
            let end = (start + length).min(file.len());
            let bytes = if twice { file[start..end].repeat(3) } else { bytes };
            file.splice(start..end, bytes);
        }
        file
    })
}

/// Nesting deeper than anyone needs.
pub fn deep() -> impl Strategy<Value = Vec<u8>> {
    let levels =
        select(&[("[", "]"), ("{\"profiles\":[", "]}"), ("{\"type\":", "}"), ("{\"a\":{},\"b\":", "}")][..]);
    (levels, 1..600_usize, any::<bool>()).prop_map(|((open, close), depth, ends)| {
        format!("{}1{}", open.repeat(depth), if ends { close.repeat(depth) } else { String::new() })
            .into_bytes()
    })
}
