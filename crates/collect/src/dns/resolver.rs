//! One recursive resolver.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hickory_proto::{
    op::{DnsRequestOptions, Query, ResponseCode},
    rr::Name as WireName,
};
use hickory_resolver::{
    NameServerPool, PoolContext, TlsConfig,
    config::{ConnectionConfig, NameServerConfig, ResolverOpts, ServerOrderingStrategy},
    net::{
        DnsError, NetError, NoRecords,
        runtime::TokioRuntimeProvider,
        xfer::{DnsHandle, FirstAnswer},
    },
};
use model::{Name, RecordType};

use super::answer::{self, Record};
use crate::{
    config::ConfigError,
    outcome::{Fact, Outcome},
};

/// A recursive resolver, asked over UDP, and over TCP where an answer is truncated.
#[derive(Clone)]
pub(crate) struct Resolver {
    socket: SocketAddr,
    pool: NameServerPool<TokioRuntimeProvider>,
    limit: Duration,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resolver({})", self.socket)
    }
}

impl Resolver {
    pub(crate) fn new(socket: SocketAddr, limit: Duration) -> Result<Resolver, ConfigError> {
        let mut options = ResolverOpts::default();
        options.timeout = limit * 9 / 10; // its own limit first, so that it closes what it opened
        options.cache_size = 0;
        options.num_concurrent_reqs = 1;
        options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
        let tls = TlsConfig::new().map_err(|error| ConfigError::Tls(error.to_string()))?;
        let context = Arc::new(PoolContext::new(options, tls));
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        let connections = connections.map(|mut connection| {
            connection.port = socket.port();
            connection
        });
        let server = NameServerConfig::new(socket.ip(), true, connections.into());
        let pool = NameServerPool::from_config([server], context, TokioRuntimeProvider::new());
        Ok(Resolver { socket, pool, limit })
    }

    pub(crate) fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// One question; records of the name and its CNAME chain.
    pub(crate) async fn ask(&self, name: &Name, rrtype: RecordType) -> Result<Vec<Record>, Fact> {
        let wire = WireName::from_labels(name.labels()).map_err(|error| Outcome::Malformed(error.to_string()))?;
        let query = Query::query(wire, rrtype.0.into());
        let mut options = DnsRequestOptions::default();
        options.use_edns = true;
        let answer = self.pool.lookup(query, options).first_answer();
        let answer = tokio::time::timeout(self.limit, answer).await.map_err(|_| Outcome::Timeout)?;
        answer::records(name, rrtype, &*answer.map_err(fact)?)
    }
}

/// Which fact a failure is.
fn fact(error: NetError) -> Fact {
    match error {
        NetError::Timeout => Outcome::Timeout,
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code: ResponseCode::NXDomain, .. })) => {
            Outcome::NoSuchName
        }
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code: ResponseCode::NoError, .. })) => {
            Outcome::NoData
        }
        NetError::Dns(
            DnsError::NoRecordsFound(NoRecords { response_code, .. }) | DnsError::ResponseCode(response_code),
        ) => Outcome::Refused(response_code.to_str().to_owned()),
        NetError::Truncated => Outcome::Malformed("truncated, over TCP too".into()),
        NetError::Io(error) => Outcome::Unreachable(error.to_string()),
        NetError::NoConnections => Outcome::Unreachable("no connection".into()),
        other => Outcome::Malformed(other.to_string()),
    }
}
