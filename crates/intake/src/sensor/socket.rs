//! dnstap over sockets: the receiver's side of frame streams, for several senders at once.
//!
//! A sender that speaks both ways says READY and is answered ACCEPT; one that does not begins with START. After STOP it
//! gets FINISH, once everything it sent is in the store. A window is stored when its time is up: the receiver waits for
//! a frame no longer than that. When the process is told to end, all that was received is stored, and senders that wait
//! for an answer are told FINISH.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::FileTypeExt,
        net::{UnixListener, UnixStream},
    },
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use formats::frame_stream::{self, Control, ControlKind, Frame};

use super::intake::Intake;
use crate::{ingest::Summary, misuse, moment};

/// How many senders there may be at once.
pub const SENDERS_MAX: usize = 64;
/// How often a receiver that waits looks whether it should end.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long a frame may take to arrive once it has begun.
const STALLED: Duration = Duration::from_secs(30);
const BUFFER_OCTETS: usize = 256 << 10;

/// Where senders come in.
pub enum Listener {
    /// At a Unix socket.
    Unix(UnixListener),
    /// At an address.
    Tcp(TcpListener),
}

/// A sender.
pub enum Stream {
    /// By a Unix socket.
    Unix(UnixStream),
    /// By TCP.
    Tcp(TcpStream),
}

impl Listener {
    /// Makes a Unix socket. One that nobody listens at any more is replaced, another file is not.
    pub fn unix(path: &Path) -> anyhow::Result<Listener> {
        let named = || format!("`{}`", path.display());
        if let Ok(metadata) = std::fs::symlink_metadata(path) {
            if !metadata.file_type().is_socket() {
                return Err(misuse(format!("{} is there and is no socket", named())));
            }
            if UnixStream::connect(path).is_ok() {
                return Err(misuse(format!("somebody listens at {} already", named())));
            }
            std::fs::remove_file(path).with_context(named)?;
        }
        let listener = UnixListener::bind(path).with_context(named)?;
        listener.set_nonblocking(true)?;
        Ok(Listener::Unix(listener))
    }

    /// Listens at an address.
    pub fn tcp(address: std::net::SocketAddr) -> anyhow::Result<Listener> {
        let listener = TcpListener::bind(address).with_context(|| format!("`{address}`"))?;
        listener.set_nonblocking(true)?;
        Ok(Listener::Tcp(listener))
    }

    /// Where it listens, in words.
    pub fn address(&self) -> String {
        match self {
            Listener::Unix(unix) => {
                let address = unix.local_addr().ok();
                address.and_then(|address| Some(address.as_pathname()?.display().to_string())).unwrap_or_default()
            }
            Listener::Tcp(tcp) => tcp.local_addr().map(|address| address.to_string()).unwrap_or_default(),
        }
    }

    fn accept(&self) -> io::Result<Stream> {
        match self {
            Listener::Unix(unix) => unix.accept().map(|(stream, _)| Stream::Unix(stream)),
            Listener::Tcp(tcp) => tcp.accept().map(|(stream, _)| Stream::Tcp(stream)),
        }
    }
}

impl Stream {
    fn patient(&self) -> io::Result<()> {
        match self {
            Stream::Unix(stream) => {
                stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(PATIENCE)))
            }
            Stream::Tcp(stream) => stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(PATIENCE))),
        }
    }

    fn send(&self, kind: ControlKind) -> io::Result<()> {
        let frame = Control::dnstap(kind).encode();
        match self {
            Stream::Unix(stream) => (&*stream).write_all(&frame),
            Stream::Tcp(stream) => (&*stream).write_all(&frame),
        }
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => (&*stream).read(buffer),
            Stream::Tcp(stream) => (&*stream).read(buffer),
        }
    }
}

/// Takes senders until told to stop, each on a thread of its own; `serve` is given each of them.
pub fn listen(
    listener: &Listener,
    stop: &Arc<AtomicBool>,
    serve: impl Fn(Stream) + Sync,
    refused: impl Fn() + Sync,
) -> anyhow::Result<()> {
    let senders = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        while !stop.load(Ordering::Relaxed) {
            match listener.accept() {
                Ok(stream) if senders.load(Ordering::Relaxed) < SENDERS_MAX => {
                    senders.fetch_add(1, Ordering::Relaxed);
                    scope.spawn(|| {
                        serve(stream);
                        senders.fetch_sub(1, Ordering::Relaxed);
                    });
                }
                Ok(_) => refused(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(PATIENCE / 4),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("the socket does not take senders any more"),
            }
        }
        Ok(())
    })
}

/// Receives what one sender has to say, to its end or until told to stop.
pub fn receive(
    stream: &Stream,
    intake: &mut Intake<'_>,
    window: Duration,
    stop: &AtomicBool,
) -> anyhow::Result<Summary> {
    stream.patient()?;
    let mut input = BufReader::with_capacity(BUFFER_OCTETS, stream);
    let mut buffer = Vec::new();
    let (mut wants_finish, mut due) = (false, Instant::now() + window);
    while !stop.load(Ordering::Relaxed) {
        if Instant::now() >= due || intake.is_full() {
            intake.arrives(moment::now());
            intake.store()?;
            due = Instant::now() + window;
        }
        // Between frames there is time for other things; within one there is none.
        match input.fill_buf() {
            Err(error) if is_timeout(&error) => continue,
            _ => {}
        }
        match frame_stream::read(&mut Patient { input: &mut input, stop, until: Instant::now() + STALLED }, &mut buffer)
        {
            Ok(Frame::Data) => intake.frame(&buffer),
            Ok(Frame::Control(control)) => match control.kind {
                ControlKind::Ready if control.allows_dnstap() => {
                    wants_finish = true;
                    stream.send(ControlKind::Accept)?;
                }
                ControlKind::Start if control.allows_dnstap() => {}
                ControlKind::Stop => break,
                _ => anyhow::bail!("the sender offers no dnstap, or says what only a receiver says"),
            },
            Ok(Frame::End) => break,
            Err(error) => {
                intake.summary.damaged = Some(error.to_string());
                break;
            }
        }
    }
    intake.arrives(moment::now());
    intake.store()?;
    if wants_finish {
        // A sender that has gone needs no answer.
        let _ = stream.send(ControlKind::Finish);
    }
    Ok(std::mem::take(&mut intake.summary))
}

/// Reads the rest of a frame that has begun, however slowly it comes, for a bounded time.
struct Patient<'i, I> {
    input: &'i mut I,
    stop: &'i AtomicBool,
    until: Instant,
}

impl<I: Read> Read for Patient<'_, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.input.read(buffer) {
                Err(error)
                    if is_timeout(&error) && !self.stop.load(Ordering::Relaxed) && Instant::now() < self.until => {}
                outcome => return outcome,
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
