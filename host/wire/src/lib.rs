//! JSON shapes of the HTTP API, shared by the service and the command line.
