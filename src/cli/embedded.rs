//! `sluice embedded …`: the AWS inside this binary.

use std::net::{Ipv4Addr, SocketAddr};

use super::args::{CallGoes, EmbeddedCommand, FailOn, Global, Which};
use super::clouds::Clouds;
use super::exit::Exit;
use super::faults;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, fail, open};
use super::online::block_on;
use super::screen::out_look;
use super::world::{World, print_err, print_out};
use crate::diagnostic::{Code, Diagnostic};
use crate::embedded::{self, EmbeddedCloud, EmbeddedError, Server};
use crate::environment::Target;
use crate::operate::{self, Failure, Measured, Shelf};
use crate::units::{ByteSize, Duration, QuantityError, Rate};
use crate::view::{Cell, EMBEDDED_NOTICE, Table, plural};
use crate::workspace::ask_line;

/// Runs a subcommand.
pub(crate) fn run(world: &World, global: &Global, command: EmbeddedCommand) -> Exit {
    match act(world, global, command) {
        Ok(exit) => exit,
        Err(failure) => fail(world, &failure, NO_TEXTS),
    }
}

fn act(world: &World, global: &Global, command: EmbeddedCommand) -> Result<Exit, Failure> {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return Ok(exit),
    };
    let mut shelf = Shelf::new(&project);
    let clouds = Clouds::new(world, global, &project);
    let cloud = open_cloud(&mut shelf, &clouds, which(&command))?;
    match command {
        EmbeddedCommand::Serve { port, .. } => finish(serve(cloud, port)),
        EmbeddedCommand::Reset { which, yes } => reset(world, &cloud, &which, yes),
        EmbeddedCommand::Advance { by, .. } => {
            let by = Duration::parse(&by).map_err(|error| not_understood(&error))?;
            finish(async move { Ok(format!("it is {} now\n", cloud.advance(by).await?)) })
        }
        EmbeddedCommand::Metric { namespace, name, value, dimensions, .. } => {
            let dimensions = dimensions.iter().map(|typed| dimension(typed)).collect::<Result<_, _>>()?;
            finish(async move {
                let states = cloud.metric(&namespace, &name, dimensions, value).await?;
                Ok(states.iter().map(|(alarm, state)| format!("{}  {alarm}\n", alarm_word(*state))).collect())
            })
        }
        EmbeddedCommand::Fail { what, on, call, message, times, which } => {
            match call {
                Some(call) => faults::operation(&what, call)?,
                None => faults::resource(&mut shelf, &cloud, &which.environment, &what)?,
            }
            finish(async move {
                let happens = plural(usize::try_from(times).unwrap_or(usize::MAX), "time");
                match call {
                    Some(call) => cloud.fail_calls(&what, fault(call), times).await?,
                    None => cloud.fail(&what, part(on), &message, times).await?,
                }
                Ok(format!("{what} will fail, {happens}\n"))
            })
        }
        EmbeddedCommand::Identity { arn, .. } => {
            finish(async move { Ok(format!("calling is {} now\n", cloud.identity(arn.as_deref()).await?)) })
        }
        EmbeddedCommand::Records { stream, rate, duration, size, keys, which } => {
            let measured = operate::measured_work(&mut shelf, &which.environment, None)?;
            for pipeline in &measured.unread {
                print_err(&format!(
                    "warning: {pipeline} does not pass `sluice check`; its handlers are taken to need 20 ms a batch and 1 ms a record\n"
                ));
            }
            let load = load(stream, &rate, &duration, &size, keys, measured)?;
            finish(async move {
                let words = format!("{} records/s on {} for {}\n", load.rate, load.stream, load.lasting);
                cloud.records(load).await?;
                Ok(words)
            })
        }
        EmbeddedCommand::Status { output, .. } => {
            let look = out_look(world);
            finish(async move {
                let status = cloud.status().await?;
                Ok(match output {
                    Output::Json => Layout::Indented.of(&document(&status)?),
                    Output::Jsonl => Layout::Line.of(&document(&status)?),
                    Output::Text => status_text(&status, &look),
                })
            })
        }
    }
}

fn document(status: &impl serde::Serialize) -> Result<serde_json::Value, EmbeddedError> {
    serde_json::to_value(status).map_err(|error| EmbeddedError::Internal(error.to_string()))
}

/// Which environment a subcommand is about.
fn which(command: &EmbeddedCommand) -> &Which {
    match command {
        EmbeddedCommand::Serve { which, .. }
        | EmbeddedCommand::Reset { which, .. }
        | EmbeddedCommand::Advance { which, .. }
        | EmbeddedCommand::Metric { which, .. }
        | EmbeddedCommand::Fail { which, .. }
        | EmbeddedCommand::Identity { which, .. }
        | EmbeddedCommand::Records { which, .. }
        | EmbeddedCommand::Status { which, .. } => which,
    }
}

fn open_cloud(shelf: &mut Shelf<'_>, clouds: &Clouds, which: &Which) -> Result<EmbeddedCloud, Failure> {
    let environment = shelf.environment(&which.environment)?.environment();
    if *environment.target() != Target::Embedded {
        return Err(Diagnostic::error(
            Code::BadArgument,
            format!("the environment {} does not use the embedded cloud", environment.name()),
        )
        .help("name one whose `target` is `embedded`, for instance `--env local`")
        .into());
    }
    let region = crate::operate::region_of(environment, None)?;
    Ok(clouds.embedded(environment, &region))
}

/// Runs to the end and prints what came of it.
fn finish(work: impl Future<Output = Result<String, EmbeddedError>>) -> Result<Exit, Failure> {
    match block_on(work) {
        Ok(Ok(text)) => {
            print_out(&text);
            Ok(Exit::Done)
        }
        Ok(Err(error)) => Err(Diagnostic::error(Code::FileTrouble, error.to_string()).into()),
        Err(exit) => Ok(exit),
    }
}

async fn serve(cloud: EmbeddedCloud, port: u16) -> Result<String, EmbeddedError> {
    let server = Server::bind(cloud, SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    print_err(&format!("{EMBEDDED_NOTICE}\nserving until Ctrl-C; other clients find it with:\n"));
    print_out(&format!("AWS_ENDPOINT_URL=http://{}\n", server.address()));
    tokio::select! {
        ended = server.run() => ended.map(|()| String::new()),
        _ = tokio::signal::ctrl_c() => Ok(String::new()),
    }
}

fn reset(world: &World, cloud: &EmbeddedCloud, which: &Which, yes: bool) -> Result<Exit, Failure> {
    if !yes {
        if !world.interactive {
            return Err(Failure::refused(
                Diagnostic::error(Code::ConsentNeeded, "nobody is there to ask, nothing was changed")
                    .help("add `--yes`"),
            ));
        }
        print_err(&format!("Throw everything in the embedded cloud of {} away? [y/N] ", which.environment));
        if !ask_line().is_some_and(|line| matches!(line.to_ascii_lowercase().as_str(), "y" | "yes")) {
            return Err(Diagnostic::error(Code::Declined, "declined, nothing was changed").into());
        }
    }
    let cloud = cloud.clone();
    finish(async move {
        cloud.reset().await?;
        Ok("the embedded cloud is empty\n".to_owned())
    })
}

fn not_understood(error: &QuantityError) -> Failure {
    let diagnostic = Diagnostic::error(Code::BadArgument, error.message.clone());
    match &error.suggestion {
        Some(suggestion) => diagnostic.help(format!("did you mean `{suggestion}`?")),
        None => diagnostic,
    }
    .into()
}

fn dimension(typed: &str) -> Result<(String, String), Failure> {
    match typed.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Diagnostic::error(Code::BadArgument, format!("`{typed}` is no dimension"))
            .help("write it as `Name=Value`, for instance `FunctionName=fraud-detection-local-score`")
            .into()),
    }
}

fn load(
    stream: String,
    rate: &str,
    duration: &str,
    size: &str,
    keys: u64,
    measured: Measured,
) -> Result<embedded::Records, Failure> {
    let size = ByteSize::parse(size).map_err(|error| not_understood(&error))?;
    let rate = match Rate::parse(rate).map_err(|error| not_understood(&error))? {
        Rate::Records(records) => records,
        Rate::Bytes(bytes) => bytes / (size.as_bytes().max(1) as f64),
    };
    let lasting = Duration::parse(duration).map_err(|error| not_understood(&error))?;
    let work = measured.work.into_iter();
    let work =
        work.map(|(function, work)| (function, embedded::Work { fixed: work.fixed, per_record: work.per_record }));
    Ok(embedded::Records { stream, rate, lasting, size, keys, work: work.collect(), sends: measured.sends })
}

fn part(on: FailOn) -> embedded::FailOn {
    match on {
        FailOn::Create => embedded::FailOn::Create,
        FailOn::Update => embedded::FailOn::Update,
        FailOn::Delete => embedded::FailOn::Delete,
        FailOn::Rollback => embedded::FailOn::Rollback,
    }
}

fn alarm_word(state: embedded::AlarmState) -> &'static str {
    match state {
        embedded::AlarmState::Ok => "OK",
        embedded::AlarmState::Alarm => "ALARM",
        embedded::AlarmState::InsufficientData => "INSUFFICIENT_DATA",
    }
}

fn fault(call: CallGoes) -> embedded::CallFault {
    match call {
        CallGoes::Throttle => embedded::CallFault::Throttle,
        CallGoes::Error => embedded::CallFault::Error,
        CallGoes::Deny => embedded::CallFault::Deny,
        CallGoes::Stale => embedded::CallFault::Stale,
    }
}

fn status_text(status: &embedded::Status, look: &crate::view::Look) -> String {
    let mut out = format!("{EMBEDDED_NOTICE}\nits time is {}\n", status.now);
    if !status.consumers.is_empty() {
        let mut table = Table::with_headings(&["consumer", "reads", "state", "waiting", "oldest", "lost", "can read"]);
        for mapping in &status.consumers {
            table.row([
                Cell::plain(mapping.function.rsplit(":function:").next().unwrap_or(&mapping.function)),
                Cell::plain(&mapping.stream),
                Cell::plain(&mapping.state),
                Cell::plain(mapping.lag_records.to_string()),
                Cell::plain(mapping.lag_age.to_string()),
                Cell::plain(mapping.lost_records.to_string()),
                Cell::plain(format!("{:.0}/s", mapping.capacity)),
            ]);
        }
        out.push_str(&format!("\n{}", table.render(look, 2)));
    }
    let alarms: Vec<_> = status.alarms.iter().filter(|(_, state)| **state == embedded::AlarmState::Alarm).collect();
    out.push_str(&format!("\n{} of {} in ALARM\n", alarms.len(), plural(status.alarms.len(), "alarm")));
    for (alarm, _) in alarms {
        out.push_str(&format!("  {alarm}\n"));
    }
    if status.faults > 0 {
        out.push_str(&format!("{} still to happen\n", plural(status.faults, "injected fault")));
    }
    out
}
