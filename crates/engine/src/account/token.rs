//! Tokens for programs: `spoor_<id>_<secret>`, told once.

use std::net::IpAddr;

use model::{Actor, Id, Prefix, Scopes, Time, Token, TokenId, User, UserId, right::Scope};
use store::{
    Tx,
    audit::{self, Detail, Entry},
    fresh,
};
use subtle::ConstantTimeEq;

use super::{Found, Via, digest, hex, unhex};
use crate::{error::Error, knowledge::Knowledge};

/// Tokens of one account.
const TOKENS_MAX: usize = 100;
const NETWORKS_MAX: usize = 32;
const NAME_MAX: usize = 100;

/// A token that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// What they call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// From where alone; from anywhere where empty.
    pub networks: Vec<Prefix>,
    /// When it ends.
    pub expires: Option<Time>,
}

/// A token that was made. Its text is told once.
#[derive(Clone, PartialEq, Eq)]
pub struct Made {
    /// The token.
    pub token: Token,
    /// What the program comes with.
    pub text: String,
}

pub(super) fn recognise(tx: &mut Tx<'_>, text: &str, client: IpAddr, now: Time) -> Result<Found, Error> {
    let parts = text.strip_prefix("spoor_").and_then(|rest| rest.split_once('_'));
    let parts = parts.and_then(|(id, secret)| Some((TokenId(Id(unhex(id)?)), unhex::<32>(secret)?)));
    let Some((id, secret)) = parts else { return Ok(None) };
    let Some((token, hash)) = store::token::by_id(tx, id)? else { return Ok(None) };
    let right = bool::from(digest(&secret).ct_eq(hash.as_slice()));
    let alive = token.expires.is_none_or(|expires| expires > now);
    let here = token.networks.is_empty() || token.networks.iter().any(|network| network.contains(client));
    Ok((right && alive && here).then_some((token.user, token.scopes, Via::Token(id), token.used)))
}

impl Knowledge {
    /// Makes a token for the caller's own account.
    pub fn add_token(&self, actor: &Actor, wish: &Wish, now: Time) -> Result<Made, Error> {
        let user = self.own_account(actor)?;
        self.make_token(actor, &user, wish, now)
    }

    /// Makes a token for another account, by an administrator: for programs, and from the command line.
    pub fn add_token_for(&self, actor: &Actor, user: UserId, wish: &Wish, now: Time) -> Result<Made, Error> {
        actor.may_administer()?;
        let user = self.store.read(|tx| store::user::by_id(tx, user))?.ok_or(Error::NotFound)?;
        self.make_token(actor, &user, wish, now)
    }

    fn make_token(&self, actor: &Actor, user: &User, wish: &Wish, now: Time) -> Result<Made, Error> {
        check(wish, user, now)?;
        let secret = fresh::random::<32>();
        let token = Token {
            id: TokenId(fresh::id(now)),
            user: user.id,
            name: wish.name.trim().to_owned(),
            scopes: wish.scopes.clone(),
            networks: wish.networks.clone(),
            created: now,
            expires: wish.expires,
            used: None,
        };
        self.store.write(|tx| {
            if store::token::of_user(tx, user.id)?.len() >= TOKENS_MAX {
                return Err(Error::Limit(format!("an account has at most {TOKENS_MAX} tokens; end one")));
            }
            store::token::add(tx, &token, digest(&secret))?;
            let scopes: Vec<&str> = token.scopes.0.iter().map(|scope| scope.as_str()).collect();
            let detail = Detail::default().with("scopes", scopes).personal("account", &user.name);
            let object = Some(("token", token.id.0));
            audit::append(tx, &Entry { time: now, actor, action: "token.add", object, owner: None, detail })?;
            Ok::<_, Error>(())
        })?;
        let text = format!("spoor_{}_{}", hex(&token.id.0.0), hex(&secret));
        Ok(Made { token, text })
    }

    /// The caller's own tokens.
    pub fn tokens(&self, actor: &Actor) -> Result<Vec<Token>, Error> {
        let user = actor.user.ok_or(Error::NotFound)?;
        self.store.read(|tx| Ok(store::token::of_user(tx, user)?))
    }

    /// The tokens of another account, for an administrator.
    pub fn tokens_of(&self, actor: &Actor, user: UserId) -> Result<Vec<Token>, Error> {
        let user = self.user(actor, user)?;
        self.store.read(|tx| Ok(store::token::of_user(tx, user.id)?))
    }

    /// Ends one of the caller's own tokens; an administrator ends any.
    pub fn end_token(&self, actor: &Actor, id: TokenId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let (token, _) = store::token::by_id(tx, id)?.ok_or(Error::NotFound)?;
            if Some(token.user) != actor.user && actor.may_administer().is_err() {
                return Err(Error::NotFound);
            }
            store::token::end(tx, id, token.user)?;
            let (object, detail) = (Some(("token", id.0)), Detail::default());
            audit::append(tx, &Entry { time: now, actor, action: "token.end", object, owner: None, detail })?;
            Ok(())
        })
    }
}

fn check(wish: &Wish, user: &User, now: Time) -> Result<(), Error> {
    if !(1..=NAME_MAX).contains(&wish.name.trim().chars().count()) {
        return Err(Error::invalid("name", format!("1 to {NAME_MAX} characters")));
    }
    if wish.scopes.0.is_empty() {
        return Err(Error::invalid("scopes", "at least one"));
    }
    if wish.scopes.0.contains(&Scope::Administer) && !user.administrator {
        return Err(Error::invalid("scopes", "`administer` is for administrators"));
    }
    if wish.networks.len() > NETWORKS_MAX {
        return Err(Error::invalid("networks", format!("at most {NETWORKS_MAX}")));
    }
    if wish.expires.is_some_and(|expires| expires <= now) {
        return Err(Error::invalid("expires", "a moment that is still to come"));
    }
    Ok(())
}
