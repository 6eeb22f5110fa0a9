use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bson::Decimal128;

use super::{AS_BYTES, WRAPPERS};
use crate::limits::BUNDLE_LINE_MAX;
use crate::nesting::{NESTING_MAX, is_decodable};

/// Bytes that are no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADocument;

/// Why a document is not written in the canonical form.
enum Unfit {
    /// The form does not hold one of its values.
    Inexact,
    /// It is no document.
    Malformed,
}

/// Appends a document as one line of text, without the end of the line.
///
/// # Errors
/// `NotADocument`; what was appended is removed again.
pub fn write(document: &[u8], to: &mut Vec<u8>) -> Result<(), NotADocument> {
    let start = to.len();
    match (Writer { to }).document(document, 1, Shape::Document) {
        Ok(()) if to.len() - start < BUNDLE_LINE_MAX => return Ok(()),
        // Its bytes are shorter.
        Ok(()) => {}
        // A decoder can be more forgiving than what is written here.
        Err(Unfit::Inexact | Unfit::Malformed) if is_decodable(document) => {}
        Err(Unfit::Inexact | Unfit::Malformed) => {
            to.truncate(start);
            return Err(NotADocument);
        }
    }
    to.truncate(start);
    to.extend_from_slice(b"{\"");
    to.extend_from_slice(AS_BYTES.as_bytes());
    to.extend_from_slice(b"\":\"");
    append_base64(document, to);
    to.extend_from_slice(b"\"}");
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Document,
    Array,
}

struct Writer<'a> {
    to: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn document(&mut self, bytes: &[u8], depth: usize, shape: Shape) -> Result<(), Unfit> {
        if depth > NESTING_MAX {
            return Err(Unfit::Malformed);
        }
        let mut rest = Rest(bytes);
        if rest.length()? != bytes.len() {
            return Err(Unfit::Malformed);
        }
        let (open, close) = if shape == Shape::Array { (b'[', b']') } else { (b'{', b'}') };
        self.to.push(open);
        let mut number = 0_u64;
        loop {
            let kind = rest.byte()?;
            if kind == 0 {
                break;
            }
            if number > 0 {
                self.to.push(b',');
            }
            let key = rest.text_to_nul()?;
            match shape {
                Shape::Array => {
                    if key != digits(number, &mut [0; 20]) {
                        return Err(Unfit::Inexact);
                    }
                }
                Shape::Document => {
                    if key.first() == Some(&b'$') && WRAPPERS.iter().any(|wrapper| wrapper.as_bytes() == key)
                    {
                        return Err(Unfit::Inexact);
                    }
                    self.text(key)?;
                    self.to.push(b':');
                }
            }
            self.value(kind, &mut rest, depth)?;
            number += 1;
        }
        self.to.push(close);
        if rest.0.is_empty() { Ok(()) } else { Err(Unfit::Malformed) }
    }

    fn value(&mut self, kind: u8, rest: &mut Rest<'_>, depth: usize) -> Result<(), Unfit> {
        match kind {
            0x01 => {
                let number = f64::from_le_bytes(rest.array()?);
                self.put(b"{\"$numberDouble\":\"");
                self.double(number)?;
                self.put(b"\"}");
            }
            0x02 => self.text(rest.string()?)?,
            0x03 | 0x04 => {
                let inner = rest.document()?;
                let shape = if kind == 0x04 { Shape::Array } else { Shape::Document };
                self.document(inner, depth + 1, shape)?;
            }
            0x05 => self.binary(rest)?,
            0x06 => self.put(b"{\"$undefined\":true}"),
            0x07 => {
                self.put(b"{\"$oid\":\"");
                self.object_id(rest)?;
                self.put(b"\"}");
            }
            0x08 => match rest.byte()? {
                0 => self.put(b"false"),
                1 => self.put(b"true"),
                _ => return Err(Unfit::Inexact),
            },
            0x09 => {
                self.put(b"{\"$date\":{\"$numberLong\":\"");
                self.integer(i64::from_le_bytes(rest.array()?));
                self.put(b"\"}}");
            }
            0x0a => self.put(b"null"),
            0x0b => self.regular_expression(rest)?,
            0x0c => {
                self.put(b"{\"$dbPointer\":{\"$ref\":");
                self.text(rest.string()?)?;
                self.put(b",\"$id\":{\"$oid\":\"");
                self.object_id(rest)?;
                self.put(b"\"}}}");
            }
            0x0d => self.wrapped_text(b"{\"$code\":", rest.string()?)?,
            0x0e => self.wrapped_text(b"{\"$symbol\":", rest.string()?)?,
            0x0f => self.scoped_code(rest, depth)?,
            0x10 => {
                self.put(b"{\"$numberInt\":\"");
                self.integer(i64::from(i32::from_le_bytes(rest.array()?)));
                self.put(b"\"}");
            }
            0x11 => {
                let increment = u32::from_le_bytes(rest.array()?);
                let time = u32::from_le_bytes(rest.array()?);
                self.put(b"{\"$timestamp\":{\"t\":");
                self.integer(i64::from(time));
                self.put(b",\"i\":");
                self.integer(i64::from(increment));
                self.put(b"}}");
            }
            0x12 => {
                self.put(b"{\"$numberLong\":\"");
                self.integer(i64::from_le_bytes(rest.array()?));
                self.put(b"\"}");
            }
            0x13 => {
                let number = Decimal128::from_bytes(rest.array()?);
                let text = number.to_string();
                // Several codings have one text.
                if text.parse::<Decimal128>().ok().is_none_or(|read| read.bytes() != number.bytes()) {
                    return Err(Unfit::Inexact);
                }
                self.put(b"{\"$numberDecimal\":\"");
                self.put(text.as_bytes());
                self.put(b"\"}");
            }
            0x7f => self.put(b"{\"$maxKey\":1}"),
            0xff => self.put(b"{\"$minKey\":1}"),
            _ => return Err(Unfit::Malformed),
        }
        Ok(())
    }

    fn binary(&mut self, rest: &mut Rest<'_>) -> Result<(), Unfit> {
        let length = rest.length()?;
        let subtype = rest.byte()?;
        let mut bytes = rest.take(length)?;
        if subtype == 0x02 {
            // This one says its length a second time.
            let mut inner = Rest(bytes);
            // One that is too short for it says nothing.
            let said = inner.length().map_err(|_| Unfit::Inexact)?;
            if Some(said) != length.checked_sub(4) {
                return Err(Unfit::Inexact);
            }
            bytes = inner.0;
        }
        self.put(b"{\"$binary\":{\"base64\":\"");
        append_base64(bytes, self.to);
        self.put(b"\",\"subType\":\"");
        self.hex(&[subtype])?;
        self.put(b"\"}}");
        Ok(())
    }

    fn regular_expression(&mut self, rest: &mut Rest<'_>) -> Result<(), Unfit> {
        let (pattern, options) = (rest.text_to_nul()?, rest.text_to_nul()?);
        // The form has them in this order.
        if !options.is_sorted_by(|one, next| one < next) {
            return Err(Unfit::Inexact);
        }
        self.put(b"{\"$regularExpression\":{\"pattern\":");
        self.text(pattern)?;
        self.put(b",\"options\":");
        self.text(options)?;
        self.put(b"}}");
        Ok(())
    }

    fn scoped_code(&mut self, rest: &mut Rest<'_>, depth: usize) -> Result<(), Unfit> {
        let before = rest.0.len();
        let length = rest.length()?;
        self.put(b"{\"$code\":");
        self.text(rest.string()?)?;
        self.put(b",\"$scope\":");
        let scope = rest.document()?;
        self.document(scope, depth + 1, Shape::Document)?;
        self.to.push(b'}');
        if before - rest.0.len() == length { Ok(()) } else { Err(Unfit::Inexact) }
    }

    fn wrapped_text(&mut self, beginning: &[u8], text: &[u8]) -> Result<(), Unfit> {
        self.put(beginning);
        self.text(text)?;
        self.to.push(b'}');
        Ok(())
    }

    fn object_id(&mut self, rest: &mut Rest<'_>) -> Result<(), Unfit> {
        let id: [u8; 12] = rest.array()?;
        self.hex(&id)
    }

    fn hex(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
        let mut text = [0; 24];
        let text = text.get_mut(..bytes.len() * 2).ok_or(Unfit::Malformed)?;
        hex::encode_to_slice(bytes, text).map_err(|_| Unfit::Malformed)?;
        self.put(text);
        Ok(())
    }

    fn double(&mut self, number: f64) -> Result<(), Unfit> {
        if number.is_nan() {
            let is = |other: f64| number.to_bits() == other.to_bits();
            let text: &[u8] = match (is(f64::NAN), is(-f64::NAN)) {
                (true, _) => b"NaN",
                (_, true) => b"-NaN",
                (false, false) => return Err(Unfit::Inexact),
            };
            self.put(text);
            return Ok(());
        }
        let written = if number.is_infinite() {
            self.put(if number > 0.0 { b"Infinity" } else { b"-Infinity" });
            Ok(())
        } else if number.is_subnormal() {
            write!(self.to, "{number:e}")
        } else if number.fract() == 0.0 {
            write!(self.to, "{number}.0")
        } else {
            write!(self.to, "{number}")
        };
        written.map_err(|_| Unfit::Malformed)
    }

    fn integer(&mut self, number: i64) {
        if number < 0 {
            self.to.push(b'-');
        }
        self.to.extend_from_slice(digits(number.unsigned_abs(), &mut [0; 20]));
    }

    /// A quoted text, escaped as `serde_json` does it.
    fn text(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
        if std::str::from_utf8(bytes).is_err() {
            return Err(Unfit::Inexact);
        }
        self.to.push(b'"');
        let mut plain = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let escape = match byte {
                b'"' => b"\\\"",
                b'\\' => b"\\\\",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                b'\t' => b"\\t",
                0x08 => b"\\b",
                0x0c => b"\\f",
                0..0x20 => b"\\u",
                _ => continue,
            };
            self.to.extend_from_slice(&bytes[plain..at]);
            self.to.extend_from_slice(escape);
            if escape[1] == b'u' {
                write!(self.to, "{byte:04x}").map_err(|_| Unfit::Malformed)?;
            }
            plain = at + 1;
        }
        self.to.extend_from_slice(&bytes[plain..]);
        self.to.push(b'"');
        Ok(())
    }

    fn put(&mut self, text: &[u8]) {
        self.to.extend_from_slice(text);
    }
}

fn append_base64(bytes: &[u8], to: &mut Vec<u8>) {
    let start = to.len();
    to.resize(start + bytes.len().div_ceil(3) * 4, 0);
    // Can't fail: there is as much room as the text takes.
    let length = STANDARD.encode_slice(bytes, &mut to[start..]).unwrap_or_default();
    to.truncate(start + length);
}

/// A number in decimal.
pub(super) fn digits(mut number: u64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut at = buffer.len();
    loop {
        at -= 1;
        // Below ten.
        buffer[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &buffer[at..];
        }
    }
}

/// The bytes of a document that are still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Unfit> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Unfit::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Unfit> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unfit> {
        self.take(N)?.try_into().map_err(|_| Unfit::Malformed)
    }

    fn length(&mut self) -> Result<usize, Unfit> {
        usize::try_from(i32::from_le_bytes(self.array()?)).map_err(|_| Unfit::Malformed)
    }

    /// A text that a zero ends.
    fn text_to_nul(&mut self) -> Result<&'a [u8], Unfit> {
        let length = self.0.iter().position(|byte| *byte == 0).ok_or(Unfit::Malformed)?;
        let text = self.take(length)?;
        self.byte()?;
        Ok(text)
    }

    /// A text that says its length, which includes the zero at its end.
    fn string(&mut self) -> Result<&'a [u8], Unfit> {
        let length = self.length()?;
        match self.take(length)?.split_last() {
            Some((0, text)) => Ok(text),
            Some(_) => Err(Unfit::Inexact),
            None => Err(Unfit::Malformed),
        }
    }

    fn document(&mut self) -> Result<&'a [u8], Unfit> {
        let length = Rest(self.0).length()?;
        self.take(length)
    }
}
