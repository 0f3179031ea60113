//! What every request works with, and the one place where async meets the synchronous engine.

use std::{
    any::Any,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
};
use engine::{Engine, Knowledge, account::Lifetime};
use model::Time;
use observations::Interrupt;
use store::dialect::Dialect;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};

use crate::{
    known::Known, metric::Metrics, oidc::Oidc, problem::Problem, rate::Rates, router, settings::Settings, setup::Setup,
};
use intake::sensor::Sensor;

/// The clock.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// Work of the engine, whatever comes of it.
type AnyWork = Box<dyn FnOnce(&Work<'_>) -> Result<Anything, engine::Error> + Send>;
/// What came of it. There are more than a hundred types of it, and what stands around work is compiled once.
type Anything = Box<dyn Any + Send>;

/// How long something may take on a thread that serves.
const SHORT: Duration = Duration::from_millis(2);
/// Requests at work in the engine at one time; more wait.
const WORKERS: usize = 16;
/// Passwords that are looked at at one time: each takes 19 MiB and some tens of milliseconds of a processor.
const HASHING: usize = 2;
/// How long a sign-in waits for its turn.
const HASHING_WAIT: Duration = Duration::from_secs(5);
/// Streams at one time; more are told to come back.
const STREAMS: usize = 8;
/// Long answers of passive DNS at one time. They hold no thread while they wait for their client.
const LONG_ANSWERS: usize = 64;
/// Batches of observations that are read at one time; senders of more are told to come back.
const OBSERVING: usize = 4;
/// How long the engine may take for one answer.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long what an import looks up first may take; what it writes takes as long as it takes.
const LONG_DEADLINE: Duration = Duration::from_secs(600);
/// Pieces of a stream that wait for a slow client.
const PIECES: usize = 8;
/// How long a stream waits for a client that takes nothing.
const STALLED: Duration = Duration::from_secs(30);

/// What an application is made of.
pub struct Parts {
    /// What was seen, and the rules over it.
    pub engine: Engine,
    /// What people assert.
    pub knowledge: Knowledge,
    /// The section `[serve]`.
    pub settings: Settings,
    /// Whether connections are encrypted.
    pub tls: bool,
    /// Where the exposure ledger is.
    pub data: PathBuf,
    /// What may be asked outside.
    pub online: Online,
    /// Where people sign in elsewhere.
    pub oidc: Option<Oidc>,
    /// The rules for what sensors elsewhere send.
    pub sensor: Sensor,
    /// The clock.
    pub clock: Clock,
}

/// The application: the engine, the knowledge base, the configuration and the clock. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What an [`App`] shares; only this crate looks into it.
pub struct Inner {
    /// What was seen, and the rules over it.
    pub(crate) engine: Engine,
    /// What people assert.
    pub(crate) knowledge: Knowledge,
    /// The section `[serve]`.
    pub(crate) config: Settings,
    /// Whether connections are encrypted.
    pub(crate) tls: bool,
    /// Where the exposure ledger is.
    pub(crate) data: PathBuf,
    /// What may be asked outside.
    pub(crate) online: Online,
    /// How long a session lasts.
    pub(crate) lifetime: Lifetime,
    /// The clock.
    pub(crate) clock: Clock,
    /// What authenticates cursors.
    pub(crate) key: [u8; 32],
    /// Counters.
    pub(crate) metrics: Metrics,
    /// Who asked how often.
    pub(crate) rates: Rates,
    /// Who was recognised a moment ago.
    pub(crate) known: Known,
    /// Requests that are being answered.
    pub(crate) in_flight: Semaphore,
    /// How many things are done at one time.
    pub(crate) limits: Limits,
    /// The code of a first start.
    pub(crate) setup: Setup,
    /// Where people sign in elsewhere.
    pub(crate) oidc: Option<Oidc>,
    /// The rules for what sensors elsewhere send.
    pub(crate) sensor: Arc<Sensor>,
    /// Whether the server is stopping.
    pub(crate) stopping: AtomicBool,
}

/// What may be asked outside.
pub struct Online {
    /// Of whom, and how.
    pub collector: collect::Config,
    /// The permitted exposure where a request says none.
    pub pap: model::Pap,
}

/// How many processors there are for us. There is one thread more that serves, so that one is always free.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How many things are done at one time.
pub(crate) struct Limits {
    workers: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    long: Arc<Semaphore>,
    here: Semaphore,
    hashing: Semaphore,
    /// Batches of observations that are read at one time.
    pub(crate) observing: Arc<Semaphore>,
}

impl Limits {
    /// Nothing is done yet.
    pub(crate) fn new() -> Limits {
        let of = |permits| Arc::new(Semaphore::new(permits));
        Limits {
            workers: of(WORKERS),
            streams: of(STREAMS),
            long: of(LONG_ANSWERS),
            here: Semaphore::new(processors()),
            hashing: Semaphore::new(HASHING),
            observing: of(OBSERVING),
        }
    }
}

/// What the engine is called with.
pub struct Work<'a> {
    /// What was seen, and the rules over it.
    pub engine: &'a Engine,
    /// What people assert.
    pub knowledge: &'a Knowledge,
    /// The moment of the request.
    pub now: Time,
    /// Due when the client has gone or the time is up.
    pub interrupt: Interrupt,
    /// Whether this is a short try on a thread that must not block for long: what is not done when the interrupt is due
    /// goes on elsewhere.
    pub short: bool,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// The application over an opened engine and knowledge base.
    pub fn new(parts: Parts) -> Result<App, engine::Error> {
        let Parts { engine, knowledge, settings, tls, data, online, oidc, sensor, clock } = parts;
        Ok(App(Arc::new(Inner {
            key: knowledge.secret("cursor")?,
            setup: Setup::new(!knowledge.has_accounts()?),
            metrics: Metrics::new(router::table().iter().map(|route| route.name)),
            rates: Rates::new(settings.rate_per_second),
            known: Known::default(),
            in_flight: Semaphore::new(settings.in_flight as usize),
            lifetime: settings.lifetime(),
            limits: Limits::new(),
            sensor: Arc::new(sensor),
            stopping: AtomicBool::new(false),
            engine,
            knowledge,
            config: settings,
            tls,
            data,
            online,
            oidc,
            clock,
        })))
    }

    /// The code for the first account, where there is none yet: to be shown on the terminal.
    pub fn setup_code(&self) -> Option<&str> {
        self.setup.code()
    }

    /// Runs work of the engine on a thread that may block. It is told to stop when the client goes or time is up.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Work<'_>) -> Result<T, engine::Error> + Send + 'static,
    ) -> impl Future<Output = Result<T, Problem>> + Send {
        self.run_within(DEADLINE, work)
    }

    /// The same for what writes very much at once: it is answered when it has ended, however long that takes, and never
    /// told to have failed while it goes on. How much it may be is limited before it begins.
    pub(crate) async fn run_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Work<'_>) -> Result<T, engine::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let (gone, interrupt) = Gone::new(Instant::now() + LONG_DEADLINE);
        let outcome = self.begin(interrupt, any(work)).await?.await;
        drop(gone);
        typed(ended(outcome)?)
    }

    async fn run_within<T: Send + 'static>(
        &self,
        deadline: Duration,
        work: impl FnOnce(&Work<'_>) -> Result<T, engine::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        typed(self.run_any(deadline, any(work)).await?)
    }

    async fn run_any(&self, deadline: Duration, work: AnyWork) -> Result<Anything, Problem> {
        let (gone, interrupt) = Gone::new(Instant::now() + deadline);
        let running = self.begin(interrupt, work).await?;
        let outcome = tokio::time::timeout(deadline, running).await.map_err(|_| late())?;
        drop(gone);
        ended(outcome)
    }

    /// Begins work on a thread that may block, when it is its turn.
    async fn begin(
        &self,
        interrupt: Interrupt,
        work: AnyWork,
    ) -> Result<JoinHandle<Result<Anything, engine::Error>>, Problem> {
        let app = self.clone();
        let permit = tokio::time::timeout(DEADLINE, Arc::clone(&self.limits.workers).acquire_owned());
        let permit = permit.await.map_err(|_| late())?.map_err(|_| Problem::internal())?;
        Ok(tokio::task::spawn_blocking(move || {
            let outcome = work(&app.work(interrupt));
            drop(permit);
            outcome
        }))
    }

    /// The same for work with a password, of which few run at one time, so that a flood of sign-ins takes neither all
    /// memory nor the threads of others.
    pub(crate) async fn run_hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Work<'_>) -> Result<T, engine::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::busy(StatusCode::SERVICE_UNAVAILABLE, "too many are signing in at one time", 2);
        let permit = tokio::time::timeout(HASHING_WAIT, self.limits.hashing.acquire()).await.map_err(|_| busy())?;
        let _permit = permit.map_err(|_| busy())?;
        self.run(work).await
    }

    /// Answers what `step` writes, called again and again until it says that there is no more. A short answer is one trip
    /// to a thread that may block. Of a long one the next step is done when the client has taken the last: between two
    /// steps it holds no thread and nothing of the store, only what waits for the client.
    pub(crate) async fn steps(
        &self,
        step: impl FnMut(&Work<'_>, &mut Vec<u8>) -> Result<bool, engine::Error> + Send + 'static,
    ) -> Result<Body, Problem> {
        let (mut step, mut piece, mut more) = self.first(step).await?;
        if !more {
            return Ok(Body::from(piece));
        }
        let busy = |_| Problem::busy(StatusCode::SERVICE_UNAVAILABLE, "as many long answers as may are under way", 5);
        let permit = Arc::clone(&self.limits.long).try_acquire_owned().map_err(busy)?;
        let (to, from) = mpsc::channel(1);
        let app = self.clone();
        tokio::spawn(async move {
            loop {
                let sent = to.send_timeout(Ok(Bytes::from(piece)), STALLED).await;
                if sent.is_err() || !more {
                    break;
                }
                match app.step(step).await {
                    Ok(next) => (step, piece, more) = next,
                    Err(problem) => {
                        tracing::warn!(status = %problem.status(), "a long answer ended before its end");
                        let _ = to.send(Err(std::io::Error::other("the answer failed"))).await;
                        break;
                    }
                }
            }
            drop(permit);
        });
        Ok(Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(from)))
    }

    /// The first step, here where that may be: most answers are short, and going to another thread and back would be a
    /// good part of their cost. What a short try leaves open is done in the usual way.
    async fn first<S>(&self, mut step: S) -> Result<(S, Vec<u8>, bool), Problem>
    where
        S: FnMut(&Work<'_>, &mut Vec<u8>) -> Result<bool, engine::Error> + Send + 'static,
    {
        let mut out = Vec::new();
        let Some(tried) = self.run_here(|work| step(work, &mut out)) else { return self.step(step).await };
        match tried? {
            true if out.is_empty() => self.step(step).await,
            more => Ok((step, out, more)),
        }
    }

    /// Runs what takes microseconds on the thread that serves; none where as many do that as may, since some must be
    /// left for those who wait for something. It may take no longer than [`SHORT`].
    pub(crate) fn run_here<T>(
        &self,
        work: impl FnOnce(&Work<'_>) -> Result<T, engine::Error>,
    ) -> Option<Result<T, Problem>> {
        let _permit = self.limits.here.try_acquire().ok()?;
        let interrupt = Interrupt { deadline: Some(Instant::now() + SHORT), cancel: None };
        Some(work(&Work { short: true, ..self.work(interrupt) }).map_err(Problem::from))
    }

    /// Whether the knowledge base answers in microseconds. A journey to a server must hold no thread that serves, and the
    /// driver of PostgreSQL cannot run on one.
    pub(crate) fn is_near(&self) -> bool {
        self.knowledge.store.dialect() == Dialect::Sqlite
    }

    /// Reads a few rows of the knowledge base by their keys: here where that may be, else like [`App::run`].
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&Work<'_>) -> Result<T, engine::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        match self.is_near().then(|| self.run_here(&mut work)).flatten() {
            Some(outcome) => outcome,
            None => self.run(work).await,
        }
    }

    async fn step<S>(&self, mut step: S) -> Result<(S, Vec<u8>, bool), Problem>
    where
        S: FnMut(&Work<'_>, &mut Vec<u8>) -> Result<bool, engine::Error> + Send + 'static,
    {
        let piece = self.run(move |work| {
            let mut out = Vec::new();
            let more = step(work, &mut out)?;
            Ok((step, out, more))
        });
        piece.await
    }

    /// Streams what `work` writes, of any length. What fails after the first octet ends the connection, so that no
    /// half answer is taken for a whole.
    pub(crate) fn stream(
        &self,
        work: impl FnOnce(&Work<'_>, &mut Pieces) -> Result<(), engine::Error> + Send + 'static,
    ) -> Result<Body, Problem> {
        let busy = |_| Problem::busy(StatusCode::SERVICE_UNAVAILABLE, "as many exports as may run are running", 10);
        let permit = Arc::clone(&self.limits.streams).try_acquire_owned().map_err(busy)?;
        let (to, from) = mpsc::channel(PIECES);
        let app = self.clone();
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let cancel = Arc::new(AtomicBool::new(false));
            let interrupt = Interrupt { deadline: None, cancel: Some(Arc::clone(&cancel)) };
            let mut pieces = Pieces { to, runtime, cancel, waiting: Vec::new() };
            let outcome = work(&app.work(interrupt), &mut pieces);
            if let Err(error) = outcome.and_then(|()| pieces.end()) {
                tracing::warn!(error = %error, "a stream ended before its end");
                let _ = pieces.send(Err(std::io::Error::other("the export failed")));
            }
            drop(permit);
        });
        Ok(Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(from)))
    }

    fn work(&self, interrupt: Interrupt) -> Work<'_> {
        Work { engine: &self.engine, knowledge: &self.knowledge, now: (self.clock)(), interrupt, short: false }
    }
}

fn late() -> Problem {
    Problem::busy(StatusCode::SERVICE_UNAVAILABLE, "it took too long; ask for less", 5)
}

/// Work without its type.
fn any<T: Send + 'static>(work: impl FnOnce(&Work<'_>) -> Result<T, engine::Error> + Send + 'static) -> AnyWork {
    Box::new(|of| work(of).map(|value| Box::new(value) as Anything))
}

/// What came of it, as the type that it is.
fn typed<T: 'static>(value: Anything) -> Result<T, Problem> {
    value.downcast().map(|value| *value).map_err(|_| Problem::internal())
}

/// What became of work on another thread.
fn ended<T>(outcome: Result<Result<T, engine::Error>, tokio::task::JoinError>) -> Result<T, Problem> {
    match outcome {
        Ok(outcome) => outcome.map_err(Problem::from),
        Err(panic) => {
            tracing::error!(error = %panic, "a request ended in a defect of this program");
            Err(Problem::internal())
        }
    }
}

/// Sets the flag of an interrupt when it is dropped: the client has gone, or time is up.
struct Gone(Arc<AtomicBool>);

impl Gone {
    fn new(until: Instant) -> (Gone, Interrupt) {
        let cancel = Arc::new(AtomicBool::new(false));
        (Gone(Arc::clone(&cancel)), Interrupt { deadline: Some(until), cancel: Some(cancel) })
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Where a stream is written to.
pub(crate) struct Pieces {
    to: mpsc::Sender<Result<Bytes, std::io::Error>>,
    runtime: tokio::runtime::Handle,
    cancel: Arc<AtomicBool>,
    waiting: Vec<u8>,
}

impl Pieces {
    /// So much is gathered before it is sent.
    const SIZE: usize = 64 * 1024;

    /// Writes one JSON line.
    pub(crate) fn line(&mut self, value: &impl serde::Serialize) -> Result<(), engine::Error> {
        let written = serde_json::to_writer(&mut self.waiting, value);
        written.map_err(|error| engine::Error::Limit(error.to_string()))?;
        self.waiting.push(b'\n');
        if self.waiting.len() >= Pieces::SIZE { self.end() } else { Ok(()) }
    }

    fn end(&mut self) -> Result<(), engine::Error> {
        std::io::Write::flush(self).map_err(|error| engine::Error::Limit(error.to_string()))
    }

    fn send(&mut self, piece: Result<Bytes, std::io::Error>) -> std::io::Result<()> {
        let sent = self.runtime.block_on(self.to.send_timeout(piece, STALLED));
        sent.map_err(|_| {
            self.cancel.store(true, Ordering::Relaxed);
            std::io::Error::other("the client has gone, or takes nothing")
        })
    }
}

impl std::io::Write for Pieces {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.waiting.extend_from_slice(octets);
        if self.waiting.len() >= Pieces::SIZE {
            let piece = Bytes::from(std::mem::take(&mut self.waiting));
            self.send(Ok(piece))?;
        }
        Ok(octets.len())
    }

    /// Sends what was gathered.
    fn flush(&mut self) -> std::io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::take(&mut self.waiting));
        self.send(Ok(piece))
    }
}
