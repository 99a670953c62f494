//! What can go wrong between the service and Vault.

/// Why Vault gave nothing. The texts hold no secrets; each says what to do where somebody can do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failed {
    /// It did not answer, or answered that it cannot.
    #[error("Vault does not answer: {0}")]
    Away(String),
    /// It failed a moment ago and is left alone. Holds the reason of then.
    #[error("{0}")]
    Resting(String),
    /// It is sealed or not initialised.
    #[error("Vault is sealed; unseal it with `vault operator unseal`")]
    Sealed,
    /// It does not let the service in.
    #[error("Vault does not let the service in: {0}")]
    Login(String),
    /// It lets the service in, but not at this secret.
    #[error("Vault denies the secret: {0}; let the policy of the token read it")]
    Denied(String),
    /// Its answer cannot be understood.
    #[error(
        "the answer of Vault cannot be understood: {0}; check credentials.vault.keypath and credentials.vault.kv"
    )]
    Malformed(&'static str),
    /// What is kept there is no login.
    #[error("{0}")]
    Unusable(String),
}

impl Failed {
    /// Whether Vault as a whole failed, and not one secret.
    pub(super) const fn is_of_vault(&self) -> bool {
        match self {
            Self::Away(_) | Self::Sealed | Self::Login(_) => true,
            Self::Resting(_) | Self::Denied(_) | Self::Malformed(_) | Self::Unusable(_) => false,
        }
    }
}
