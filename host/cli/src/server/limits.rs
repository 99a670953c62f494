//! Requests about power limits.

use reqwest::Method;
use serde::Serialize;
use switchyard_wire::v2;

use super::client::Server;
use super::error::Error;

impl Server {
    /// The power limits of a component, as its BMC has them now.
    pub(crate) async fn limits(&self, component: &str) -> Result<v2::ComponentLimits, Error> {
        self.answer(self.request(Method::GET, &["v2", "components", component, "limits"]))
            .await
    }

    /// Begins to set or to read something of many components.
    pub(crate) async fn configure(
        &self,
        request: &impl Serialize,
        key: &str,
    ) -> Result<v2::Configuration, Error> {
        self.order_under(&["v2", "configurations"], request, key).await
    }

    /// Tells what would become of such a request.
    pub(crate) async fn configure_dry(
        &self,
        request: &v2::ConfigurationRequest,
    ) -> Result<v2::ConfigurationPreview, Error> {
        self.order(&["v2", "configurations"], request).await
    }

    /// A configuration with what became of its components.
    pub(crate) async fn configuration(&self, id: &str) -> Result<v2::Configuration, Error> {
        self.answer(self.request(Method::GET, &["v2", "configurations", id]))
            .await
    }
}
