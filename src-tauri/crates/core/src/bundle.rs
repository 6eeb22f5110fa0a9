//! Organizations in files, and on their way from one workspace to another.

pub mod masking;
