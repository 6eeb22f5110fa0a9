//! The part of the WebDriver protocol that starts the program and reads its clock.

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenantry_tests::server::cache;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

const START_LIMIT: Duration = Duration::from_secs(20);

/// The driver of the program's window, on a virtual display if there is no other.
pub(crate) struct Driver {
    process: Child,
    port: u16,
}

/// One run of the program.
pub(crate) struct Session<'driver> {
    driver: &'driver Driver,
    id: String,
}

impl Driver {
    pub(crate) async fn start() -> Outcome<Self> {
        let (port, native_port) = (free_port()?, free_port()?);
        let program = cache().join("tauri-driver/bin/tauri-driver");
        let mut command = if env::var_os("DISPLAY").is_some() {
            Command::new(program)
        } else {
            let mut command = Command::new("xvfb-run");
            command
                .args(["--auto-servernum", "--server-args=-screen 0 1440x1000x24 -nolisten tcp"])
                .arg(program);
            command
        };
        let process = command
            .args(["--port", &port.to_string(), "--native-port", &native_port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that everything it started is ended with it.
            .process_group(0)
            .spawn()?;
        let driver = Self { process, port };
        let start = Instant::now();
        while driver.ask("GET", "/status", None).await.is_err() {
            if start.elapsed() > START_LIMIT {
                return Err("the window's driver does not answer: `make tools packages` installs it".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(driver)
    }

    /// Starts a program.
    pub(crate) async fn open(&self, program: &Path) -> Outcome<Session<'_>> {
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "tauri:options": { "application": program },
            "timeouts": { "script": 300_000 },
        } } });
        let answer = self.ask("POST", "/session", Some(wanted)).await?;
        let id = answer["sessionId"].as_str().ok_or("a session without an id")?.to_owned();
        Ok(Session { driver: self, id })
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Outcome<Value> {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let value: Value = serde_json::from_slice(&read_body(&mut stream).await?)?;
        match value["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["value"]["message"]).into()),
            None => Ok(value["value"].clone()),
        }
    }
}

impl Session<'_> {
    /// Runs a script in the window that calls `done` with a number.
    pub(crate) async fn run(&self, script: &str) -> Outcome<f64> {
        let answer = self.answer(script).await?;
        answer.as_f64().ok_or_else(|| format!("the window answers {answer}").into())
    }

    /// Runs a script in the window that calls `done`.
    pub(crate) async fn answer(&self, script: &str) -> Outcome<Value> {
        let script = format!("const done = arguments[0]; {script}");
        let path = format!("/session/{}/execute/async", self.id);
        let body = json!({ "script": script, "args": [] });
        self.driver.ask("POST", &path, Some(body)).await
    }

    /// Ends the program.
    pub(crate) async fn close(self) -> Outcome<()> {
        self.driver.ask("DELETE", &format!("/session/{}", self.id), None).await?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        // Nobody is left to tell if they cannot be ended.
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.process.wait();
    }
}

/// The body of one response. The driver leaves the connection open, and says how long the body is.
async fn read_body(stream: &mut TcpStream) -> Outcome<Vec<u8>> {
    let mut answer = Vec::new();
    loop {
        if let Some(end) = answer.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = std::str::from_utf8(&answer[..end])?.to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("no length")?;
            let body = end + 4;
            let length: usize = length.trim().parse()?;
            if answer.len() >= body + length {
                return Ok(answer[body..body + length].to_vec());
            }
        }
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("half an answer".into());
        }
    }
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
