//! Talking to Chromium over its debugging pipe: one JSON message, one zero byte. The browser
//! gets a profile of its own, which is deleted with it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use std::{env, fs, thread};

use serde_json::{Value, json};

/// A running browser with one page.
pub(super) struct Chromium {
    process: Child,
    profile: PathBuf,
    requests: ChildStdin,
    messages: Receiver<Value>,
    patience: Duration,
    session: String,
    last: u64,
    /// What happened on the page since it was cleared.
    pub(super) events: Vec<Value>,
}

/// The browser's program, if there is one.
pub(super) fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |f| f.join(name)))
        .find(|f| f.is_file())
}

impl Chromium {
    pub(super) fn start(program: &Path, patience: Duration) -> Self {
        let thread = format!("{:?}", thread::current().id()).replace(['(', ')'], "-");
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("browser-{}-{thread}", std::process::id()));
        // The browser reads from descriptor 3 and writes to 4; the shell puts them there.
        let mut process = Command::new("sh")
            .args([
                "-c",
                "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
                "sh",
            ])
            .arg(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
            ])
            .args(["--no-first-run", "--disable-background-networking"])
            .args([
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the browser starts");
        let requests = process.stdin.take().expect("its input is piped");
        let answers = process.stdout.take().expect("its output is piped");
        let (send, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(answers).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("the browser writes JSON");
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        let (session, events) = (String::new(), Vec::new());
        let mut browser = Chromium {
            process,
            profile,
            requests,
            messages,
            patience,
            session,
            last: 0,
            events,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = browser.call(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        browser.session = attached["sessionId"]
            .as_str()
            .expect("a session")
            .to_owned();
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Asks for something and waits for the answer.
    pub(super) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut request = json!({ "id": self.last, "method": method, "params": parameters });
        if !self.session.is_empty() {
            request["sessionId"] = json!(self.session);
        }
        write!(self.requests, "{request}\0").expect("the browser listens");
        loop {
            let message = self.next(method);
            if message["id"] == json!(self.last) {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// Waits until that happened since the events were cleared.
    pub(super) fn wait_for(&mut self, event: &str) {
        while !self.events.iter().any(|message| message["method"] == event) {
            let message = self.next(event);
            self.events.push(message);
        }
    }

    fn next(&mut self, awaited: &str) -> Value {
        self.messages
            .recv_timeout(self.patience)
            .unwrap_or_else(|error| panic!("the browser says nothing about {awaited}: {error}"))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Whatever fails here, the browser is gone or the operating system ends it.
        let _ = write!(
            self.requests,
            "{}\0",
            json!({ "id": 0, "method": "Browser.close" })
        );
        for _ in 0..50 {
            if !matches!(self.process.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
