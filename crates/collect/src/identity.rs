//! The identity provider that the configuration names, asked about who signs in (OpenID Connect Core 1.0).
//!
//! It passes the address guard like everything else. Nothing that the team looks at goes there, so it has no permit and
//! no line in the exposure ledger.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use reqwest::{
    Client, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
    redirect::Policy,
};

use crate::guard::Guard;

/// How long one question may take in all.
const TIME: Duration = Duration::from_secs(10);
/// Octets of an answer.
const ANSWER_MAX: usize = 1 << 20;

/// The provider could not be asked, or gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("identity provider: {0}")]
pub struct IdentityError(String);

/// The way to an identity provider.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    guard: Guard,
}

impl IdentityProvider {
    /// A way that leads to public addresses over HTTPS, and to these private ones, over plain HTTP too.
    pub fn new(allow_private: Vec<SocketAddr>) -> IdentityProvider {
        IdentityProvider { guard: Guard::new(allow_private) }
    }

    /// What stands at a URL.
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, IdentityError> {
        self.ask(url, None).await
    }

    /// What is answered to a form, sent with these credentials (`Authorization: Basic …`).
    pub async fn post(&self, url: &str, form: String, basic: &str) -> Result<Vec<u8>, IdentityError> {
        self.ask(url, Some((form, basic))).await
    }

    async fn ask(&self, url: &str, form: Option<(String, &str)>) -> Result<Vec<u8>, IdentityError> {
        let asked = tokio::time::timeout(TIME, self.exchange(url, form)).await;
        asked.map_err(|_| IdentityError("no answer in time".into()))?
    }

    async fn exchange(&self, text: &str, form: Option<(String, &str)>) -> Result<Vec<u8>, IdentityError> {
        let failed = |error: reqwest::Error| IdentityError(error.without_url().to_string());
        let url = Url::parse(text).map_err(|error| IdentityError(format!("`{text}`: {error}")))?;
        let client = self.client(&url).await?;
        let request = match form {
            None => client.get(url),
            Some((form, basic)) => client
                .post(url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(AUTHORIZATION, format!("Basic {basic}"))
                .body(form),
        };
        let mut response = request.header(ACCEPT, "application/json").send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(IdentityError(format!("HTTP {}", response.status())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(IdentityError("the answer is too long".into()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// A client that connects to the one address that was checked. People sign in seldom enough for one each time.
    async fn client(&self, url: &Url) -> Result<Client, IdentityError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let socket = self.locate(&host, port).await?;
        let is_listed = self.guard.lists(socket);
        if !(url.scheme() == "https" || url.scheme() == "http" && is_listed) {
            return Err(IdentityError(format!("`{host}` has to be asked over HTTPS")));
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let built = Client::builder()
            .user_agent(concat!("spoor/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .resolve(&host, socket)
            .build();
        // Without any certificates of the system only plain servers can be asked.
        let plain = || Client::builder().no_proxy().redirect(Policy::none()).tls_certs_only([]).resolve(&host, socket);
        built.or_else(|_| plain().build()).map_err(|error| IdentityError(error.to_string()))
    }

    async fn locate(&self, host: &str, port: u16) -> Result<SocketAddr, IdentityError> {
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return self.passing(host, [SocketAddr::new(address, port)].into_iter());
        }
        let found = tokio::net::lookup_host((host, port)).await;
        self.passing(host, found.map_err(|error| IdentityError(format!("{host}: {error}")))?)
    }

    fn passing(&self, host: &str, mut found: impl Iterator<Item = SocketAddr>) -> Result<SocketAddr, IdentityError> {
        let passing = found.find(|socket| self.guard.refusal(*socket).is_none());
        passing.ok_or_else(|| IdentityError(format!("no address of `{host}` may be asked; see online.allow_private")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn inside_addresses_are_not_asked_unless_listed() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = listener.local_addr().unwrap();
        let closed = IdentityProvider::new(Vec::new()).get(&format!("http://{socket}/")).await.unwrap_err();
        assert!(closed.to_string().contains("online.allow_private"), "{closed}");
        for wrong in ["http://169.254.169.254/latest", "https://[::1]/", "ftp://127.0.0.1/", "nonsense"] {
            assert!(IdentityProvider::new(vec![socket]).get(wrong).await.is_err(), "{wrong}");
        }
        drop(listener);
        let gone = IdentityProvider::new(vec![socket]).get(&format!("http://{socket}/")).await.unwrap_err();
        assert!(!gone.to_string().contains("online.allow_private"), "{gone}");
    }
}
