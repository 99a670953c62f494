//! `cargo +nightly fuzz run challenge --features libfuzzer`: challenges of HTTP authentication.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| switchyard_fuzz::challenge(bytes));
