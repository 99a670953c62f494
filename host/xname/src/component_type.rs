//! What stands at an xname.

use std::fmt;
use std::str::FromStr;

macro_rules! component_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The kinds of component that HMS knows, each with the shape of its xname.
        ///
        /// Source: the recognition table of `hms-xname`, package `xnametypes`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ComponentType {
            $($(#[$doc])* $variant,)*
        }

        impl ComponentType {
            /// Every type, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as HMS and SMD spell it, such as `NodeBMC`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

component_types! {
    /// Coolant distribution unit: `dD`.
    Cdu = "CDU",
    /// Management switch in a coolant distribution unit: `dDwW`.
    CduMgmtSwitch = "CDUMgmtSwitch",
    /// Coolant distribution unit inside a cabinet: `xXdD`.
    CabinetCdu = "CabinetCDU",
    /// Cabinet: `xX`.
    Cabinet = "Cabinet",
    /// Cabinet controller: `xXbB`.
    CabinetBmc = "CabinetBMC",
    /// Controller of a cabinet's power distribution units: `xXmM`.
    CabinetPduController = "CabinetPDUController",
    /// Power distribution unit: `xXmMpP`.
    CabinetPdu = "CabinetPDU",
    /// Network interface of a PDU controller: `xXmMiI`.
    CabinetPduNic = "CabinetPDUNic",
    /// Outlet under its former name: `xXmMpPjJ`; see [`CabinetPduPowerConnector`](Self::CabinetPduPowerConnector).
    CabinetPduOutlet = "CabinetPDUOutlet",
    /// Switchable outlet of a power distribution unit: `xXmMpPvV`.
    CabinetPduPowerConnector = "CabinetPDUPowerConnector",
    /// Chassis: `xXcC`.
    Chassis = "Chassis",
    /// Chassis controller: `xXcCbB`.
    ChassisBmc = "ChassisBMC",
    /// Network interface of a chassis controller: `xXcCbBiI`.
    ChassisBmcNic = "ChassisBMCNic",
    /// Rectifier of a chassis: `xXcCtT`.
    CmmRectifier = "CMMRectifier",
    /// FPGA of a chassis controller: `xXcCfF`.
    CmmFpga = "CMMFpga",
    /// Cabinet environmental controller: `xXeE`.
    Cec = "CEC",
    /// Compute blade, or a rack slot of a standard cabinet: `xXcCsS`.
    ComputeModule = "ComputeModule",
    /// Switch blade: `xXcCrR`.
    RouterModule = "RouterModule",
    /// Node controller: `xXcCsSbB`.
    NodeBmc = "NodeBMC",
    /// Network interface of a node controller: `xXcCsSbBiI`.
    NodeBmcNic = "NodeBMCNic",
    /// Enclosure or node card of a blade: `xXcCsSeE`.
    NodeEnclosure = "NodeEnclosure",
    /// Power supply of a node enclosure: `xXcCsSeEtT`.
    NodeEnclosurePowerSupply = "NodeEnclosurePowerSupply",
    /// Power connector of a compute blade: `xXcCsSvV`, formerly `xXcCsSjJ`.
    NodePowerConnector = "NodePowerConnector",
    /// Node: `xXcCsSbBnN`.
    Node = "Node",
    /// Virtual machine on a node: `xXcCsSbBnNvV`.
    VirtualNode = "VirtualNode",
    /// Processor socket: `xXcCsSbBnNpP`.
    Processor = "Processor",
    /// Group of drives: `xXcCsSbBnNgG`.
    StorageGroup = "StorageGroup",
    /// Drive: `xXcCsSbBnNgGkK`.
    Drive = "Drive",
    /// Management network interface of a node: `xXcCsSbBnNiI`.
    NodeNic = "NodeNic",
    /// High-speed network interface of a node: `xXcCsSbBnNhH`.
    NodeHsnNic = "NodeHsnNic",
    /// Memory module: `xXcCsSbBnNdD`.
    Memory = "Memory",
    /// Accelerator: `xXcCsSbBnNaA`.
    NodeAccel = "NodeAccel",
    /// Riser card of an accelerator: `xXcCsSbBnNrR`.
    NodeAccelRiser = "NodeAccelRiser",
    /// FPGA of a node controller: `xXcCsSbBfF`.
    NodeFpga = "NodeFpga",
    /// Switch chip: `xXcCrRaA`.
    HsnAsic = "HSNAsic",
    /// FPGA of a switch blade: `xXcCrRfF`.
    RouterFpga = "RouterFpga",
    /// Top-of-rack switch part of a switch blade: `xXcCrRtT`.
    RouterTor = "RouterTOR",
    /// FPGA of a top-of-rack switch part: `xXcCrRtTfF`.
    RouterTorFpga = "RouterTORFpga",
    /// Switch controller: `xXcCrRbB`.
    RouterBmc = "RouterBMC",
    /// Network interface of a switch controller: `xXcCrRbBiI`.
    RouterBmcNic = "RouterBMCNic",
    /// Power connector of a switch blade: `xXcCrRvV`.
    RouterPowerConnector = "RouterPowerConnector",
    /// Board of a switch blade: `xXcCrReE`.
    HsnBoard = "HSNBoard",
    /// Link of a switch chip: `xXcCrRaAlL`.
    HsnLink = "HSNLink",
    /// Cable connector of a switch blade: `xXcCrRjJ`.
    HsnConnector = "HSNConnector",
    /// Port of a cable connector: `xXcCrRjJpP`.
    HsnConnectorPort = "HSNConnectorPort",
    /// Management switch: `xXcCwW`.
    MgmtSwitch = "MgmtSwitch",
    /// Enclosure of a high-level management switch: `xXcChH`.
    MgmtHlSwitchEnclosure = "MgmtHLSwitchEnclosure",
    /// High-level management switch: `xXcChHsS`.
    MgmtHlSwitch = "MgmtHLSwitch",
    /// Connector of a management switch: `xXcCwWjJ`.
    MgmtSwitchConnector = "MgmtSwitchConnector",
    /// System management server: `smsN`.
    SmsBox = "SMSBox",
    /// Partition: `pH` or `pH.S`.
    Partition = "Partition",
    /// The whole system: `s0`.
    System = "System",
    /// Everything: `all`.
    All = "All",
    /// Every component: `all_comp`.
    AllComp = "AllComp",
    /// Every service: `all_svc`.
    AllSvc = "AllSvc",
}

impl ComponentType {
    /// Whether the Power Control Service switches components of this type.
    pub const fn has_power_control(self) -> bool {
        matches!(
            self,
            Self::Chassis
                | Self::ComputeModule
                | Self::Node
                | Self::RouterModule
                | Self::CabinetPduPowerConnector
                | Self::ChassisBmc
                | Self::NodeBmc
                | Self::RouterBmc
                | Self::MgmtSwitch
                | Self::MgmtHlSwitch
                | Self::CduMgmtSwitch
        )
    }

    /// Whether a component of this type is a controller, that is, answers Redfish for others
    /// (`IsHMSTypeController` of `hms-xname`).
    pub const fn is_controller(self) -> bool {
        matches!(
            self,
            Self::ChassisBmc | Self::RouterBmc | Self::NodeBmc | Self::CabinetPduController
        )
    }
}

impl fmt::Display for ComponentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no [`ComponentType`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown component type; HMS names are such as Node, NodeBMC or Chassis")]
pub struct UnknownComponentType;

impl FromStr for ComponentType {
    type Err = UnknownComponentType;

    /// Reads a type name in any case, as SMD does.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|known| known.as_str().eq_ignore_ascii_case(text))
            .ok_or(UnknownComponentType)
    }
}
