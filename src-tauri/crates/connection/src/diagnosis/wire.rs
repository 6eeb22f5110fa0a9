//! The part of the wire protocol that a handshake needs: one request, one response.
//!
//! Sources: the manual's "MongoDB Wire Protocol" and the drivers' specification "MongoDB Handshake".

use std::io;
use std::time::Duration;

use bson::Document;
use tenantry_core::nesting::is_decodable;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::reach::Stream;

const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2004;
const OP_MSG: i32 = 2013;
const HEADER: usize = 16;
/// No introduction is longer; a longer "answer" is another protocol's bytes read as a length, or somebody's who means
/// ill.
const LONGEST: usize = 64 * 1024;
/// How long to wait for the rest of a foreign greeting.
const GREETING_PATIENCE: Duration = Duration::from_millis(50);
/// A TLS record of the kinds alert and handshake, version 3.x.
const TLS_RECORDS: [u8; 2] = [0x15, 0x16];

/// The form of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The old one, which every server understands for `isMaster` and nothing else.
    Query,
    /// The current one.
    Message,
}

/// Why there is no response.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// No response in time.
    Silent,
    /// The other side closed the connection without a response.
    Closed(io::ErrorKind),
    /// The connection, or its encryption, failed.
    Broken(io::Error),
    /// The other side uses TLS.
    Tls,
    /// Not MongoDB: the beginning of its response.
    Foreign(Vec<u8>),
}

/// Sends one request.
pub(super) async fn ask(
    stream: &mut dyn Stream,
    form: Form,
    question: &Document,
    deadline: Instant,
) -> Result<Document, NoAnswer> {
    let id = 1;
    let bytes = encode(form, id, question).map_err(NoAnswer::Broken)?;
    let sent = timeout_at(deadline, async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    })
    .await;
    // A server that closed the connection may have said why before, so its words are read in any case.
    let unsent = match sent {
        Ok(sent) => sent.err(),
        Err(_) => return Err(NoAnswer::Silent),
    };
    let head = match read_head(stream, deadline).await? {
        Some(head) => head,
        None => return Err(unsent.map_or(NoAnswer::Closed(io::ErrorKind::UnexpectedEof), broken)),
    };
    let is_ours = number(&head, 8) == Some(id) && matches!(number(&head, 12), Some(OP_REPLY | OP_MSG));
    let length = number(&head, 0).and_then(|length| usize::try_from(length).ok());
    let body = length.and_then(|length| length.checked_sub(HEADER)).filter(|body| *body <= LONGEST);
    let Some(body) = body.filter(|_| is_ours) else {
        return Err(NoAnswer::Foreign(greeting(stream, head).await));
    };
    let mut bytes = vec![0; body];
    match timeout_at(deadline, stream.read_exact(&mut bytes)).await {
        Ok(read) => read.map_err(broken)?,
        Err(_) => return Err(NoAnswer::Silent),
    };
    let skipped = if number(&head, 12) == Some(OP_REPLY) { 20 } else { 5 };
    // Foreign bytes: decoding would follow them as deep as they go.
    let measured = bytes.get(skipped..).filter(|rest| is_decodable(rest));
    measured.and_then(|rest| Document::from_reader(rest).ok()).ok_or(NoAnswer::Foreign(head))
}

/// The header of the response, or the beginning of something shorter; `None` without any.
async fn read_head(stream: &mut dyn Stream, deadline: Instant) -> Result<Option<Vec<u8>>, NoAnswer> {
    let mut head = vec![0; HEADER];
    let mut filled = 0;
    while filled < HEADER {
        match timeout_at(deadline, stream.read(&mut head[filled..])).await {
            Ok(Ok(0)) | Err(_) if filled > 0 => break,
            Ok(Ok(0)) => return Ok(None),
            Ok(Ok(read)) => filled += read,
            Ok(Err(_)) if filled > 0 => break,
            Ok(Err(error)) => return Err(broken(error)),
            Err(_) => return Err(NoAnswer::Silent),
        }
        if let [kind, 3, _, ..] = &head[..filled]
            && TLS_RECORDS.contains(kind)
        {
            return Err(NoAnswer::Tls);
        }
    }
    head.truncate(filled);
    Ok(Some(head))
}

/// The rest of a foreign greeting, as far as it has arrived.
async fn greeting(stream: &mut dyn Stream, mut head: Vec<u8>) -> Vec<u8> {
    let mut more = [0_u8; 64];
    if let Ok(Ok(read)) = timeout(GREETING_PATIENCE, stream.read(&mut more)).await {
        head.extend_from_slice(&more[..read]);
    }
    head
}

fn broken(error: io::Error) -> NoAnswer {
    let by_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
            if !by_tls =>
        {
            NoAnswer::Closed(error.kind())
        }
        _ => NoAnswer::Broken(error),
    }
}

fn encode(form: Form, id: i32, question: &Document) -> io::Result<Vec<u8>> {
    let document = question.to_vec().map_err(io::Error::other)?;
    let mut body = Vec::with_capacity(document.len() + 32);
    let code = match form {
        Form::Query => {
            body.extend_from_slice(&0_i32.to_le_bytes());
            body.extend_from_slice(b"admin.$cmd\0");
            body.extend_from_slice(&0_i32.to_le_bytes());
            // One document, and no open cursor.
            body.extend_from_slice(&(-1_i32).to_le_bytes());
            OP_QUERY
        }
        Form::Message => {
            body.extend_from_slice(&0_u32.to_le_bytes());
            // The kind of the one section: a body.
            body.push(0);
            OP_MSG
        }
    };
    body.extend_from_slice(&document);
    let length = i32::try_from(HEADER + body.len()).map_err(io::Error::other)?;
    let mut message = Vec::with_capacity(HEADER + body.len());
    for part in [length, id, 0, code] {
        message.extend_from_slice(&part.to_le_bytes());
    }
    message.extend_from_slice(&body);
    Ok(message)
}

fn number(head: &[u8], at: usize) -> Option<i32> {
    let bytes = head.get(at..at + 4)?;
    bytes.try_into().ok().map(i32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use bson::doc;
    use tokio::io::duplex;

    use super::*;

    /// Decodes the document of a response.
    async fn answered(document: Vec<u8>) -> Result<Document, NoAnswer> {
        let (mut ours, mut theirs) = duplex(2 << 20);
        let length = i32::try_from(HEADER + 5 + document.len()).expect("a length");
        let head: Vec<u8> = [length, 7, 1, OP_MSG].iter().flat_map(|part| part.to_le_bytes()).collect();
        let message = [head, vec![0; 5], document].concat();
        theirs.write_all(&message).await.expect("written");
        let deadline = Instant::now() + Duration::from_secs(5);
        ask(&mut ours, Form::Message, &doc! { "hello": 1 }, deadline).await
    }

    fn nested(depth: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for level in (1..depth).rev() {
            bytes.extend_from_slice(&i32::try_from(5 + level * 8).expect("a length").to_le_bytes());
            bytes.extend_from_slice(b"\x03a\0");
        }
        bytes.extend_from_slice(&5_i32.to_le_bytes());
        bytes.resize(bytes.len() + depth, 0);
        bytes
    }

    #[tokio::test]
    async fn an_introduction_that_lies_deep_in_itself_or_is_long_ends_nothing() {
        let hello = doc! { "ok": 1.0 };
        let good = answered(hello.to_vec().expect("written")).await;
        assert_eq!(good.ok(), Some(hello));
        // 980 kB, and what fits into a short response.
        for depth in [122_500, 8_000, 201] {
            let answer = answered(nested(depth)).await;
            assert!(matches!(answer, Err(NoAnswer::Foreign(_))), "{depth}: {answer:?}");
        }
    }
}
