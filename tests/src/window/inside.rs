//! What a script sees in the page: what came to be there, and how it is laid out.

use fantoccini::elements::Element;
use serde_json::Value;

use super::{Window, answer};

/// Elements that no part of the page makes, attributes that run a script, and marks that a script has run.
const FOREIGN: &str = r#"
const found = [];
for (const one of document.querySelectorAll("img, iframe, object, embed, base, audio, video, meta[http-equiv]"))
    found.push(one.outerHTML.slice(0, 200));
for (const one of document.querySelectorAll("script"))
    if (!one.src || new URL(one.src).origin !== location.origin) found.push(one.outerHTML.slice(0, 200));
for (const one of document.querySelectorAll("*"))
    for (const { name, value } of one.attributes)
        if (name.startsWith("on") || /^\s*javascript:/i.test(value)) found.push(`${one.tagName} ${name}=${value}`);
if ("hostile" in globalThis) found.push(`a script has run: ${globalThis.hostile}`);
return found;
"#;

impl Window {
    /// Runs a script in the page; returns what it returns.
    ///
    /// # Panics
    /// When it fails.
    pub async fn evaluate(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answered = answer("run a script", self.client.execute(script, arguments)).await;
        answered.unwrap_or_else(|error| panic!("{script}\ncould not run: {error}"))
    }

    /// Runs a script that calls its last argument with its result.
    ///
    /// # Panics
    /// When it fails.
    pub async fn evaluate_later(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answered = answer("run a script", self.client.execute_async(script, arguments)).await;
        answered.unwrap_or_else(|error| panic!("{script}\ncould not run: {error}"))
    }

    /// Calls a command past the page's own code; returns `{answer}` or `{refused}`.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn invoke(&self, command: &str, arguments: Value) -> Value {
        let call = "const [command, input, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, input)
                .then((answer) => done({ answer }), (refused) => done({ refused }));";
        self.evaluate_later(call, vec![command.into(), arguments]).await
    }

    /// What is in the page that none of its parts puts there.
    ///
    /// # Panics
    /// When the page does not say.
    pub async fn foreign(&self) -> Vec<String> {
        serde_json::from_value(self.evaluate(FOREIGN, Vec::new()).await).expect("a list of texts")
    }

    /// Checks that what is shown is text, and that it leaves the layout as it is: rows have one height, and nothing is
    /// wider than its place.
    ///
    /// # Panics
    /// When it does not.
    pub async fn assert_text_only(&self, what: &str) {
        self.await_stillness().await;
        assert_eq!(self.foreign().await, [""; 0], "{what}: a text became more than text");
        assert_eq!(self.scrolled_sideways().await, [""; 0], "{what}: a text is wider than its place");
        let heights = "return [...new Set([...document.querySelectorAll('[role=row][data-index]')]
            .map((row) => Math.round(row.getBoundingClientRect().height)))]";
        let heights = self.evaluate(heights, Vec::new()).await;
        let heights = heights.as_array().expect("a list");
        assert!(heights.len() <= 1, "{what}: rows are of different heights: {heights:?}");
        let outside =
            "return [...document.querySelectorAll('[role=dialog], [role=alertdialog], [role=status], \
                [role=alert], aside, header')]
            .map((one) => [one, one.getBoundingClientRect()])
            .filter(([, box]) => box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1)
            .map(([one]) => one.outerHTML.slice(0, 200))";
        let outside = self.evaluate(outside, Vec::new()).await;
        assert_eq!(outside, serde_json::json!([]), "{what}: a part does not fit into the window");
    }

    /// Waits until the list has so many rows at least.
    ///
    /// # Panics
    /// When it has not in time.
    pub async fn await_rows(&self, least: usize) {
        let path = format!("//*[@role='row' and @data-index='{}' and not(@aria-busy='true')]", least - 1);
        self.until(&format!("see {least} rows"), async || !self.find(&path).await.is_empty()).await;
    }

    /// Presses the row of the list with this number, from 0.
    ///
    /// # Panics
    /// When there is none in time.
    pub async fn press_row_number(&self, number: usize) {
        let path = format!("//*[@role='row' and @data-index='{number}']//*[@role='gridcell'][2]");
        self.act(&format!("press row {number}"), &path, async |element: &Element| element.click().await)
            .await;
    }

    /// Whether a word of the visible text, which stands in a sentence with other texts, runs from left to right.
    ///
    /// # Panics
    /// When there is no such word.
    pub async fn runs_from_left_to_right(&self, part: &str, word: &str) -> bool {
        let measure = "const [part, word] = arguments;
            for (const within of document.querySelectorAll(part)) {
                const texts = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
                for (let node = texts.nextNode(); node; node = texts.nextNode()) {
                    const at = node.data.lastIndexOf(word);
                    if (at < 0) continue;
                    const left = (offset) => {
                        const range = document.createRange();
                        range.setStart(node, offset);
                        range.setEnd(node, offset + 1);
                        return range.getBoundingClientRect().left;
                    };
                    return left(at) < left(at + word.length - 1);
                }
            }
            return null;";
        let runs = self.evaluate(measure, vec![part.into(), word.into()]).await;
        runs.as_bool().unwrap_or_else(|| panic!("\"{word}\" is not shown in {part}"))
    }
}
