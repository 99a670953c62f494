//! Simulated BMCs with fault rules, for tests, the demo and benchmarks.
