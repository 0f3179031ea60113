//! Values that somebody holds an opinion about.

/// An indicator value in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indicator {
    /// A host name.
    Host(crate::Name),
}

/// The type of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndicatorType {
    /// A host name.
    Host,
}
