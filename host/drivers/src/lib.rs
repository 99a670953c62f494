//! The driver runtime: gate, load, grants, limits and permits for sandboxed WebAssembly components.
