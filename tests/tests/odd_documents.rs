//! Documents that other software wrote as nobody expected: none of them hides another one, and nothing is made up for
//! what they lack.

#[path = "odd_documents/dates.rs"]
mod dates;
#[path = "odd_documents/ids.rs"]
mod ids;
#[path = "odd_documents/nesting.rs"]
mod nesting;
#[path = "odd_documents/size.rs"]
mod size;
#[path = "odd_documents/views.rs"]
mod views;
