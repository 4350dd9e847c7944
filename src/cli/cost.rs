//! `sluice cost` and `sluice prices`.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::{CostArgs, Global, PricesRefreshArgs, PricesShowArgs};
use super::clouds;
use super::exit::Exit;
use super::forms::{FileOutput, Layout, PageOutput};
use super::offline::{NO_TEXTS, fail, open, typed_region};
use super::online::{block_on, started};
use super::screen::{err_look, out_look, print_diagnostics};
use super::world::{World, print_err, print_out};
use crate::cloud::Cloud;
use crate::cost::Prices;
use crate::diagnostic::{Code, Diagnostic};
use crate::operate::{self, CostBaseline, CostOrder, Failure, Shelf};
use crate::units::Region;
use crate::view::cost as view;
use crate::workspace::{Project, write_file};

/// `sluice cost`.
pub(crate) fn cost(world: &World, args: &CostArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let prices = match prices(world, args.prices.as_deref()) {
        Ok(prices) => prices,
        Err(exit) => return exit,
    };
    let mut shelf = Shelf::new(&project);
    let costed = operate::only_pipeline(&project, args.one.pipeline.as_deref()).and_then(|pipeline| {
        let region = typed_region(args.one.region.as_deref())?;
        let against = args.against.as_deref().map(|typed| baseline(world, &project, typed)).transpose()?;
        let order = CostOrder {
            pipeline: &pipeline,
            environment: &args.one.environment,
            region: region.as_ref(),
            against,
            prices: &prices,
        };
        operate::cost(&mut shelf, &order)
    });
    let costed = match costed {
        Ok(costed) => costed,
        Err(failure) => return fail(world, &failure, shelf.texts()),
    };
    print_diagnostics(world, &costed.warnings, shelf.texts());
    let page = view::Page {
        estimate: &costed.estimate,
        savings: &costed.savings,
        budget: costed.budget,
        compared: costed.compared.as_ref().map(|compared| view::Comparison {
            before: &compared.before,
            called: &compared.called,
            delta: &compared.delta,
            increase: compared.increase,
        }),
    };
    print_out(&match args.output {
        PageOutput::Json => Layout::Indented.of(&view::to_json(&page)),
        PageOutput::Jsonl => Layout::Line.of(&view::to_json(&page)),
        PageOutput::Markdown => view::to_markdown(&page),
        PageOutput::Text => view::to_text(&out_look(world), &page),
    });
    Exit::Done
}

/// `sluice prices show`.
pub(crate) fn show(world: &World, args: &PricesShowArgs) -> Exit {
    let prices = match prices(world, args.prices.as_deref()) {
        Ok(prices) => prices,
        Err(exit) => return exit,
    };
    let region = match typed_region(args.region.as_deref()) {
        Ok(region) => region,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    match args.output {
        FileOutput::Json => print_out(&view::prices_to_json(&prices)),
        FileOutput::Text => match region {
            None => print_out(&view::regions_to_text(&out_look(world), &prices)),
            Some(region) if prices.of(&region).is_empty() => {
                let known: Vec<&str> = prices.regions().into_iter().map(|region| region.as_str()).collect();
                let unknown = Diagnostic::error(Code::NoPrices, format!("no price of the region {region} is known"))
                    .note(format!("there are prices of: {}", known.join(", ")))
                    .help(format!("ask AWS: `sluice prices refresh --region {region} --out prices.json`"));
                return fail(world, &unknown.into(), NO_TEXTS);
            }
            Some(region) => print_out(&view::rates_to_text(&out_look(world), &prices, &region)),
        },
    }
    Exit::Done
}

/// `sluice prices refresh`.
pub(crate) fn refresh(world: &World, global: &Global, args: &PricesRefreshArgs) -> Exit {
    let region = match Region::new(&args.region) {
        Ok(region) => region,
        Err(error) => {
            let wrong = Diagnostic::error(Code::BadArgument, format!("`{}` {error}", args.region));
            return fail(world, &wrong.into(), NO_TEXTS);
        }
    };
    let settings = clouds::price_list(world, global, args.profile.clone(), &region);
    let refreshed = block_on(async {
        let cloud = Cloud::connect(settings).await;
        operate::refresh_prices(&cloud, &region).await
    });
    let found = match refreshed {
        Ok(Ok(found)) => found,
        Ok(Err(failure)) => return fail(world, &failure, NO_TEXTS),
        Err(exit) => return exit,
    };
    let text = view::prices_to_json(&found.prices);
    if let Err(error) = write_file(&world.folder.join(&args.out), text.as_bytes()) {
        return fail(world, &error.into(), NO_TEXTS);
    }
    print_err(&view::refreshed_to_text(&err_look(world), &region, &args.out.display().to_string(), &found));
    Exit::Done
}

/// The price table that was asked for.
fn prices(world: &World, file: Option<&Path>) -> Result<Prices, Exit> {
    operate::prices(&world.folder, file).map_err(|(failure, text)| {
        let texts: BTreeMap<_, _> = text.into_iter().collect();
        fail(world, &failure, &texts)
    })
}

/// What `--against` names: `env:staging`, `git:main`, or another project's folder.
fn baseline(world: &World, project: &Project, typed: &str) -> Result<CostBaseline, Failure> {
    if let Some(environment) = typed.strip_prefix("env:") {
        return Ok(CostBaseline::Environment(environment.to_owned()));
    }
    if let Some(digest) = typed.strip_prefix("release:") {
        return started(operate::kept_release(project, digest)).map(CostBaseline::Files);
    }
    if project.environments()?.iter().any(|environment| environment == typed)
        && Project::at(&world.folder.join(typed)).is_none()
    {
        let wrong = Diagnostic::error(Code::BadArgument, format!("there is no project in {typed} to compare with"));
        return Err(wrong.help(format!("an environment is written `--against env:{typed}`")).into());
    }
    operate::earlier_files(project, &world.folder, typed).map(CostBaseline::Files)
}
