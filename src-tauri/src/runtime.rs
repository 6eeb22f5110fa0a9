//! The threads of commands.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Runtime};

use tenantry_connection::limits::DECODING_STACK;

/// Makes Tauri run commands on threads with a stack for whatever a server may send. Call it before anything else of
/// Tauri.
///
/// # Errors
/// The system gives no threads.
pub fn begin() -> io::Result<()> {
    // For the whole process: dropping it would wait for everything that still blocks at the end.
    let runtime: &'static Runtime = Box::leak(Box::new(build()?));
    tauri::async_runtime::set(runtime.handle().clone());
    Ok(())
}

fn build() -> io::Result<Runtime> {
    let mut threads = Builder::new_multi_thread();
    threads.enable_all();
    if has_room_for(DECODING_STACK) {
        threads.thread_stack_size(DECODING_STACK);
    }
    threads.build()
}

/// Whether the system reserves a stack of this size; some promise no more memory than there is.
fn has_room_for(stack: usize) -> bool {
    thread::Builder::new().stack_size(stack).spawn(|| ()).is_ok_and(|thread| thread.join().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_run_on_threads_with_a_deep_stack() {
        #[inline(never)]
        fn use_up(levels: usize) -> usize {
            let room = std::hint::black_box([levels as u8; 1024]);
            if levels == 0 { 0 } else { usize::from(room[levels % 1024] == 0) + use_up(levels - 1) }
        }
        let runtime = build().unwrap();
        // 100 MB at least: fifty times the default of a thread.
        runtime.block_on(async { tokio::spawn(async { use_up(100_000) }).await }).unwrap();
    }

    #[test]
    fn a_stack_that_no_system_has_is_not_asked_for() {
        assert!(!has_room_for(1 << 60));
    }
}
