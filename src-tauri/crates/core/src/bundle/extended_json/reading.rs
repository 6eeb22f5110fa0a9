use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bson::Decimal128;

use super::writing::digits;
use super::{AS_BYTES, WRAPPERS};
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::nesting::{NESTING_MAX, is_decodable};

/// Why a line is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It is no document in Extended JSON.
    NotADocument,
    /// The document is larger than any server takes.
    TooLarge,
}

/// Appends the document of a line as BSON. Numbers and spaces may stand there as other programs write them.
///
/// # Errors
/// What was appended is worthless then.
pub fn read(line: &[u8], to: &mut Vec<u8>) -> Result<(), Problem> {
    let start = to.len();
    let mut reader = Reader { line, at: 0, to, start, has_bytes: false };
    reader.space();
    reader.expect(b'{')?;
    reader.space();
    match reader.first_key()? {
        Some(key) if key == AS_BYTES => {
            reader.bytes_of_document()?;
            reader.close()?;
        }
        Some(key) if WRAPPERS.contains(&key.as_str()) => return Err(Problem::NotADocument),
        first => reader.document(first, 1)?,
    }
    reader.space();
    let is_whole = reader.at == line.len();
    if !is_whole || (reader.has_bytes && !is_decodable(&to[start..])) {
        return Err(Problem::NotADocument);
    }
    if to.len() - start > DOCUMENT_BYTES_MAX { Err(Problem::TooLarge) } else { Ok(()) }
}

struct Reader<'a> {
    line: &'a [u8],
    at: usize,
    to: &'a mut Vec<u8>,
    /// Where the document begins in `to`.
    start: usize,
    /// Whether a part came as its bytes, so that the whole may be nested too deeply.
    has_bytes: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Problem> {
        if self.peek() != Some(byte) {
            return Err(Problem::NotADocument);
        }
        self.at += 1;
        Ok(())
    }

    /// The rest of an object that has no further field.
    fn close(&mut self) -> Result<(), Problem> {
        self.space();
        self.expect(b'}')
    }

    /// The first key of an object, with its colon; `None` if it is empty.
    fn first_key(&mut self) -> Result<Option<String>, Problem> {
        if self.peek() == Some(b'}') { Ok(None) } else { self.key().map(Some) }
    }

    fn key(&mut self) -> Result<String, Problem> {
        let key = self.text()?;
        if key.contains('\0') {
            return Err(Problem::NotADocument);
        }
        self.space();
        self.expect(b':')?;
        self.space();
        Ok(key)
    }

    /// A key that must be this one.
    fn key_named(&mut self, name: &str) -> Result<(), Problem> {
        self.space();
        if self.key()? == name { Ok(()) } else { Err(Problem::NotADocument) }
    }

    /// The fields of an object whose first key was read.
    fn document(&mut self, first: Option<String>, depth: usize) -> Result<(), Problem> {
        if depth > NESTING_MAX {
            return Err(Problem::NotADocument);
        }
        let start = self.to.len();
        self.to.extend_from_slice(&[0; 4]);
        let mut next = first;
        while let Some(key) = next {
            let kind = self.to.len();
            self.to.push(0);
            self.to.extend_from_slice(key.as_bytes());
            self.to.push(0);
            self.to[kind] = self.value(depth)?;
            self.space();
            next = if self.peek() == Some(b',') {
                self.at += 1;
                self.space();
                Some(self.key()?)
            } else {
                None
            };
        }
        self.expect(b'}')?;
        self.end(start)
    }

    fn array(&mut self, depth: usize) -> Result<(), Problem> {
        if depth > NESTING_MAX {
            return Err(Problem::NotADocument);
        }
        let start = self.to.len();
        self.to.extend_from_slice(&[0; 4]);
        let mut number = 0_u64;
        self.space();
        let mut is_over = self.peek() == Some(b']');
        while !is_over {
            let kind = self.to.len();
            self.to.push(0);
            self.to.extend_from_slice(digits(number, &mut [0; 20]));
            self.to.push(0);
            self.space();
            self.to[kind] = self.value(depth)?;
            self.space();
            is_over = self.peek() != Some(b',');
            if !is_over {
                self.at += 1;
            }
            number += 1;
        }
        self.expect(b']')?;
        self.end(start)
    }

    /// Ends a document that begins there.
    fn end(&mut self, start: usize) -> Result<(), Problem> {
        self.to.push(0);
        // Before the whole is there: a line of brackets alone makes much of little.
        if self.to.len() - self.start > DOCUMENT_BYTES_MAX {
            return Err(Problem::TooLarge);
        }
        let length = i32::try_from(self.to.len() - start).map_err(|_| Problem::TooLarge)?;
        self.to[start..start + 4].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }

    /// A value; returns its type.
    fn value(&mut self, depth: usize) -> Result<u8, Problem> {
        match self.peek().ok_or(Problem::NotADocument)? {
            b'{' => {
                self.at += 1;
                self.space();
                match self.first_key()? {
                    Some(key) if key.starts_with('$') && WRAPPERS.contains(&key.as_str()) => {
                        let kind = self.wrapped(&key, depth)?;
                        self.close()?;
                        Ok(kind)
                    }
                    first => self.document(first, depth + 1).map(|()| 0x03),
                }
            }
            b'[' => {
                self.at += 1;
                self.array(depth + 1).map(|()| 0x04)
            }
            b'"' => {
                let text = self.text()?;
                self.string(&text)?;
                Ok(0x02)
            }
            b't' => self.word(b"true", 0x08, &[1]),
            b'f' => self.word(b"false", 0x08, &[0]),
            b'n' => self.word(b"null", 0x0a, &[]),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8], kind: u8, bytes: &[u8]) -> Result<u8, Problem> {
        if !self.line[self.at..].starts_with(word) {
            return Err(Problem::NotADocument);
        }
        self.at += word.len();
        self.to.extend_from_slice(bytes);
        Ok(kind)
    }

    /// A number as other programs write it: the smallest type that holds it.
    fn number(&mut self) -> Result<u8, Problem> {
        let rest = &self.line[self.at..];
        let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|byte| !is_of_number(byte)).unwrap_or(rest.len());
        let number: serde_json::Number =
            serde_json::from_slice(&rest[..length]).map_err(|_| Problem::NotADocument)?;
        self.at += length;
        let (kind, bytes) = match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => match i32::try_from(whole) {
                Ok(small) => (0x10, small.to_le_bytes().to_vec()),
                Err(_) => (0x12, whole.to_le_bytes().to_vec()),
            },
            (None, Some(double)) => (0x01, double.to_le_bytes().to_vec()),
            (None, None) => return Err(Problem::NotADocument),
        };
        self.to.extend_from_slice(&bytes);
        Ok(kind)
    }

    /// The value of a wrapper whose key was read; returns its type.
    fn wrapped(&mut self, wrapper: &str, depth: usize) -> Result<u8, Problem> {
        match wrapper {
            "$oid" => {
                self.object_id()?;
                Ok(0x07)
            }
            "$numberInt" => self.parsed::<i32>().map(|number| self.put(0x10, &number.to_le_bytes())),
            "$numberLong" => self.parsed::<i64>().map(|number| self.put(0x12, &number.to_le_bytes())),
            "$numberDouble" => {
                let number = match self.text()?.as_str() {
                    "Infinity" => f64::INFINITY,
                    "-Infinity" => f64::NEG_INFINITY,
                    "NaN" => f64::NAN,
                    "-NaN" => -f64::NAN,
                    text => text.parse().map_err(|_| Problem::NotADocument)?,
                };
                Ok(self.put(0x01, &number.to_le_bytes()))
            }
            "$numberDecimal" => self.parsed::<Decimal128>().map(|number| self.put(0x13, &number.bytes())),
            "$date" => {
                self.expect(b'{')?;
                self.key_named("$numberLong")?;
                let at = self.parsed::<i64>()?;
                self.close()?;
                Ok(self.put(0x09, &at.to_le_bytes()))
            }
            "$binary" => self.binary(),
            "$timestamp" => {
                self.expect(b'{')?;
                self.key_named("t")?;
                let time = self.natural()?;
                self.comma()?;
                self.key_named("i")?;
                let increment = self.natural()?;
                self.close()?;
                self.put(0x11, &increment.to_le_bytes());
                Ok(self.put(0x11, &time.to_le_bytes()))
            }
            "$code" => self.code(depth),
            "$symbol" => {
                let text = self.text()?;
                self.string(&text)?;
                Ok(0x0e)
            }
            "$regularExpression" => self.regular_expression(),
            "$dbPointer" => {
                self.expect(b'{')?;
                self.key_named("$ref")?;
                let namespace = self.text()?;
                self.string(&namespace)?;
                self.comma()?;
                self.key_named("$id")?;
                self.expect(b'{')?;
                self.key_named("$oid")?;
                self.object_id()?;
                self.close()?;
                self.close()?;
                Ok(0x0c)
            }
            "$minKey" => self.one().map(|()| 0xff),
            "$maxKey" => self.one().map(|()| 0x7f),
            "$undefined" => {
                if !self.line[self.at..].starts_with(b"true") {
                    return Err(Problem::NotADocument);
                }
                self.at += 4;
                Ok(0x06)
            }
            AS_BYTES => self.bytes_of_document().map(|()| 0x03),
            _ => Err(Problem::NotADocument),
        }
    }

    fn put(&mut self, kind: u8, bytes: &[u8]) -> u8 {
        self.to.extend_from_slice(bytes);
        kind
    }

    fn comma(&mut self) -> Result<(), Problem> {
        self.space();
        self.expect(b',')
    }

    /// The number one, which is all that two of the wrappers say.
    fn one(&mut self) -> Result<(), Problem> {
        if self.natural()? == 1 { Ok(()) } else { Err(Problem::NotADocument) }
    }

    fn natural(&mut self) -> Result<u32, Problem> {
        let rest = &self.line[self.at..];
        let length = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        let text = std::str::from_utf8(&rest[..length]).map_err(|_| Problem::NotADocument)?;
        let number = text.parse().map_err(|_| Problem::NotADocument)?;
        self.at += length;
        Ok(number)
    }

    fn parsed<T: std::str::FromStr>(&mut self) -> Result<T, Problem> {
        self.text()?.parse().map_err(|_| Problem::NotADocument)
    }

    fn object_id(&mut self) -> Result<(), Problem> {
        let mut id = [0; 12];
        hex::decode_to_slice(self.text()?, &mut id).map_err(|_| Problem::NotADocument)?;
        self.to.extend_from_slice(&id);
        Ok(())
    }

    fn binary(&mut self) -> Result<u8, Problem> {
        self.expect(b'{')?;
        self.key_named("base64")?;
        let bytes = self.base64()?;
        self.comma()?;
        self.key_named("subType")?;
        let mut subtype = [0];
        hex::decode_to_slice(self.text()?, &mut subtype).map_err(|_| Problem::NotADocument)?;
        self.close()?;
        let twice = subtype == [0x02];
        let length = self.length(bytes.len() + if twice { 4 } else { 0 })?;
        self.put(0x05, &length);
        self.put(0x05, &subtype);
        if twice {
            let inner = self.length(bytes.len())?;
            self.put(0x05, &inner);
        }
        Ok(self.put(0x05, &bytes))
    }

    fn regular_expression(&mut self) -> Result<u8, Problem> {
        self.expect(b'{')?;
        self.key_named("pattern")?;
        let pattern = self.text()?;
        self.comma()?;
        self.key_named("options")?;
        let options = self.text()?;
        self.close()?;
        for text in [pattern, options] {
            if text.contains('\0') {
                return Err(Problem::NotADocument);
            }
            self.put(0x0b, text.as_bytes());
            self.put(0x0b, &[0]);
        }
        Ok(0x0b)
    }

    fn code(&mut self, depth: usize) -> Result<u8, Problem> {
        let code = self.text()?;
        self.space();
        if self.peek() != Some(b',') {
            self.string(&code)?;
            return Ok(0x0d);
        }
        self.at += 1;
        self.key_named("$scope")?;
        let start = self.to.len();
        self.put(0x0f, &[0; 4]);
        self.string(&code)?;
        self.expect(b'{')?;
        self.space();
        let first = self.first_key()?;
        self.document(first, depth + 1)?;
        let length = self.length(self.to.len() - start)?;
        self.to[start..start + 4].copy_from_slice(&length);
        Ok(0x0f)
    }

    fn bytes_of_document(&mut self) -> Result<(), Problem> {
        let bytes = self.base64()?;
        if !is_decodable(&bytes) {
            return Err(Problem::NotADocument);
        }
        self.has_bytes = true;
        self.to.extend_from_slice(&bytes);
        Ok(())
    }

    fn base64(&mut self) -> Result<Vec<u8>, Problem> {
        STANDARD.decode(self.text()?).map_err(|_| Problem::NotADocument)
    }

    fn length(&self, length: usize) -> Result<[u8; 4], Problem> {
        i32::try_from(length).map(i32::to_le_bytes).map_err(|_| Problem::TooLarge)
    }

    /// Appends a text that says its length.
    fn string(&mut self, text: &str) -> Result<(), Problem> {
        let length = self.length(text.len() + 1)?;
        self.to.extend_from_slice(&length);
        self.to.extend_from_slice(text.as_bytes());
        self.to.push(0);
        Ok(())
    }

    /// A quoted text without its escapes.
    fn text(&mut self) -> Result<String, Problem> {
        if self.peek() != Some(b'"') {
            return Err(Problem::NotADocument);
        }
        let from = self.at + 1;
        let mut end = from;
        let mut has_escapes = false;
        loop {
            match self.line.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    end += 2;
                }
                Some(0..0x20) | None => return Err(Problem::NotADocument),
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        if has_escapes {
            return serde_json::from_slice(&self.line[from - 1..=end]).map_err(|_| Problem::NotADocument);
        }
        let text = std::str::from_utf8(&self.line[from..end]).map_err(|_| Problem::NotADocument)?;
        Ok(text.to_owned())
    }
}
