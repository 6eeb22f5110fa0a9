//! Operators and people in the real window: an owner adds both, and a person signs in with a one-time password, must
//! change it, and chooses among two organizations. Every screen and dialog on the way is looked at by axe-core.

use fantoccini::key::Key;
use tenantry_tests::window::{OLGAS_PASSWORD, Window, screenshot};

const PERSON: &str = "pat@people.example.com";
const PERSONS_PASSWORD: &str = "Passw0rd-of-pat";

/// The secret that the dialog on screen shows once.
async fn secret(window: &Window) -> String {
    let script = "return document.querySelector('[data-secret]')?.innerText ?? ''";
    window.evaluate(script, Vec::new()).await.as_str().expect("a text").trim().to_owned()
}

async fn create(window: &Window, name: &str) {
    window.press("New organization").await;
    window.fill("Name", name).await;
    window.fill("Admin email", &format!("admin@{name}.example.com")).await;
    window.fill("Password", OLGAS_PASSWORD).await;
    window.see("Available. Its collection will be").await;
    window.press("Create organization").await;
    window.see(&format!("{name} created")).await;
}

async fn choose_organization(window: &Window, name: &str) {
    window.fill("Organization", name).await;
    window.see(&format!("{name}\n")).await;
    window.key(Key::Enter).await;
}

async fn people_are_managed_and_sign_in(theme: &str) {
    let window = Window::open().await;
    let take = async |what: &str| {
        window.assert_accessible(what).await;
        for width in [1440, 960] {
            window.resize(width, 820).await;
            window.photograph(&screenshot(&format!("{what}-{width}"), theme)).await;
            assert_eq!(window.scrolled_sideways().await, [""; 0], "{what} is too wide for {width}");
        }
        window.resize(1280, 820).await;
    };
    window.press("Light or dark").await;
    window.press(theme).await;
    window.press("Open workspace").await;
    window.claim_as("Olga Operator").await;
    take("recovery-code").await;
    window.press("I have kept it").await;
    window.see("No organizations yet").await;
    create(&window, "acme").await;
    create(&window, "beta").await;

    window.press("Operators").await;
    window.see_in_row("Olga Operator", "Owner").await;
    window.press("Add operator").await;
    window.see("Sees everything and changes nothing.").await;
    window.fill("Name", "Otto Operator").await;
    window.fill("Address", "otto@example.com").await;
    window.choose("Operator").await;
    take("operator-add").await;
    window.press("Add").await;
    window.see("It cannot be shown again.").await;
    assert_eq!(secret(&window).await.len(), 19, "a one-time password in groups of four");
    take("one-time-password").await;
    window.press("Done").await;
    window.see_in_row("Otto Operator", "Invited").await;
    assert_eq!(secret(&window).await, "", "a password is still in the page");
    window.press_row("Otto Operator").await;
    window.see("What the role “Operator” can do").await;
    take("operators").await;
    window.press("Close panel").await;

    window.press("People").await;
    window.see("No people yet").await;
    window.press("Add person").await;
    choose_organization(&window, "acme").await;
    window.fill("Name", "Pat Person").await;
    window.fill("Address", PERSON).await;
    window.choose("Organization admin").await;
    take("person-add").await;
    window.press("Add").await;
    window.see("It cannot be shown again.").await;
    window.press("Done").await;
    window.see_in_row("Pat Person", "acme").await;
    window.press_row("Pat Person").await;
    window.see("Has not signed in yet").await;
    window.press("Actions").await;
    window.press("Add to an organization").await;
    choose_organization(&window, "beta").await;
    window.press("Add").await;
    window.see("It cannot be shown again.").await;
    let one_time = secret(&window).await;
    window.press("Done").await;
    window.see_in_row("Pat Person", "acme, beta").await;
    take("people").await;

    window.press("Organizations").await;
    window.press_row("beta").await;
    window.press_tab("People").await;
    window.see("Pat Person").await;
    take("organization-people").await;

    window.press("Olga Operator").await;
    window.press("Your account").await;
    window.see("Present password").await;
    take("own-account").await;
    window.press("Cancel").await;

    window.press("Sign out").await;
    window.see("Sign in to").await;
    window.press("Forgot your password?").await;
    window.see("Not an owner, or no code?").await;
    take("forgotten").await;
    window.press("Back").await;
    window.fill("Email", PERSON).await;
    window.fill("Password", &one_time).await;
    window.press("Sign in").await;
    window.see("Choose your own password").await;
    take("must-change").await;
    window.fill("New password", PERSONS_PASSWORD).await;
    window.fill("Repeat password", PERSONS_PASSWORD).await;
    window.press("Change password and sign in").await;
    window.see("Where do you want to work?").await;
    take("choose-account").await;
    window.press("beta").await;
    window.see("Pat Person").await;
    window.see("Viewer").await;
    window.see_in_row("beta", "Active").await;
    assert!(!window.text().await.contains("acme"), "another organization of the person is in sight");
    assert!(!window.offers("New organization").await, "a viewer is offered to create");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_managed_and_sign_in_in_light() {
    people_are_managed_and_sign_in("Light").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_managed_and_sign_in_in_dark() {
    people_are_managed_and_sign_in("Dark").await;
}
