//! Encrypted connections to PostgreSQL.
//!
//! A connection string says by `sslmode`, in libpq's words, how far a server is trusted. `disable`: never encrypted.
//! `prefer`, the default: encrypted where the server can, by any certificate; somebody on the way can switch it off.
//! `require`: encrypted or not at all, by any certificate, so somebody on the way can still pose as the server.
//! `verify-ca`: the certificate must come from an authority that is trusted. `verify-full`: and be for the host's name.
//! `sslrootcert` names a PEM file with the authorities (`system`, and none: those of this machine). As in libpq a file
//! makes `require` check as `verify-ca` does, and sockets of this machine are never encrypted. Channel binding is not
//! done: `channel_binding=require` fails.

use std::{
    future::Future,
    io,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use postgres::{
    Socket,
    config::{Host, SslMode},
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
        client::{
            WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        },
        crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    },
};

use crate::error::Error;

/// How far a server is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Mode {
    fn parse(text: &str) -> Result<Mode, Error> {
        Ok(match text {
            "disable" => Mode::Disable,
            "prefer" => Mode::Prefer,
            "require" => Mode::Require,
            "verify-ca" => Mode::VerifyCa,
            "verify-full" => Mode::VerifyFull,
            _ => {
                let known = "disable, prefer, require, verify-ca, verify-full";
                return Err(Error::Tls(format!("sslmode `{text}` is none of: {known}")));
            }
        })
    }
}

/// What a connection string says of encryption.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    mode: Mode,
    roots: Option<String>,
}

/// Connects as the connection string says.
pub(crate) fn connect(address: &str) -> Result<postgres::Client, Error> {
    let (rest, wanted) = split(address)?;
    let mut config: postgres::Config = rest.parse()?;
    config.application_name("spoor");
    let beyond_this_machine = config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
    if wanted.mode == Mode::Disable || !beyond_this_machine {
        config.ssl_mode(SslMode::Disable);
        return Ok(config.connect(postgres::NoTls)?);
    }
    config.ssl_mode(if wanted.mode == Mode::Prefer { SslMode::Prefer } else { SslMode::Require });
    Ok(config.connect(Connector(TlsConnector::from(Arc::new(client(&wanted)?))))?)
}

/// Takes out of a connection string what the driver does not know.
fn split(address: &str) -> Result<(String, Wanted), Error> {
    let mut wanted = Wanted { mode: Mode::Prefer, roots: None };
    let rest = match address.split_once('?') {
        Some((before, options)) if address.contains("://") => {
            let mut kept = Vec::new();
            for option in options.split('&') {
                let (name, value) = option.split_once('=').unwrap_or((option, ""));
                let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
                if !wanted.takes(name, &value)? {
                    kept.push(option);
                }
            }
            format!("{before}?{}", kept.join("&")).trim_end_matches('?').to_owned()
        }
        _ if address.contains("://") => address.to_owned(),
        _ => {
            let mut kept = Vec::new();
            for (text, name, value) in pairs(address) {
                if !wanted.takes(name, &value)? {
                    kept.push(text);
                }
            }
            kept.join(" ")
        }
    };
    Ok((rest, wanted))
}

impl Wanted {
    /// Whether an option is one of encryption.
    fn takes(&mut self, name: &str, value: &str) -> Result<bool, Error> {
        match name {
            "sslmode" => self.mode = Mode::parse(value)?,
            "sslrootcert" => self.roots = Some(value.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn roots(&self) -> Result<RootCertStore, Error> {
        let certificates = match self.roots.as_deref() {
            None | Some("system") => rustls_native_certs::load_native_certs().certs,
            Some(path) => {
                let path = PathBuf::from(path);
                let read = CertificateDer::pem_file_iter(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
                read.map_err(|error| Error::Tls(format!("sslrootcert {}: {error}", path.display())))?
            }
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        if roots.is_empty() {
            return Err(Error::Tls("there is no authority that could be trusted; name some by sslrootcert".into()));
        }
        Ok(roots)
    }
}

/// `name = value` pairs of a connection string, each with its text; values may stand in quotes.
fn pairs(address: &str) -> Vec<(&str, &str, String)> {
    let mut pairs = Vec::new();
    let mut rest = address.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        let value = after.trim_start();
        let mut quoted = false;
        let mut escaped = false;
        let mut text = String::new();
        let mut end = value.len();
        for (at, c) in value.char_indices() {
            match c {
                _ if escaped => (escaped, _) = (false, text.push(c)),
                '\\' => escaped = true,
                '\'' => quoted = !quoted,
                _ if c.is_whitespace() && !quoted => {
                    end = at;
                    break;
                }
                _ => text.push(c),
            }
        }
        let length = rest.len() - value.len() + end;
        pairs.push((&rest[..length], name.trim(), text));
        rest = rest[length..].trim_start();
    }
    pairs
}

fn client(wanted: &Wanted) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let failed = |error: &dyn std::fmt::Display| Error::Tls(error.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| failed(&error))?;
    let trust = match wanted.mode {
        Mode::VerifyFull => return Ok(builder.with_root_certificates(wanted.roots()?).with_no_client_auth()),
        Mode::VerifyCa => Some(wanted.roots()?),
        Mode::Require if wanted.roots.is_some() => Some(wanted.roots()?),
        Mode::Disable | Mode::Prefer | Mode::Require => None,
    };
    let authorities =
        trust.map(|roots| WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build());
    let authorities = authorities.transpose().map_err(|error| failed(&error))?;
    let verifier = Arc::new(AnyName { authorities, provider });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Takes a certificate whatever name it is for: from one of these authorities, or any where there are none.
#[derive(Debug)]
struct AnyName {
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let Some(authorities) = &self.authorities else { return Ok(ServerCertVerified::assertion()) };
        // The name is what is looked at last.
        match authorities.verify_server_cert(certificate, between, name, stapled, now) {
            Err(TlsError::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What the driver makes encrypted connections with.
#[derive(Clone)]
struct Connector(TlsConnector);

impl MakeTlsConnect<Socket> for Connector {
    type Stream = Encrypted;
    type TlsConnect = Handshake;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Handshake> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Handshake(self.0.clone(), name))
    }
}

struct Handshake(TlsConnector, ServerName<'static>);

impl TlsConnect<Socket> for Handshake {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move { self.0.connect(self.1, socket).await.map(Box::new).map(Encrypted) })
    }
}

/// An encrypted connection.
struct Encrypted(Box<tokio_rustls::client::TlsStream<Socket>>);

impl postgres::tls::TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, to)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_out_what_the_driver_does_not_know() {
        let wanted = |mode, roots: Option<&str>| Wanted { mode, roots: roots.map(str::to_owned) };
        for (address, rest, of) in [
            ("host=h user=u", "host=h user=u", wanted(Mode::Prefer, None)),
            ("host=h sslmode=verify-full user=u", "host=h user=u", wanted(Mode::VerifyFull, None)),
            (
                r"sslrootcert = '/a b/it\'s.pem' password='x sslmode=disable' sslmode=require",
                "password='x sslmode=disable'",
                wanted(Mode::Require, Some("/a b/it's.pem")),
            ),
            ("postgres://u@h/n", "postgres://u@h/n", wanted(Mode::Prefer, None)),
            ("postgres://u@h/n?sslmode=disable", "postgres://u@h/n", wanted(Mode::Disable, None)),
            (
                "postgres://u@h/n?connect_timeout=3&sslmode=verify-ca&sslrootcert=%2Fa%20b",
                "postgres://u@h/n?connect_timeout=3",
                wanted(Mode::VerifyCa, Some("/a b")),
            ),
        ] {
            assert_eq!(split(address).unwrap(), (rest.to_owned(), of), "{address}");
        }
        for wrong in ["host=h sslmode=allow", "postgres://u@h/n?sslmode="] {
            assert!(matches!(split(wrong), Err(Error::Tls(_))), "{wrong}");
        }
    }
}
