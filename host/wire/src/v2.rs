//! Switchyard's own bodies, under `/v2`. Objects may grow; readers ignore keys that they do not know.

pub mod codes;
pub mod component;
pub mod endpoint;
pub mod problem;
pub mod task;
pub mod transition;
pub mod webhook;

pub use component::{Component, ComponentList, QueueEntry};
pub use endpoint::{Breaker, Endpoint, EndpointList, Pace, Requests};
pub use problem::Problem;
pub use task::{Attempt, Deadline, Fact, Failure, Outcome, Proof, Task, WaitingFor};
pub use transition::{Counts, Member, Transition};
pub use webhook::{Delivery, DeliveryList, Progress, Webhook, WebhookList};
