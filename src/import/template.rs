//! CloudFormation templates as resources: short tags or long form, YAML or JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::intrinsic::Evaluator;
use super::text::SourceText;
use super::value::{Field, Fields, Item, Value};
use super::world::{Mark, Resource, World};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::spec;
use crate::template::{self, Template, TemplateError};

/// Places by dotted path.
type Places = BTreeMap<String, Place>;

/// Sections that a pipeline has no use for, and why.
const SECTIONS: [(&str, &str); 3] = [
    ("Transform", "macros run on AWS; import the template that they give (`aws cloudformation get-template`)"),
    ("Rules", "rules check parameters, and a pipeline file has none"),
    ("Hooks", "hooks steer deployments of CodeDeploy"),
];
/// Attributes of resources that say nothing about the resource.
const ATTRIBUTES: [&str; 2] = ["CreationPolicy", "UpdatePolicy"];

/// Reads a template.
///
/// # Errors
/// When it is no template, at the place where it goes wrong.
pub(super) fn read(source: &SourceText<'_>, told: &mut Diagnostics) -> Result<World, Diagnostics> {
    let places = places(source)?;
    let mut value = Template::read(source.text).map_err(|error| refused(source, &places, &error))?;
    let mappings = set_aside(&mut value, &places, told);
    let template = Template::from_value(value).map_err(|error| refused(source, &places, &error))?;
    let mut world = World::default();
    world.description.clone_from(&template.description);
    world.mark = mark(&template.metadata);
    let reader = Reader { evaluator: Evaluator::new(&template, mappings), places: &places };
    for (id, resource) in &template.resources {
        let path = format!("Resources.{id}");
        let place = places.get(&path).cloned();
        if let Some(condition) = &resource.condition
            && reader.evaluator.condition(condition) != Some(true)
        {
            let title = format!("`{id}` is not carried over: whether it exists depends on the condition `{condition}`");
            told.push(Diagnostic::warning(Code::NotCarriedOver, title).at_maybe(place, ""));
            continue;
        }
        let fields = reader.fields(&resource.properties, &format!("{path}.Properties"));
        world.add(Resource::new(id.to_string(), id.to_string(), resource.type_name.clone(), place, fields));
    }
    Ok(world)
}

/// Where everything stands. Fields given twice are found here, for the readers of values let the last one win.
fn places(source: &SourceText<'_>) -> Result<Places, Diagnostics> {
    let tree = spec::parse_tagged(&source.file, source.text.as_bytes())?;
    let mut places = Places::new();
    tree.walk(&mut |path, node| {
        places.insert(path.to_owned(), node.place.clone());
    });
    Ok(places)
}

fn refused(source: &SourceText<'_>, places: &Places, error: &TemplateError) -> Diagnostics {
    let start = || source.place(0..0);
    let (title, place) = match error {
        TemplateError::Syntax { format, line, column, message } => {
            let before: usize = source.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
            let at = before + column.saturating_sub(1);
            (format!("not well-formed {format}: {message}"), source.place(at..at))
        }
        TemplateError::Shape { path, problem } => {
            let dotted = path.trim_start_matches('/').replace('/', ".");
            let shown = if path.is_empty() { "not a template".to_owned() } else { format!("not a template at {path}") };
            (format!("{shown}: {problem}"), nearest(places, &dotted).unwrap_or_else(start))
        }
    };
    Diagnostic::error(Code::SourceSyntax, title)
        .at(place, "")
        .help("`aws cloudformation validate-template` tells more; nothing was written")
        .into()
}

/// The place of a path, or of what it is in.
fn nearest(places: &Places, path: &str) -> Option<Place> {
    let mut path = path;
    loop {
        if let Some(place) = places.get(path) {
            return Some(place.clone());
        }
        path = path.rsplit_once('.')?.0;
    }
}

/// Takes away what the reader of templates does not know, telling of it, and gives back the mappings.
fn set_aside(value: &mut Json, places: &Places, told: &mut Diagnostics) -> Map<String, Json> {
    let Some(sections) = value.as_object_mut() else { return Map::new() };
    for (name, why) in SECTIONS {
        if sections.shift_remove(name).is_some() {
            let title = format!("`{name}` is not carried over: {why}");
            told.push(Diagnostic::warning(Code::NotCarriedOver, title).at_maybe(places.get(name).cloned(), ""));
        }
    }
    if let Some(resources) = sections.get_mut("Resources").and_then(Json::as_object_mut) {
        for resource in resources.values_mut().filter_map(Json::as_object_mut) {
            for attribute in ATTRIBUTES {
                resource.shift_remove(attribute);
            }
        }
    }
    match sections.shift_remove("Mappings") {
        Some(Json::Object(mappings)) => mappings,
        _ => Map::new(),
    }
}

/// Who rendered the template, where Sluice did.
fn mark(metadata: &Map<String, Json>) -> Option<Mark> {
    let sluice = metadata.get("Sluice")?;
    let text = |name: &str| Some(sluice.get(name)?.as_str()?.to_owned());
    Some(Mark { pipeline: text("pipeline")?, environment: text("environment")? })
}

struct Reader<'t> {
    evaluator: Evaluator<'t>,
    places: &'t Places,
}

impl Reader<'_> {
    fn fields(&self, members: &Map<String, Json>, path: &str) -> Fields {
        let fields = members.iter().map(|(name, member)| {
            let path = format!("{path}.{name}");
            let item = self.item(member, &path);
            Field { name: name.clone(), written: name.clone(), place: nearest(self.places, &path), item }
        });
        Fields(fields.collect())
    }

    fn item(&self, value: &Json, path: &str) -> Item {
        let place = nearest(self.places, path);
        if template::is_intrinsic(value) {
            return self.evaluator.item(value, &place);
        }
        match value {
            Json::Object(members) => Item::new(Value::Map(self.fields(members, path)), place),
            Json::Array(items) => {
                let items = items.iter().enumerate().map(|(index, item)| self.item(item, &format!("{path}.{index}")));
                Item::new(Value::List(items.collect()), place)
            }
            scalar => Item::from_json(scalar.clone(), &place),
        }
    }
}
