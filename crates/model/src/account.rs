//! Accounts, and what somebody is recognised by.

use std::net::IpAddr;

use crate::{
    address::Prefix,
    id::{SessionId, TokenId, UserId},
    right::Scopes,
    time::Time,
};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its identifier.
    pub id: UserId,
    /// Its name, unique without regard to case.
    pub name: String,
    /// Whether it administers this installation.
    pub administrator: bool,
    /// Whether it is a program's: it has tokens and nobody signs in with it.
    pub api_only: bool,
    /// Whether it may not come in any more.
    pub disabled: bool,
    /// Whether a code of an authenticator is asked for when it signs in.
    pub totp: bool,
    /// The provider that it signs in at, and how that names it.
    pub external: Option<(String, String)>,
    /// When it was made.
    pub created: Time,
    /// How often it was changed.
    pub revision: i64,
}

/// That a person signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// When it began.
    pub created: Time,
    /// When it was last used, to the minute.
    pub seen: Time,
    /// When it ends, whatever happens.
    pub expires: Time,
    /// From where it began.
    pub address: IpAddr,
    /// With which program.
    pub agent: String,
}

/// What a program comes with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its identifier.
    pub id: TokenId,
    /// On whose account.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// From where alone it may be used; from anywhere where empty.
    pub networks: Vec<Prefix>,
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub expires: Option<Time>,
    /// When it was last used, to the hour.
    pub used: Option<Time>,
}
