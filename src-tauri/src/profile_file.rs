//! The file of saved connections, written by the store plugin. Only this uses the plugin.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};
use tauri::{AppHandle, Runtime};
use tauri_plugin_store::{Store, StoreBuilder};
use tenantry_console::profiles::ProfileFile;

/// A file that the store plugin reads and writes.
struct StoreFile<R: Runtime>(Arc<Store<R>>);

/// Opens the file of saved connections.
///
/// # Errors
/// The plugin's message, for the log.
pub fn open<R: Runtime>(app: &AppHandle<R>, path: &Path) -> Result<Box<dyn ProfileFile>, String> {
    let store = StoreBuilder::new(app, path).serialize(in_order).disable_auto_save().build();
    Ok(Box::new(StoreFile(store.map_err(|error| error.to_string())?)))
}

impl<R: Runtime> StoreFile<R> {
    fn take(&self, content: &Map<String, Value>) {
        // The plugin writes its content once more when the process ends: nothing unwanted may stay in it.
        for key in self.0.keys() {
            if !content.contains_key(&key) {
                self.0.delete(key);
            }
        }
        for (key, value) in content {
            self.0.set(key, value.clone());
        }
    }
}

impl<R: Runtime> ProfileFile for StoreFile<R> {
    fn write(&self, content: &Map<String, Value>) -> Result<(), String> {
        let before: Map<String, Value> = self.0.entries().into_iter().collect();
        self.take(content);
        let saved = self.0.save().map_err(|error| error.to_string());
        if saved.is_err() {
            // As before in memory and on the disk, as far as a refusing disk allows.
            self.take(&before);
            let _ = self.0.save();
        }
        saved
    }
}

fn in_order(content: &HashMap<String, Value>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    Ok(serde_json::to_vec_pretty(&content.iter().collect::<BTreeMap<_, _>>())?)
}
