//! Limits for requests to a server.

use std::time::Duration;

/// Longer than any response that somebody waits for. The driver has no limit of its own.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// The stack of a thread that opens deployments, in bytes of address space. The driver decodes a server's answers by
/// recursion and limits no depth: in an optimised build a stranger's introduction takes about 1 kB of stack for every 8
/// bytes that it sends, so this one holds an answer of 8 MB, and one of 1 MB in a build without optimisation. Only what
/// is used takes memory.
pub const DECODING_STACK: usize = 1 << 30;
/// Connections of one open workspace: those of the requests that an act sends at the same time, and of a few acts at
/// the same time. Also the driver's own number; the smallest Atlas clusters have 500.
pub const POOL: u32 = 10;
