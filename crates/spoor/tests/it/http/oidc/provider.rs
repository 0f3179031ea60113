//! The provider: discovery, authorization, token and keys, with PKCE and client credentials checked.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How it misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    None,
    Rs256,
    OtherNonce,
    OtherAudience,
    SeveralAudiences,
    OtherIssuer,
    Expired,
    OtherKey,
    NoSignature,
    Hmac,
    Redirect,
    Endless,
}

pub(crate) struct Provider {
    pub(crate) address: SocketAddr,
    pub(crate) issuer: String,
    inner: Arc<Inner>,
    _runtime: tokio::runtime::Runtime,
}

struct Inner {
    issuer: String,
    quirk: Mutex<Quirk>,
    name: Mutex<String>,
    /// What was asked for, by code.
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
    elliptic: EcdsaKeyPair,
    other: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl Provider {
    pub(crate) fn start() -> Provider {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let issuer = format!("http://{address}");
        let inner = Arc::new(Inner {
            issuer: issuer.clone(),
            quirk: Mutex::new(Quirk::None),
            name: Mutex::new("carol".into()),
            codes: Mutex::default(),
            elliptic: key(),
            other: key(),
            // Made for this test and used for nothing else.
            rsa: RsaKeyPair::from_pkcs8(include_bytes!("test_only_rsa.pk8")).unwrap(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/token", post(token))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&inner));
        runtime.spawn(async move { axum_serve(listener, router).await });
        Provider { address, issuer, inner, _runtime: runtime }
    }

    pub(crate) fn set(&self, quirk: Quirk) {
        *self.inner.quirk.lock().unwrap() = quirk;
    }

    pub(crate) fn name(&self, name: &str) {
        *self.inner.name.lock().unwrap() = name.to_owned();
    }

    /// What the browser of somebody does at the authorization end point; where it is sent back to.
    pub(crate) fn authorize(&self, location: &str, subject: &str) -> String {
        let query = location.strip_prefix(&format!("{}/authorize?", self.issuer)).expect("sent to this provider");
        let mut asked: HashMap<String, String> = serde_urlencoded::from_str(query).unwrap();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], "spoor at work");
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        asked.insert("subject".into(), subject.into());
        let mut codes = self.inner.codes.lock().unwrap();
        let code = format!("code-{}", codes.len());
        let back = format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]);
        codes.insert(code, asked);
        back
    }
}

async fn axum_serve(listener: tokio::net::TcpListener, router: Router) {
    let server = axum_server::Server::<SocketAddr>::from_listener(listener);
    server.serve(router.into_make_service()).await.unwrap();
}

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap()
}

async fn discovery(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let issuer = &inner.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
    }))
}

async fn keys(State(inner): State<Arc<Inner>>) -> Json<Value> {
    let point = inner.elliptic.public_key().as_ref();
    let rsa: ring::rsa::PublicKeyComponents<Vec<u8>> = inner.rsa.public().into();
    Json(json!({"keys": [
        {"kty": "oct", "kid": "h", "k": "AAAA"},
        {"kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256", "n": text(&rsa.n), "e": text(&rsa.e)},
        {"kty": "EC", "kid": "e", "use": "sig", "crv": "P-256", "x": text(&point[1..33]), "y": text(&point[33..])},
    ]}))
}

async fn token(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: String) -> Response {
    let form: HashMap<String, String> = serde_urlencoded::from_str(&body).unwrap();
    let basic = format!("Basic {}", STANDARD.encode("spoor+at+work:s%3Aecret"));
    let authorized = headers.get(header::AUTHORIZATION).is_some_and(|value| value == basic.as_str());
    let asked = inner.codes.lock().unwrap().get_mut(&form["code"]).map(std::mem::take).unwrap_or_default();
    let challenge = text(&Sha256::digest(&form["code_verifier"]));
    let good = authorized
        && form["grant_type"] == "authorization_code"
        && asked.get("code_challenge") == Some(&challenge)
        && asked.get("redirect_uri") == Some(&form["redirect_uri"]);
    let quirk = *inner.quirk.lock().unwrap();
    match quirk {
        _ if !good => StatusCode::BAD_REQUEST.into_response(),
        Quirk::Redirect => (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response(),
        Quirk::Endless => Body::from(vec![b' '; 4 << 20]).into_response(),
        quirk => Json(json!({"token_type": "Bearer", "access_token": "x", "id_token": inner.id_token(&asked, quirk)}))
            .into_response(),
    }
}

impl Inner {
    fn id_token(&self, asked: &HashMap<String, String>, quirk: Quirk) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let mut claims = json!({
            "iss": self.issuer, "sub": asked["subject"], "aud": asked["client_id"], "nonce": asked["nonce"],
            "iat": now, "exp": now + 300, "preferred_username": *self.name.lock().unwrap(),
        });
        match quirk {
            Quirk::OtherNonce => claims["nonce"] = json!("another"),
            Quirk::OtherAudience => claims["aud"] = json!("somebody else"),
            Quirk::SeveralAudiences => claims["aud"] = json!([asked["client_id"], "somebody else"]),
            Quirk::OtherIssuer => claims["iss"] = json!("http://evil.example"),
            Quirk::Expired => claims["exp"] = json!(now - 300),
            _ => {}
        }
        let (algorithm, kid) = match quirk {
            Quirk::Rs256 => ("RS256", "r"),
            Quirk::NoSignature => ("none", "e"),
            Quirk::Hmac => ("HS256", "h"),
            _ => ("ES256", "e"),
        };
        let header = json!({"alg": algorithm, "kid": kid, "typ": "JWT"});
        let signed = format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
        let signature = self.signature(signed.as_bytes(), quirk);
        format!("{signed}.{}", text(&signature))
    }

    fn signature(&self, signed: &[u8], quirk: Quirk) -> Vec<u8> {
        let random = SystemRandom::new();
        match quirk {
            Quirk::NoSignature => Vec::new(),
            Quirk::Hmac => {
                ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &[0, 0, 0]), signed).as_ref().to_vec()
            }
            Quirk::Rs256 => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, signed, &mut signature).unwrap();
                signature
            }
            Quirk::OtherKey => self.other.sign(&random, signed).unwrap().as_ref().to_vec(),
            _ => self.elliptic.sign(&random, signed).unwrap().as_ref().to_vec(),
        }
    }
}

fn text(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}
