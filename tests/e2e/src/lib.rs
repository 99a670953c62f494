//! The real programs together: crash, third-party BMCs, command line.
