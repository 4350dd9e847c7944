//! Artifacts on their way to the bucket: several at once, large ones in parts, and nothing that is there already.
//!
//! No more is in memory than the parts that are on their way. Whatever ends it, no parts are left behind: those of an upload
//! that is not finished are given up, and the foundation's lifecycle removes what a killed process could not.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::deploy::{Company, Tools};
use super::ending::judge;
use super::failure::{Failure, FailureKind};
use super::lease::Held;
use super::prepare::{Prepared, Upload, UploadSource};
use crate::artifact::Digesting;
use crate::cloud::{Cloud, SentPart, UploadInParts, Uploaded, part_size};
use crate::diagnostic::{Code, Diagnostic};
use crate::event::{Event, EventKind};
use crate::rollout::Outcome;
use crate::units::{ByteSize, Digest, Duration};
use crate::workspace::{Clock, PartReader, Project};

/// How many requests are under way at once.
const AT_ONCE: usize = 8;
/// In how many steps somebody is told how far it is.
const STEPS: u64 = 20;
/// How long the lease is left alone while nothing arrives.
const LEFT_ALONE: Duration = Duration::from_secs(20);

/// Files that are to be put into a bucket.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) project: &'a Project,
    /// The pipeline's folder.
    pub(super) name: &'a str,
    pub(super) cloud: &'a Cloud,
    pub(super) bucket: &'a str,
    pub(super) uploads: &'a [Upload],
}

/// How an upload ended that nothing went wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// All of it is there.
    All,
    /// The person wanted to leave.
    Left,
    /// Somebody took the lease.
    LeaseLost,
}

/// Puts what the template points at into the artifact bucket. A lease that is lost ends it; whoever has the lease in hand
/// tells so when it is given back.
///
/// # Errors
/// Something could not be read or sent, or the person wants to leave.
pub(super) async fn upload(
    project: &Project,
    name: &str,
    prepared: &Prepared,
    tools: Tools<'_>,
    company: &mut dyn Company,
    held: &mut Held<'_>,
) -> Result<(), Failure> {
    let cloud = held.cloud().clone();
    let load = Load { project, name, cloud: &cloud, bucket: &prepared.bucket, uploads: &prepared.uploads };
    match send(load, tools, &mut |event| company.tell(event), Some(held)).await? {
        Sent::All | Sent::LeaseLost => Ok(()),
        Sent::Left => judge(&prepared.rendered.stack_name, &Outcome::Interrupted, &prepared.rendered.origins).map(drop),
    }
}

/// Puts files into a bucket, under a lease where there is one.
///
/// # Errors
/// Something could not be read or sent.
pub(super) async fn send(
    load: Load<'_>,
    tools: Tools<'_>,
    tell_event: &mut dyn FnMut(Event),
    mut held: Option<&mut Held<'_>>,
) -> Result<Sent, Failure> {
    let mut progress = Progress::of(load.project, load.name, load.uploads)?;
    if progress.large {
        tell_event(Event { at: tools.clock.now(), kind: progress.told() });
    }
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut sending = JoinSet::new();
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    for upload in load.uploads {
        let sender = Sender {
            cloud: load.cloud.clone(),
            gate: Arc::clone(&gate),
            tell: tell.clone(),
            bucket: load.bucket.to_owned(),
        };
        sending.spawn(sender.send(load.project.clone(), load.name.to_owned(), upload.clone()));
    }
    let mut begun = BTreeSet::new();
    let ended = loop {
        let step = tokio::select! {
            biased;
            () = tools.interrupt.raised() => Step::Leave,
            Some(news) = told.recv() => Step::News(news),
            ended = sending.join_next() => match ended {
                None => break Ok(Sent::All),
                Some(Ok(Ok(()))) => Step::Look,
                Some(Ok(Err(failure))) => break Err(failure),
                Some(Err(broken)) => break Err(lost(&broken.to_string())),
            },
            () = pause(tools.clock) => Step::Look,
        };
        match step {
            Step::Leave => break Ok(Sent::Left),
            Step::News(News::Begun(parts)) => drop(begun.insert(parts)),
            Step::News(News::Joined(parts)) => drop(begun.remove(&parts)),
            Step::News(news) => {
                progress.on(news).into_iter().for_each(|kind| tell_event(Event { at: tools.clock.now(), kind }));
            }
            Step::Look => {}
        }
        if let Some(held) = &mut held
            && !held.keep().await
        {
            break Ok(Sent::LeaseLost);
        }
    };
    // Nothing of it is under way any more when parts are given up: one that came later would stay.
    sending.shutdown().await;
    while let Ok(news) = told.try_recv() {
        match news {
            News::Begun(parts) => drop(begun.insert(parts)),
            News::Joined(parts) => drop(begun.remove(&parts)),
            news => progress.on(news).into_iter().for_each(|kind| tell_event(Event { at: tools.clock.now(), kind })),
        }
    }
    for parts in begun {
        // What cannot be given up now goes by the foundation's lifecycle.
        let _ = load.cloud.abandon_parts(&parts).await;
    }
    ended
}

enum Step {
    Leave,
    News(News),
    Look,
}

/// What a sender has to tell.
enum News {
    /// An object is being sent in parts.
    Begun(UploadInParts),
    /// Its parts are an object now.
    Joined(UploadInParts),
    /// So many bytes have arrived.
    Sent(u64),
    /// An artifact is there.
    There { name: String, key: String, bytes: u64, already: bool },
}

/// Real waiting, from time to time; a clock that moves by being slept on must not be moved by looking.
async fn pause(clock: &dyn Clock) {
    match clock.is_virtual() {
        true => std::future::pending().await,
        false => clock.sleep(LEFT_ALONE).await,
    }
}

/// How far it is.
struct Progress {
    files: usize,
    done: usize,
    sent: u64,
    all: u64,
    told: u64,
    large: bool,
}

impl Progress {
    fn of(project: &Project, name: &str, uploads: &[Upload]) -> Result<Self, Failure> {
        let mut progress = Self { files: uploads.len(), done: 0, sent: 0, all: 0, told: 0, large: false };
        for upload in uploads {
            let bytes = match &upload.source {
                UploadSource::Packed(bytes) => bytes.len() as u64,
                UploadSource::File { path, .. } => project.open_asset(name, path)?.bytes(),
            };
            progress.all = progress.all.saturating_add(bytes);
            progress.large |= part_size(ByteSize::from_bytes(bytes)).is_some();
        }
        Ok(progress)
    }

    /// How far it is, told now.
    fn told(&mut self) -> EventKind {
        self.told = self.sent;
        let Self { files, done, sent, all, .. } = *self;
        EventKind::Uploading { done, files, sent_bytes: sent, all_bytes: all }
    }

    /// What is worth telling.
    fn on(&mut self, news: News) -> Vec<EventKind> {
        let mut events = Vec::new();
        match news {
            News::Sent(bytes) => self.sent = self.sent.saturating_add(bytes),
            News::There { name, key, bytes, already } => {
                self.done += 1;
                if already {
                    self.sent = self.sent.saturating_add(bytes);
                }
                events.push(EventKind::Artifact { name, key, bytes, already_there: already });
            }
            News::Begun(_) | News::Joined(_) => return events,
        }
        let step = (self.all / STEPS).max(1);
        let over = self.done == self.files;
        if self.large && (self.sent / step > self.told / step || over) {
            events.push(self.told());
        }
        events
    }
}

/// What sends one artifact.
struct Sender {
    cloud: Cloud,
    gate: Arc<Semaphore>,
    tell: mpsc::UnboundedSender<News>,
    bucket: String,
}

impl Sender {
    async fn send(self, project: Project, name: String, upload: Upload) -> Result<(), Failure> {
        let Upload { name: what, key, source } = upload;
        let turn = self.turn().await?;
        let mut source = Source::open(&project, &name, source)?;
        let size = ByteSize::from_bytes(source.bytes());
        let already = match part_size(size) {
            None => {
                let whole = source.next(usize::try_from(size.as_bytes()).unwrap_or(usize::MAX))?;
                source.same()?;
                let already = self.cloud.put_artifact(&self.bucket, &key, whole).await? == Uploaded::AlreadyThere;
                if !already {
                    self.news(News::Sent(size.as_bytes()));
                }
                already
            }
            Some(part) => {
                let there = self.cloud.head_artifact(&self.bucket, &key).await? == Some(size);
                // Each part takes a turn of its own.
                drop(turn);
                if !there {
                    self.in_parts(&key, source, part).await?;
                }
                there
            }
        };
        self.news(News::There { name: what, key, bytes: size.as_bytes(), already });
        Ok(())
    }

    async fn in_parts(&self, key: &str, mut source: Source, part: ByteSize) -> Result<(), Failure> {
        let size = ByteSize::from_bytes(source.bytes());
        let upload = self.cloud.begin_parts(&self.bucket, key).await?;
        self.news(News::Begun(upload.clone()));
        let most = usize::try_from(part.as_bytes()).unwrap_or(usize::MAX);
        let (mut sending, mut sent) = (JoinSet::new(), Vec::new());
        let mut number: u16 = 0;
        loop {
            let turn = self.turn().await?;
            let bytes = source.next(most)?;
            if bytes.is_empty() {
                break;
            }
            number = number.saturating_add(1);
            let (cloud, upload, tell) = (self.cloud.clone(), upload.clone(), self.tell.clone());
            sending.spawn(async move {
                let count = bytes.len() as u64;
                let part = cloud.send_part(&upload, number, bytes).await?;
                drop(turn);
                let _ = tell.send(News::Sent(count));
                Ok::<SentPart, Failure>(part)
            });
            while let Some(part) = sending.try_join_next() {
                sent.push(part.map_err(|broken| lost(&broken.to_string()))??);
            }
        }
        while let Some(part) = sending.join_next().await {
            sent.push(part.map_err(|broken| lost(&broken.to_string()))??);
        }
        source.same()?;
        self.cloud.join_parts(&upload, sent, size).await?;
        self.news(News::Joined(upload));
        Ok(())
    }

    /// Waits until another request may be made; its memory is taken only then.
    async fn turn(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Failure> {
        let turn = Arc::clone(&self.gate).acquire_owned().await;
        turn.map_err(|closed| lost(&closed.to_string()))
    }

    fn news(&self, news: News) {
        // Whoever listened has left, and this is about to be stopped.
        let _ = self.tell.send(news);
    }
}

/// Where the bytes of an artifact come from.
enum Source {
    Memory { bytes: Arc<[u8]>, at: usize },
    File { file: PartReader, path: String, digesting: Digesting, digest: Digest },
}

impl Source {
    fn open(project: &Project, name: &str, source: UploadSource) -> Result<Self, Failure> {
        Ok(match source {
            UploadSource::Packed(bytes) => Self::Memory { bytes, at: 0 },
            UploadSource::File { path, digest } => {
                let file = project.open_asset(name, &path)?;
                Self::File { file, path, digesting: Digesting::default(), digest }
            }
        })
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Memory { bytes, .. } => bytes.len() as u64,
            Self::File { file, .. } => file.bytes(),
        }
    }

    fn next(&mut self, most: usize) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Memory { bytes, at } => {
                let end = at.saturating_add(most).min(bytes.len());
                let part = bytes.get(*at..end).unwrap_or_default().to_vec();
                *at = end;
                Ok(part)
            }
            Self::File { file, digesting, .. } => {
                let part = file.next(most)?;
                digesting.update(&part);
                Ok(part)
            }
        }
    }

    /// Makes sure, once all of it was read, that it is what it was addressed by: the key says so of it for ever.
    fn same(self) -> Result<(), Failure> {
        let Self::File { path, digesting, digest, .. } = self else { return Ok(()) };
        if digesting.finish() == digest {
            return Ok(());
        }
        Err(Failure::refused(
            Diagnostic::error(Code::PlanStale, format!("{path} was changed after it was planned"))
                .note("its key in the bucket would say something else than it holds; nothing was deployed")
                .help("run the command again"),
        ))
    }
}

/// A task of ours ended in a way that none does.
fn lost(why: &str) -> Failure {
    let told = Diagnostic::error(Code::AwsUnreachable, format!("an upload ended unexpectedly: {why}"));
    Failure { kind: FailureKind::Error, diagnostics: told.into() }
}
