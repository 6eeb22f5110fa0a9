//! Keychains that behave as a test wants.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use keyring_core::api::CredentialStoreApi;
use keyring_core::{CredentialStore, Entry};

/// A keychain that asks a person about some of its entries, and waits for the answer.
#[derive(Debug)]
struct AskingStore {
    inner: Arc<CredentialStore>,
    about: &'static str,
    answer: Mutex<Receiver<()>>,
}

/// A keychain that asks a person `about` entries with this in their name. Dropping the sender is the answer.
pub(crate) fn asking(inner: Arc<CredentialStore>, about: &'static str) -> (Sender<()>, Arc<CredentialStore>) {
    let (answer, answered) = channel();
    (answer, Arc::new(AskingStore { inner, about, answer: Mutex::new(answered) }))
}

impl CredentialStoreApi for AskingStore {
    fn vendor(&self) -> String {
        self.inner.vendor()
    }

    fn id(&self) -> String {
        self.inner.id()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        modifiers: Option<&HashMap<&str, &str>>,
    ) -> keyring_core::Result<Entry> {
        if user.contains(self.about) {
            let _ = self.answer.lock().unwrap().recv();
        }
        self.inner.build(service, user, modifiers)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// The keychain refuses what is asked of it next about a workspace's password.
pub(crate) fn refuse_next(store: &CredentialStore, workspace: &str) {
    let user = format!("installation/{workspace}/database-password");
    let entry = store.build("Tenantry", &user, None).unwrap();
    let credential: &keyring_core::mock::Cred = entry.as_any().downcast_ref().unwrap();
    credential.set_error(keyring_core::Error::Invalid("refused".to_owned(), "refused".to_owned()));
}
