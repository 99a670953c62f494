//! What the host lends to drivers: HTTP with pacing, TLS policy, credentials and delivery facts.
