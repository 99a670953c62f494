//! What a driver author depends on: bindings of the driver contract, errors and a native test kit.
