//! The driver for BMCs that speak Redfish as DMTF wrote it.
