//! `bmc`: look at what a BMC says of itself.

use super::{Context, reason};
use crate::arguments::Bmc;
use crate::error::Error;
use crate::exit::Exit;
use crate::output;

/// Does what the command line says.
pub(super) async fn run(context: &Context, command: &Bmc) -> Result<Exit, Error> {
    match command {
        Bmc::Get {
            component,
            path,
            reason,
        } => {
            check(path)?;
            let reason = reason.as_deref().map(reason::header).transpose()?;
            let resource = context
                .server
                .bmc_resource(component, path, reason.as_ref())
                .await?;
            output::resource(&resource)?;
            Ok(Exit::Success)
        }
    }
}

/// A path that stays where it is: the address of the service would swallow a `..`.
fn check(path: &str) -> Result<(), Error> {
    let only_path = path.split_once('?').map_or(path, |(path, _)| path);
    let decoded = only_path.to_ascii_lowercase().replace("%2e", ".");
    if path.starts_with('/') && !path.starts_with("//") && !decoded.split('/').any(|part| part == "..") {
        Ok(())
    } else {
        Err(Error::Path {
            path: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_at_the_root_and_climbs_nowhere() {
        for good in ["/redfish/v1/", "/redfish/v1/Systems?$expand=.", "/redfish/a..b"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "redfish/v1",
            "//host/redfish",
            "https://host/",
            "/redfish/../x",
            "/redfish/%2E./x",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
