//! The template in the real window: an index that deletes documents by their age is added in the settings, applied to
//! all and taken back.

use rusqlite::Connection;
use tenantry_tests::window::Window;

/// How many tenant collections have an index of this name.
fn with_index(file: &Connection, name: &str) -> u32 {
    let sql = "SELECT count(*) FROM collections WHERE instr(indexes, CAST(?1 AS BLOB)) > 0";
    file.query_row(sql, [name], |row| row.get(0)).expect("an answer")
}

async fn switch(window: &Window, name: &str) {
    let press = "[...document.querySelectorAll('[role=switch]')]
        .find((one) => document.getElementById(one.getAttribute('aria-labelledby')).innerText === arguments[0])
        .click()";
    window.evaluate(press, vec![name.into()]).await;
}

/// Brings what says this into the picture.
async fn scroll_to(window: &Window, text: &str) {
    let scroll = "[...document.querySelectorAll('h2, h3, td, button, p')]
        .find((one) => one.innerText.trim() === arguments[0]).scrollIntoView({ block: 'center' })";
    window.evaluate(scroll, vec![text.into()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_reaches_every_organization_and_is_taken_back_in_light() {
    template(&Window::open().await, "Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_reaches_every_organization_and_is_taken_back_in_dark() {
    template(&Window::open().await, "Dark").await;
}

async fn template(window: &Window, theme: &str) {
    window.press("Light or dark").await;
    window.press(theme).await;
    window.see("A workspace in a single file").await;
    window.claim_built_in().await;
    window.press("Load sample organizations").await;
    window.see("60 sample organizations loaded").await;
    let file = window.file();

    window.press("Settings").await;
    window.press("Add index").await;
    window.fill("Field 1", "seen_at").await;
    window.fill("Name", "recently seen").await;
    window.look("template-index", theme).await;
    switch(window, "Delete documents by age").await;
    window.see("This index deletes documents by itself").await;
    window.see("older than 30 days").await;
    window.fill("Delete after", "90").await;
    window.see("older than 90 days").await;
    window.look("template-expires", theme).await;
    window.press_in("Add an index to the template", "Add index").await;
    window.see("Index added to the template").await;
    window.see("deletes documents after 90 days").await;
    scroll_to(window, "recently seen").await;
    window.look("template", theme).await;
    assert_eq!(with_index(&file, "recently seen"), 0, "collections that exist wait");

    window.press("Apply to all…").await;
    window.see("60 of 60 organizations lack an index").await;
    window.see("The server will delete documents").await;
    window.press("Dry run").await;
    window.see("It can be undone afterwards.").await;
    window.press("Hide dry run").await;
    window.look("template-apply", theme).await;
    window.press("Make the indexes").await;
    window.keep_message("60 collections have the indexes now").await;
    assert_eq!(with_index(&file, "recently seen"), 60);
    window.look("template-applied", theme).await;
    window.press("Undo").await;
    window.see("60 collections are as they were").await;
    assert_eq!(with_index(&file, "recently seen"), 0);

    // Chosen ones: their rows are there, with what the index does.
    window.press("Apply to all…").await;
    window.see("60 of 60 organizations lack an index").await;
    window.press("Choose among them in the doctor").await;
    window.press_row("copper-kettle").await;
    window.see("Deletes after").await;
    window.see("90 days").await;
    window.look("template-finding", theme).await;
    window.press_in("copper-kettle", "Make the indexes").await;
    window.see("The server will delete documents").await;
    window.press_in("Make the indexes: copper-kettle", "Make the indexes").await;
    window.see("Mended").await;
    assert_eq!(with_index(&file, "recently seen"), 1);
}
