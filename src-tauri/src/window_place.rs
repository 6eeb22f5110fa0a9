//! The window's place at the next start. The plugin that remembers it restores any number it finds, so its file is
//! corrected before it is read: a window from another screen, or from none at all, comes back to where a person can
//! reach it.

use std::cmp::Reverse;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, Monitor, Runtime};
use tauri_plugin_window_state::StateFlags;

use crate::environment::EnvironmentVariables;

/// Room for the window manager's frame, in logical pixels. Its height is unknown before the window is shown.
const TITLE_BAR: f64 = 40.0;

/// The remembered state. Nothing that a person did not choose: a window saved while it was hidden or without its frame
/// would come back so.
pub fn remembered() -> StateFlags {
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED
}

/// The part of a monitor that windows can use, in physical pixels, and its scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorkArea {
    /// The left edge. Monitors to the left of the first one have negative coordinates.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    pub width: u32,
    pub height: u32,
    /// Physical pixels to a logical one.
    pub scale: f64,
}

/// A window's place and size in physical pixels, as the plugin's file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

impl WindowPlace {
    /// The nearest place that lies whole in one of these work areas with room for the frame: in the area that it covers
    /// most of, or is nearest to. The size shrinks to that area, and never below `minimum` (width and height in logical
    /// pixels). `None` without an area.
    pub fn within(self, areas: &[WorkArea], minimum: (f64, f64)) -> Option<Self> {
        let area =
            areas.iter().min_by_key(|area| (Reverse(self.shared_with(area)), self.distance_to(area)))?;
        let physical = |logical: f64| (logical * area.scale).round();
        let size = |wanted: u32, room: f64, least: f64| {
            let least = physical(least);
            // Positive, and in the range of `u32`: the cast cuts nothing.
            f64::from(wanted).min(room.max(least)).max(least) as u32
        };
        let frame = physical(TITLE_BAR);
        let width = size(self.width, f64::from(area.width), minimum.0);
        let height = size(self.height, f64::from(area.height) - frame, minimum.1);
        let frame = frame as i64;
        Some(Self {
            x: place(self.x, area.x, i64::from(area.width) - i64::from(width)),
            y: place(self.y, area.y, i64::from(area.height) - i64::from(height) - frame),
            width,
            height,
        })
    }

    /// How many of its pixels lie in an area.
    fn shared_with(&self, area: &WorkArea) -> i64 {
        let shared = |from: i32, size: u32, edge: i32, room: u32| {
            let end = (i64::from(from) + i64::from(size)).min(i64::from(edge) + i64::from(room));
            (end - i64::from(from).max(i64::from(edge))).max(0)
        };
        shared(self.x, self.width, area.x, area.width) * shared(self.y, self.height, area.y, area.height)
    }

    /// Its distance from an area, horizontal and vertical together.
    fn distance_to(&self, area: &WorkArea) -> i64 {
        let gap = |from: i32, size: u32, edge: i32, room: u32| {
            let before = i64::from(edge) - (i64::from(from) + i64::from(size));
            let behind = i64::from(from) - (i64::from(edge) + i64::from(room));
            before.max(behind).max(0)
        };
        gap(self.x, self.width, area.x, area.width) + gap(self.y, self.height, area.y, area.height)
    }
}

/// The nearest place to `wanted` from an area's edge on, within this room; at the edge if there is none.
fn place(wanted: i32, edge: i32, room: i64) -> i32 {
    let last = i64::from(edge) + room.max(0);
    let place = i64::from(wanted).clamp(i64::from(edge), last);
    // Between two places on a monitor.
    i32::try_from(place).unwrap_or(edge)
}

/// A window in the plugin's file. Unknown values stay as they are.
#[derive(Serialize, Deserialize)]
struct Saved {
    #[serde(flatten)]
    place: WindowPlace,
    prev_x: i32,
    prev_y: i32,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

/// A saved window state with every window brought back to these work areas. A window that cannot be parsed or placed is
/// left out, so that it opens as on the first day.
fn brought_back(saved: &Value, areas: &[WorkArea], minimum: (f64, f64)) -> Value {
    let windows = saved.as_object().into_iter().flatten().filter_map(|(label, window)| {
        let Saved { place, prev_x, prev_y, others } = Saved::deserialize(window).ok()?;
        let before = WindowPlace { x: prev_x, y: prev_y, ..place }.within(areas, minimum)?;
        let place = place.within(areas, minimum)?;
        let window = Saved { place, prev_x: before.x, prev_y: before.y, others };
        Some((label.clone(), serde_json::to_value(window).ok()?))
    });
    Value::Object(windows.collect())
}

/// Corrects the saved window state before the plugin, which is registered later, reads it.
pub fn plugin<R: Runtime>(variables: EnvironmentVariables) -> TauriPlugin<R> {
    tauri::plugin::Builder::new("window-place")
        .setup(move |app, _| {
            bring_back(app, &variables);
            Ok(())
        })
        .build()
}

/// Corrects the saved window state. The plugin itself handles a file that cannot be read or written: it starts anew.
fn bring_back<R: Runtime>(app: &AppHandle<R>, variables: &EnvironmentVariables) {
    let Ok(folder) = app.path().app_config_dir() else { return };
    let path = folder.join(variables.window_state_file());
    let areas: Vec<WorkArea> = app.available_monitors().unwrap_or_default().iter().map(work_area).collect();
    let window = app.config().app.windows.first();
    let minimum = |size: Option<f64>| size.unwrap_or_default();
    let minimum = window.map_or((0.0, 0.0), |window| (minimum(window.min_width), minimum(window.min_height)));
    if let Err(error) = put_right(&path, &areas, minimum) {
        tracing::warn!(%error, "the window's saved place could not be put right");
    }
}

fn put_right(path: &Path, areas: &[WorkArea], minimum: (f64, f64)) -> std::io::Result<()> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        text => text?,
    };
    let saved = serde_json::from_str(&text).unwrap_or_default();
    let right = brought_back(&saved, areas, minimum);
    if right == saved { Ok(()) } else { std::fs::write(path, right.to_string()) }
}

fn work_area(monitor: &Monitor) -> WorkArea {
    let area = monitor.work_area();
    WorkArea {
        x: area.position.x,
        y: area.position.y,
        width: area.size.width,
        height: area.size.height,
        scale: monitor.scale_factor(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MINIMUM: (f64, f64) = (960.0, 640.0);
    const SCREEN: WorkArea = WorkArea { x: 0, y: 0, width: 1920, height: 1080, scale: 1.0 };
    const LEFT: WorkArea = WorkArea { x: -2560, y: -200, width: 2560, height: 1440, scale: 1.0 };
    const SHARP: WorkArea = WorkArea { x: 1920, y: 0, width: 3840, height: 2160, scale: 2.0 };

    fn at(x: i32, y: i32, width: u32, height: u32) -> WindowPlace {
        WindowPlace { x, y, width, height }
    }

    #[test]
    fn a_window_that_fits_stays_where_it_is() {
        for (window, areas) in [
            (at(100, 80, 1280, 820), &[SCREEN][..]),
            (at(-2000, -150, 1280, 820), &[SCREEN, LEFT]),
            (at(2000, 100, 2400, 1600), &[SCREEN, SHARP]),
            (at(0, 0, 1920, 1040), &[SCREEN]),
        ] {
            assert_eq!(window.within(areas, MINIMUM), Some(window));
        }
    }

    #[test]
    fn a_window_larger_than_the_screen_shrinks_to_it() {
        let huge = at(0, 0, 20480, 11264).within(&[SCREEN], MINIMUM);
        assert_eq!(huge, Some(at(0, 0, 1920, 1040)), "with room for a title bar");
        let sharp = at(0, 0, u32::MAX, u32::MAX).within(&[SHARP], MINIMUM);
        assert_eq!(sharp, Some(at(1920, 0, 3840, 2080)), "a title bar is twice as high there");
    }

    #[test]
    fn a_window_smaller_than_its_minimum_grows_to_it() {
        assert_eq!(at(10, 10, 1, 1).within(&[SCREEN], MINIMUM), Some(at(10, 10, 960, 640)));
        let sharp = at(2000, 10, 1000, 700).within(&[SHARP], MINIMUM);
        assert_eq!(sharp, Some(at(2000, 10, 1920, 1280)), "the minimum is meant in logical pixels");
    }

    #[test]
    fn the_minimum_is_kept_on_a_screen_that_is_smaller() {
        let small = WorkArea { width: 800, height: 600, ..SCREEN };
        let window = at(300, 200, 1280, 820).within(&[small], MINIMUM);
        assert_eq!(window, Some(at(0, 0, 960, 640)), "its upper left corner is what can be reached");
    }

    #[test]
    fn a_window_of_which_hardly_a_pixel_is_seen_comes_back_whole() {
        for (window, areas, back) in [
            (at(1919, 1079, 1280, 820), &[SCREEN][..], at(640, 220, 1280, 820)),
            (at(-1279, 5, 1280, 820), &[SCREEN], at(0, 5, 1280, 820)),
            (at(-2561, -1019, 1280, 820), &[SCREEN, LEFT], at(-2560, -200, 1280, 820)),
        ] {
            assert_eq!(window.within(areas, MINIMUM), Some(back));
        }
    }

    #[test]
    fn a_window_on_no_screen_comes_back_to_the_nearest() {
        let far = at(-30000, -30000, 1280, 820);
        assert_eq!(far.within(&[SCREEN, LEFT], MINIMUM), Some(at(-2560, -200, 1280, 820)));
        assert_eq!(
            far.within(&[SCREEN], MINIMUM),
            Some(at(0, 0, 1280, 820)),
            "the left screen was taken off"
        );
        let below = at(2500, 9000, 1920, 1280);
        assert_eq!(below.within(&[SCREEN, SHARP], MINIMUM), Some(at(2500, 800, 1920, 1280)));
    }

    #[test]
    fn a_window_between_two_screens_goes_to_the_one_that_shows_more_of_it() {
        let mostly_left = at(-1000, 0, 1280, 820);
        assert_eq!(mostly_left.within(&[SCREEN, LEFT], MINIMUM), Some(at(-1280, 0, 1280, 820)));
    }

    #[test]
    fn no_number_in_a_saved_place_is_too_odd() {
        for (x, y) in [(i32::MIN, i32::MIN), (i32::MAX, i32::MAX), (i32::MIN, i32::MAX)] {
            for (width, height) in [(0, 0), (u32::MAX, u32::MAX)] {
                let window = at(x, y, width, height).within(&[SCREEN, LEFT, SHARP], MINIMUM).unwrap();
                let inside = |area: &WorkArea| {
                    window.x >= area.x
                        && window.y >= area.y
                        && window.x + i32::try_from(window.width).unwrap()
                            <= area.x + area.width.cast_signed()
                        && window.y + i32::try_from(window.height).unwrap()
                            <= area.y + area.height.cast_signed()
                };
                assert!([SCREEN, LEFT, SHARP].iter().any(inside), "{window:?} is on no screen");
            }
        }
        assert_eq!(at(0, 0, 1280, 820).within(&[], MINIMUM), None, "there is no screen to be on");
    }

    #[test]
    fn what_else_is_saved_of_a_window_stays() {
        let saved = json!({"main": {
            "width": 20480, "height": 11264, "x": 0, "y": 0, "prev_x": -9000, "prev_y": 40, "maximized": true,
            "visible": true, "decorated": true, "fullscreen": false
        }});
        let right = json!({"main": {
            "width": 1920, "height": 1040, "x": 0, "y": 0, "prev_x": 0, "prev_y": 0, "maximized": true,
            "visible": true, "decorated": true, "fullscreen": false
        }});
        assert_eq!(brought_back(&saved, &[SCREEN], MINIMUM), right);
        assert_eq!(brought_back(&right, &[SCREEN], MINIMUM), right, "putting it right once is enough");
    }

    #[test]
    fn a_saved_window_that_makes_no_sense_is_left_out() {
        for nonsense in [json!({"main": {"width": -1}}), json!({"main": 7}), json!([]), json!(null)] {
            assert_eq!(brought_back(&nonsense, &[SCREEN], MINIMUM), json!({}), "{nonsense}");
        }
    }
}
