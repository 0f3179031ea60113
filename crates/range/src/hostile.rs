//! Servers that mean harm, for tests of whoever asks them.
//!
//! Each trick is one thing that servers on the Internet have done to clients, by malice or by mistake; a client is
//! sound when it ends within its limits on every one of [`DnsTrick::ALL`], [`WhoisTrick::ALL`] and
//! [`RdapTrick::ALL`], with a fact to show. A server plays one trick, for as long as its [`Hostile`] lives.

mod dns;
mod rdap;
mod stream;
mod whois;

pub use self::{dns::DnsTrick, rdap::RdapTrick, whois::WhoisTrick};

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinSet,
};

use crate::server::socket::{self, listen};

/// A hostile server at work on loopback; it stops when dropped.
#[derive(Debug)]
pub struct Hostile {
    address: SocketAddr,
    hosts: BTreeMap<String, SocketAddr>,
    asked: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl Hostile {
    /// A DNS server on UDP and TCP of one port.
    pub async fn dns(trick: DnsTrick) -> io::Result<Hostile> {
        let (udp, tcp) = socket::listen_both().await?;
        let mut hostile = Hostile::at(udp.local_addr()?);
        let asked = hostile.asked.clone();
        hostile.tasks.spawn(dns::udp(udp, trick, asked));
        hostile.accept(tcp, move |stream| dns::tcp(stream, trick));
        Ok(hostile)
    }

    /// A WHOIS server; tricks with several hosts name them in [`Hostile::hosts`].
    pub async fn whois(trick: WhoisTrick) -> io::Result<Hostile> {
        let first = listen().await?;
        let mut hostile = Hostile::at(first.local_addr()?);
        hostile.serve_whois(whois::FIRST_HOST, first, trick)?;
        for host in whois::other_hosts(trick) {
            hostile.serve_whois(host, listen().await?, trick)?;
        }
        Ok(hostile)
    }

    /// An RDAP server over plain HTTP; see [`Hostile::base_url`].
    pub async fn rdap(trick: RdapTrick) -> io::Result<Hostile> {
        let listener = listen().await?;
        let mut hostile = Hostile::at(listener.local_addr()?);
        hostile.hosts.insert(rdap::HOST.to_owned(), hostile.address);
        let base = hostile.base_url();
        hostile.accept(listener, move |stream| rdap::serve(stream, trick, base.clone()));
        Ok(hostile)
    }

    /// Where it listens; of several hosts, the first.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port/`.
    pub fn base_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The host names that its answers refer to and where those listen, the first host included.
    pub fn hosts(&self) -> &BTreeMap<String, SocketAddr> {
        &self.hosts
    }

    /// How many connections and datagrams it has taken.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn at(address: SocketAddr) -> Hostile {
        Hostile { address, hosts: BTreeMap::new(), asked: Arc::default(), tasks: JoinSet::new() }
    }

    fn serve_whois(&mut self, host: &'static str, listener: TcpListener, trick: WhoisTrick) -> io::Result<()> {
        self.hosts.insert(host.to_owned(), listener.local_addr()?);
        self.accept(listener, move |stream| whois::serve(stream, trick, host));
        Ok(())
    }

    fn accept<F>(&mut self, listener: TcpListener, serve: impl Fn(TcpStream) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let asked = self.asked.clone();
        self.tasks.spawn(socket::accept(listener, move |stream| {
            asked.fetch_add(1, Ordering::SeqCst);
            serve(stream)
        }));
    }
}

/// A second socket, to answer from an address that was not asked.
async fn elsewhere() -> io::Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await
}
