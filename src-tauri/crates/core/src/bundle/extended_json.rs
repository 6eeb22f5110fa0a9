//! BSON as canonical Extended JSON and back, byte by byte.
//!
//! `bson` does both by way of a `serde_json::Value`, which sorts the fields of a document, makes an allocation of every
//! value, and takes longer than compressing the result. This goes along the bytes of a document, to the same form.
//!
//! **Exactly.** BSON has values that this form does not hold: fields that look like its own wrappers, text that is not
//! UTF-8, numbers whose bits no text tells apart. A document with such a value is written as its bytes,
//! `{"$tenantryBson": "<base64>"}`, so that every document is read back as the bytes that it was.

mod reading;
mod writing;

pub(crate) use reading::{Problem, read};
pub(crate) use writing::write;

/// What holds a document's bytes where the canonical form can't.
const AS_BYTES: &str = "$tenantryBson";

/// The fields by which Extended JSON tells a value from a document. A document that has one is written as its bytes.
const WRAPPERS: [&str; 17] = [
    "$oid",
    "$numberInt",
    "$numberLong",
    "$numberDouble",
    "$numberDecimal",
    "$date",
    "$binary",
    "$timestamp",
    "$code",
    "$symbol",
    "$regularExpression",
    "$dbPointer",
    "$minKey",
    "$maxKey",
    "$undefined",
    "$uuid",
    AS_BYTES,
];

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;
    use bson::spec::BinarySubtype;
    use bson::{Binary, Bson, Document, doc};
    use proptest::prelude::*;

    use super::*;
    use crate::nesting::is_decodable;

    fn written(document: &[u8]) -> String {
        let mut text = Vec::new();
        write(document, &mut text).expect("it is a document");
        String::from_utf8(text).expect("it is text")
    }

    /// Without the order of fields, which `serde_json` does not keep.
    fn parsed(text: &str) -> serde_json::Value {
        serde_json::from_str(text).expect("it is JSON")
    }

    fn there_and_back(document: &[u8]) {
        let text = written(document);
        assert!(!text.contains('\n'), "a line: {text}");
        let mut back = Vec::new();
        read(text.as_bytes(), &mut back).unwrap_or_else(|problem| panic!("{problem:?}: {text}"));
        assert_eq!(hex::encode(back), hex::encode(document), "{text}");
    }

    /// One of each type, and what is odd about it.
    fn every_type() -> Document {
        let binary = |subtype, bytes: &[u8]| Bson::Binary(Binary { subtype, bytes: bytes.to_vec() });
        doc! {
            "_id": ObjectId::new(),
            "text": "a \"quoted\" \\ line\nwith \u{1} and \u{7f}, ü, 😀, \u{2028}", "empty": "",
            "i32": [i32::MIN, 0, i32::MAX], "i64": [i64::MIN, 0_i64, 9_007_199_254_740_993_i64],
            "double": [0.0, -0.0, 1.0, 0.1, 1e300, -1.5e-300, f64::MAX, f64::MIN_POSITIVE, 123_456_789.125],
            "odd double": [f64::INFINITY, f64::NEG_INFINITY, f64::NAN],
            "decimal": [Bson::Decimal128("123.4500".parse().unwrap()), Bson::Decimal128("-0".parse().unwrap()),
                Bson::Decimal128("NaN".parse().unwrap()), Bson::Decimal128("1E+3".parse().unwrap())],
            "date": [bson::DateTime::from_millis(0), bson::DateTime::MIN, bson::DateTime::MAX],
            "yes": true, "no": false, "null": Bson::Null, "undefined": Bson::Undefined,
            "binary": [binary(BinarySubtype::Generic, &[]), binary(BinarySubtype::Uuid, &[7; 16]),
                binary(BinarySubtype::UserDefined(0x80), b"abc"), binary(BinarySubtype::BinaryOld, b"old")],
            "regex": Bson::RegularExpression(bson::Regex {
                pattern: "^a/b\"".try_into().unwrap(), options: "imx".try_into().unwrap(),
            }),
            "code": Bson::JavaScriptCode("f(\"x\")".to_owned()),
            "scoped": Bson::JavaScriptCodeWithScope(bson::JavaScriptCodeWithScope {
                code: "f()".to_owned(), scope: doc! {"x": 1, "deep": {"y": [1.5]}},
            }),
            "symbol": Bson::Symbol("s".to_owned()),
            "stamp": Bson::Timestamp(bson::Timestamp { time: u32::MAX, increment: 2 }),
            "least": Bson::MinKey, "most": Bson::MaxKey,
            "nested": {"": {"a.b": {"$ref": "people", "$id": 5}}, "empty": {}, "list": [[], {}, [[1]]]},
        }
    }

    #[test]
    fn every_type_is_written_as_bson_writes_it_and_read_back_as_the_same_bytes() {
        let document = every_type();
        let bytes = document.to_vec().unwrap();
        let of_bson = Bson::Document(document).into_canonical_extjson();
        assert_eq!(parsed(&written(&bytes)), of_bson);
        there_and_back(&bytes);
    }

    /// A document of one field with these bytes for a value.
    fn of_value(kind: u8, value: &[u8]) -> Vec<u8> {
        let mut bytes = i32::try_from(4 + 1 + 2 + value.len() + 1).unwrap().to_le_bytes().to_vec();
        bytes.push(kind);
        bytes.extend_from_slice(b"v\0");
        bytes.extend_from_slice(value);
        bytes.push(0);
        bytes
    }

    #[test]
    fn what_the_canonical_form_does_not_hold_is_written_as_bytes() {
        let text = |bytes: &[u8]| [&i32::try_from(bytes.len()).unwrap().to_le_bytes()[..], bytes].concat();
        let array = |key: &[u8]| {
            let inner = [b"\x0a", key, b"\0\0"].concat();
            [&i32::try_from(inner.len() + 4).unwrap().to_le_bytes()[..], &inner].concat()
        };
        let odd = [
            (
                "a field named like a wrapper",
                doc! {"v": {"$oid": "5f5f5f5f5f5f5f5f5f5f5f5f"}}.to_vec().unwrap(),
            ),
            ("a wrapper further on", doc! {"v": {"a": 1, "$date": 5}}.to_vec().unwrap()),
            ("a wrapper outermost", doc! {"$numberInt": "5"}.to_vec().unwrap()),
            ("text that is no UTF-8", of_value(0x02, &text(b"\xff\xfe\0"))),
            (
                "a number that is none, of other bits",
                of_value(0x01, &0x7ff8_0000_0000_0001_u64.to_le_bytes()),
            ),
            ("the least number", of_value(0x01, &1_u64.to_le_bytes())),
            ("options out of order", of_value(0x0b, b"a\0xi\0")),
            ("an option twice", of_value(0x0b, b"a\0ii\0")),
            ("a yes that is neither", of_value(0x08, &[2])),
            ("a list that starts elsewhere", of_value(0x04, &array(b"7"))),
            ("a decimal of another coding", of_value(0x13, &[0xff; 16])),
            ("old bytes, too short for their second length", of_value(0x05, &[3, 0, 0, 0, 2, 7, 7, 7])),
            ("old bytes of another second length", of_value(0x05, &[5, 0, 0, 0, 2, 9, 0, 0, 0, 7])),
        ];
        for (what, document) in odd {
            let text = written(&document);
            let is_bytes = text.starts_with("{\"$tenantryBson\":");
            // A number's text holds even these bits.
            assert!(is_bytes || what == "the least number", "{what}: {text}");
            there_and_back(&document);
        }
    }

    #[test]
    fn a_document_as_deep_as_any_is_read_back_and_a_deeper_line_is_refused() {
        let mut document = doc! {"leaf": 1};
        for _ in 1..crate::nesting::NESTING_MAX {
            document = doc! {"a": document};
        }
        there_and_back(&document.to_vec().unwrap());
        let deeper = "{\"a\":".repeat(100_000);
        assert_eq!(read(deeper.as_bytes(), &mut Vec::new()), Err(Problem::NotADocument));
        let lists = format!("{{\"a\":{}", "[".repeat(1_000_000));
        assert_eq!(read(lists.as_bytes(), &mut Vec::new()), Err(Problem::NotADocument));
    }

    #[test]
    fn a_line_that_is_no_document_is_refused() {
        for line in [
            "",
            " ",
            "null",
            "5",
            "[]",
            "\"a\"",
            "{",
            "{}x",
            "{} {}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\":tru}",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\u{1}\"}",
            "{\"a\\u0000\":1}",
            "{\"a\":{\"$oid\":\"5f\"}}",
            "{\"a\":{\"$oid\":5}}",
            "{\"a\":{\"$numberInt\":\"9999999999\"}}",
            "{\"a\":{\"$numberInt\":\"1\",\"b\":2}}",
            "{\"a\":{\"$numberLong\":\"x\"}}",
            "{\"a\":{\"$date\":{\"$numberLong\":\"x\"}}}",
            "{\"a\":{\"$date\":\"2026-01-01T00:00:00Z\"}}",
            "{\"a\":{\"$binary\":{\"base64\":\"?\",\"subType\":\"00\"}}}",
            "{\"a\":{\"$minKey\":2}}",
            "{\"a\":{\"$undefined\":false}}",
            "{\"a\":{\"$timestamp\":{\"t\":-1,\"i\":1}}}",
            "{\"$tenantryBson\":\"AAAA\"}",
            "{\"$tenantryBson\":\"\"}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":-}",
            "{\"a\":1e}",
            "{\"a\":{\"$regularExpression\":{\"pattern\":\"a\\u0000\",\"options\":\"\"}}}",
        ] {
            let mut bytes = Vec::new();
            let answer = read(line.as_bytes(), &mut bytes);
            assert_eq!(answer, Err(Problem::NotADocument), "{line} became {}", hex::encode(bytes));
        }
    }

    #[test]
    fn plain_numbers_and_spaces_are_read_as_other_programs_write_them() {
        let mut bytes = Vec::new();
        read(
            b" { \"a\" : [ 1 , 5000000000, 1.5, -2e3 ] ,\t\"b\": \"\\u00e9\\ud83d\\ude00\\/\" } ",
            &mut bytes,
        )
        .expect("read");
        let expected = doc! {"a": [1_i32, 5_000_000_000_i64, 1.5, -2000.0], "b": "é😀/"};
        assert_eq!(Document::from_reader(bytes.as_slice()).unwrap(), expected);
    }

    fn value() -> impl Strategy<Value = Bson> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Bson::Int32),
            any::<i64>().prop_map(Bson::Int64),
            any::<f64>()
                .prop_filter("bson writes these as plain numbers", |f| !f.is_subnormal() && !f.is_nan())
                .prop_map(Bson::Double),
            ".{0,12}".prop_map(Bson::String),
            any::<bool>().prop_map(Bson::Boolean),
            Just(Bson::Null),
            any::<i64>().prop_map(|at| Bson::DateTime(bson::DateTime::from_millis(at))),
            any::<[u8; 12]>().prop_map(|id| Bson::ObjectId(ObjectId::from_bytes(id))),
            (any::<u8>(), prop::collection::vec(any::<u8>(), 0..20))
                .prop_map(|(subtype, bytes)| { Bson::Binary(Binary { subtype: subtype.into(), bytes }) }),
            (any::<u32>(), any::<u32>())
                .prop_map(|(time, increment)| Bson::Timestamp(bson::Timestamp { time, increment })),
            (any::<i64>(), -30_i32..30).prop_map(|(digits, exponent)| {
                Bson::Decimal128(format!("{digits}E{exponent}").parse().unwrap())
            }),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Bson::Array),
                prop::collection::vec(("[a-z$.]{0,6}", inner), 0..6)
                    .prop_map(|fields| Bson::Document(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn it_is_bsons_own_canonical_form_and_reads_back_to_the_same_bytes(
            fields in prop::collection::vec(("[a-z_]{1,8}", value()), 0..8),
        ) {
            let document: Document = fields.into_iter().collect();
            let bytes = document.to_vec().unwrap();
            let of_bson = Bson::Document(document).into_canonical_extjson();
            let text = written(&bytes);
            if !text.starts_with("{\"$tenantryBson\":") {
                prop_assert_eq!(parsed(&text), of_bson);
            }
            there_and_back(&bytes);
        }

        #[test]
        fn whatever_bytes_are_decodable_come_back_as_they_were(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        ) {
            let mut bytes = every_type().to_vec().unwrap();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if is_decodable(&bytes) {
                there_and_back(&bytes);
            } else {
                // It is refused, and must not do harm.
                let _ = write(&bytes, &mut Vec::new());
            }
        }

        #[test]
        fn whatever_line_is_read_does_no_harm(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut line = written(&every_type().to_vec().unwrap()).into_bytes();
            for (at, byte) in changes {
                let at = at.index(line.len());
                line[at] = byte;
            }
            line.truncate(cut.index(line.len()) + 1);
            let mut bytes = Vec::new();
            if read(&line, &mut bytes).is_ok() {
                prop_assert!(is_decodable(&bytes), "what is read is a document");
            }
        }
    }
}
