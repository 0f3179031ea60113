//! ID tokens (OpenID Connect Core 1.0 §2, §3.1.3.7): JSON Web Signatures (RFC 7515) by RS256 or ES256 (RFC 7518) and by a
//! key that the provider publishes (RFC 7517). No other algorithm is known, so none can be talked into.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::Time;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

/// Seconds that the provider's clock may differ from ours.
const CLOCKS: i64 = 60;

/// The keys of a provider.
#[derive(Deserialize)]
pub(super) struct Keys {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// What an ID token says.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Claims {
    /// The issuer.
    pub(crate) iss: String,
    /// Whom it is about, as the issuer names them.
    pub(crate) sub: String,
    /// The name that they would like to have.
    pub(crate) preferred_username: Option<String>,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What a token has to be for.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Time,
}

/// What a token says, where it is the one that is expected; or why it is not.
pub(super) fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, &'static str> {
    let (signed, signature) = token.rsplit_once('.').ok_or("the ID token has another form")?;
    let (header, claims) = signed.split_once('.').ok_or("the ID token has another form")?;
    let header: Header = part(header)?;
    let signature = decoded(signature)?;
    let usable = |key: &&Key| {
        key.usage.as_deref().is_none_or(|usage| usage == "sig") && (header.kid.is_none() || key.kid == header.kid)
    };
    let signed_by = |key: &Key| key.verifies(&header.alg, signed.as_bytes(), &signature).unwrap_or(false);
    if !keys.keys.iter().filter(usable).any(signed_by) {
        return Err("the ID token is signed by no key of the provider");
    }
    let claims: Claims = part(claims)?;
    claims.check(expected).map(|()| claims)
}

impl Claims {
    fn check(&self, expected: &Expected<'_>) -> Result<(), &'static str> {
        let for_us = match &self.aud {
            Audience::One(one) => one == expected.audience,
            Audience::Several(all) => all.iter().any(|one| one == expected.audience),
        };
        let several = matches!(&self.aud, Audience::Several(all) if all.len() > 1);
        let party = self.azp.as_deref().map_or(!several, |party| party == expected.audience);
        match () {
            () if self.iss != expected.issuer => Err("the ID token is of another issuer"),
            () if !for_us || !party => Err("the ID token is for somebody else"),
            () if self.exp <= expected.now.0.saturating_sub(CLOCKS) => Err("the ID token has expired"),
            () if self.iat > expected.now.0.saturating_add(CLOCKS) => Err("the ID token is of the future"),
            () if self.nonce.as_deref() != Some(expected.nonce) => Err("the ID token answers another sign-in"),
            () if self.sub.is_empty() || self.sub.len() > 255 => Err("the ID token has no fit subject"),
            () => Ok(()),
        }
    }
}

impl Key {
    /// Whether this key made the signature; none where it is no key for the algorithm.
    fn verifies(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Option<bool> {
        let octets = |member: &Option<String>| decoded(member.as_deref()?).ok();
        match (algorithm, self.kty.as_str()) {
            ("RS256", "RSA") => {
                let (n, e) = (octets(&self.n)?, octets(&self.e)?);
                let key = RsaPublicKeyComponents { n: &n, e: &e };
                Some(key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok())
            }
            ("ES256", "EC") if self.crv.as_deref() == Some("P-256") => {
                let point = [&[4], octets(&self.x)?.as_slice(), octets(&self.y)?.as_slice()].concat();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
                Some(key.verify(signed, signature).is_ok())
            }
            _ => None,
        }
    }
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, &'static str> {
    serde_json::from_slice(&decoded(text)?).map_err(|_| "a part of the ID token has another shape")
}

fn decoded(text: &str) -> Result<Vec<u8>, &'static str> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "a part of the ID token is not base64url")
}
