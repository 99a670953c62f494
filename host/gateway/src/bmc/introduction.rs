//! Controllers that are spoken to for the first time, before any inventory holds them.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use switchyard_core::{Failure, Kind};
use switchyard_transport::Scheme;
use tokio_util::sync::CancellationToken;

use super::selection::{Endpoint, Purpose};
use super::{DrivenHardware, SURVEY_FACTOR, measured, resource};
use crate::discovery::{Introduced, Introducer};
use crate::engine::{Findings, Urgency};
use crate::inventory::Controller;

/// The most resources of nodes that are read of one controller.
const RESOURCES_MAX: usize = 16;

#[async_trait]
impl Introducer for DrivenHardware {
    async fn introduce(
        &self,
        controller: &Controller,
        cancel: &CancellationToken,
    ) -> Result<Introduced, Failure> {
        // Nothing is remembered of it: the transport's controller ends with this call.
        let endpoint = Endpoint::succeeding(None, controller, &self.transport);
        self.choices.forget(&controller.endpoint.id);
        let introduced = self.introduce_at(&endpoint, cancel).await;
        if introduced.is_err() {
            self.choices.forget(&controller.endpoint.id);
            self.caches.forget(&controller.endpoint.id);
        }
        introduced
    }
}

impl DrivenHardware {
    async fn introduce_at(
        &self,
        endpoint: &Arc<Endpoint>,
        cancel: &CancellationToken,
    ) -> Result<Introduced, Failure> {
        let purpose = Purpose {
            urgency: Urgency::Action,
            deadline: self.bounds.read * SURVEY_FACTOR,
            survey: true,
        };
        let (driver, call) = self.call_at(endpoint, purpose, cancel).await?;
        let findings = measured(&driver, "survey", driver.survey(call)).await?;
        let findings = Findings {
            members: findings
                .members
                .into_iter()
                .map(|member| self.bounds.found(member))
                .collect(),
            pace: findings.pace,
        };
        let resources = self.resources(endpoint, &findings, cancel).await;
        Ok(Introduced { findings, resources })
    }

    /// What the BMC says of its nodes, as far as it says it over Redfish: names of a machine are worth no failure.
    async fn resources(
        &self,
        endpoint: &Endpoint,
        findings: &Findings,
        cancel: &CancellationToken,
    ) -> Vec<(String, Value)> {
        let mut resources = Vec::new();
        if endpoint.controller.endpoint().address.scheme == Scheme::Ipmi {
            return resources;
        }
        let nodes = findings
            .members
            .iter()
            .filter(|found| found.subject.kind == Kind::Node);
        for found in nodes.take(RESOURCES_MAX) {
            let id = &found.subject.id;
            if let Ok(resource) = resource::read(&endpoint.controller, id, self.bounds.read, cancel).await {
                resources.push((id.clone(), resource));
            }
        }
        resources
    }
}
