//! The service switchyardd: configuration, engine, inventory, credentials and API.
