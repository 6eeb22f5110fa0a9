//! A connection that a test can cut, refuse, delay, freeze and redirect, and on which it can count the requests.
//!
//! It stands between a client and a server and copies bytes on threads of its own: a test's runtime that waits for a
//! response must not keep it from coming.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bson::doc;
use parking_lot::{Condvar, Mutex, MutexGuard};

/// What a message starts with: its length and kind, 16 bytes in all.
const HEADER: usize = 16;

/// A proxy before one server. Gone with its connections when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    target: String,
    accepting: bool,
    frozen: bool,
    delay: Duration,
    /// Cuts every connection when a message with these bytes comes from the client, before or after the server got it.
    trap: Option<(Vec<u8>, Moment)>,
    /// Responds to the next message with these bytes that no majority confirmed the write. The flag says whether the
    /// server gets it.
    unconfirmed: Option<(Vec<u8>, bool)>,
    sprung: u32,
    /// Connections that ended, whoever ended them.
    ended: u32,
    /// What the server has sent since a test began to listen.
    heard: Option<Vec<u8>>,
    traffic: Option<Traffic>,
    lines: Vec<TcpStream>,
    over: bool,
}

/// The requests that passed since a test began to count, in waves: a request belongs to the wave after the latest one
/// with a response that its client had by then. Requests that were sent at the same time are one wave, so their number
/// is that of the round trips that a person waits for.
///
/// It is never too low: a request that needs a response comes after it. It can be too high when a response overtakes a
/// request that does not need it, so a test that counts delays the responses ([`Proxy::delay`]).
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    waves: Vec<Vec<String>>,
    /// The wave of each request without a response yet.
    open: HashMap<[u8; 4], usize>,
    answered: usize,
}

impl Traffic {
    /// The commands by wave.
    pub fn waves(&self) -> &[Vec<String>] {
        &self.waves
    }

    /// The number of commands.
    pub fn commands(&self) -> usize {
        self.waves.iter().map(Vec::len).sum()
    }

    fn note_request(&mut self, message: &[u8]) {
        let Some(command) = command_of(message) else { return };
        let wave = self.answered + 1;
        if self.waves.len() < wave {
            self.waves.resize(wave, Vec::new());
        }
        self.waves[wave - 1].push(command);
        self.open.insert([message[4], message[5], message[6], message[7]], wave);
    }

    fn note_response(&mut self, to: [u8; 4]) {
        if let Some(wave) = self.open.remove(&to) {
            self.answered = self.answered.max(wave);
        }
    }
}

/// Command and collection of a request, without those with which the driver signs in, watches the server and tidies up:
/// nobody waits for these.
fn command_of(message: &[u8]) -> Option<String> {
    const OP_MSG: i32 = 2013;
    const OF_THE_DRIVER: [&str; 4] = ["saslStart", "saslContinue", "endSessions", "killCursors"];
    // Header, flags, and the kind of the first section, which is the body.
    let (kind, body) = (message.get(12..16)?, message.get(HEADER + 5..)?);
    if i32::from_le_bytes(kind.try_into().ok()?) != OP_MSG {
        return None;
    }
    let length = usize::try_from(i32::from_le_bytes(body.get(..4)?.try_into().ok()?)).ok()?;
    let body = bson::RawDocument::from_bytes(body.get(..length)?).ok()?;
    let (command, of) = body.iter().next()?.ok()?;
    let command = command.as_str();
    let is_greeting = ["hello", "isMaster", "ismaster"].contains(&command);
    if OF_THE_DRIVER.contains(&command)
        || (is_greeting && body.get_str("$db").is_ok_and(|database| database == "admin"))
    {
        return None;
    }
    Some(match of.as_str() {
        Some(of) => format!("{command} {of}"),
        None => command.to_owned(),
    })
}

/// When a trap cuts the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The server never gets the message.
    BeforeTheServer,
    /// The server gets it and carries it out; the response is lost.
    BeforeTheAnswer,
}

impl Proxy {
    /// A proxy before `target`, a host and port.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn before(target: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = State {
            target: target.to_owned(),
            accepting: true,
            frozen: false,
            delay: Duration::ZERO,
            trap: None,
            unconfirmed: None,
            sprung: 0,
            ended: 0,
            heard: None,
            traffic: None,
            lines: Vec::new(),
            over: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (accept, over) = {
                    let state = accepting.lock();
                    (state.accepting, state.over)
                };
                if over {
                    return;
                }
                if accept {
                    accepting.connect(client);
                }
            }
        });
        Self { address, shared }
    }

    /// Host and port of the proxy.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts all connections. New ones are accepted.
    pub fn cut(&self) {
        for line in self.shared.lock().lines.drain(..) {
            let _ = line.shutdown(Shutdown::Both);
        }
    }

    /// Cuts all connections and hangs up on new ones at once, as a computer does without its server.
    pub fn refuse(&self) {
        self.shared.lock().accepting = false;
        self.cut();
    }

    /// Accepts connections again.
    pub fn accept(&self) {
        self.shared.lock().accepting = true;
    }

    /// Holds back all bytes without hanging up, like a network without a route, or a computer that sleeps.
    pub fn freeze(&self) {
        self.shared.lock().frozen = true;
    }

    /// Lets the held bytes go on.
    pub fn thaw(&self) {
        self.shared.lock().frozen = false;
        self.shared.changed.notify_all();
    }

    /// Delays every piece of the server's responses by this long.
    pub fn delay(&self, delay: Duration) {
        self.shared.lock().delay = delay;
    }

    /// Redirects new connections to another server, and cuts the others.
    pub fn lead_to(&self, target: &str) {
        self.shared.lock().target = target.to_owned();
        self.cut();
    }

    /// Cuts the connection, once, at a message with this text.
    pub fn cut_at(&self, text: &str, moment: Moment) {
        self.shared.lock().trap = Some((text.as_bytes().to_vec(), moment));
    }

    /// Responds to a write, once, that no majority confirmed it in time. Unless it `stands`, the server never gets it,
    /// like a write whose primary was replaced before another member had it.
    pub fn leave_unconfirmed(&self, text: &str, stands: bool) {
        self.shared.lock().unconfirmed = Some((text.as_bytes().to_vec(), stands));
    }

    /// Begins to listen to the server's responses.
    pub fn listen(&self) {
        self.shared.lock().heard = Some(Vec::new());
    }

    /// Everything that the server has sent since [`listen`](Self::listen), on every connection.
    pub fn heard(&self) -> Vec<u8> {
        self.shared.lock().heard.clone().unwrap_or_default()
    }

    /// Begins to count requests.
    pub fn count(&self) {
        self.shared.lock().traffic = Some(Traffic::default());
    }

    /// The requests since [`count`](Self::count).
    pub fn counted(&self) -> Traffic {
        self.shared.lock().traffic.clone().unwrap_or_default()
    }

    /// How many connections have ended.
    pub fn ended(&self) -> u32 {
        self.shared.lock().ended
    }

    /// How many times a trap was sprung.
    pub fn sprung(&self) -> u32 {
        self.shared.lock().sprung
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.thaw();
        self.cut();
        // Wakes the accepting thread, so that it sees the end.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    fn connect(self: &Arc<Self>, client: TcpStream) {
        let target = self.lock().target.clone();
        // Nothing listens there: the client's connection ends with this.
        let Ok(server) = TcpStream::connect(&target) else { return };
        let copy = |stream: &TcpStream| stream.try_clone().expect("a second handle of a line");
        self.lock().lines.extend([copy(&client), copy(&server)]);
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        // The messages whose responses are not passed on.
        let swallowed = Arc::new(Mutex::new(Vec::new()));
        let (shared, from, to, of) = (Arc::clone(self), copy(&client), copy(&server), swallowed.clone());
        thread::spawn(move || shared.carry_messages(from, to, &of));
        let shared = Arc::clone(self);
        thread::spawn(move || shared.carry_answers(server, client, &swallowed));
    }

    /// From the client, message by message: a trap looks at whole ones.
    fn carry_messages(&self, mut client: TcpStream, mut server: TcpStream, swallowed: &Mutex<Vec<[u8; 4]>>) {
        while let Some(message) = read_message(&mut client) {
            self.wait_while_frozen();
            if let Some(traffic) = &mut self.lock().traffic {
                traffic.note_request(&message);
            }
            if let Some(stands) = self.is_left_unconfirmed(&message) {
                let id = [message[4], message[5], message[6], message[7]];
                if stands {
                    swallowed.lock().push(id);
                    if server.write_all(&message).is_err() {
                        break;
                    }
                } else if client.write_all(&unconfirmed(id)).is_err() {
                    break;
                }
                continue;
            }
            match self.spring(&message) {
                None => {
                    if server.write_all(&message).is_err() {
                        break;
                    }
                }
                Some(Moment::BeforeTheServer) => break,
                Some(Moment::BeforeTheAnswer) => {
                    // The other direction must not carry the response: the client's side is closed first.
                    let _ = client.shutdown(Shutdown::Both);
                    let _ = server.write_all(&message);
                    // Hanging up at once could take the message back on the way.
                    thread::sleep(Duration::from_millis(300));
                    break;
                }
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
        self.lock().ended += 1;
    }

    fn carry_answers(&self, mut server: TcpStream, mut client: TcpStream, swallowed: &Mutex<Vec<[u8; 4]>>) {
        while let Some(mut message) = read_message(&mut server) {
            let id = [message[8], message[9], message[10], message[11]];
            let mut swallowed = swallowed.lock();
            if swallowed.contains(&id) {
                swallowed.retain(|known| *known != id);
                message = unconfirmed(id);
            }
            drop(swallowed);
            let delay = {
                let mut state = self.lock();
                if let Some(heard) = &mut state.heard {
                    heard.extend_from_slice(&message);
                }
                state.delay
            };
            if !delay.is_zero() {
                thread::sleep(delay);
            }
            self.wait_while_frozen();
            // Before the client has it: its next request may come at once.
            if let Some(traffic) = &mut self.lock().traffic {
                traffic.note_response(id);
            }
            if client.write_all(&message).is_err() {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
    }

    fn wait_while_frozen(&self) {
        self.changed.wait_while(&mut self.lock(), |state| state.frozen && !state.over);
    }

    /// Whether this message gets the response that no majority confirmed it, and whether its write stands.
    fn is_left_unconfirmed(&self, message: &[u8]) -> Option<bool> {
        let mut state = self.lock();
        let (text, stands) = state.unconfirmed.as_ref()?;
        if !message.windows(text.len()).any(|part| part == text.as_slice()) {
            return None;
        }
        let stands = *stands;
        state.unconfirmed = None;
        state.sprung += 1;
        Some(stands)
    }

    fn spring(&self, message: &[u8]) -> Option<Moment> {
        let mut state = self.lock();
        let (text, moment) = state.trap.as_ref()?;
        if !message.windows(text.len()).any(|part| part == text.as_slice()) {
            return None;
        }
        let moment = *moment;
        state.trap = None;
        state.sprung += 1;
        Some(moment)
    }
}

fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = vec![0; HEADER];
    stream.read_exact(&mut message).ok()?;
    let length = i32::from_le_bytes([message[0], message[1], message[2], message[3]]);
    let length = usize::try_from(length).ok().filter(|length| *length >= HEADER)?;
    message.resize(length, 0);
    stream.read_exact(&mut message[HEADER..]).ok()?;
    Some(message)
}

/// The response of a primary whose write no majority confirmed in time, to the message with this id.
fn unconfirmed(to: [u8; 4]) -> Vec<u8> {
    let answer = doc! {
        "ok": 1, "n": 1, "nModified": 1, "value": { "_id": 1 },
        "writeConcernError": { "code": 64, "codeName": "WriteConcernTimeout", "errmsg": "waiting timed out" },
    };
    let answer = answer.to_vec().expect("a document");
    // OP_MSG: header, no flags, one section with the body.
    let length = i32::try_from(HEADER + 5 + answer.len()).expect("short");
    let mut message = length.to_le_bytes().to_vec();
    message.extend([0; 4]);
    message.extend(to);
    message.extend(2013_i32.to_le_bytes());
    message.extend([0; 5]);
    message.extend(answer);
    message
}
