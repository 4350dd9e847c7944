//! `sluice pause` and `sluice resume`: switch readers of streams off and on, under the lease, and note who did.
//!
//! Works on what is deployed, and so even where the pipeline's file no longer passes its check: it is what somebody types
//! at night.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::same_account;
use super::deploy::{Company, Tools, ask};
use super::failure::{Failure, FailureKind};
use super::lease::{self, Place, Wish};
use super::load::{Shelf, region_of};
use super::pauses::Record;
use super::prepare::prepare;
use super::readers::{Patience, Reader, Switched, switch};
use super::verify::MAPPING;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, closest};
use crate::observed::{Observed, StackDescription};
use crate::pipeline::{Origins, StageKind, StageRef, names};
use crate::rollout::{Pause, PausedFor};
use crate::units::{Duration, EnvironmentName, LogicalId, PipelineName, Region, StageName};

/// Which way readers are switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switching {
    /// Off.
    Pause,
    /// On.
    Resume,
}

/// Whose readers, which of them, and what was agreed to beforehand.
#[derive(Clone, Debug)]
pub struct PauseOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Environment.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// The consumers; all of the pipeline where none is named.
    pub consumers: BTreeSet<StageName>,
    /// Off or on.
    pub switching: Switching,
    /// Do not ask.
    pub yes: bool,
}

/// A reader as it is now.
#[derive(Clone, Debug)]
pub struct ReaderState {
    /// Its mapping.
    pub logical_id: LogicalId,
    /// Whether this command switched it.
    pub switched: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// How far it was behind lately, at most; unknown where it published nothing.
    pub behind: Option<Duration>,
    /// How long its stream keeps records.
    pub retention: Option<Duration>,
}

/// How readers stand after they were switched.
#[derive(Clone, Debug)]
pub struct PauseDone {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The region.
    pub region: Region,
    /// The readers that were meant, sorted by logical id.
    pub readers: Vec<ReaderState>,
}

/// Switches readers off or on.
///
/// # Errors
/// There is no such reader, nobody agreed, somebody else is at work, or Lambda refuses.
pub async fn pause(
    shelf: &mut Shelf<'_>,
    order: &PauseOrder,
    tools: Tools<'_>,
    company: &mut dyn Company,
) -> Result<PauseDone, Failure> {
    let origins = prepare(shelf, &order.pipeline, &order.environment, order.region.as_ref())
        .map_or_else(|_| Origins::new(), |prepared| prepared.rendered.origins);
    let environment = shelf.environment(&order.environment)?.environment().clone();
    let pipeline = PipelineName::new(&order.pipeline)
        .map_err(|error| Failure::error(Diagnostic::error(Code::BadName, format!("`{}` {error}", order.pipeline))))?;
    let region = region_of(&environment, order.region.as_ref())?;
    let name = names::stack(&pipeline, environment.name());
    let cloud = tools.connector.connect(&environment, &region).await?;
    let caller = same_account(&cloud, &environment).await?;
    let Observed::Present(stack) = cloud.describe_stack(&name).await? else {
        return Err(Failure::error(Diagnostic::error(Code::UnknownReader, format!("{name} is not deployed"))));
    };
    let mut readers = Vec::new();
    for id in meant(&stack, order, &pipeline, &origins)? {
        readers.extend(looked_at(&cloud, &stack, &id).await?);
    }
    let off = order.switching == Switching::Pause;
    let wanted: Vec<&LogicalId> =
        readers.iter().filter(|(_, state)| state.paused != off).map(|(reader, _)| &reader.logical_id).collect();
    if !wanted.is_empty() {
        ask(order.yes, company, &question(order.switching, &name, &wanted))?;
    }
    let place = Place {
        project: shelf.project(),
        cloud: &cloud,
        environment: &environment,
        region: &region,
        pipeline: &pipeline,
    };
    let command = if off { "pause" } else { "resume" };
    let held = lease::take(&Wish { place, owner: &caller.arn, command, work: None }, company).await?;
    let patience = Patience::new(&cloud, &environment, tools.clock, tools.interrupt);
    let done = switch_all(place, &mut readers, order.switching, &caller.arn, patience).await;
    held.release(company).await?;
    done?;
    let readers = readers.into_iter().map(|(_, state)| state).collect();
    Ok(PauseDone { environment: environment.name().clone(), region: region.clone(), pipeline, readers })
}

/// The mappings that are meant, of those that read streams.
fn meant(
    stack: &StackDescription,
    order: &PauseOrder,
    pipeline: &PipelineName,
    origins: &Origins,
) -> Result<Vec<LogicalId>, Failure> {
    let there = || stack.resources.iter().filter(|(_, one)| one.type_name == MAPPING).map(|(id, _)| id.clone());
    if order.consumers.is_empty() {
        return Ok(there().collect());
    }
    let mapping = |name: &StageName| names::logical_id(&StageRef::new(StageKind::Consumer, name), "Mapping");
    let all: BTreeSet<LogicalId> = there().collect();
    let unknown = order.consumers.iter().filter(|name| !all.contains(&mapping(name)));
    let wrong: Diagnostics = unknown
        .map(|name| {
            let stages = all.iter().filter_map(|id| origins.get(id)?.stage.as_ref());
            let deployed: Vec<&str> =
                stages.filter(|s| s.kind == StageKind::Consumer).map(|s| s.name.as_str()).collect();
            let unknown =
                Diagnostic::error(Code::UnknownReader, format!("no consumer `{name}` of {pipeline} is deployed"));
            match closest(name.as_str(), deployed.iter().copied()) {
                Some(close) => unknown.help(format!("did you mean `{close}`?")),
                None => unknown.help(format!("these are: {}", deployed.join(", "))),
            }
        })
        .collect();
    if wrong.has_errors() { Err(wrong.into()) } else { Ok(order.consumers.iter().map(mapping).collect()) }
}

/// A reader and how it stands; none for what reads a queue, which has no position to keep.
async fn looked_at(
    cloud: &Cloud,
    stack: &StackDescription,
    id: &LogicalId,
) -> Result<Option<(Reader, ReaderState)>, Failure> {
    let Some(reader) = Reader::of(cloud, stack, id).await? else { return Ok(None) };
    let Some(stream) = reader.stream() else { return Ok(None) };
    let state = ReaderState {
        logical_id: id.clone(),
        switched: false,
        paused: reader.is_paused(),
        behind: reader.behind(cloud).await?,
        retention: cloud.live_stream(stream).await?.map(|stream| stream.retention),
    };
    Ok(Some((reader, state)))
}

fn question(switching: Switching, stack: &str, readers: &[&LogicalId]) -> String {
    let names = readers.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    match switching {
        Switching::Pause => {
            format!(
                "{names} of {stack} will read no more, and keep their position. What waits longer than the stream keeps it is lost.\nPause?"
            )
        }
        Switching::Resume => format!("{names} of {stack} will read on from where they stopped.\nResume?"),
    }
}

async fn switch_all(
    place: Place<'_>,
    readers: &mut [(Reader, ReaderState)],
    switching: Switching,
    by: &str,
    patience: Patience<'_>,
) -> Result<(), Failure> {
    let mut record = Record::read(place).await?;
    let since = place.cloud.time();
    if switching == Switching::Pause {
        let pause = |reader: &Reader| Pause {
            mapping: reader.mapping.uuid.clone(),
            why: PausedFor::AWhile,
            by: by.to_owned(),
            since,
        };
        // Who has noted a pause already stays who did it, unless it was a deployment that would resume it.
        let kept = |id: &LogicalId| record.pauses().readers.get(id).is_some_and(|one| one.why == PausedFor::AWhile);
        let new: BTreeMap<LogicalId, Pause> = readers
            .iter()
            .filter(|(reader, _)| !kept(&reader.logical_id))
            .map(|(reader, _)| (reader.logical_id.clone(), pause(reader)))
            .collect();
        record.add(new).await?;
    }
    let mut back = Vec::new();
    for (reader, state) in readers {
        let on = switching == Switching::Resume;
        if state.paused == on {
            match switch(patience, &reader.mapping.uuid, on).await? {
                Switched::Done | Switched::Gone => {}
                Switched::Left => {
                    let left = Diagnostic::error(
                        Code::Declined,
                        format!("interrupted while {} was being paused", reader.logical_id),
                    );
                    return Err(Failure { kind: FailureKind::Interrupted, diagnostics: left.into() });
                }
            }
            (state.switched, state.paused) = (true, !on);
        }
        if on {
            back.push(reader.logical_id.clone());
        }
    }
    record.remove(&back).await
}
