//! `sluice doctor`.

use super::args::{DoctorArgs, Global};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{FileOutput, Layout};
use super::offline::{NO_TEXTS, fail, open, typed_region};
use super::online::block_on;
use super::screen::out_look;
use super::world::{World, print_out};
use crate::operate::{self, DoctorOrder, Shelf};
use crate::view::doctor::{self as view, About};

/// `sluice doctor`.
pub(crate) fn doctor(world: &World, global: &Global, args: &DoctorArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    // Where several could be meant, the environment alone is looked at.
    let pipeline = match &args.pipeline {
        Some(name) => Some(name.clone()),
        None => operate::only_pipeline(&project, None).ok(),
    };
    let region = match typed_region(args.region.as_deref()) {
        Ok(region) => region,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let order = DoctorOrder { pipeline, environment: args.environment.clone(), region };
    let mut shelf = Shelf::new(&project);
    let clouds = Clouds::new(world, global, &project);
    let examined = match block_on(operate::doctor(&mut shelf, &order, &clouds, &*world.clock)) {
        Ok(Ok(examined)) => examined,
        Ok(Err(failure)) => return fail(world, &failure, shelf.texts()),
        Err(exit) => return exit,
    };
    let about = About {
        pipeline: order.pipeline.as_deref(),
        environment: examined.environment.as_str(),
        region: examined.region.as_str(),
        embedded: examined.embedded,
    };
    print_out(&match args.output {
        FileOutput::Text => view::to_text(&out_look(world), &about, &examined.checkup),
        FileOutput::Json => Layout::Indented.of(&view::to_json(&about, &examined.checkup)),
    });
    if examined.checkup.has_failed() { Exit::Error } else { Exit::Done }
}
