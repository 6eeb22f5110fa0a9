//! Generates what the window's toolkit needs at compile time.

fn main() {
    tauri_build::build();
}
