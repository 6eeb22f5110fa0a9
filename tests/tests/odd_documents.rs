//! Documents that other software wrote in unexpected ways: none of them hides another, and nothing is invented for what
//! they lack.

#[path = "odd_documents/dates.rs"]
mod dates;
#[path = "odd_documents/ids.rs"]
mod ids;
#[path = "odd_documents/nesting.rs"]
mod nesting;
#[path = "odd_documents/size.rs"]
mod size;
#[path = "odd_documents/values.rs"]
mod values;
#[path = "odd_documents/views.rs"]
mod views;
