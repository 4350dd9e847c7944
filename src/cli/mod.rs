//! Arguments, settings, exit codes, composition: the only room that sees the whole program.

mod args;
mod capacity;
mod check;
mod ci;
mod clouds;
mod cost;
mod doctor;
mod drift;
mod embedded;
mod exit;
mod faults;
mod forms;
mod foundation;
mod gates;
mod gc;
mod graph;
mod history;
mod import;
mod many;
mod offline;
mod online;
mod pause;
mod plan;
mod producer;
mod promote;
mod recover;
mod release;
mod revert;
mod saved;
mod screen;
mod unlock;
mod world;

pub use exit::Exit;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command, PricesCommand};
use world::{World, print_err, print_out};

use crate::operate::Switching;

/// Runs the program with the process's own arguments, streams and clock.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::from(run().code())
}

fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let wanted = !error.use_stderr();
            // Where even the message cannot be printed there is nobody left to tell.
            let _ = error.print();
            return if wanted { Exit::Done } else { Exit::Usage };
        }
    };
    let world = match World::read(&cli.global) {
        Ok(world) => world,
        Err(message) => {
            print_err(&format!("error: {message}\n"));
            return Exit::Usage;
        }
    };
    match cli.command {
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "sluice", &mut script);
            print_out(&String::from_utf8_lossy(&script));
            Exit::Done
        }
        Command::Check(args) => check::check(&world, &args),
        Command::Render(args) => offline::render(&world, &args),
        Command::Producer(args) => producer::producer(&world, &args),
        Command::Capacity(args) => capacity::capacity(&world, &args),
        Command::Decide(args) => capacity::decide(&world, &args),
        Command::Cost(args) => cost::cost(&world, &args),
        Command::Prices(PricesCommand::Show(args)) => cost::show(&world, &args),
        Command::Prices(PricesCommand::Refresh(args)) => cost::refresh(&world, &cli.global, &args),
        Command::Graph(args) => graph::graph(&world, &args),
        Command::History(args) => history::history(&world, &cli.global, &args),
        Command::Ci(command) => ci::ci(&world, command),
        Command::Comment(args) => ci::comment(&world, &args),
        Command::Explain(args) => offline::explain(&world, &args),
        Command::Schema(args) => offline::schema(&args),
        Command::Init(args) => offline::init(&world, &args),
        Command::Import(command) => import::run(&world, command),
        Command::Plan(args) => plan::plan(&world, &cli.global, &args),
        Command::Diff(args) => plan::diff(&world, &args),
        Command::Show(args) => saved::show(&world, &args),
        Command::Deploy(args) => online::deploy(&world, &cli.global, &args),
        Command::Destroy(args) => online::destroy(&world, &cli.global, &args),
        Command::Bootstrap(args) => foundation::bootstrap(&world, &cli.global, &args),
        Command::Gc(args) => gc::gc(&world, &cli.global, &args),
        Command::Release(command) => release::run(&world, &cli.global, command),
        Command::Promote(args) => promote::promote(&world, &cli.global, &args),
        Command::Rollback(args) => promote::rollback(&world, &cli.global, &args),
        Command::Gates(args) => gates::gates(&world, &cli.global, &args),
        Command::Approve(args) => gates::approve(&world, &cli.global, &args),
        Command::Unlock(args) => unlock::unlock(&world, &cli.global, &args),
        Command::Pause(args) => pause::pause(&world, &cli.global, &args, Switching::Pause),
        Command::Resume(args) => pause::pause(&world, &cli.global, &args, Switching::Resume),
        Command::Status(args) => online::status(&world, &cli.global, &args),
        Command::Doctor(args) => doctor::doctor(&world, &cli.global, &args),
        Command::Drift(args) => drift::drift(&world, &cli.global, &args),
        Command::Recover(args) => recover::recover(&world, &cli.global, &args),
        Command::Watch(args) => recover::watch(&world, &cli.global, &args),
        Command::Cancel(args) => recover::cancel(&world, &cli.global, &args),
        Command::Embedded(command) => embedded::run(&world, &cli.global, command),
    }
}
