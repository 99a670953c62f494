//! `cargo +nightly fuzz run rmcp --features libfuzzer`: datagrams and messages of RMCP+.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| switchyard_fuzz::rmcp(bytes));
