//! A range: the servers of one world at work, and its clock.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use model::Time;
use tokio::{net::TcpStream, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::{
    World,
    server::{
        dns::Dns,
        log::Log,
        rdap::Rdap,
        scene::Scene,
        socket::{self, listen},
        throttle::Throttle,
        tls,
        whois::Whois,
    },
};

pub use crate::server::{
    log::{Kind, Question},
    whois::IANA_HOST,
};

/// How many questions a minute of the world the servers answer. The clock of a world moves only when it is told to,
/// so between two moves the minute lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttles {
    /// Each WHOIS server that is not named below.
    pub whois: u32,
    /// Each RDAP server that is not named below.
    pub rdap: u32,
    /// Servers by host name.
    pub hosts: BTreeMap<String, u32>,
}

impl Default for Throttles {
    /// Generous: nobody who asks sensibly meets them.
    fn default() -> Throttles {
        Throttles { whois: 10_000, rdap: 10_000, hosts: BTreeMap::new() }
    }
}

/// Where the servers of a range listen.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// The DNS server, UDP and TCP.
    pub dns: SocketAddr,
    /// The WHOIS servers by host name, IANA's included.
    pub whois: BTreeMap<String, SocketAddr>,
    /// The base addresses of the RDAP servers by host name, as `http://127.0.0.1:port/`.
    pub rdap: BTreeMap<String, String>,
    /// The RDAP server that listens inside TLS too.
    pub rdap_tls: Option<TlsEndpoint>,
    /// The server that knows which registry has which top-level domain.
    pub iana_whois: SocketAddr,
    /// Which WHOIS server has which zone, in the format of `tld.json`; it has host names.
    pub whois_zone_list: String,
    /// Which RDAP server has which zone (RFC 9224), as `https://host/`.
    pub rdap_bootstrap: String,
}

/// An RDAP server inside TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsEndpoint {
    /// Its host name, which its certificate has.
    pub host: String,
    /// `https://127.0.0.1:port/`; the certificate has this address too.
    pub url: String,
    /// The certificate to trust.
    pub ca_pem: String,
}

/// The servers of one world, at work until dropped.
pub struct Range {
    scene: Arc<Scene>,
    endpoints: Endpoints,
    tasks: Mutex<BTreeMap<Kind, JoinSet<()>>>,
}

impl Range {
    /// Starts all servers on free ports of 127.0.0.1, with the default throttles.
    pub async fn start(world: Arc<World>) -> io::Result<Range> {
        Range::start_with(world, &Throttles::default()).await
    }

    /// Starts all servers with these throttles.
    pub async fn start_with(world: Arc<World>, throttles: &Throttles) -> io::Result<Range> {
        let scene = Arc::new(Scene { now: AtomicI64::new(world.now().0), log: Log::default(), world });
        let mut start = Start { scene: scene.clone(), throttles, tasks: BTreeMap::new() };
        let dns = start.dns().await?;
        let whois = start.whois().await?;
        let (rdap, rdap_tls) = start.rdap().await?;
        let endpoints = Endpoints {
            dns,
            iana_whois: whois[IANA_HOST],
            whois,
            rdap,
            rdap_tls,
            whois_zone_list: scene.world.whois_zone_list(),
            rdap_bootstrap: scene.world.rdap_bootstrap(&|host| format!("https://{host}/")),
        };
        Ok(Range { endpoints, tasks: Mutex::new(start.tasks), scene })
    }

    /// Where the servers listen.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The world behind the servers.
    pub fn world(&self) -> &Arc<World> {
        &self.scene.world
    }

    /// The world's moment.
    pub fn now(&self) -> Time {
        self.scene.now()
    }

    /// Moves the clock; it returns the new moment.
    pub fn advance(&self, seconds: u32) -> Time {
        let seconds = i64::from(seconds);
        Time(self.scene.now.fetch_add(seconds, Ordering::SeqCst) + seconds)
    }

    /// Every question that reached a server, in order of arrival.
    pub fn questions(&self) -> Vec<Question> {
        self.scene.log.questions()
    }

    /// How many questions the log had no room for; it holds a million.
    pub fn questions_lost(&self) -> u64 {
        self.scene.log.lost()
    }

    /// Stops the servers of one kind; when this returns, their ports are closed.
    pub async fn stop_kind(&self, kind: Kind) {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).remove(&kind);
        if let Some(mut tasks) = tasks {
            tasks.shutdown().await;
        }
    }
}

/// A range being started.
struct Start<'a> {
    scene: Arc<Scene>,
    throttles: &'a Throttles,
    tasks: BTreeMap<Kind, JoinSet<()>>,
}

impl Start<'_> {
    async fn dns(&mut self) -> io::Result<SocketAddr> {
        let (udp, tcp) = socket::listen_both().await?;
        let address = udp.local_addr()?;
        let dns = Arc::new(Dns { scene: self.scene.clone() });
        self.spawn(Kind::Dns, dns.clone().serve_udp(udp));
        self.spawn(Kind::Dns, socket::accept(tcp, move |stream| dns.clone().serve_tcp(stream)));
        Ok(address)
    }

    async fn whois(&mut self) -> io::Result<BTreeMap<String, SocketAddr>> {
        let hosts = self.scene.world.whois_servers().into_iter().map(|server| server.host);
        let mut addresses = BTreeMap::new();
        for host in hosts.chain([IANA_HOST.to_owned()]) {
            let listener = listen().await?;
            addresses.insert(host.clone(), listener.local_addr()?);
            let throttle = self.throttle(&host, self.throttles.whois);
            let whois = Arc::new(Whois { scene: self.scene.clone(), host, throttle });
            self.spawn(Kind::Whois, socket::accept(listener, move |stream| whois.clone().serve(stream)));
        }
        Ok(addresses)
    }

    async fn rdap(&mut self) -> io::Result<(BTreeMap<String, String>, Option<TlsEndpoint>)> {
        let (mut urls, mut inside_tls) = (BTreeMap::new(), None);
        for server in self.scene.world.rdap_servers() {
            let listener = listen().await?;
            urls.insert(server.host.clone(), format!("http://{}/", listener.local_addr()?));
            let throttle = self.throttle(&server.host, self.throttles.rdap);
            let rdap = Arc::new(Rdap { scene: self.scene.clone(), host: server.host, throttle });
            if inside_tls.is_none() {
                inside_tls = Some(self.rdap_tls(rdap.clone()).await?);
            }
            self.spawn(Kind::Rdap, socket::accept(listener, move |stream| rdap.clone().serve(stream)));
        }
        Ok((urls, inside_tls))
    }

    async fn rdap_tls(&mut self, rdap: Arc<Rdap>) -> io::Result<TlsEndpoint> {
        let (acceptor, ca_pem) = tls::acceptor(&rdap.host)?;
        let listener = listen().await?;
        let (host, url) = (rdap.host.clone(), format!("https://{}/", listener.local_addr()?));
        let serve = move |stream| inside_tls(acceptor.clone(), rdap.clone(), stream);
        self.spawn(Kind::Rdap, socket::accept(listener, serve));
        Ok(TlsEndpoint { host, url, ca_pem })
    }

    fn throttle(&self, host: &str, default: u32) -> Throttle {
        Throttle::new(self.throttles.hosts.get(host).copied().unwrap_or(default))
    }

    fn spawn(&mut self, kind: Kind, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.entry(kind).or_default().spawn(task);
    }
}

async fn inside_tls(acceptor: TlsAcceptor, rdap: Arc<Rdap>, stream: TcpStream) {
    // A handshake that fails ends the connection; the client knows why.
    if let Ok(stream) = acceptor.accept(stream).await {
        rdap.serve(stream).await;
    }
}
