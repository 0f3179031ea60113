//! Listening, and stopping without losing what is under way.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use anyhow::Context;
use axum_server::Handle;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{app::App, router::router};

/// How long a client may take for the head of a request, and for the handshake before it.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// Octets of the head of a request.
const HEAD_MAX: usize = 32 * 1024;
/// Header lines of a request.
const HEADERS_MAX: usize = 64;
/// How often old sessions, failures and keys are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// How long what is under way may take when the server stops.
const STOP_TIME: Duration = Duration::from_secs(20);

/// A certificate with its key, and where they came from.
pub struct Tls {
    certificate: std::path::PathBuf,
    key: std::path::PathBuf,
    config: axum_server::tls_rustls::RustlsConfig,
}

impl Tls {
    /// Reads both files.
    pub fn open(certificate: &Path, key: &Path) -> anyhow::Result<Tls> {
        let config = axum_server::tls_rustls::RustlsConfig::from_config(read(certificate, key)?);
        Ok(Tls { certificate: certificate.into(), key: key.into(), config })
    }

    /// Reads both again; where they are not good the old ones stay.
    fn reload(&self) {
        match read(&self.certificate, &self.key) {
            Ok(config) => {
                self.config.reload_from_config(config);
                tracing::info!("certificate and key were read again");
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "certificate and key stay as they were"),
        }
    }
}

fn read(certificate: &Path, key: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.with_context(|| format!("certificate `{}`", certificate.display()))?;
    let private = PrivateKeyDer::from_pem_file(key).with_context(|| format!("key `{}`", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .with_context(|| format!("`{}` with `{}`", certificate.display(), key.display()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Serves until the process is told to end.
pub async fn serve(app: App, listener: TcpListener, tls: Option<Tls>) -> anyhow::Result<()> {
    let handle = Handle::new();
    let tls = tls.map(Arc::new);
    tokio::spawn(stop_on_signal(app.clone(), handle.clone()));
    tokio::spawn(reload_on_signal(tls.clone()));
    tokio::spawn(sweep(app.clone()));
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let server = limited(axum_server::from_tcp(listener)?.handle(handle));
    match tls {
        None => server.serve(service).await?,
        Some(tls) => {
            let acceptor = axum_server::tls_rustls::RustlsAcceptor::new(tls.config.clone());
            server.acceptor(acceptor.handshake_timeout(HEAD_TIME)).serve(service).await?;
        }
    }
    Ok(())
}

/// Forgets, again and again, what has had its time.
async fn sweep(app: App) {
    let lifetime = app.lifetime;
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        // What fails was logged where it became a problem.
        let _ = app.run(move |work| work.knowledge.sweep(lifetime, work.now)).await;
    }
}

/// Limits on what comes before a request is a request.
fn limited(server: axum_server::Server<SocketAddr>) -> axum_server::Server<SocketAddr> {
    let mut server = server.http1_only().first_request_timeout(HEAD_TIME);
    let mut http = server.http_builder().http1();
    http.header_read_timeout(HEAD_TIME).max_buf_size(HEAD_MAX).max_headers(HEADERS_MAX);
    server
}

async fn stop_on_signal(app: App, handle: Handle<SocketAddr>) -> io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: what is under way may end");
    app.stopping.store(true, Ordering::Relaxed);
    handle.graceful_shutdown(Some(STOP_TIME));
    Ok(())
}

/// Waits for SIGHUP also where there is nothing to read again, since its default is to end the process.
async fn reload_on_signal(tls: Option<Arc<Tls>>) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    while hangup.recv().await.is_some() {
        tls.iter().for_each(|tls| tls.reload());
    }
    Ok(())
}
