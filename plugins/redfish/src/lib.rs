//! A tolerant Redfish client for drivers: systems, chassis, managers, resets, tasks and error texts.
