//! The way to a server of ours: what `--server` and a token are for.
//!
//! The server is named by whoever runs the command, so it is asked as it is; its certificate is checked against the
//! system's. A token is never an argument, which every account of a machine may read.

use std::{io::Write, path::Path, time::Duration};

use anyhow::{Context, anyhow};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;
use tokio::runtime::Runtime;

use crate::exit::misuse;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take to begin: an import may be long.
const ANSWER: Duration = Duration::from_secs(660);
/// Octets of an answer that is read whole.
const ANSWER_MAX: usize = 256 << 20;

/// A server.
pub(crate) struct Remote {
    client: Client,
    runtime: Runtime,
    base: Url,
    token: String,
}

/// A failure as the server tells it.
#[derive(Deserialize)]
struct Told {
    detail: String,
    #[serde(default)]
    errors: Vec<ToldField>,
}

#[derive(Deserialize)]
struct ToldField {
    field: String,
    why: String,
}

/// It is not there, or may not be known of.
#[derive(Debug)]
struct Absent(String);

impl std::fmt::Display for Absent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Absent {}

/// A body: media type and octets.
pub(crate) type Body<'a> = (&'a str, Vec<u8>);

impl Remote {
    /// A server by its URL, with the token of a file or of the environment variable `SPOOR_TOKEN`.
    pub(crate) fn new(server: &str, token_file: Option<&Path>) -> anyhow::Result<Remote> {
        let base = Url::parse(server).map_err(|error| misuse(format!("`{server}`: {error}")))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(misuse(format!("`{server}`: write https://HOST[:PORT]")));
        }
        let token = match token_file {
            Some(path) => std::fs::read_to_string(path).with_context(|| format!("`{}`", path.display()))?,
            None => std::env::var("SPOOR_TOKEN")
                .map_err(|_| misuse("a server wants a token: --token-file or SPOOR_TOKEN"))?,
        };
        // Another provider that was installed before serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).connect_timeout(CONNECT);
        let client = client.read_timeout(ANSWER).build().context("HTTP client")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("async runtime")?;
        Ok(Remote { client, runtime, base, token: token.trim().to_owned() })
    }

    /// Reads something.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<T> {
        self.json(self.request(Method::GET, path, query)?)
    }

    /// Reads something that may not be there.
    pub(crate) fn find<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Option<T>> {
        match self.get(path, query) {
            Err(error) if error.is::<Absent>() => Ok(None),
            found => found.map(Some),
        }
    }

    /// Does something.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        (media_type, octets): Body<'_>,
    ) -> anyhow::Result<T> {
        self.json(self.request(Method::POST, path, query)?.header("content-type", media_type).body(octets))
    }

    /// Changes something that was seen with this ETag.
    pub(crate) fn patch<T: DeserializeOwned>(&self, path: &str, etag: &str, body: &Json) -> anyhow::Result<T> {
        let request = self.request(Method::PATCH, path, &[])?.header("if-match", etag);
        self.json(request.header("content-type", "application/json").body(body.to_string()))
    }

    /// Takes something away that was seen with this ETag.
    pub(crate) fn delete(&self, path: &str, etag: &str) -> anyhow::Result<()> {
        let request = self.request(Method::DELETE, path, &[])?.header("if-match", etag);
        self.runtime.block_on(answered(request)).map(drop)
    }

    /// Copies an answer of any length.
    pub(crate) fn copy(&self, path: &str, query: &[(&str, &str)], out: &mut dyn Write) -> anyhow::Result<()> {
        let request = self.request(Method::GET, path, query)?;
        self.runtime.block_on(async {
            let mut response = answered(request).await?;
            while let Some(piece) = response.chunk().await.context("the answer broke off: some of it is missing")? {
                out.write_all(&piece)?;
            }
            Ok(())
        })
    }

    fn request(&self, method: Method, path: &str, query: &[(&str, &str)]) -> anyhow::Result<RequestBuilder> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(self.client.request(method, url).bearer_auth(&self.token))
    }

    fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let octets = self.runtime.block_on(async {
            let mut response = answered(request).await?;
            let mut octets = Vec::new();
            while let Some(piece) = response.chunk().await? {
                octets.extend_from_slice(&piece);
                if octets.len() > ANSWER_MAX {
                    return Err(anyhow!("the server's answer is longer than {ANSWER_MAX} octets"));
                }
            }
            Ok(octets)
        })?;
        serde_json::from_slice(&octets).context("the server's answer is not what this version expects")
    }
}

/// A good answer, or what the server says is wrong.
async fn answered(request: RequestBuilder) -> anyhow::Result<Response> {
    let response = request.send().await.context("the server cannot be asked")?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let octets = response.bytes().await.unwrap_or_default();
    let words = match serde_json::from_slice::<Told>(&octets) {
        Ok(told) => {
            let fields = told.errors.into_iter().map(|of| format!("; {}: {}", of.field, of.why));
            format!("{}{}", told.detail, fields.collect::<String>())
        }
        Err(_) => format!("the server answers {status}"),
    };
    Err(match status {
        StatusCode::NOT_FOUND => Absent(words).into(),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => misuse(words),
        _ => anyhow!(words),
    })
}
