//! A server's response that is nested deeper than anything MongoDB stores.

use std::sync::Arc;
use std::time::Duration;

use tenantry_connection::ConnectionString;
use tenantry_connection::limits::DECODING_STACK;
use tenantry_core::clock::SystemClock;
use tenantry_core::error::StoreError;
use tenantry_store_mongo::{MongoOptions, MongoStore};
use tenantry_tests::listeners::Listener;
use tokio::runtime;

/// Nested documents in a response of 980 kB.
const DEPTH: usize = 122_500;

#[test]
fn an_introduction_that_lies_deep_in_itself_does_not_end_the_program_that_opens_it() {
    let mut threads = runtime::Builder::new_multi_thread();
    threads.worker_threads(2).thread_stack_size(DECODING_STACK).enable_all();
    let threads = threads.build().expect("threads");
    let opened = threads.block_on(async {
        let listener = Listener::introducing_deeply(DEPTH).await;
        let text = format!("mongodb://{}/?connectTimeoutMS=2000", listener.address);
        let connection_string = ConnectionString::parse(&text).expect("a connection string");
        let mut options = MongoOptions::new(connection_string, "organizations", Arc::new(SystemClock));
        options.server_selection_timeout = Duration::from_secs(3);
        // On a thread of the runtime, like the program's commands: this one is the test's.
        tokio::spawn(async move { MongoStore::open(options).await.map(drop) }).await.expect("it goes on")
    });
    assert!(matches!(opened, Err(StoreError::Unavailable { .. })), "it is no server: {opened:?}");
}
