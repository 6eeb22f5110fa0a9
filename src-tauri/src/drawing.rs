//! How the web view draws.

use tauri::{Runtime, WebviewWindow};

/// Makes the web view draw into one picture where no graphics card is. It would compose its layers all the same, on the
/// processor: each frame takes twice as long, the window opens later, and a compiler for shaders is loaded.
#[cfg(target_os = "linux")]
pub fn without_a_card<R: Runtime>(window: &WebviewWindow<R>) {
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebViewExt};

    if has_card(std::path::Path::new("/dev/dri")) {
        return;
    }
    let set = window.with_webview(|view| {
        if let Some(settings) = view.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    });
    if let Err(error) = set {
        tracing::warn!(%error, "the web view composes its layers without a graphics card");
    }
}

#[cfg(not(target_os = "linux"))]
pub fn without_a_card<R: Runtime>(_: &WebviewWindow<R>) {}

/// Whether there is a device that programs may draw with. A screen alone (`card0`) is none.
#[cfg(target_os = "linux")]
fn has_card(devices: &std::path::Path) -> bool {
    std::fs::read_dir(devices).is_ok_and(|devices| {
        devices.flatten().any(|device| device.file_name().to_string_lossy().starts_with("renderD"))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_graphics_card_is_a_device_that_programs_may_draw_with() {
        let devices = tempfile::tempdir().unwrap();
        assert!(!has_card(&devices.path().join("dri")));
        std::fs::write(devices.path().join("card0"), "").unwrap();
        assert!(!has_card(devices.path()), "a screen of a server draws nothing");
        std::fs::write(devices.path().join("renderD128"), "").unwrap();
        assert!(has_card(devices.path()));
    }
}
