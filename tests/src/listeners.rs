//! Listeners in a server's place that respond, or do not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bson::{Bson, Document, doc};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A TLS alert "internal error", as Atlas sends it to an address that is not on the access list.
pub const ALERT_80: &[u8] = &[0x15, 3, 3, 0, 2, 2, 80];
/// A TLS alert "handshake failure".
pub const ALERT_40: &[u8] = &[0x15, 3, 3, 0, 2, 2, 40];

/// A listener on this computer, gone when it is dropped.
#[derive(Debug)]
pub struct Listener {
    /// Where it is.
    pub address: SocketAddr,
    task: Option<JoinHandle<()>>,
    /// Held open while it lives.
    _held: Vec<TcpStream>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Listener {
    /// Responds like a MongoDB server to `hello`, and with `refusal` to everything else; without one, everything else
    /// gets no response.
    pub async fn introducing(hello: Document, refusal: Option<Document>) -> Self {
        Self::serve(move |stream| introduce(stream, hello.clone(), refusal.clone())).await
    }

    /// Responds to `hello` with so many nested documents.
    ///
    /// # Panics
    /// When they exceed the length of a message.
    pub async fn introducing_deeply(depth: usize) -> Self {
        let mut hello = Vec::new();
        for inside in (1..depth).rev() {
            let length = i32::try_from(5 + inside * 8).expect("a length");
            hello.extend_from_slice(&length.to_le_bytes());
            hello.extend_from_slice(b"\x03a\0");
        }
        hello.extend_from_slice(&5_i32.to_le_bytes());
        hello.resize(hello.len() + depth, 0);
        Self::serve(move |mut stream| {
            let hello = hello.clone();
            async move {
                while let Some((id, code, _)) = read(&mut stream).await {
                    if write(&mut stream, id, code, &hello).await.is_none() {
                        return;
                    }
                }
            }
        })
        .await
    }

    /// As [`introducing`](Self::introducing), through TLS.
    pub async fn introducing_in_tls(hello: Document, config: Arc<ServerConfig>) -> Self {
        let acceptor = TlsAcceptor::from(config);
        Self::serve(move |stream| {
            let (acceptor, hello) = (acceptor.clone(), hello.clone());
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    introduce(stream, hello, None).await;
                }
            }
        })
        .await
    }

    /// The same; without TLS it says nothing, and hangs up only if `hangs_up` says so.
    pub async fn introducing_in_tls_only(hello: Document, config: Arc<ServerConfig>, hangs_up: bool) -> Self {
        let acceptor = TlsAcceptor::from(config);
        Self::serve(move |stream| {
            let (acceptor, hello) = (acceptor.clone(), hello.clone());
            async move {
                let mut first = [0_u8; 1];
                let is_tls = stream.peek(&mut first).await.is_ok() && first == [0x16];
                if !is_tls {
                    if !hangs_up {
                        std::future::pending::<()>().await;
                    }
                } else if let Ok(stream) = acceptor.accept(stream).await {
                    introduce(stream, hello, None).await;
                }
            }
        })
        .await
    }

    /// A SOCKS5 proxy that resolves every name to this computer and tells refused ports apart. With `user` it requires
    /// that user and password.
    pub async fn socks5(user: Option<(&'static str, &'static str)>) -> Self {
        Self::serve(move |stream| async move {
            let _ = socks5(stream, user).await;
        })
        .await
    }

    /// Waits for a message, responds with this, and hangs up.
    pub async fn saying(bytes: &'static [u8]) -> Self {
        Self::serve(move |mut stream| async move {
            let mut word = [0_u8; 1024];
            let _ = stream.read(&mut word).await;
            let _ = stream.write_all(bytes).await;
            let _ = stream.flush().await;
            // Reads the rest of the message, or the system would send a reset and the response would be lost.
            let _ = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut word)).await;
        })
        .await
    }

    /// Sends this at once and waits.
    pub async fn greeting(bytes: &'static [u8]) -> Self {
        Self::serve(move |mut stream| async move {
            let _ = stream.write_all(bytes).await;
            std::future::pending().await
        })
        .await
    }

    /// Accepts and never says a word.
    pub async fn mute() -> Self {
        Self::serve(|stream| async move {
            let _held = stream;
            std::future::pending().await
        })
        .await
    }

    /// A port that drops everything, as a firewall does: its queue is full and nobody accepts.
    ///
    /// # Panics
    /// When no port is free, or the queue never fills.
    pub async fn black_hole() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("bound");
        let mut held = Vec::new();
        for _ in 0..64 {
            match tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
                Ok(stream) => held.push(stream.expect("the queue takes it")),
                Err(_) => {
                    let task = tokio::spawn(async move {
                        let _listener = listener;
                        std::future::pending().await
                    });
                    return Self { address, task: Some(task), _held: held };
                }
            }
        }
        panic!("the queue of the listener never fills");
    }

    async fn serve<F, W>(work: F) -> Self
    where
        F: Fn(TcpStream) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let task = tokio::spawn(async move {
            let mut running = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                running.spawn(work(stream));
            }
        });
        Self { address, task: Some(task), _held: Vec::new() }
    }
}

/// The `hello` of a primary that the driver supports.
pub fn good_hello() -> Document {
    doc! {
        "ismaster": true, "isWritablePrimary": true, "helloOk": true,
        "minWireVersion": 0, "maxWireVersion": 21,
        "maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000,
        "ok": 1.0,
    }
}

async fn introduce(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    hello: Document,
    refusal: Option<Document>,
) {
    while let Some((id, code, question)) = read(&mut stream).await {
        let name = question.keys().next().map(|key| key.to_ascii_lowercase()).unwrap_or_default();
        let answer = match name.as_str() {
            "hello" | "ismaster" => Some(hello.clone()),
            "buildinfo" => Some(doc! { "version": "7.0.1", "ok": 1 }),
            _ => refusal.clone(),
        };
        let Some(Ok(answer)) = answer.map(|answer| answer.to_vec()) else { continue };
        if write(&mut stream, id, code, &answer).await.is_none() {
            return;
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<(i32, i32, Document)> {
    let mut head = [0_u8; 16];
    stream.read_exact(&mut head).await.ok()?;
    let number = |at: usize| i32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = usize::try_from(number(0)).ok()?.checked_sub(16)?;
    if length > 1 << 20 {
        // Not our message: waits for the rest like a server that trusts it.
        return std::future::pending().await;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    // Before the document: flags, the namespace and two numbers; or flags and the kind of the section.
    let skipped = if number(12) == 2004 { 4 + "admin.$cmd\0".len() + 8 } else { 5 };
    let question = Document::from_reader(body.get(skipped..)?).ok()?;
    Some((number(4), number(12), question))
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), to: i32, code: i32, document: &[u8]) -> Option<()> {
    let (code, front): (i32, Vec<u8>) =
        if code == 2004 { (1, [&[0; 16][..], &1_i32.to_le_bytes()].concat()) } else { (2013, vec![0; 5]) };
    let length = i32::try_from(16 + front.len() + document.len()).ok()?;
    let mut message = Vec::new();
    for part in [length, 7, to, code] {
        message.extend_from_slice(&part.to_le_bytes());
    }
    message.extend_from_slice(&front);
    message.extend_from_slice(document);
    stream.write_all(&message).await.ok()?;
    stream.flush().await.ok()
}

/// A refusal with a code.
pub fn refusal(code: i32, name: &str, message: &str) -> Document {
    doc! { "ok": 0.0, "errmsg": message, "code": code, "codeName": Bson::from(name) }
}

/// RFC 1928 and 1929, as much as a client of one connection to a named host needs.
async fn socks5(mut stream: TcpStream, user: Option<(&str, &str)>) -> std::io::Result<()> {
    let mut head = [0_u8; 2];
    stream.read_exact(&mut head).await?;
    let mut methods = vec![0; usize::from(head[1])];
    stream.read_exact(&mut methods).await?;
    let method = if user.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        return stream.write_all(&[5, 0xff]).await;
    }
    stream.write_all(&[5, method]).await?;
    if let Some((name, password)) = user {
        let _version = stream.read_u8().await?;
        let given = (field(&mut stream).await?, field(&mut stream).await?);
        let good = given == (name.as_bytes().to_vec(), password.as_bytes().to_vec());
        stream.write_all(&[1, u8::from(!good)]).await?;
        if !good {
            return Ok(());
        }
    }
    let mut request = [0_u8; 4];
    stream.read_exact(&mut request).await?;
    match request[3] {
        1 => drop(stream.read_u32().await?),
        _ => drop(field(&mut stream).await?),
    }
    let port = stream.read_u16().await?;
    match TcpStream::connect(("127.0.0.1", port)).await {
        Ok(mut host) => {
            stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await?;
            tokio::io::copy_bidirectional(&mut stream, &mut host).await?;
            Ok(())
        }
        Err(_) => stream.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await,
    }
}

async fn field(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut field = vec![0; usize::from(stream.read_u8().await?)];
    stream.read_exact(&mut field).await?;
    Ok(field)
}
