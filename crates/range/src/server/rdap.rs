//! RDAP servers: RFC 7480 over [`http`](super::http), answers and errors as RFC 9083 writes them.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::server::{
    http::{self, Reply},
    log::{Kind, Question},
    scene::Scene,
    throttle::Throttle,
};

/// One RDAP server.
pub(crate) struct Rdap {
    pub(crate) scene: Arc<Scene>,
    pub(crate) host: String,
    pub(crate) throttle: Throttle,
}

impl Rdap {
    /// Answers one connection, inside TLS or not.
    pub(crate) async fn serve(self: Arc<Rdap>, stream: impl AsyncRead + AsyncWrite + Unpin) {
        http::serve(stream, |path| self.answer(path)).await;
    }

    fn answer(&self, path: &str) -> Reply {
        let at = self.scene.now();
        self.scene.log.note(Question {
            at,
            server: self.host.clone(),
            protocol: Kind::Rdap,
            question: value(path).to_owned(),
            rrtype: None,
        });
        if let Err(wait) = self.throttle.admit(at) {
            let mut reply = error(429, "Too many queries");
            reply.headers.push(("Retry-After", wait.to_string()));
            return reply;
        }
        match self.scene.world.answer_rdap(&self.host, path, at) {
            Some((status, body)) => rdap(status, body),
            None => error(404, "Not found"),
        }
    }
}

/// What a path asks for: `/domain/a.test` asks for `a.test`.
fn value(path: &str) -> &str {
    path.trim_start_matches('/').split_once('/').map_or(path, |(_, value)| value)
}

fn rdap(status: u16, body: String) -> Reply {
    Reply { status, headers: vec![("Content-Type", "application/rdap+json".to_owned())], body }
}

/// An error body (RFC 9083 §6).
fn error(status: u16, title: &str) -> Reply {
    let body = serde_json::json!({ "rdapConformance": ["rdap_level_0"], "errorCode": status, "title": title });
    rdap(status, body.to_string())
}
