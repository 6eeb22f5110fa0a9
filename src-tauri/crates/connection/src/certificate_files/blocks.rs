//! The blocks of a PEM file with their places, by the rules of the driver's parser.

use rustls::pki_types::pem::{PemObject, SectionKind};

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const HYPHENS: &[u8] = b"-----";

/// A block, or an attempt at one.
pub(super) struct Block {
    /// Its label: `CERTIFICATE`.
    pub(super) label: String,
    /// Its first line, from 1.
    pub(super) line: usize,
    /// Its content, if it is readable and the parser knows its label.
    pub(super) der: Vec<u8>,
    pub(super) fault: Option<Fault>,
    /// Whether it is a key of OpenSSL before 1.0, whose sealing headers the parser takes for content.
    pub(super) is_sealed_in_the_old_way: bool,
}

/// Why a block is not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not begin its line, and the parser silently skips it.
    Joined,
    /// Its first line does not end in five hyphens.
    Begin,
    /// Its last line is missing.
    Unfinished,
    /// Its content is not Base64.
    Damaged,
    /// Its content is not a certificate.
    NoCertificate,
}

impl Fault {
    /// As the end of a sentence.
    pub(super) fn told(self, line: usize) -> String {
        match self {
            Self::Joined => format!("begins in the middle of line {line}: put a line break before its BEGIN"),
            Self::Begin => format!("does not begin as it must: line {line} must end in five hyphens"),
            Self::Unfinished => format!("begins in line {line} and has no end"),
            Self::Damaged => format!("begins in line {line} and is damaged"),
            Self::NoCertificate => format!("begins in line {line} and is no certificate that can be used"),
        }
    }
}

impl Block {
    pub(super) fn is_certificate(&self) -> bool {
        self.label == "CERTIFICATE"
    }

    fn faulty(label: &[u8], line: usize, fault: Fault) -> Self {
        let label = String::from_utf8_lossy(label).into_owned();
        Self { label, line, der: Vec::new(), fault: Some(fault), is_sealed_in_the_old_way: false }
    }
}

/// A block without its end so far.
struct Open<'a> {
    label: &'a [u8],
    start: usize,
    line: usize,
}

/// The blocks in their order.
pub(super) fn of(text: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Open<'_>> = None;
    for Line { number, start, text: line } in lines(text) {
        if line.starts_with(BEGIN) {
            // If one begins before another ends, both are parsed as one.
            let (start, first) = open.as_ref().map_or((start, number), |open| (open.start, open.line));
            match label(line) {
                Some(label) => open = Some(Open { label, start, line: first }),
                None => {
                    open = None;
                    blocks.push(Block::faulty(meant(line), number, Fault::Begin));
                }
            }
            continue;
        }
        let is_end = |open: &Open<'_>| {
            let rest = line.strip_prefix(END).and_then(|rest| rest.strip_prefix(open.label));
            rest.filter(|rest| rest.starts_with(HYPHENS))
        };
        if let Some((closed, rest)) = open.as_ref().and_then(|open| is_end(open).map(|rest| (open, rest))) {
            let end = start + line.len();
            blocks.push(read(closed, text.get(closed.start..end).unwrap_or_default()));
            open = None;
            if let Some(at) = find(rest, BEGIN) {
                blocks.push(Block::faulty(meant(rest.get(at..).unwrap_or_default()), number, Fault::Joined));
            }
        } else if open.is_none()
            && let Some(at) = find(line, BEGIN)
        {
            blocks.push(Block::faulty(meant(line.get(at..).unwrap_or_default()), number, Fault::Joined));
        }
    }
    if let Some(open) = open {
        blocks.push(Block::faulty(open.label, open.line, Fault::Unfinished));
    }
    blocks
}

fn read(open: &Open<'_>, text: &[u8]) -> Block {
    let known = SectionKind::try_from(open.label).is_ok();
    let content = known.then(|| <(SectionKind, Vec<u8>)>::from_pem_slice(text));
    let (der, fault) = match content {
        Some(Ok((_, der))) => (der, None),
        Some(Err(_)) => (Vec::new(), Some(Fault::Damaged)),
        // The parser skips unknown labels.
        None => (Vec::new(), None),
    };
    let label = String::from_utf8_lossy(open.label).into_owned();
    let is_sealed_in_the_old_way = fault.is_some() && find(text, b"Proc-Type: 4,ENCRYPTED").is_some();
    Block { label, line: open.line, der, fault, is_sealed_in_the_old_way }
}

/// The label of a first line; `None` if it does not end in five hyphens.
fn label(line: &[u8]) -> Option<&[u8]> {
    let (mut hyphens, mut end) = (0, line.len());
    for (at, byte) in line.iter().enumerate().rev() {
        match byte {
            b'-' => {
                hyphens += 1;
                end = at;
            }
            b' ' => {}
            _ => break,
        }
    }
    if hyphens == HYPHENS.len() { line.get(BEGIN.len()..end) } else { None }
}

/// The intended label of a first line, or of a part of one.
fn meant(line: &[u8]) -> &[u8] {
    let rest = line.strip_prefix(BEGIN).unwrap_or(line);
    let end = rest.iter().position(|byte| *byte == b'-').unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default().trim_ascii_end()
}

struct Line<'a> {
    number: usize,
    start: usize,
    text: &'a [u8],
}

/// Lines as the parser cuts them: at every line feed and carriage return; both together end one line.
fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let (mut start, mut number) = (0, 1);
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let line = Line { number, start, text: rest.get(..end).unwrap_or_default() };
        let is_half = rest.get(end..end + 2) == Some(b"\r\n");
        number += usize::from(!is_half);
        start += end + 1;
        Some(line)
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
