//! A separate display for the program's window, and other programs on it: a window manager that asks the window to
//! close, a program that pastes, a clipboard manager that keeps what was copied.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{process::Command, thread};

use tempfile::TempDir;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask, MapState, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME, NONE};

use crate::processes::{GuardedProcess, await_line, await_some};
use crate::server::on_path;

/// How long the owner of the clipboard may take to hand out its content.
const PASTE_LIMIT: Duration = Duration::from_secs(5);

/// A separate display: no other window is in the way of clicks and pictures.
pub struct Display {
    _server: GuardedProcess,
    /// Its name for `DISPLAY`.
    pub name: String,
}

/// The place of a window, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The left edge.
    pub x: i16,
    /// The upper edge.
    pub y: i16,
    /// The width.
    pub width: u16,
    /// The height.
    pub height: u16,
}

impl Display {
    /// Starts a display of this size in pixels.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start(width: u16, height: u16) -> Self {
        let server = on_path("Xvfb").expect("the system package xvfb is installed");
        let folder = TempDir::with_prefix("tenantry-window-display-").expect("a folder").keep();
        let number = folder.join("number");
        // To a separate file: other messages of the server can come in the middle of a line.
        let mut command = Command::new("sh");
        command
            .args(["-c", r#"exec "$0" -displayfd 3 -noreset -screen 0 "$2" -nolisten tcp 3>"$1""#])
            .args([server.as_os_str(), number.as_os_str()])
            .arg(format!("{width}x{height}x24"));
        let server = GuardedProcess::start(&command, folder);
        Self { _server: server, name: format!(":{}", await_line(&number)) }
    }

    /// Waits for the program's window; returns its place once it has stopped moving.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn await_window(&self) -> Place {
        let guest = Guest::of(self);
        let mut before = None;
        await_some("the program's window", || {
            thread::sleep(Duration::from_millis(300));
            let now = guest.find_window().map(|window| guest.place_of(window));
            let still = std::mem::replace(&mut before, now) == now;
            now.filter(|_| still)
        })
    }

    /// Asks the program's window to close, as the button in its frame does.
    ///
    /// # Panics
    /// When there is none.
    pub fn close_window(&self) {
        let guest = Guest::of(self);
        let window = guest.find_window().expect("a window to close");
        let how = [guest.atom("WM_DELETE_WINDOW"), CURRENT_TIME, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, guest.atom("WM_PROTOCOLS"), how);
        guest.connection.send_event(false, window, EventMask::NO_EVENT, message).expect("asked");
        guest.connection.sync().expect("sent");
    }

    /// What another program would paste now; `None` if nobody owns the clipboard.
    ///
    /// # Panics
    /// When its owner does not respond.
    pub fn pasted(&self) -> Option<String> {
        Guest::of(self).paste()
    }

    /// Covers everything with another program's window.
    ///
    /// # Panics
    /// When that fails.
    pub fn cover(&self) -> Cover {
        let guest = Guest::of(self);
        guest.connection.map_window(guest.window).expect("shown");
        guest.connection.sync().expect("shown");
        Cover(guest)
    }
}

/// Another program's window, as large as the display.
pub struct Cover(Guest);

impl Cover {
    /// Whether the program's window is below it.
    ///
    /// # Panics
    /// When there is none.
    pub fn hides_window(&self) -> bool {
        let window = self.0.find_window().expect("the program's window");
        let order = self.0.children();
        let height = |of: Window| order.iter().position(|one| *one == of).expect("it is on the display");
        height(self.0.window) > height(window)
    }
}

/// Keeps what programs hand over when they end, as desktops do so that it can still be pasted.
pub struct ClipboardManager {
    kept: Receiver<String>,
    // It ends with the display.
    _keeper: thread::JoinHandle<()>,
}

impl ClipboardManager {
    /// Starts one on this display.
    ///
    /// # Panics
    /// When it can't be the display's clipboard manager.
    pub fn start(display: &Display) -> Self {
        let guest = Guest::of(display);
        let manager = guest.atom("CLIPBOARD_MANAGER");
        guest.connection.set_selection_owner(guest.window, manager, CURRENT_TIME).expect("asked");
        guest.connection.sync().expect("it is the clipboard manager");
        let (keep, kept) = channel();
        let keeper = thread::spawn(move || {
            while let Ok(event) = guest.connection.wait_for_event() {
                let Event::SelectionRequest(request) = event else { continue };
                if let Some(text) = guest.paste() {
                    let _ = keep.send(text);
                }
                guest.answer(&request);
            }
        });
        Self { kept, _keeper: keeper }
    }

    /// Everything that was handed over so far.
    pub fn kept(&self) -> Vec<String> {
        self.kept.try_iter().collect()
    }
}

/// Another program on the display, with a hidden window.
struct Guest {
    connection: RustConnection,
    root: Window,
    window: Window,
}

impl Guest {
    fn of(display: &Display) -> Self {
        let (connection, screen) = x11rb::connect(Some(&display.name)).expect("the display answers");
        let screen = &connection.setup().roots[screen];
        let (root, visual) = (screen.root, screen.root_visual);
        let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
        let window = connection.generate_id().expect("an id");
        let unmanaged = CreateWindowAux::new().override_redirect(1);
        connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                root,
                0,
                0,
                width,
                height,
                0,
                WindowClass::INPUT_OUTPUT,
                visual,
                &unmanaged,
            )
            .expect("a window");
        connection.sync().expect("a window");
        Self { connection, root, window }
    }

    fn atom(&self, name: &str) -> u32 {
        let asked = self.connection.intern_atom(false, name.as_bytes()).expect("asked");
        asked.reply().expect("every name has a number").atom
    }

    /// The windows on the display, the lowest first.
    fn children(&self) -> Vec<Window> {
        self.connection.query_tree(self.root).expect("asked").reply().expect("the root is there").children
    }

    /// The visible window that can be asked to close. Without a window manager it has no frame.
    fn find_window(&self) -> Option<Window> {
        let (protocols, close) = (self.atom("WM_PROTOCOLS"), self.atom("WM_DELETE_WINDOW"));
        self.children().into_iter().find(|window| {
            let shown =
                self.connection.get_window_attributes(*window).ok().and_then(|asked| asked.reply().ok());
            let understood =
                self.connection.get_property(false, *window, protocols, AtomEnum::ATOM, 0, 32).ok();
            let understood = understood.and_then(|asked| asked.reply().ok());
            shown.is_some_and(|window| window.map_state == MapState::VIEWABLE)
                && understood
                    .is_some_and(|all| all.value32().is_some_and(|mut all| all.any(|atom| atom == close)))
        })
    }

    fn place_of(&self, window: Window) -> Place {
        let place = self.connection.get_geometry(window).expect("asked").reply().expect("it is there");
        Place { x: place.x, y: place.y, width: place.width, height: place.height }
    }

    fn paste(&self) -> Option<String> {
        let (clipboard, text, here) = (self.atom("CLIPBOARD"), self.atom("UTF8_STRING"), self.atom("PASTED"));
        self.connection
            .convert_selection(self.window, clipboard, text, here, CURRENT_TIME)
            .expect("asked for the clipboard");
        self.connection.flush().expect("asked for the clipboard");
        let end = Instant::now() + PASTE_LIMIT;
        loop {
            assert!(
                Instant::now() < end,
                "whoever holds the clipboard does not answer within {PASTE_LIMIT:?}"
            );
            match self.connection.poll_for_event().expect("the display answers") {
                Some(Event::SelectionNotify(answer)) if answer.property == NONE => return None,
                Some(Event::SelectionNotify(_)) => break,
                _ => thread::sleep(Duration::from_millis(5)),
            }
        }
        let asked = self.connection.get_property(true, self.window, here, AtomEnum::ANY, 0, u32::MAX);
        let pasted = asked.expect("asked").reply().expect("what was pasted");
        Some(String::from_utf8(pasted.value).expect("a text"))
    }

    /// Tells a program that ends that everything was taken over.
    fn answer(&self, request: &SelectionRequestEvent) {
        let place = if request.property == NONE { request.target } else { request.property };
        let _ = self.connection.change_property32(
            PropMode::REPLACE,
            request.requestor,
            place,
            AtomEnum::ATOM,
            &[],
        );
        let answer = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: place,
        };
        let _ = self.connection.send_event(false, request.requestor, EventMask::NO_EVENT, answer);
        let _ = self.connection.flush();
    }
}
