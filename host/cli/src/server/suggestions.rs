//! Requests for the names that a shell completes.

use reqwest::Method;
use switchyard_wire::v2;

use super::client::Server;
use super::error::Error;

/// The largest page of components.
const PAGE_COMPONENTS: &str = "10000";
/// The most pages: beyond, nobody waits for them in a shell.
const PAGES_MAX: usize = 10;
/// How many transitions are proposed.
const TRANSITIONS: &str = "40";

impl Server {
    /// The ids of the components that begin like this. A service that knows no filters gives all.
    pub(crate) async fn suggest_components(&self, begin: &str) -> Result<Vec<String>, Error> {
        let filter = (!begin.is_empty()).then(|| format!("{begin}*"));
        match self.component_ids(filter.as_deref()).await {
            Err(Error::Status { status: 400, .. }) => self.component_ids(None).await,
            answer => answer,
        }
    }

    async fn component_ids(&self, filter: Option<&str>) -> Result<Vec<String>, Error> {
        let mut ids = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut url = self.url(&["v2", "components"]);
            url.query_pairs_mut().append_pair("limit", PAGE_COMPONENTS);
            for (name, value) in [("filter", filter), ("cursor", cursor.as_deref())] {
                if let Some(value) = value {
                    url.query_pairs_mut().append_pair(name, value);
                }
            }
            let page: v2::ComponentList = self.answer(self.request_at(Method::GET, url)).await?;
            ids.extend(page.components.into_iter().map(|component| component.id));
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(ids),
            }
        }
        // A part of them would complete a word wrongly.
        Ok(Vec::new())
    }

    /// The names of the groups of the inventory.
    pub(crate) async fn group_names(&self) -> Result<Vec<String>, Error> {
        let inventory: v2::Inventory = self
            .answer(self.request(Method::GET, &["v2", "inventory"]))
            .await?;
        Ok(inventory.groups)
    }

    /// The latest transitions.
    pub(crate) async fn latest_transitions(&self) -> Result<Vec<v2::TransitionSummary>, Error> {
        let mut url = self.url(&["v2", "transitions"]);
        url.query_pairs_mut().append_pair("limit", TRANSITIONS);
        let list: v2::TransitionList = self.answer(self.request_at(Method::GET, url)).await?;
        Ok(list.transitions)
    }
}
