//! The Redfish service of a BMC: what is where, what it looks like, and what it answers.

mod action;
mod answer;
mod body;
mod error;
mod manners;
mod pages;
mod service;
mod template;
mod tree;

pub(crate) use body::{Body, json};
pub(crate) use service::{Cut, serve};
pub(crate) use tree::Tree;
