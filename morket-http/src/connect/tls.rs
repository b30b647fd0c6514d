//! TLS by rustls over aws-lc-rs, the one cryptographic provider.
//!
//! The roots are those of Mozilla, built in: a slim image has none of its own, and whoever controls
//! the environment of a process should not thereby choose whom it trusts. Others are added by
//! [`Options::trust`](crate::Options::trust).

use super::stream::Socket;
use crate::egress::{Host, Target};
use morket_core::{Error, Result};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use std::sync::Arc;
use tokio_rustls::{TlsConnector, client::TlsStream};

pub(super) fn config(more: &[CertificateDer<'static>], http2: bool) -> Result<ClientConfig> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in more {
        roots.add(certificate.clone()).map_err(|error| {
            Error::invalid("http.options", "trust", "a certificate cannot be a root")
                .caused_by(error)
        })?;
    }
    // Named here and not taken from the process, where a host may have installed another.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("http.options", "TLS versions").caused_by(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = match http2 {
        true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        false => vec![b"http/1.1".to_vec()],
    };
    Ok(config)
}

pub(super) async fn handshake(
    config: Arc<ClientConfig>,
    target: &Target,
    socket: Socket,
) -> Result<TlsStream<Socket>, String> {
    let name = match target.host() {
        Host::Address(address) => ServerName::IpAddress((*address).into()),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| "no certificate can carry this name".to_owned())?,
    };
    let secured = TlsConnector::from(config).connect(name, socket).await;
    secured.map_err(|error| format!("the TLS handshake failed ({})", why(&error)))
}

/// What of a handshake's error may be told: our words for what an operator can mend.
fn why(error: &std::io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(_)) => "the certificate is not trusted for it",
        Some(rustls::Error::AlertReceived(_)) => "the other side refused",
        Some(_) => "the other side does not speak TLS as we do",
        None => "the connection broke",
    }
}
