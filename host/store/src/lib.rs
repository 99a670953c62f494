//! What is remembered: the store and journal traits, their records, group commit and the conformance suite.
