//! Accounts: who may sign in, and what they may do once they have.

use std::net::IpAddr;

use model::{Actor, SessionId, Time, TokenId};

use crate::{error::Error, knowledge::Knowledge};

/// What a request brings to be recognised by.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The secret of a session.
    Session(String),
    /// A token for programs.
    Token(String),
}

/// By what an account was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A session that a person began by signing in.
    Session(SessionId),
    /// A token.
    Token(TokenId),
}

impl Knowledge {
    /// A secret of this installation, by name.
    pub fn secret(&self, name: &str) -> Result<[u8; 32], Error> {
        Ok(self.store.write(|tx| store::setting::secret(tx, name))?)
    }

    /// The account that a credential belongs to; none where it is nobody's, or not any more.
    pub fn recognise(&self, _: &Credential, _: IpAddr, _: Time) -> Result<Option<(Actor, Via)>, Error> {
        Ok(None)
    }
}
