//! The program in its real window, on a display of its own, driven through WebDriver by what a person sees: words on
//! buttons, labels of fields.

mod accessibility;
mod inside;
mod steps;

use std::cell::{Cell, RefCell};
use std::env;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::display::Display;
use crate::processes::{GuardedProcess, await_some, free_port};
use crate::server::{cache, on_path};

pub use steps::{DAMAGE, OLGA, OLGAS_PASSWORD};

/// How long the window may take for a step.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long the driver may take for one response. It waits forever for a program that ended while it started.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// The file for the picture of a screen: among those of the docs where `TENANTRY_SCREENSHOTS` names their folder, as
/// `make screenshots` does, and a temporary one otherwise, so that a test leaves the checkout as it was.
///
/// # Panics
/// When the folder can't be made.
pub fn screenshot(screen: &str, theme: &str) -> PathBuf {
    let folder = env::var_os("TENANTRY_SCREENSHOTS")
        .map_or_else(|| env::temp_dir().join("tenantry-screenshots"), PathBuf::from);
    fs::create_dir_all(&folder).expect("the folder of the pictures");
    folder.join(format!("{screen}-{}.png", theme.to_lowercase()))
}

/// Everything that can be pressed, as XPath.
const BUTTON: &str = "self::button or @role='button' or @role='radio' or starts-with(@role, 'menuitem')";

/// The program that the tests drive.
///
/// # Panics
/// When `TENANTRY_PROGRAM` does not name it.
pub fn built_program() -> PathBuf {
    let program = env::var_os("TENANTRY_PROGRAM").expect("TENANTRY_PROGRAM names the built program");
    let program = PathBuf::from(program);
    assert!(program.is_file(), "{} is not built", program.display());
    program
}

/// An open window.
pub struct Window {
    client: Client,
    // Dropped in this order: the driver closes the program before its display is gone.
    _driver: GuardedProcess,
    /// What it is shown on.
    pub display: Display,
    /// Where the program keeps its data.
    pub data: TempDir,
    /// The folder for its exports.
    pub exports: TempDir,
}

impl Window {
    /// Starts the program at `TENANTRY_PROGRAM` without any data.
    ///
    /// # Panics
    /// When the program, the driver or the display cannot be started.
    pub async fn open() -> Self {
        Self::open_program(&built_program()).await
    }

    /// As [`open`](Self::open), with something that starts the program in its place.
    ///
    /// # Panics
    /// As [`open`](Self::open).
    pub async fn open_program(program: &Path) -> Self {
        let (data, exports) = (folder("data"), folder("exports"));
        let display = Display::start(1440, 1000);
        let (port, native_port) = (free_port(), free_port());
        let driver = cache().join("tauri-driver/bin/tauri-driver");
        let driver = if driver.is_file() {
            driver
        } else {
            on_path("tauri-driver").expect("`make tools` installs it")
        };
        let native = on_path("WebKitWebDriver").expect("the system package webkit2gtk-driver is installed");
        let mut command = Command::new(driver);
        command
            .args(["--port", &port.to_string(), "--native-port", &native_port.to_string(), "--native-driver"])
            .arg(native)
            .env("DISPLAY", &display.name)
            .env("GDK_BACKEND", "x11")
            .env_remove("WAYLAND_DISPLAY")
            .env("TENANTRY_DATA_DIR", data.path())
            .env("TENANTRY_EXPORT_DIR", exports.path());
        let driver = GuardedProcess::start(&command, folder("driver").keep());
        for port in [port, native_port] {
            await_some("the driver listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
        }
        let capabilities = json!({"browserName": "wry", "tauri:options": {"application": program}});
        let address = format!("http://127.0.0.1:{port}");
        let mut client = ClientBuilder::new(HttpConnector::new());
        let client = client.capabilities(capabilities.as_object().expect("an object").clone());
        let client = match timeout(ANSWER_LIMIT, client.connect(&address)).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => panic!("the program does not start: {error}\n{}", driver.output()),
            Err(_) => panic!("the program does not start within {ANSWER_LIMIT:?}\n{}", driver.output()),
        };
        Self { client, _driver: driver, display, data, exports }
    }

    /// Closes the window.
    ///
    /// # Panics
    /// When it does not close.
    pub async fn close(self) {
        answer("close the window", self.client.clone().close()).await.expect("the window closes");
    }

    /// Presses the button or menu item of this name, once it can be pressed. Of several, the one that nothing covers.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn press(&self, name: &str) {
        let path = format!(
            "//*[({BUTTON}) and not(@disabled) and not(@aria-disabled='true') and ({})]",
            named(name)
        );
        self.act(&format!("press \"{name}\""), &path, async |element: &Element| element.click().await).await;
    }

    /// Presses the button of this name in the part of the window of that name.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn press_in(&self, part: &str, name: &str) {
        let part_name = quoted(part);
        let labelled =
            format!("@aria-label={part_name} or @aria-labelledby=//*[normalize-space(.)={part_name}]/@id");
        let path = format!("//*[{labelled}]//*[({BUTTON}) and ({})]", named(name));
        self.act(&format!("press \"{name}\" in \"{part}\""), &path, async |element: &Element| {
            element.click().await
        })
        .await;
    }

    /// Presses the tab of this name.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn press_tab(&self, name: &str) {
        let path = format!("//*[@role='tab' and ({})]", named(name));
        self.act(&format!("press the tab \"{name}\""), &path, async |element: &Element| {
            element.click().await
        })
        .await;
    }

    /// Whether there is a button or menu item of this name.
    pub async fn offers(&self, name: &str) -> bool {
        let path = format!("//*[({BUTTON}) and ({})]", named(name));
        !self.find(&path).await.is_empty()
    }

    /// Types into the field with this label, replacing its text.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn fill(&self, label: &str, text: &str) {
        let label_is = named(label);
        let path = format!(
            "//*[@id = //label[{label_is}]/@for] | //label[{label_is}]//input | //input[@aria-label={}]",
            quoted(label)
        );
        let what = format!("fill \"{label}\"");
        self.act(&what, &path, async |element: &Element| {
            element.clear().await?;
            element.send_keys(text).await
        })
        .await;
    }

    /// Replaces the text of the field with this label at once, as pasting does: it can be undone.
    ///
    /// # Panics
    /// When there is no such field in time.
    pub async fn insert(&self, label: &str, text: &str) {
        let path = format!("//*[@id = //label[{}]/@for]", named(label));
        let insert = "arguments[0].focus(); arguments[0].select();
                      document.execCommand('insertText', false, arguments[1]);";
        self.act(&format!("insert into \"{label}\""), &path, async |element: &Element| {
            let arguments = vec![serde_json::to_value(element)?, json!(text)];
            self.client.execute(insert, arguments).await.map(|_| ())
        })
        .await;
    }

    /// Whether the page contains a text, visible or not: in its elements or in its fields.
    ///
    /// # Panics
    /// When the window does not say.
    pub async fn holds(&self, text: &str) -> bool {
        let look = "const fields = [...document.querySelectorAll('input, textarea')].map((one) => one.value);
                    return [document.documentElement.outerHTML, ...fields].some((one) => one.includes(arguments[0]))";
        let found = answer("look through the page", self.client.execute(look, vec![json!(text)])).await;
        found.expect("the page is looked through").as_bool() == Some(true)
    }

    /// Selects the check box with this label.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn tick(&self, label: &str) {
        let path = format!("//label[{0} and .//input[@type='checkbox']]", named(label));
        self.act(&format!("tick \"{label}\""), &path, async |element: &Element| element.click().await).await;
    }

    /// Chooses the option with this label, and nothing else that says the same.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn choose(&self, label: &str) {
        let name = named(label);
        let path = format!("//label[({name}) and .//input[@type='radio']] | //*[@role='radio' and ({name})]");
        self.act(&format!("choose \"{label}\""), &path, async |element: &Element| element.click().await)
            .await;
    }

    /// Waits until the field with this label contains this text.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn see_in_field(&self, label: &str, text: &str) {
        let path = format!("//*[@id = //label[{}]/@for]", named(label));
        self.until(&format!("see \"{text}\" in \"{label}\""), async || {
            for field in self.find(&path).await {
                if field.prop("value").await.ok().flatten().is_some_and(|value| value.contains(text)) {
                    return true;
                }
            }
            false
        })
        .await;
    }

    /// Makes the window this wide and high.
    ///
    /// # Panics
    /// When it can't be.
    pub async fn resize(&self, width: u32, height: u32) {
        let resized = answer("resize the window", self.client.set_window_size(width, height)).await;
        resized.expect("the window takes its size");
    }

    /// Presses the row of the list with this text.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn press_row(&self, text: &str) {
        let path = format!("//*[@role='row']//*[@role='gridcell'][{}]", named(text));
        self.act(&format!("press the row of \"{text}\""), &path, async |element: &Element| {
            element.click().await
        })
        .await;
    }

    /// Presses a key where the focus is.
    ///
    /// # Panics
    /// When the window does not take it.
    pub async fn key(&self, key: Key) {
        self.type_at_focus(&char::from(key).to_string()).await;
    }

    /// Presses a key while another one is held.
    ///
    /// # Panics
    /// When the window does not take it.
    pub async fn hold(&self, held: Key, key: &str) {
        // The driver releases a held key at the end of the text.
        self.type_at_focus(&format!("{}{key}", char::from(held))).await;
    }

    /// Waits until this text can be read in the window.
    ///
    /// # Panics
    /// When it can't in time.
    pub async fn see(&self, text: &str) {
        self.until(&format!("see \"{text}\""), async || self.text().await.contains(text)).await;
    }

    /// Waits until this text can't be read in the window any more.
    ///
    /// # Panics
    /// When it still can after the time.
    pub async fn see_no(&self, text: &str) {
        self.until(&format!("see no \"{text}\""), async || !self.text().await.contains(text)).await;
    }

    /// Waits until the row with `text` also says `more`.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn see_in_row(&self, text: &str, more: &str) {
        let path = format!("//*[@role='row'][.//*[{}] and .//*[{}]]", named(text), named(more));
        self.until(&format!("see \"{more}\" in the row of \"{text}\""), async || {
            !self.find(&path).await.is_empty()
        })
        .await;
    }

    /// The visible text of the window, line by line.
    pub async fn text(&self) -> String {
        let text = self.client.execute("return document.body.innerText", Vec::new());
        answer("read the window", text)
            .await
            .ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The parts that need sideways scrolling: the page itself, or a part of it.
    ///
    /// # Panics
    /// When the window does not say.
    pub async fn scrolled_sideways(&self) -> Vec<String> {
        let wide = "const scrolls = (one) => one === document.documentElement
                        || ['auto', 'scroll'].includes(getComputedStyle(one).overflowX);
                    return [...document.querySelectorAll('html, html *')]
                        .filter((one) => one.scrollWidth > one.clientWidth + 1 && scrolls(one))
                        .map((one) => one.tagName + '.' + one.className);";
        let found = answer("measure the window", self.client.execute(wide, Vec::new())).await;
        serde_json::from_value(found.expect("the window is measured")).expect("a list of elements")
    }

    /// Takes a picture of the window once nothing in it moves.
    ///
    /// # Panics
    /// When it can't be taken or written.
    pub async fn photograph(&self, path: &Path) {
        self.await_stillness().await;
        // A picture is taken of the next frame that is drawn, and nothing draws one while nothing moves.
        self.run(
            "const dot = document.body.appendChild(document.createElement('i')); dot.id = 'redrawn'; \
             dot.style.cssText = 'position: fixed; width: 1px; height: 1px; bottom: 0; left: 0; opacity: 0.01'; \
             dot.timer = setInterval(() => { dot.style.background = dot.style.background ? '' : 'gray'; }, 50);",
        )
        .await;
        // The driver closes a connection now and then during a request.
        let take = async || answer("photograph the window", self.client.screenshot()).await;
        let picture = match take().await {
            Ok(picture) => picture,
            Err(_) => take().await.expect("a picture of the window"),
        };
        self.run("const dot = document.getElementById('redrawn'); clearInterval(dot.timer); dot.remove();")
            .await;
        fs::write(path, picture).expect("the picture is written");
    }

    async fn run(&self, script: &str) {
        answer("run a script in the window", self.client.execute(script, Vec::new())).await.expect("it runs");
    }

    /// Waits until nothing in the window moves, for a while at most.
    async fn await_stillness(&self) {
        let still = "return !document.querySelector('[aria-busy=true], .skeleton') \
                     && document.getAnimations().every((one) => one.playState !== 'running')";
        let end = Instant::now() + Duration::from_secs(5);
        let mut still_for = 0;
        // Three times in a row: nothing moves between an action and what it starts, either.
        while Instant::now() < end && still_for < 3 {
            let is_still = answer("look at the window", self.client.execute(still, Vec::new())).await;
            still_for =
                if is_still.is_ok_and(|still| still.as_bool() == Some(true)) { still_for + 1 } else { 0 };
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn find(&self, path: &str) -> Vec<Element> {
        // An element that is being redrawn cannot be found for a moment.
        answer("look for something", self.client.find_all(Locator::XPath(path))).await.unwrap_or_default()
    }

    async fn type_at_focus(&self, keys: &str) {
        let focused = answer("find the focus", self.client.active_element()).await;
        let focused = focused.expect("something has the focus");
        answer("press a key", focused.send_keys(keys)).await.expect("the keys are pressed");
    }

    async fn act(&self, what: &str, path: &str, act: impl AsyncFn(&Element) -> Result<(), CmdError>) {
        let nudge = Cell::new(0.0);
        let obstacle = RefCell::new("there is none".to_owned());
        let done = self.within_patience(async || {
            for element in self.find(path).await {
                // The pointer moves back and forth: a still one does not notice that what covered the element has gone.
                let x = nudge.replace(1.0 - nudge.get());
                let pointer =
                    PointerAction::MoveToElement { element: element.clone(), duration: None, x, y: 0.0 };
                let hover = MouseActions::new("mouse".to_owned()).then(pointer);
                // Hidden or covered: not yet, or not this one.
                let outcome = async {
                    self.client.perform_actions(hover).await?;
                    if element.is_displayed().await? { act(&element).await.map(|()| true) } else { Ok(false) }
                };
                match answer(what, outcome).await {
                    Ok(true) => return true,
                    Ok(false) => *obstacle.borrow_mut() = "it is not shown".to_owned(),
                    Err(error) => {
                        *obstacle.borrow_mut() = format!("{error:?}");
                        self.scroll_to(&element).await;
                    }
                }
            }
            false
        });
        if !done.await {
            self.fail(&format!("{what}: {}", obstacle.borrow())).await;
        }
    }

    /// Scrolls to an element as a person does; the driver does not for what it points at. One that is gone stays gone.
    async fn scroll_to(&self, element: &Element) {
        let Ok(element) = serde_json::to_value(element) else { return };
        let scroll = "arguments[0].scrollIntoView({ block: 'nearest' })";
        answer("scroll", self.client.execute(scroll, vec![element])).await.ok();
    }

    async fn until(&self, what: &str, look: impl AsyncFn() -> bool) {
        if !self.within_patience(look).await {
            self.fail(what).await;
        }
    }

    async fn within_patience(&self, look: impl AsyncFn() -> bool) -> bool {
        let end = Instant::now() + PATIENCE;
        while !look().await {
            if Instant::now() > end {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        true
    }

    async fn fail(&self, what: &str) -> ! {
        let picture = env::temp_dir().join("tenantry-window-failed.png");
        self.photograph(&picture).await;
        let (text, picture) = (self.text().await, picture.display());
        panic!("could not {what} within {PATIENCE:?}. The window is in {picture}; it says:\n{text}");
    }
}

/// The driver's response.
///
/// # Panics
/// When there is none in time: neither a driver nor a window that hangs may hold up everything that follows.
async fn answer<T>(what: &str, question: impl Future<Output = T>) -> T {
    let answer = timeout(ANSWER_LIMIT, question).await;
    answer.unwrap_or_else(|_| panic!("could not {what}: the driver does not answer within {ANSWER_LIMIT:?}"))
}

fn folder(use_for: &str) -> TempDir {
    TempDir::with_prefix(format!("tenantry-window-{use_for}-")).expect("a folder")
}

/// The XPath condition of having this accessible name, or its text.
fn named(name: &str) -> String {
    let name = quoted(name);
    format!("@aria-label={name} or normalize-space(.)={name} or .//text()[normalize-space(.)={name}]")
}

/// A text for XPath, which has no escapes: quotes of one kind stand in quotes of the other.
fn quoted(text: &str) -> String {
    assert!(!text.contains('\''), "{text}: no sentence that the tests look for has this quote");
    format!("'{text}'")
}
