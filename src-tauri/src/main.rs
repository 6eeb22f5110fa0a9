//! The program's entry.

// A second console window would open beside the program's own on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    tenantry::run()
}
