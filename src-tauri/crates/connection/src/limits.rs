//! Limits for requests to a server.

use std::time::Duration;

/// Longer than any response that somebody waits for. The driver has no limit of its own.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// The stack of a thread that opens deployments, in bytes of address space. The driver decodes a server's answers by
/// recursion and limits no depth: in an optimised build a stranger's introduction takes about 1 kB of stack for every 8
/// bytes that it sends, so this one holds an answer of 8 MB, and one of 1 MB in a build without optimisation. Only what
/// is used takes memory.
pub const DECODING_STACK: usize = 1 << 30;
/// One window needs few connections, and the smallest Atlas clusters have few.
pub const POOL: u32 = 4;
