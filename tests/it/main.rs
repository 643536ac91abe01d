//! All tests that need no network, in one binary.

mod store_check;
mod store_contract;
mod store_files;
mod store_model;
mod support;
