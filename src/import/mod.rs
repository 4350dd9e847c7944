//! Pipeline files from what people have: Terraform configurations and CloudFormation templates.
//!
//! Either source becomes resources as data (`world`, in CloudFormation's words, references kept as references),
//! and one mapping (`carry`) turns those into a pipeline file. Nothing is dropped in silence: what is read counts
//! as read, and whatever is left over is listed with its place.

mod carry;
mod document;
mod hcl;
mod intrinsic;
mod names;
mod template;
mod text;
mod value;
mod world;

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, Place, Severity};
use crate::spec::{self, PLACEHOLDER, SpecFile};
use crate::units::PipelineName;
use document::{Block, Out};
use text::SourceText;
use world::{Kind, World};

/// A file to import.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in messages.
    pub file: FilePath,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What the source cannot say.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The pipeline's name where somebody gave one.
    pub name: Option<PipelineName>,
    /// The pipeline's name where neither somebody nor the source gives one: any text.
    pub otherwise: String,
    /// The team that owns it.
    pub owner: Option<String>,
}

/// A stage that was carried over.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Carried {
    /// The resource, as its source names it.
    pub from: String,
    /// Where it stands.
    pub place: Option<Place>,
    /// The stage, for instance `stream transactions`.
    pub stage: String,
}

/// An imported pipeline.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its name.
    pub name: PipelineName,
    /// The pipeline file.
    pub text: String,
    /// What was carried over.
    pub carried: Vec<Carried>,
    /// What was not, what was renamed, what is still to be decided.
    pub told: Diagnostics,
}

/// Imports the files of one Terraform module.
///
/// # Errors
/// When a file cannot be read as HCL, contradicts itself or another, or nothing in them can be carried over.
pub fn terraform(sources: &[Source], wish: &Wish) -> Result<Imported, Diagnostics> {
    let mut found = Diagnostics::new();
    let mut texts = Vec::new();
    for source in sources {
        match SourceText::read(&source.file, &source.bytes) {
            Ok(text) => texts.push(text),
            Err(refused) => found.extend(refused),
        }
    }
    found.into_result(())?;
    let mut told = Diagnostics::new();
    let world = hcl::read(&texts, &mut told)?;
    finish(&world, told, wish, sources)
}

/// Imports a CloudFormation template, YAML or JSON.
///
/// # Errors
/// When it is no template, or nothing in it can be carried over.
pub fn template(source: &Source, wish: &Wish) -> Result<Imported, Diagnostics> {
    let text = SourceText::read(&source.file, &source.bytes)?;
    let mut told = Diagnostics::new();
    let world = template::read(&text, &mut told)?;
    finish(&world, told, wish, std::slice::from_ref(source))
}

fn finish(world: &World, mut told: Diagnostics, wish: &Wish, sources: &[Source]) -> Result<Imported, Diagnostics> {
    let outcome = carry::carry(world);
    told.extend(outcome.told);
    if outcome.carried.is_empty() {
        let files: Vec<&str> = sources.iter().map(|source| source.file.as_str()).collect();
        let nothing =
            Diagnostic::error(Code::NothingToImport, format!("nothing in {} can be carried over", files.join(", ")));
        told.push(nothing.help("streams, tables, queues, topics, buckets, endpoints, functions and archives are; docs/import.md has the list"));
        return Err(told);
    }
    told.extend(outcome.renamed);
    let name = pipeline_name(world, wish);
    let mut file = head(&name, world, wish, &mut told);
    file.absorb(outcome.sections);
    let text = write(&file, &told, sources);
    let read = read_back(&text)?;
    Ok(Imported { name: read.name().clone(), text, carried: outcome.carried, told })
}

fn pipeline_name(world: &World, wish: &Wish) -> String {
    match (&wish.name, &world.mark) {
        (Some(name), _) => name.to_string(),
        (None, Some(mark)) => names::stage_name(&mark.pipeline, "pipeline"),
        (None, None) => names::stage_name(&wish.otherwise, "imported"),
    }
}

/// Name, owner and description.
fn head(name: &str, world: &World, wish: &Wish, told: &mut Diagnostics) -> Block {
    let mut file = Block::default().with("pipeline", Out::word(name));
    let owner = wish.owner.clone().or_else(|| tagged_owner(world));
    if owner.is_none() {
        let title = format!("the source does not say who owns it: replace `{PLACEHOLDER}` in `owner`");
        told.push(Diagnostic::warning(Code::ToBeDecided, title).help("or import again with `--owner`"));
    }
    file.put("owner", owner.map_or_else(|| Out::word(PLACEHOLDER), Out::text));
    let description = world.description.as_ref().filter(|text| (1..=800).contains(&text.chars().count()));
    file.put_some("description", description.map(|text| Out::text(text.as_str())));
    file
}

/// The owner that every stage is tagged with, if they agree.
fn tagged_owner(world: &World) -> Option<String> {
    let mut owners = BTreeSet::new();
    for resource in world.resources.iter().filter(|resource| resource.kind.is_some_and(|kind| kind != Kind::Role)) {
        let Some(tags) = resource.fields.get("Tags").map(|field| &field.item) else { continue };
        let by_name = tags
            .fields()
            .and_then(|tags| tags.0.iter().find(|tag| is_owner(&tag.name)).and_then(|tag| tag.item.as_text()));
        let in_list = tags.members().into_iter().filter_map(|tag| tag.fields()).find_map(|tag| {
            let key = tag.get("Key")?.item.as_text().filter(|key| is_owner(key));
            key.and(tag.get("Value")?.item.as_text())
        });
        owners.extend(by_name.or(in_list));
    }
    let mut owners = owners.into_iter();
    owners.next().filter(|owner| owners.next().is_none() && spec::refused::<spec::TagText>(owner).is_none())
}

fn is_owner(key: &str) -> bool {
    ["owner", "team"].contains(&key.to_ascii_lowercase().as_str())
}

/// The text of the file: a head that says where it came from, and at its end what did not come along.
fn write(file: &Block, told: &Diagnostics, sources: &[Source]) -> String {
    let files: Vec<&str> = sources.iter().map(|source| source.file.as_str()).collect();
    let mut text = String::new();
    document::comment(&mut text, "", &format!("Imported from {}.", files.join(", ")));
    if told.iter().any(|diagnostic| diagnostic.code == Code::ToBeDecided) {
        document::comment(&mut text, "", "Not yet complete: the list \"to be decided\" at the end says what to do.");
    }
    text.push_str(&file.to_file());
    list(&mut text, told, "to be decided:", |diagnostic| diagnostic.code == Code::ToBeDecided);
    list(&mut text, told, "not carried over:", |diagnostic| {
        diagnostic.severity == Severity::Warning && diagnostic.code != Code::ToBeDecided
    });
    list(&mut text, told, "made anew by Sluice:", |diagnostic| diagnostic.code == Code::MadeAnew);
    text
}

/// Most lines of a list at the end of a file; the report has them all.
const LONGEST_LIST: usize = 200;

fn list(text: &mut String, told: &Diagnostics, head: &str, wanted: impl Fn(&Diagnostic) -> bool) {
    let lines: Vec<String> = told
        .iter()
        .filter(|diagnostic| wanted(diagnostic))
        .map(|diagnostic| match diagnostic.place() {
            Some(place) => format!("- {} ({}:{})", diagnostic.title, place.file, place.line),
            None => format!("- {}", diagnostic.title),
        })
        .collect();
    if !lines.is_empty() {
        text.push('\n');
        document::comment(text, "", head);
        for line in lines.iter().take(LONGEST_LIST) {
            document::comment(text, "", line);
        }
        if let Some(more) = lines.len().checked_sub(LONGEST_LIST).filter(|more| *more > 0) {
            document::comment(text, "", &format!("- and {more} more; the report of the import has them all"));
        }
    }
}

/// Reads the file that was made, as anybody else would.
fn read_back(text: &str) -> Result<SpecFile, Diagnostics> {
    if text.len() > spec::MAX_BYTES {
        return Err(spec::too_large(&FilePath::new("pipeline.yaml"), text.len() as u64).into());
    }
    spec::read(&FilePath::new("pipeline.yaml"), text.as_bytes()).map_err(|found| {
        let title = "the imported pipeline file does not read; this is a bug of Sluice";
        let bug = Diagnostic::error(Code::ImportUnreadable, title).help("please report it with the source");
        let mut all: Diagnostics = bug.into();
        all.extend(found);
        all
    })
}

#[cfg(test)]
mod tests;
