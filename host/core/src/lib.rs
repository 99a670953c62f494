//! The rules of power: vocabulary, plans, task machine, re-send and proof; no I/O, no clock, no randomness.
