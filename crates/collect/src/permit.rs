//! Who asks, why, and who may learn of it.

use model::Pap;

/// What every question carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Who may learn of the question.
    pub pap: Pap,
    /// For whom it is asked; goes to the exposure ledger.
    pub actor: String,
    /// Why it is asked; goes to the exposure ledger.
    pub reason: String,
}
