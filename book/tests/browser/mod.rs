//! The pages as a browser shows them: every page, wide and narrow, light and dark. Chromium is
//! used if it is installed; otherwise the test says SKIP, or fails if `BOOK_BROWSER_REQUIRED=1`.

mod chromium;

use std::time::Duration;

use serde_json::{Value, json};

use crate::{BUILT, files};
use chromium::Chromium;

/// What is wrong on the page that is shown, as a list of sentences.
const CHECK: &str = include_str!("check.js");

/// Nothing on a page takes longer, on a busy machine either.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[expect(clippy::print_stderr, reason = "a check that did not run says so")]
fn every_page_is_shown_as_it_should_be() {
    let Some(program) = chromium::installed() else {
        assert!(
            std::env::var_os("BOOK_BROWSER_REQUIRED").is_none_or(|value| value != "1"),
            "BOOK_BROWSER_REQUIRED=1, and no Chromium is installed"
        );
        eprintln!("SKIP: no Chromium is installed, so no page was shown in a browser");
        return;
    };
    let mut browser = Chromium::start(&program, PATIENCE);
    let mut faults = Vec::new();
    let mut shown = 0;
    for page in files(&BUILT, ".html") {
        let name = page
            .file_name()
            .expect("a page has a name")
            .to_string_lossy()
            .into_owned();
        // The list of contents of readers without scripts: it is shown in a frame.
        if name == "toc.html" {
            continue;
        }
        for (width, scheme) in [
            (1280, "light"),
            (1280, "dark"),
            (400, "light"),
            (400, "dark"),
        ] {
            let address = format!("file://{}", page.display()).replace(' ', "%20");
            for fault in show(&mut browser, &address, width, scheme) {
                faults.push(format!("{name}, {width} pixels, {scheme}: {fault}"));
            }
            shown += 1;
        }
    }
    assert!(shown >= 4, "no page was shown");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Opens a page and says what is wrong with it.
fn show(browser: &mut Chromium, address: &str, width: u32, scheme: &str) -> Vec<String> {
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false
        }),
    );
    browser.call(
        "Emulation.setEmulatedMedia",
        json!({
            "features": [{ "name": "prefers-color-scheme", "value": scheme }]
        }),
    );
    browser.events.clear();
    browser.call("Page.navigate", json!({ "url": address }));
    browser.wait_for("Page.loadEventFired");
    let answer = browser.call(
        "Runtime.evaluate",
        json!({ "expression": CHECK, "awaitPromise": true, "returnByValue": true }),
    );
    let mut faults: Vec<String> = match answer["result"]["value"].as_array() {
        Some(found) => found
            .iter()
            .map(|fault| fault.as_str().unwrap_or("?").to_owned())
            .collect(),
        None => vec![format!("the check itself failed: {answer}")],
    };
    faults.extend(browser.events.iter().filter_map(complaint));
    faults
}

/// What an event of the browser complains of, if it does.
fn complaint(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(format!("exception: {}", parameters["exceptionDetails"])),
        "Runtime.consoleAPICalled" if parameters["type"] == "error" => {
            Some(format!("console: {}", parameters["args"]))
        }
        "Log.entryAdded" if parameters["entry"]["level"] == "error" => {
            Some(format!("log: {}", parameters["entry"]["text"]))
        }
        "Network.requestWillBeSent" => {
            let url = parameters["request"]["url"].as_str().unwrap_or_default();
            let stays = url.starts_with("file://") || url.starts_with("data:");
            (!stays).then(|| format!("a request leaves for {url}"))
        }
        "Network.loadingFailed" => Some(format!("a load failed: {}", parameters["errorText"])),
        _ => None,
    }
}

/// The checks can fail: a page with one fault of each kind is written and shown.
#[test]
fn faults_of_a_page_are_found() {
    let Some(program) = chromium::installed() else {
        return;
    };
    let page = BUILT.with_file_name("faulty page.html");
    let faulty = "<!DOCTYPE html><html class='light'><body><main>\
        <span class='katex' style='display:none'>x</span>\
        <p style='width: 900px'>wide</p><pre><code>x</code></pre>\
        <img src='http://nowhere.invalid/x.png'>\
        <script>console.error('said'); nothing();</script></main></body></html>";
    std::fs::write(&page, faulty).expect("the folder of the book is there");
    let address = format!("file://{}", page.display()).replace(' ', "%20");
    let mut browser = Chromium::start(&program, PATIENCE);
    let found = show(&mut browser, &address, 400, "dark").join("\n");
    for fault in [
        "no size",
        "wider",
        "KaTeX's fonts",
        "theme",
        "highlighted",
        "console",
        "exception",
        "leaves",
    ] {
        assert!(
            found.contains(fault),
            "{fault:?} was not found, only:\n{found}"
        );
    }
}
