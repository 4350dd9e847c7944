//! Terraform files as resources.

mod eval;
mod functions;
mod own;
mod reshape;
mod scope;

use hcl::edit::Span as _;
use hcl::edit::structure::{Block, Body, Structure};

use super::text::SourceText;
use super::value::{DYNAMIC, Field, Fields, Item, Value};
use super::world::{Resource, World};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use eval::Evaluator;
use scope::{Definition, Scope};

pub(super) use scope::given_twice;

/// A file that has been parsed.
struct Parsed {
    source: usize,
    body: Body,
}

/// Reads the files of one Terraform module. What is not carried over whatever it says (modules, copies by `count`)
/// is told in `told`.
///
/// # Errors
/// What Terraform would refuse too: syntax, names declared twice, locals in a circle.
pub(super) fn read(sources: &[SourceText<'_>], told: &mut Diagnostics) -> Result<World, Diagnostics> {
    let mut found = Diagnostics::new();
    let mut files = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        match hcl::edit::parser::parse_body(&source.unmarked()) {
            Ok(body) => files.push(Parsed { source: index, body }),
            Err(error) => found.push(syntax_error(source, &error)),
        }
    }
    if found.has_errors() {
        return Err(found);
    }
    let mut scope = Scope::new(sources);
    for file in &files {
        declare(&mut scope, file);
    }
    found.extend(scope.check());
    let mut world = World::default();
    for file in &files {
        let reader = FileReader { evaluator: Evaluator::new(&scope, file.source) };
        for structure in file.body.iter() {
            match structure {
                Structure::Block(block) => reader.top(block, &mut world, &mut found, told),
                Structure::Attribute(attribute) => {
                    let title = format!("`{}` stands outside of any block", attribute.key.value().as_str());
                    found.push(
                        Diagnostic::error(Code::SourceSyntax, title)
                            .at_maybe(reader.evaluator.place(attribute.key.span()), "")
                            .help("give Terraform configuration (`.tf`), not variable values (`.tfvars`)"),
                    );
                }
            }
        }
    }
    found.into_result(world).map(|(world, _)| world)
}

fn syntax_error(source: &SourceText<'_>, error: &hcl::edit::parser::Error) -> Diagnostic {
    let at = error.location().offset();
    Diagnostic::error(Code::SourceSyntax, format!("not well-formed HCL: {}", error.message()))
        .at(source.place(at..at), "")
        .help("`terraform validate` tells more; nothing was written")
}

/// Remembers a file's variables and locals.
fn declare<'m>(scope: &mut Scope<'m>, file: &'m Parsed) {
    let Some(source) = scope.sources.get(file.source) else { return };
    let place = |span: Option<std::ops::Range<usize>>| source.place(span.unwrap_or(0..0));
    for block in file.body.blocks() {
        match (block.ident.value().as_str(), block.labels.as_slice()) {
            ("variable", [name]) => {
                let expr = block.body.get_attribute("default").map(|attribute| &attribute.value);
                let definition = Definition { source: file.source, expr, place: place(block.ident.span()) };
                scope.define(format!("var.{}", name.as_str()), definition);
            }
            ("locals", _) => {
                for local in block.body.attributes() {
                    let place = place(local.key.span());
                    let definition = Definition { source: file.source, expr: Some(&local.value), place };
                    scope.define(format!("local.{}", local.key.value().as_str()), definition);
                }
            }
            _ => {}
        }
    }
}

struct FileReader<'s> {
    evaluator: Evaluator<'s>,
}

impl FileReader<'_> {
    fn top(&self, block: &Block, world: &mut World, found: &mut Diagnostics, told: &mut Diagnostics) {
        let place = self.evaluator.place(block.ident.span());
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        match (block.ident.value().as_str(), labels.as_slice()) {
            (kind @ ("resource" | "data"), [type_name, label]) => {
                let type_name = if kind == "data" { format!("data.{type_name}") } else { (*type_name).to_owned() };
                if let Some(why) = self.copies(block) {
                    told.push(not_read(&format!("{type_name}.{label}"), place, &why));
                    return;
                }
                let address = format!("{type_name}.{label}");
                if kind == "resource" {
                    self.tell_own(&address, &block.body, told);
                }
                let fields = reshape::fields(&type_name, self.body(&block.body, &own::ARGUMENTS, told));
                let resource = Resource::new(address.clone(), (*label).to_owned(), type_name, place.clone(), fields);
                if let (Some(first), Some(place)) = (world.add(resource), place) {
                    found.push(given_twice(&address, place, first.place.clone()));
                }
            }
            ("module", [name]) => {
                let why = "only the files that were given are read; import the module's own files as well";
                told.push(not_read(&format!("module.{name}"), place, why));
            }
            ("provider", [name]) => {
                let how = "the environment file says in which account and region a pipeline lives, and its tags";
                told.push(own::made_anew(&format!("`provider.{name}`"), place, how));
            }
            ("output", [name]) => {
                let how = "stages get outputs of their own";
                told.push(own::made_anew(&format!("`output.{name}`"), place, how));
            }
            ("variable" | "locals" | "terraform" | "check" | "moved" | "import" | "removed", _) => {}
            (other, _) => told.push(not_read(other, place, "a block that describes no resource")),
        }
    }

    /// Why a resource is not one but a number of copies.
    fn copies(&self, block: &Block) -> Option<String> {
        let attribute = ["count", "for_each"].iter().find_map(|name| block.body.get_attribute(name))?;
        let name = attribute.key.value().as_str();
        if name == "count" && self.evaluator.item(&attribute.value).as_number() == Some(1.0) {
            return None;
        }
        Some(format!("`{name}` makes copies of it, and how many is decided while Terraform runs"))
    }

    /// The body of a block, with names as written, without arguments that are Terraform's `own`.
    fn body(&self, body: &Body, own: &[&str], told: &mut Diagnostics) -> Fields {
        let mut fields = Fields::default();
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => {
                    let name = attribute.key.value().as_str();
                    if own.contains(&name) {
                        continue;
                    }
                    let item = self.evaluator.item(&attribute.value);
                    let place = self.evaluator.place(attribute.key.span()).or_else(|| item.place.clone());
                    fields.0.push(Field { name: name.to_owned(), written: name.to_owned(), place, item });
                }
                Structure::Block(block) => {
                    let name = block.ident.value().as_str();
                    let place = self.evaluator.place(block.ident.span());
                    if own.contains(&name) {
                        continue;
                    }
                    let (name, value) = match (name, block.labels.first()) {
                        // That something stands there still counts: a rule with a filter is not one without.
                        ("dynamic", Some(label)) => {
                            told.push(not_read(&format!("dynamic {}", label.as_str()), place.clone(), DYNAMIC));
                            (label.as_str(), Value::Unknown(DYNAMIC.to_owned()))
                        }
                        _ => (name, Value::Map(self.body(&block.body, &[], told))),
                    };
                    let item = Item::new(value, place.clone());
                    let field = Field { name: name.to_owned(), written: name.to_owned(), place, item };
                    fields.insert(name, field);
                }
            }
        }
        fields
    }
}

/// The warning for a part of the source that is not read at all.
fn not_read(what: &str, place: Option<Place>, why: &str) -> Diagnostic {
    Diagnostic::warning(Code::NotCarriedOver, format!("`{what}` is not carried over: {why}")).at_maybe(place, "")
}
