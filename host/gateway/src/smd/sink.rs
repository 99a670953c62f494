//! Where what SMD says goes.

use std::error::Error;

use async_trait::async_trait;

use crate::inventory::{Keeper, Part, Source};

/// Takes what SMD says there is, in place of what it said before.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Lets this part hold. It may be the one that holds already.
    async fn put(&self, part: Part) -> Result<(), Box<dyn Error + Send + Sync>>;

    /// Notes that SMD could not be read; what it said before holds on.
    fn failed(&self, reason: &str);
}

#[async_trait]
impl Sink for Keeper {
    async fn put(&self, part: Part) -> Result<(), Box<dyn Error + Send + Sync>> {
        Self::put(self, Source::Smd, part).await?;
        Ok(())
    }

    fn failed(&self, reason: &str) {
        Self::failed(self, Source::Smd, reason);
    }
}
