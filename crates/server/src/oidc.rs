//! Signing in at an identity provider: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).
//!
//! What is under way is kept in memory for ten minutes, and bound to the browser by a cookie: a code that was stolen, or
//! slipped to somebody, is good in no other. An account belongs to what the provider calls the *subject*; never is one
//! found by a name or an e-mail address, which a provider may give to somebody else.

mod id_token;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use collect::IdentityProvider;
use model::Time;
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub(crate) use id_token::Claims;

/// Seconds that somebody may take at the provider.
const UNDER_WAY: i64 = 600;
/// Sign-ins under way at one time.
const UNDER_WAY_MAX: usize = 1000;

/// The section `[oidc]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The issuer; nobody signs in at a provider where it is empty.
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Where browsers find this server.
    pub(crate) public_url: String,
    /// Whether who signs in for the first time gets an account.
    pub(crate) create_accounts: bool,
    /// The owner that such an account belongs to; none where empty.
    pub(crate) owner: String,
    /// Its role there.
    pub(crate) role: model::owner::Role,
}

/// Why somebody did not sign in. It goes to the log; the client learns that it did not work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    #[error(transparent)]
    Provider(#[from] collect::IdentityError),
    #[error("{0}")]
    Refused(&'static str),
}

/// A provider, and who is signing in at it.
pub struct Oidc {
    pub(crate) settings: Settings,
    provider: IdentityProvider,
    under_way: Mutex<HashMap<String, UnderWay>>,
}

struct UnderWay {
    began: Time,
    browser: [u8; 32],
    nonce: String,
    verifier: String,
}

/// Where a browser is sent, and what its cookie says.
pub(crate) struct Departure {
    pub(crate) to: String,
    pub(crate) cookie: String,
}

/// What a provider says of itself (OpenID Connect Discovery 1.0 §3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

impl Oidc {
    /// The provider of the configuration; none where it names none.
    pub fn new(settings: &Settings, allow_private: &[std::net::SocketAddr]) -> Option<Oidc> {
        let (settings, provider) = (settings.clone(), IdentityProvider::new(allow_private.to_vec()));
        (!settings.issuer.is_empty()).then(|| Oidc { settings, provider, under_way: Mutex::default() })
    }

    /// Begins a sign-in.
    pub(crate) async fn depart(&self, now: Time) -> Result<Departure, OidcError> {
        let discovery = self.discover().await?;
        let (state, nonce, verifier, browser) = (random(), random(), random(), random());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let query = form(&[
            ("response_type", "code"),
            ("scope", "openid profile"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.redirect_uri()),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let mark = if discovery.authorization_endpoint.contains('?') { '&' } else { '?' };
        let to = format!("{}{mark}{query}", discovery.authorization_endpoint);
        let begun = UnderWay { began: now, browser: Sha256::digest(&browser).into(), nonce, verifier };
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|_, begun| begun.began.plus(UNDER_WAY) > now);
        if under_way.len() >= UNDER_WAY_MAX {
            return Err(OidcError::Refused("too many sign-ins are under way"));
        }
        under_way.insert(state, begun);
        Ok(Departure { to, cookie: browser })
    }

    /// Ends a sign-in: who it is, as the provider says it. A state is good once, in the browser that began with it.
    pub(crate) async fn arrive(&self, code: &str, state: &str, cookie: &str, now: Time) -> Result<Claims, OidcError> {
        let begun = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(state);
        let begun = begun.filter(|begun| begun.began.plus(UNDER_WAY) > now);
        let begun = begun.ok_or(OidcError::Refused("no such sign-in is under way"))?;
        if !bool::from(begun.browser.as_slice().ct_eq(&Sha256::digest(cookie))) {
            return Err(OidcError::Refused("the sign-in was begun in another browser"));
        }
        let discovery = self.discover().await?;
        let body = form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri()),
            ("code_verifier", &begun.verifier),
        ]);
        let tokens: Tokens = read(&self.provider.post(&discovery.token_endpoint, body, &self.basic()).await?)?;
        let keys = read(&self.provider.get(&discovery.jwks_uri).await?)?;
        let expected = id_token::Expected {
            issuer: &self.settings.issuer,
            audience: &self.settings.client_id,
            nonce: &begun.nonce,
            now,
        };
        id_token::verify(&tokens.id_token, &keys, &expected).map_err(OidcError::Refused)
    }

    async fn discover(&self) -> Result<Discovery, OidcError> {
        let url = format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
        let discovery: Discovery = read(&self.provider.get(&url).await?)?;
        // OpenID Connect Discovery 1.0 §4.3: it has to be the very issuer that was asked.
        match discovery.issuer == self.settings.issuer {
            true => Ok(discovery),
            false => Err(OidcError::Refused("the provider names another issuer than the configuration")),
        }
    }

    fn redirect_uri(&self) -> String {
        format!("{}/api/v1/sign-in/arrival", self.settings.public_url.trim_end_matches('/'))
    }

    /// RFC 6749 §2.3.1: both are form-encoded first.
    fn basic(&self) -> String {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        STANDARD.encode(format!("{}:{}", encoded(&self.settings.client_id), encoded(&self.settings.client_secret)))
    }
}

fn read<T: DeserializeOwned>(octets: &[u8]) -> Result<T, OidcError> {
    serde_json::from_slice(octets).map_err(|_| OidcError::Refused("the provider's answer has another shape"))
}

fn random() -> String {
    URL_SAFE_NO_PAD.encode(store::fresh::random::<32>())
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
