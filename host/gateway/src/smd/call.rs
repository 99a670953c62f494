//! What SMD is asked for.

/// A request to SMD, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// Whether it answers.
    Liveness,
    /// The components with their states.
    Components,
    /// How components are reached by Redfish.
    ComponentEndpoints,
    /// The BMCs.
    RedfishEndpoints,
    /// What powers what.
    PowerMaps,
    /// The groups.
    Groups,
    /// The partitions.
    Partitions,
    /// The subscriptions to its notifications.
    Subscriptions,
    /// States that are written back.
    StateData,
    /// Reservations that are made.
    Reserve,
    /// Deputy keys that are checked.
    CheckReservations,
    /// Reservations that are made to last longer.
    RenewReservations,
    /// Reservations that are given back.
    ReleaseReservations,
}

impl Call {
    /// One word, for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Liveness => "liveness",
            Self::Components => "components",
            Self::ComponentEndpoints => "component-endpoints",
            Self::RedfishEndpoints => "redfish-endpoints",
            Self::PowerMaps => "power-maps",
            Self::Groups => "groups",
            Self::Partitions => "partitions",
            Self::Subscriptions => "subscriptions",
            Self::StateData => "state-data",
            Self::Reserve => "reserve",
            Self::CheckReservations => "check-reservations",
            Self::RenewReservations => "renew-reservations",
            Self::ReleaseReservations => "release-reservations",
        }
    }

    /// What is being done, as it stands in error texts behind "SMD ... while".
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Liveness => "asking whether it is there",
            Self::Components => "reading the components",
            Self::ComponentEndpoints => "reading the component endpoints",
            Self::RedfishEndpoints => "reading the Redfish endpoints",
            Self::PowerMaps => "reading the power maps",
            Self::Groups => "reading the groups",
            Self::Partitions => "reading the partitions",
            Self::Subscriptions => "keeping the subscription to its notifications",
            Self::StateData => "writing states back",
            Self::Reserve => "reserving components",
            Self::CheckReservations => "checking reservations",
            Self::RenewReservations => "renewing reservations",
            Self::ReleaseReservations => "releasing reservations",
        }
    }

    /// The path below the base URL (SMD's API, version 2).
    pub const fn path(self) -> &'static str {
        match self {
            Self::Liveness => "/hsm/v2/service/liveness",
            Self::Components => "/hsm/v2/State/Components/Query",
            Self::ComponentEndpoints => "/hsm/v2/Inventory/ComponentEndpoints",
            Self::RedfishEndpoints => "/hsm/v2/Inventory/RedfishEndpoints",
            Self::PowerMaps => "/hsm/v2/sysinfo/powermaps",
            Self::Groups => "/hsm/v2/groups",
            Self::Partitions => "/hsm/v2/partitions",
            Self::Subscriptions => "/hsm/v2/Subscriptions/SCN",
            Self::StateData => "/hsm/v2/State/Components/BulkStateData",
            Self::Reserve => "/hsm/v2/locks/service/reservations",
            Self::CheckReservations => "/hsm/v2/locks/service/reservations/check",
            Self::RenewReservations => "/hsm/v2/locks/service/reservations/renew",
            Self::ReleaseReservations => "/hsm/v2/locks/service/reservations/release",
        }
    }

    /// Whether it changes nothing, whatever its method, so that it can be tried again.
    pub const fn is_read(self) -> bool {
        matches!(
            self,
            Self::Components
                | Self::ComponentEndpoints
                | Self::RedfishEndpoints
                | Self::PowerMaps
                | Self::Groups
                | Self::Partitions
                | Self::CheckReservations
        )
    }
}
